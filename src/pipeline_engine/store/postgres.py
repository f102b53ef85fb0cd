"""The log in a PostgreSQL schema: the library's recorder with an append of our own in one round trip."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from time import monotonic, sleep
from typing import Any

import psycopg
from eventsourcing.persistence import IntegrityError, PersistenceError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import Cursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier
from psycopg_pool import PoolTimeout

from pipeline_engine.store.care.server_findings import server_findings
from pipeline_engine.store.care.snapshot import PostgresSnapshot
from pipeline_engine.store.log import FORMAT, Append, Clock, Command, Conflict, Header, NewRow, OutcomeUnknown
from pipeline_engine.store.model import Finding, Row
from pipeline_engine.store.postgres_schema import lock_of, opened
from pipeline_engine.store.postgres_server import (
    WAIT_SECONDS,
    Address,
    Server,
    broke,
    refuse_database_functions,
)
from pipeline_engine.store.view_tables import PostgresRows

PAGE = 1000
SNAPSHOT_MINUTES = 10
# The doctor's questions read the whole log before the first row of an answer comes.
LOOK_SECONDS = 900.0
_ROW = "notification_id, originator_id, originator_version, recorded_at, topic, state"
_APPEND = "SELECT conflict, positions, head FROM {schema}.append_events(%s, %s, %s, %s, %s, %s, %s, %s)"
_OF_STREAM = f"SELECT {_ROW} FROM {{schema}}.stored_events WHERE originator_id = %s AND originator_version > %s"
_COMMAND = "SELECT position, stream, first, last, digest FROM {schema}.command_log WHERE command_id = %s"
_BEGIN = f"""SELECT true, c.*, NULL::bytea FROM ({_COMMAND}) AS c
    UNION ALL SELECT false, e.* FROM ({_OF_STREAM}) AS e"""
_LOG = f"""SELECT {_ROW} FROM {{schema}}.stored_events
    WHERE notification_id > %s ORDER BY notification_id LIMIT %s"""
_HEAD = "SELECT coalesce(max(notification_id), 0) FROM {schema}.stored_events"
_STREAMS = """SELECT originator_id FROM {schema}.stored_events
    WHERE originator_version = 1 AND originator_id OPERATOR > %s ORDER BY 1 LIMIT %s"""
_CHECK = """SELECT r.stream FROM unnest(%s::text[], %s::bigint[]) AS r (stream, version)
    WHERE r.version <> coalesce((SELECT max(e.originator_version) FROM {schema}.stored_events AS e
        WHERE e.originator_id = r.stream COLLATE "C"), 0) LIMIT 1"""
_NEWEST = "SELECT recorded_at FROM {schema}.stored_events ORDER BY notification_id DESC LIMIT 1"
_USED = 'SELECT command_id FROM {schema}.command_log WHERE command_id = ANY(%s COLLATE "C") LIMIT 1'
_NOTE = """INSERT INTO {schema}.command_log
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])"""
_MARK = "UPDATE {schema}.store_header SET value = %s WHERE key = 'keys' AND value = 'identity'"
_MARKED = "SELECT value FROM {schema}.store_header WHERE key = 'keys'"
_COPY = """COPY {schema}.stored_events (originator_id, originator_version, topic, state, recorded_at)
    FROM STDIN (FORMAT BINARY)"""


class PostgresRecorder(PostgresApplicationRecorder):
    """The library's recorder; lock, checks, events and command row are one call of our own function."""

    datastore: Server

    def __init__(self, datastore: Server, clock: Clock) -> None:
        super().__init__(datastore)
        self._clock = clock
        self._made: dict[str, bytes] = {}
        self._append = self.sql(_APPEND)
        # The tables are made once, with the header, when the schema is opened.
        self.sql_create_statements = []

    def sql(self, text: str) -> bytes:
        """A statement with this store's schema in it; made once, since psycopg knows it again by its bytes."""
        made = self._made.get(text)
        if made is None:
            made = self._made[text] = SQL(text).format(schema=Identifier(self.datastore.schema)).as_bytes()
        return made

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        append: Append | None = None,
        versions: Mapping[str, int] | None = None,
        **_: Any,
    ) -> Sequence[int] | None:
        """Positions of the events, drawn under the lock; raises Conflict and the library's errors."""
        positions, _head = self.append(stored_events, append.versions if append else versions or {}, append)
        return positions

    def append(
        self, events: Sequence[StoredEvent], versions: Mapping[str, int], append: Append | None
    ) -> tuple[list[int], int]:
        """The positions of the events, and the position of the log afterwards."""
        command = [str(part) for part in append.command[:5]] if append else None
        # One round trip, so the clock is read before the lock is waited for; the maximum is taken under it.
        values = (
            [event.originator_id for event in events], [event.originator_version for event in events],
            [event.topic for event in events], [event.state for event in events],
            list(versions), list(versions.values()), command, self._clock(),
        )  # fmt: skip
        with (
            self.datastore.get_connection() as connection,
            connection.cursor(row_factory=tuple_row) as cursor,
        ):
            found = cursor.execute(self._append, values, prepare=True).fetchone()
        assert found is not None
        conflict, positions, head = found
        if conflict is not None:
            raise Conflict(f"`{conflict}` was changed or used meanwhile")
        return positions, head

    def copy(self, events: Iterable[NewRow], versions: Mapping[str, int], commands: Sequence[Command] = ()) -> int:
        """Append a batch by COPY under the same lock, and its command rows; the position of the log afterwards."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (lock_of(self.datastore.schema),))
            changed = cursor.execute(self.sql(_CHECK), (list(versions), list(versions.values()))).fetchone()
            if changed:
                raise Conflict(f"stream `{changed['stream']}` is not at version {versions[changed['stream']]}")
            used = commands and cursor.execute(self.sql(_USED), ([each.command_id for each in commands],)).fetchone()
            if used:
                raise Conflict(f"command id `{used['command_id']}` was used meanwhile")
            newest = cursor.execute(self.sql(_NEWEST)).fetchone()
            recorded_at = max(self._clock(), newest["recorded_at"] if newest else 0)
            self._copy_rows(cursor, events, recorded_at)
            self._notify_channel(cursor)
            head = cursor.execute(self.sql(_HEAD)).fetchone()
            assert head is not None
            position = int(head["coalesce"])
            columns = zip(*(command._replace(position=position) for command in commands), strict=True)
            if commands:
                cursor.execute(self.sql(_NOTE), [list(column) for column in columns])
        return position

    def _copy_rows(self, cursor: Cursor[Any], events: Iterable[NewRow], recorded_at: int) -> None:
        with cursor.copy(self.sql(_COPY)) as copy:
            copy.set_types(["text", "int8", "text", "bytea", "int8"])
            write = copy.write_row
            for event in events:
                write((*event, recorded_at))


class PostgresLog:
    """The log over one schema of a server; any number of processes may use it."""

    def __init__(self, url: str, clock: Clock, clock_name: str, keys: str, *, make: bool = True) -> None:
        self.address = Address(url)
        refuse_database_functions(self.address.shown)
        schema, self.header = opened(self.address, Header(FORMAT, clock(), clock_name, keys), make=make)
        self.server = Server(self.address, schema)
        self.recorder = PostgresRecorder(self.server, clock)

    def _ask(self, text: str, *values: Any, patience: float | None = None) -> list[tuple[Any, ...]]:
        query, until = self.recorder.sql(text), monotonic() + WAIT_SECONDS
        while True:
            try:
                with self.server.get_connection() as connection:
                    connection.patience = patience or connection.patience
                    cursor = connection.cursor(row_factory=tuple_row, binary=True)
                    return cursor.execute(query, values or None, prepare=True).fetchall()
            except PersistenceError as error:
                # A connection that the server dropped shows only when it is used; the pool makes others.
                if not broke(error) or monotonic() > until:
                    raise self.address.unreachable(error) from error
                sleep(0.05)

    def begin(self, command_id: str, stream: str, after: int) -> tuple[Command | None, list[Row]]:
        """The command's row, and the stream's rows after a version, in one round trip."""
        known, rows = None, []
        for is_command, *row in self._ask(_BEGIN, command_id, stream, after):
            if is_command:
                known = _command(command_id, row[:5])
            else:
                rows.append(Row._make(row))
        return known, sorted(rows)

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Append events and command row; raises Conflict and OutcomeUnknown."""
        try:
            return self.recorder.append(events, append.versions, append)[1]
        except PersistenceError as error:
            raise self._told(error) from error

    def append_many(
        self, events: Iterable[NewRow], versions: Mapping[str, int], commands: Sequence[Command] = ()
    ) -> int:
        """Append a batch; raises Conflict and OutcomeUnknown."""
        try:
            return self.recorder.copy(events, versions, commands)
        except PersistenceError as error:
            raise self._told(error) from error

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the writers' lock; raises Conflict and OutcomeUnknown."""
        try:
            with self.server.exclusive(lock_of(self.server.schema)):
                yield
        except PersistenceError as error:
            raise self._told(error) from error

    def _told(self, error: PersistenceError) -> Exception:
        if isinstance(error, IntegrityError):
            return Conflict("a version of the stream is there already")
        unreachable = self.address.unreachable(error)
        unheard = isinstance(error.__cause__, PoolTimeout)
        return OutcomeUnknown(str(unreachable)) if broke(error) and not unheard else unreachable

    def stream_rows(self, stream: str, after: int) -> list[Row]:
        """The rows of a stream after a version."""
        return list(map(Row._make, self._ask(_OF_STREAM + " ORDER BY originator_version", stream, after)))

    def rows(self, after: int, limit: int) -> list[Row]:
        """Rows after a position."""
        return list(map(Row._make, self._ask(_LOG, after, limit)))

    def position(self) -> int:
        """The last position."""
        return int(self._ask(_HEAD)[0][0])

    def streams(self, prefix: str) -> Iterator[str]:
        """Stream ids, bytewise, a page at a time."""
        page = self._ask(_STREAMS.replace("OPERATOR >", ">="), prefix, PAGE)
        while page:
            for (stream,) in page:
                if not stream.startswith(prefix):
                    return
                yield stream
            page = self._ask(_STREAMS.replace("OPERATOR >", ">"), page[-1][0], PAGE)

    def command(self, command_id: str) -> Command | None:
        """The command's row."""
        found = self._ask(_COMMAND, command_id)
        return _command(command_id, found[0]) if found else None

    @contextmanager
    def views(self, *, writing: bool = True) -> Iterator[PostgresRows]:
        """One transaction on the tables of views."""
        try:
            with (
                self.server.get_connection() as connection,
                connection.transaction(),
                connection.cursor(row_factory=tuple_row) as cursor,
            ):
                yield PostgresRows(cursor, self.server.schema, lock_of(self.server.schema))
        except PersistenceError as error:
            raise self.address.unreachable(error) from error

    @contextmanager
    def hints(self) -> Iterator[Callable[[float], None]]:
        """Told by NOTIFY, which every append sends."""
        try:
            with self.address.connected() as connection:
                connection.execute("LISTEN stored_events")

                def wait(seconds: float) -> None:
                    for _ in connection.notifies(timeout=seconds, stop_after=1):
                        pass

                yield wait
        except psycopg.Error as error:
            raise self.address.unreachable(error) from error

    @contextmanager
    def snapshot(self) -> Iterator[PostgresSnapshot]:
        """One REPEATABLE READ transaction on a connection of its own; writers go on beside it."""
        try:
            with self.address.connected() as connection, connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                connection.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{SNAPSHOT_MINUTES}min'")
                yield PostgresSnapshot(connection, self.server.schema)
        except psycopg.Error as error:
            raise self.address.unreachable(error) from error

    def findings(self, *, deep: bool = False) -> list[Finding]:
        """Settings of the server, rights, tenants, and what every log is asked."""
        ask = partial(self._ask, patience=LOOK_SECONDS)
        return server_findings(ask, self.server.schema, self.header, deep=deep)

    def mark_sealed(self, keys: str) -> str:
        """Write into the header what closes personal values from now on; what another process wrote stands."""
        try:
            with self.server.get_connection() as connection:
                connection.execute(self.recorder.sql(_MARK), (keys,))
        except PersistenceError as error:
            raise self._told(error) from error
        marked = str(self._ask(_MARKED)[0][0])
        self.header = self.header._replace(keys=marked)
        return marked

    def close(self) -> None:
        """Close the connections."""
        self.server.close()


def _command(command_id: str, row: Sequence[Any]) -> Command:
    position, stream, first, last, digest = row
    return Command(command_id, digest, stream, first, last, position)
