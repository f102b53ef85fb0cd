"""The log in an SQLite file: the library's recorder on a table of our own."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import chain, islice
from time import monotonic, sleep
from typing import Any

from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor

from pipeline_engine.store.care.file_findings import file_findings
from pipeline_engine.store.care.snapshot import SqliteSnapshot
from pipeline_engine.store.log import FORMAT, Append, Clock, Command, Conflict, Header, NewRow
from pipeline_engine.store.model import Finding, Row
from pipeline_engine.store.sqlite_errors import unusable
from pipeline_engine.store.sqlite_file import File
from pipeline_engine.store.sqlite_schema import opened
from pipeline_engine.store.view_tables import SqliteRows

PAGE = 1000
# Rows of one statement: quicker than `executemany`, and below the 999 values that every SQLite takes.
AT_ONCE = 200
GLANCE_SECONDS = 0.02
_ROW = "position, originator_id, originator_version, recorded_at, topic, state"
_INSERT = "INSERT INTO stored_events (recorded_at, originator_id, originator_version, topic, state) VALUES "
_VALUES = "(?1, ?, ?, ?, ?)"
_OF_STREAM = f"""SELECT {_ROW} FROM stored_events WHERE originator_id = ? AND originator_version > ?
    ORDER BY originator_version"""
_STREAMS = """SELECT originator_id FROM stored_events
    WHERE originator_version = 1 AND originator_id OPERATOR > ? ORDER BY 1 LIMIT ?"""
_VERSION = "SELECT max(originator_version) FROM stored_events WHERE originator_id = ?"
_NEWEST = "SELECT position, recorded_at FROM stored_events ORDER BY position DESC LIMIT 1"
_COMMAND = "SELECT command_id, digest, stream, first, last, position FROM command_log WHERE command_id = ?"
_MARK = "UPDATE store_header SET value = ? WHERE key = 'keys' AND value = 'identity'"
_MARKED = "SELECT value FROM store_header WHERE key = 'keys'"


class SqliteRecorder(SQLiteApplicationRecorder):
    """The library's recorder; what must hold is checked in the transaction that appends."""

    def __init__(self, datastore: File, clock: Clock) -> None:
        super().__init__(datastore)
        self._clock = clock

    def construct_create_table_statements(self) -> list[str]:
        """None: the tables are made once, with the header, when the file is opened."""
        return []

    def _insert_events(self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **_: Any) -> list[int]:
        return list(self.appended(c.sqlite_cursor, in_parts(map(NewRow.of, stored_events)), {}, ()))

    def appended(
        self,
        cursor: sqlite3.Cursor,
        parts: Sequence[list[Any]],
        versions: Mapping[str, int],
        commands: Sequence[Command],
    ) -> range:
        """The positions of events appended while the lock is held; an empty range after the last one."""
        _check(cursor, versions)
        before, last_recorded_at = cursor.execute(_NEWEST).fetchone() or (0, 0)
        recorded_at = max(self._clock(), last_recorded_at)
        for part in parts:
            cursor.execute(_INSERT + ", ".join([_VALUES] * (len(part) // 4)), [recorded_at, *part])
        last = cursor.execute("SELECT last_insert_rowid()").fetchone()[0] if parts else before
        _note(cursor, [command._replace(position=last) for command in commands])
        return range(last - sum(map(len, parts)) // 4 + 1, last + 1)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The library's face of the log; the store itself reads rows."""
        first = (start or 0) + (0 if inclusive_of_start else 1)
        wanted = f"AND topic IN ({','.join('?' * len(topics))})" if topics else ""
        query = f"""SELECT {_ROW} FROM stored_events
            WHERE position BETWEEN ? AND ? {wanted} ORDER BY position LIMIT ?"""
        with self.datastore.transaction(commit=False) as c:
            c.execute(query, (first, 2**63 - 1 if stop is None else stop, *topics, limit))
            rows = [Row._make(row) for row in c.fetchall()]
        return [Notification(r.stream, r.version, r.name, r.payload, r.position) for r in rows]


def in_parts(events: Iterable[NewRow]) -> list[list[Any]]:
    """The values of so many rows as go into one statement, one after the other, part by part."""
    source, parts = iter(events), []
    while part := list(chain.from_iterable(islice(source, AT_ONCE))):
        parts.append(part)
    return parts


def _check(cursor: sqlite3.Cursor, versions: Mapping[str, int]) -> None:
    for stream, version in versions.items():
        found = cursor.execute(_VERSION, (stream,)).fetchone()[0] or 0
        if found != version:
            raise Conflict(f"stream `{stream}` is at version {found}, not {version}")


def _note(cursor: sqlite3.Cursor, commands: Sequence[Command]) -> None:
    for command in commands:
        try:
            cursor.execute("INSERT INTO command_log VALUES (?, ?, ?, ?, ?, ?)", command)
        except sqlite3.IntegrityError:
            raise Conflict(f"command id `{command.command_id}` was used meanwhile") from None


def _glances(connection: sqlite3.Connection) -> Callable[[float], None]:
    def version() -> int:
        return int(connection.execute("PRAGMA data_version").fetchone()[0])

    seen = [version()]

    def wait(seconds: float) -> None:
        until = monotonic() + seconds
        while (found := version()) == seen[0] and monotonic() < until:
            sleep(GLANCE_SECONDS)
        seen[0] = found

    return wait


class SqliteLog:
    """The log over one file; any number of processes may use it, their writes one after the other."""

    def __init__(self, file: File, clock: Clock, clock_name: str, keys: str, *, make: bool = True) -> None:
        self.header = opened(file, Header(FORMAT, clock(), clock_name, keys), make=make)
        self.file = file
        self.recorder = SqliteRecorder(file, clock)

    def begin(self, command_id: str, stream: str, after: int) -> tuple[Command | None, list[Row]]:
        """The command's row, and the stream's rows after a version."""
        # Two looks may see different moments; a command recorded in between is found again under the lock.
        with self.file.connection() as connection:
            known = connection.execute(_COMMAND, (command_id,)).fetchone()
            rows = connection.execute(_OF_STREAM, (stream, after)).fetchall()
        return known and Command(*known), [Row._make(row) for row in rows]

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Append events and command row; raises Conflict."""
        return self._insert(map(NewRow.of, events), append.versions, (append.command,), looked=True)

    def append_many(
        self, events: Iterable[NewRow], versions: Mapping[str, int], commands: Sequence[Command] = ()
    ) -> int:
        """Append a batch; raises Conflict."""
        return self._insert(events, versions, commands, looked=False)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the file's write lock; raises Conflict."""
        try:
            with self.file.exclusive():
                yield
        except IntegrityError:
            raise Conflict("a version of the stream is there already") from None

    def _insert(
        self, events: Iterable[NewRow], versions: Mapping[str, int], commands: Sequence[Command], *, looked: bool
    ) -> int:
        # Made before the lock is taken, so that others wait for SQLite alone.
        parts = in_parts(events)
        try:
            with self.file.transaction(commit=True, looked=looked) as c:
                positions = self.recorder.appended(c.sqlite_cursor, parts, versions, commands)
        except IntegrityError:
            raise Conflict("a version of the stream is there already") from None
        return positions.stop - 1

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self.file.connection() as connection:
            return connection.execute(query, values).fetchall()

    def stream_rows(self, stream: str, after: int) -> list[Row]:
        """The rows of a stream after a version."""
        return [Row._make(row) for row in self._rows(_OF_STREAM, stream, after)]

    def rows(self, after: int, limit: int) -> list[Row]:
        """Rows after a position."""
        query = f"SELECT {_ROW} FROM stored_events WHERE position > ? ORDER BY position LIMIT ?"
        return [Row._make(row) for row in self._rows(query, after, limit)]

    def position(self) -> int:
        """The last position."""
        return self._rows("SELECT max(position) FROM stored_events")[0][0] or 0

    def streams(self, prefix: str) -> Iterator[str]:
        """Stream ids, bytewise, a page at a time."""
        page = self._rows(_STREAMS.replace("OPERATOR >", ">="), prefix, PAGE)
        while page:
            for (stream,) in page:
                if not stream.startswith(prefix):
                    return
                yield stream
            page = self._rows(_STREAMS.replace("OPERATOR >", ">"), page[-1][0], PAGE)

    def command(self, command_id: str) -> Command | None:
        """The command's row."""
        found = self._rows(_COMMAND, command_id)
        return Command(*found[0]) if found else None

    @contextmanager
    def views(self, *, writing: bool = True) -> Iterator[SqliteRows]:
        """One transaction on the tables of views."""
        if writing or self.file.held:
            with self.file.transaction(commit=True) as c:
                yield SqliteRows(c.sqlite_cursor)
            return
        with self.file.connection() as connection:
            connection.execute("BEGIN")
            try:
                yield SqliteRows(connection.cursor())
            finally:
                connection.rollback()

    @contextmanager
    def hints(self) -> Iterator[Callable[[float], None]]:
        """Looks every few milliseconds whether another connection, of whatever process, has committed."""
        try:
            with closing(self.file.connect()) as connection:
                yield _glances(connection)
        except sqlite3.Error as error:
            raise unusable(self.file.path, error) from error

    @contextmanager
    def snapshot(self) -> Iterator[SqliteSnapshot]:
        """One read transaction; writers go on beside it, and the write-ahead log grows meanwhile."""
        with self.file.connection() as connection:
            connection.execute("BEGIN")
            try:
                # The state that is read is fixed by the first read, not by the beginning.
                connection.execute(_NEWEST).fetchone()
                yield SqliteSnapshot(connection)
            finally:
                connection.rollback()

    def findings(self, *, deep: bool = False) -> list[Finding]:
        """Settings of the file, integrity, and what every log is asked."""
        return file_findings(self._rows, self.file, self.header, deep=deep)

    def mark_sealed(self, keys: str) -> str:
        """Write into the header what closes personal values from now on; what another process wrote stands."""
        with self.file.transaction(commit=True) as c:
            c.sqlite_cursor.execute(_MARK, (keys,))
            marked = str(c.sqlite_cursor.execute(_MARKED).fetchone()[0])
        self.header = self.header._replace(keys=marked)
        return marked

    def close(self) -> None:
        """Close the connections."""
        self.file.close()
