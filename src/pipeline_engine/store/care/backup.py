"""A copy of a store as it stands at one moment, in an SQLite file of its own, read back before it gets its name.

Of a store in an SQLite file the pages are copied, with whatever tables there are; of another one the events, the
command log and the header are written out, and what can be made again from them is not. Keys are never in it: they are
kept, and backed up, apart.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import quote

from pipeline_engine.errors import BadStore, PipelineError, StoreUnreachable
from pipeline_engine.store.care.digest import Digest, digest_of
from pipeline_engine.store.care.part import whole_or_not_at_all
from pipeline_engine.store.care.snapshot import SqliteSnapshot
from pipeline_engine.store.log import Log, Snapshot, read_header
from pipeline_engine.store.model import Progress, quiet
from pipeline_engine.store.sqlite_errors import unusable
from pipeline_engine.store.sqlite_file import APPLICATION_ID
from pipeline_engine.store.sqlite_schema import TABLES

PAGES = 512
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_NOTE = "CREATE TABLE IF NOT EXISTS backup_note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"


@dataclass(frozen=True, slots=True)
class Backup:
    """
    A copy that was read back: its file, what it holds, and how large it is.

    Args:
        header: The header of the store.
        noted: What was written into the file when it was made; None where it is a store's own file and no back-up.
        noted_header: The header then, as text; None where that was not written down.
    """

    file: Path
    digest: Digest
    bytes: int
    header: dict[str, str]
    noted: Digest | None
    noted_header: str | None = None


def back_up(log: Log, file: Path, told: Progress = quiet) -> Backup:
    """
    Write a copy of a store into a new file; readers and writers go on meanwhile.

    Raises:
        BadStore: The file is there already, or what was written is not what the store holds.
        StoreUnreachable: The store cannot be read, or the file not be written.
    """
    with whole_or_not_at_all(file) as part:
        with _writing(part) as copy:
            with log.snapshot() as snapshot:
                expected = _copied(snapshot, copy, part, told)
            _note(copy, expected)
        found = _examined(part, told)
        if found.digest != expected:
            held, kept = (
                f"position {expected.position}",
                "the store may be damaged: `doctor --deep` says; none was kept",
            )
            raise BadStore(f"the copy does not hold what the store held at {held}: {kept}")
    return replace(found, file=file)


@contextmanager
def _writing(part: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            # It is synced as a whole before it gets its name.
            copy.execute("PRAGMA synchronous=OFF")
            yield copy
    except sqlite3.Error as error:
        raise _meant(part, error) from error


def _meant(part: Path, error: sqlite3.Error) -> PipelineError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_ROOM:
        folder = part.absolute().parent
        return StoreUnreachable(
            f"no room for a copy in `{folder}`, or its disk fails ({error}); make room, or name another"
        )
    return unusable(part, error)


def _copied(snapshot: Snapshot, copy: sqlite3.Connection, part: Path, told: Progress) -> Digest:
    if isinstance(snapshot, SqliteSnapshot):

        def on(status: int, remaining: int, total: int) -> None:
            told(total - remaining, total)

        try:
            # Its transaction holds one state of the file, so that writers do not make the copy begin anew.
            snapshot.connection.backup(copy, pages=PAGES, progress=on)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_ROOM:
                raise _meant(part, error) from error
            raise
    else:
        _written_out(snapshot, copy, told)
    return digest_of(snapshot)


def _written_out(snapshot: Snapshot, copy: sqlite3.Connection, told: Progress) -> None:
    total = snapshot.head()
    copy.execute("BEGIN")
    copy.execute(f"PRAGMA application_id={APPLICATION_ID}")
    for table in TABLES:
        copy.execute(table)
    fill(snapshot, copy.cursor(), lambda position: told(position, total))
    copy.execute("COMMIT")


def fill(snapshot: Snapshot, cursor: sqlite3.Cursor, told: Callable[[int], None]) -> None:
    """Write everything a snapshot holds into the empty tables of a store, within a transaction that has begun."""
    cursor.executemany("INSERT OR REPLACE INTO store_header VALUES (?, ?)", snapshot.header().items())
    for batch in snapshot.rows():
        cursor.executemany(
            "INSERT INTO stored_events (position, originator_id, originator_version, recorded_at, topic, state)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            batch,
        )
        told(batch[-1].position)
    for page in snapshot.commands():
        cursor.executemany("INSERT INTO command_log VALUES (?, ?, ?, ?, ?, ?)", page)


def _note(copy: sqlite3.Connection, digest: Digest) -> None:
    # One file and nothing beside it: a write-ahead log would want to be made where a back-up is only read.
    copy.execute("PRAGMA journal_mode=DELETE")
    copy.execute("BEGIN")
    copy.execute(_NOTE)
    copy.execute("DELETE FROM backup_note")
    noted = {**asdict(digest), "header": _as_text(dict(copy.execute("SELECT key, value FROM store_header")))}
    copy.executemany("INSERT INTO backup_note VALUES (?, ?)", [(key, str(each)) for key, each in noted.items()])
    copy.execute("COMMIT")


def _as_text(header: Mapping[str, str]) -> str:
    return json.dumps(dict(header), sort_keys=True)


@contextmanager
def reading(file: Path) -> Iterator[SqliteSnapshot]:
    """
    What a back-up holds; the file is not touched.

    Raises:
        BadStore: It is no store of ours, or of a newer format.
        StoreUnreachable: It is not there, or cannot be read.
    """
    if not file.is_file():
        raise StoreUnreachable(f"there is no file `{file}`; name a back-up")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, isolation_level=None)) as copy:
            copy.execute("BEGIN")
            _check_kind(file, copy)
            yield SqliteSnapshot(copy)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT:
            raise BadStore(f"`{file}` is damaged ({error}); use another back-up") from error
        raise unusable(file, error) from error


def _check_kind(file: Path, copy: sqlite3.Connection) -> None:
    tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    ours = copy.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    if not ours or not {"stored_events", "command_log", "store_header"} <= tables:
        raise BadStore(f"`{file}` is no back-up of a store; name a file that `backup` made")
    read_header(str(file), dict(copy.execute("SELECT key, value FROM store_header")))


def read_back(file: Path, told: Progress = quiet) -> Backup:
    """
    Read a back-up from end to end: every page, every event, every command, and what was noted when it was made.

    Raises:
        BadStore: It is damaged, or does not hold what was noted.
        StoreUnreachable: It is not there, or cannot be read.
    """
    found = _examined(file, told)
    if found.noted is not None and found.digest != found.noted:
        raise BadStore(f"`{file}` is not as it was made: {_difference(found.noted, found.digest)}; use another back-up")
    if found.noted_header not in {None, _as_text(found.header)}:
        raise BadStore(f"`{file}` is not as it was made: its header was changed; use another back-up")
    return found


def _examined(file: Path, told: Progress) -> Backup:
    with reading(file) as snapshot:
        damage = [text for (text,) in snapshot.connection.execute("PRAGMA integrity_check(3)") if text != "ok"]
        if damage:
            raise BadStore(f"`{file}` is damaged ({'; '.join(damage)}); use another back-up")
        digest, (noted, header) = digest_of(snapshot, told=told), _noted(file, snapshot.connection)
        return Backup(file, digest, file.stat().st_size, snapshot.header(), noted, header)


def _noted(file: Path, copy: sqlite3.Connection) -> tuple[Digest | None, str | None]:
    if not copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'backup_note'").fetchone()[0]:
        return None, None
    note = dict(copy.execute("SELECT key, value FROM backup_note"))
    try:
        position, events, commands = (int(note[key]) for key in ("position", "events", "commands"))
        return Digest(position, events, note["log"], commands, note["command_log"]), note.get("header")
    except (KeyError, ValueError):
        raise BadStore(f"`{file}` is damaged (what was noted of it cannot be read); use another back-up") from None


def _difference(noted: Digest, found: Digest) -> str:
    if (noted.events, noted.commands, noted.position) != (found.events, found.commands, found.position):
        held, holds = (
            f"{each.events} events up to position {each.position} and {each.commands} commands"
            for each in (noted, found)
        )
        return f"it held {held}, and holds {holds}"
    return "an event was changed" if noted.log != found.log else "its command log was changed"
