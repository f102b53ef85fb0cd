"""From a back-up to a store that holds the same: into an empty one only, all of it or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventsourcing.persistence import PersistenceError
from psycopg import Cursor
from psycopg.sql import SQL, Identifier, Literal

from pipeline_engine.errors import BadStore
from pipeline_engine.store.care.backup import Backup, fill, read_back, reading
from pipeline_engine.store.care.digest import Digest, digest_of
from pipeline_engine.store.log import Log, Snapshot
from pipeline_engine.store.model import Progress, quiet
from pipeline_engine.store.postgres import PostgresLog
from pipeline_engine.store.postgres_schema import lock_of
from pipeline_engine.store.sqlite import SqliteLog

_EVENTS = """COPY {schema}.stored_events
    (notification_id, originator_id, originator_version, recorded_at, topic, state) FROM STDIN (FORMAT BINARY)"""
_COMMANDS = "COPY {schema}.command_log (command_id, digest, stream, first, last, position) FROM STDIN (FORMAT BINARY)"
_HEADER = """INSERT INTO {schema}.store_header VALUES (%s, %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value"""
_USED = """SELECT (SELECT count(*) FROM {schema}.stored_events) AS events,
    (SELECT count(*) FROM {schema}.command_log) AS commands"""


@dataclass(frozen=True, slots=True)
class Restored:
    """
    What a store holds after a back-up was brought into it.

    Args:
        found: What reading the store back from end to end gave; None where that was not asked for.
    """

    backup: Backup
    found: Digest | None

    @property
    def same(self) -> bool:
        """Whether what was read back is what the back-up holds; also where nothing was read back."""
        return self.found is None or self.found == self.backup.digest


def restore_into(file: Path, opened: Callable[[Backup], Log], *, verify: bool, told: Progress = quiet) -> Restored:
    """
    Bring a back-up into an empty store; positions, versions, record times and commands stay what they were.

    Args:
        file: The back-up; it is read whole before anything is written.
        opened: Opens the store that it is brought into, once the back-up was found to be good.
        verify: Read the store back and compare.

    Raises:
        BadStore: The back-up is damaged or changed, or the store is not empty.
        StoreUnreachable: One of them cannot be reached; then nothing was written.
    """
    backup = read_back(file, told)
    log = opened(backup)
    try:
        with reading(file) as snapshot:
            _brought(snapshot, log, lambda position: told(position, backup.digest.position))
        if not verify:
            return Restored(backup, None)
        with log.snapshot() as kept:
            return Restored(backup, digest_of(kept, told=told))
    finally:
        log.close()


def _brought(snapshot: Snapshot, log: Log, told: Callable[[int], None]) -> None:
    match log:
        case SqliteLog():
            _into_file(snapshot, log, told)
        case PostgresLog():
            try:
                _into_schema(snapshot, log, told)
            except PersistenceError as error:
                raise log.address.unreachable(error) from error
        case _:
            raise BadStore("a store in memory is gone with the command; use `sqlite:///file.db` or `postgresql://…`")


def _into_file(snapshot: Snapshot, log: SqliteLog, told: Callable[[int], None]) -> None:
    with log.file.transaction(commit=True) as c:
        cursor = c.sqlite_cursor
        used = "SELECT (SELECT count(*) FROM stored_events), (SELECT count(*) FROM command_log)"
        _only_if_empty(str(log.file.path), cursor.execute(used).fetchone())
        fill(snapshot, cursor, told)


def _into_schema(snapshot: Snapshot, log: PostgresLog, told: Callable[[int], None]) -> None:
    server = log.server
    with server.transaction(commit=True) as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (lock_of(server.schema),))
        used = cursor.execute(log.recorder.sql(_USED)).fetchone()
        _only_if_empty(log.address.shown, tuple((used or {}).values()))
        _copied_in(snapshot, log, cursor, told)


def _only_if_empty(place: str, counts: tuple[int, ...]) -> None:
    if any(counts):
        raise BadStore(f"`{place}` holds events or commands already; a back-up goes into an empty store only")


def _copied_in(snapshot: Snapshot, log: PostgresLog, cursor: Cursor[Any], told: Callable[[int], None]) -> None:
    sql = log.recorder.sql
    cursor.executemany(sql(_HEADER), list(snapshot.header().items()))
    with cursor.copy(sql(_EVENTS)) as copy:
        copy.set_types(["int8", "text", "int8", "int8", "text", "bytea"])
        for batch in snapshot.rows():
            for row in batch:
                copy.write_row(row)
            told(batch[-1].position)
    with cursor.copy(sql(_COMMANDS)) as copy:
        copy.set_types(["text", "text", "text", "int8", "int8", "int8"])
        for page in snapshot.commands():
            for command in page:
                copy.write_row(command)
    # The next event gets the position after the last one, as in the store that was backed up.
    table = Identifier(log.server.schema, "stored_events").as_string(cursor)
    sequence = SQL("pg_get_serial_sequence({}, 'notification_id')").format(Literal(table))
    if last := snapshot.head():
        cursor.execute(SQL("SELECT setval({}, {})").format(sequence, Literal(last)))
