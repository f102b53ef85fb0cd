"""The tables of a store in an SQLite file, made once; and the refusal to touch a file that is not ours."""

import sqlite3
from contextlib import closing
from time import monotonic, sleep

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store.care.unsafe import refuse
from pipeline_engine.store.log import Header, missing, read_header
from pipeline_engine.store.sqlite_errors import LOCK_TIMEOUT_SECONDS, unusable
from pipeline_engine.store.sqlite_file import APPLICATION_ID, File

# AUTOINCREMENT: a bare rowid would be given again after a delete, and renumbered by dump and restore.
TABLES = (
    """CREATE TABLE stored_events (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        UNIQUE (originator_id, originator_version))""",
    """CREATE TABLE command_log (
        command_id TEXT PRIMARY KEY,
        digest TEXT NOT NULL,
        stream TEXT NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        position INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE store_header (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)

_RULES = (
    ("stored_events", "position INTEGER PRIMARY KEY AUTOINCREMENT"),
    ("stored_events", "UNIQUE (originator_id, originator_version)"),
    ("command_log", "command_id TEXT PRIMARY KEY"),
)


def opened(file: File, new: Header, *, make: bool = True) -> Header:
    """
    The header of the store in a file; writes `new` and the tables where the file is new or empty, unless told not to.

    Raises:
        BadStore: The file belongs to another program, to a newer format, or cannot keep a write-ahead log.
        StoreUnreachable: It cannot be read and written here, or there is none and none is to be made.
    """
    if not make and not file.path.exists():
        raise missing(_place(file))
    folder = file.path.absolute().parent
    if not folder.is_dir():
        raise StoreUnreachable(f"there is no folder `{folder}` for `{file.path.name}`; create it first")
    if file.path.is_dir():
        raise BadStore(f"`{file.path}` is a folder; name a file in it")
    if file.path.exists() and (names := file.path.stat().st_nlink) > 1:
        raise refuse("links", str(file.path), str(names))
    try:
        with closing(file.connect(making=True)) as connection:
            # Looked at before anything is set: a foreign file must stay byte for byte as it was.
            header = _looked_at(file, connection)
            if header is None and not make:
                raise missing(_place(file))
            write_ahead(file, connection)
            header = header or _made(file, connection, new)
            file.recognise()
            return header
    except sqlite3.Error as error:
        raise unusable(file.path, error) from error


def _place(file: File) -> str:
    """Where the file is not: a bare name is looked for where one stands."""
    return f"`{file.path}`{'' if file.path.parent.name or file.path.is_absolute() else ' in this folder'}"


def _looked_at(file: File, connection: sqlite3.Connection) -> Header | None:
    # At one moment: between two looks another process may make the store, which would look half made.
    connection.execute("BEGIN")
    try:
        return _header(file, connection)
    finally:
        # Where reading failed SQLite may have ended the transaction by itself; what failed is to be told, not that.
        if connection.in_transaction:
            connection.rollback()


def _header(file: File, connection: sqlite3.Connection) -> Header | None:
    ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables and not ours:
        return None
    if not ours or "store_header" not in tables:
        raise BadStore(f"`{file.path}` is an SQLite file of another program; name another file")
    header = read_header(str(file.path), dict(connection.execute("SELECT key, value FROM store_header")))
    _refuse_tables(str(file.path), connection)
    return header


def _refuse_tables(place: str, connection: sqlite3.Connection) -> None:
    made = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    for name, rule in _RULES:
        if rule not in " ".join(made.get(name, "").split()):
            raise refuse("tables", place, f"`{name}` lacks `{rule}`")
    on_ours = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('stored_events', 'command_log')"
    if trigger := connection.execute(on_ours).fetchone():
        raise refuse("triggers", place, trigger[0])


def write_ahead(file: File, connection: sqlite3.Connection) -> None:
    """Make a file keep a write-ahead log; raises BadStore where it cannot."""
    until = monotonic() + LOCK_TIMEOUT_SECONDS
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            # SQLite does not wait by itself here when several processes make the same file.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
            sleep(0.01)
            continue
        if mode != "wal":
            raise refuse("journal", str(file.path), mode)
        return


def _made(file: File, connection: sqlite3.Connection, new: Header) -> Header:
    connection.execute(f"PRAGMA synchronous={file.synchronous}")
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have been first while this one waited for the lock.
    header = _header(file, connection)
    if header is None:
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        for table in TABLES:
            connection.execute(table)
        rows = [(key, str(value)) for key, value in new._asdict().items()]
        connection.executemany("INSERT INTO store_header VALUES (?, ?)", rows)
    connection.execute("COMMIT")
    return header or new
