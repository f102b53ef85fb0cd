"""Keys in a PostgreSQL schema of their own, beside the schema of the store: `NAME_keys`."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from eventsourcing.persistence import PersistenceError
from psycopg import Cursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from pipeline_engine.errors import BadStore
from pipeline_engine.store.keys.model import FORMAT, KeyState
from pipeline_engine.store.keys.tables import TABLES, KeyTables, Run
from pipeline_engine.store.log import Clock, newer
from pipeline_engine.store.postgres_schema import lock_of
from pipeline_engine.store.postgres_server import Address, Server

# Asked of the catalogue, which shows what is there also to who may not use it.
_OURS = """SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ? AND c.relname = 'key_header'"""
_SCHEMA = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = ?"
LONGEST_NAME = 63


class _Within:
    def __init__(self, keys: "PostgresKeys", cursor: Cursor[Any]) -> None:
        self._keys, self._cursor = keys, cursor

    def __call__(self, text: str, *values: Any) -> list[Any]:
        self._cursor.execute(self._keys.sql(text), values or None)
        return self._cursor.fetchall() if self._cursor.description else []

    def many(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        self._cursor.executemany(self._keys.sql(text), list(rows))


class PostgresKeys(KeyTables):
    """Keys in one schema; their connections are not those of the store, whose transactions may be rolled back."""

    among = "= ANY(?)"

    def __init__(self, address: Address, schema: str, clock: Clock) -> None:
        self.schema, self._clock, self._address = f"{schema}_keys", clock, address
        if len(self.schema.encode()) > LONGEST_NAME:
            raise BadStore(f"schema `{schema}` leaves no room for `{self.schema}`; use a name of at most 58 letters")
        self.place = f"schema `{self.schema}` of `{address.shown}`"
        # Keys are asked for seldom, and a connection that the server dropped meanwhile shows only when it is used.
        self._server = Server(address, self.schema, tried=True)

    def sql(self, text: str) -> Composed:
        """A statement with this schema in it."""
        named = text.replace("?", "%s").replace("{bytes}", "bytea").replace("{at}", "{schema}.")
        return SQL(named).format(schema=Identifier(self.schema))

    def is_there(self) -> bool:
        """Whether keys are kept in this schema; raises BadStore for a newer format."""
        if not self.run(_OURS, self.schema)[0][0]:
            return False
        written = self.run("SELECT value FROM {at}key_header WHERE name = 'format'")[0][0]
        if int(written) > FORMAT:
            raise newer(self.place, written)
        return True

    def make(self, master: str, kept: str | None) -> KeyState:
        """Make the schema and its tables; what another process made meanwhile stands."""
        try:
            with self._transaction() as run:
                if not run(_OURS, self.schema)[0][0]:
                    self._make(run, master, kept)
        except PersistenceError as error:
            if isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
                needed = f"let an administrator make schema `{self.schema}` and give it to this user"
                raise BadStore(f"keys cannot be kept at `{self._address.shown}`; {needed}") from error
            raise self._address.unreachable(error) from error
        return self.state()

    def _make(self, run: Run, master: str, kept: str | None) -> None:
        # A user without the right to make schemas may have been given this one.
        if not run(_SCHEMA, self.schema)[0][0]:
            run("CREATE SCHEMA {schema}")
        for table in TABLES:
            run(table)
        self.made(run, master, kept, self._clock())

    def run(self, text: str, *values: Any) -> list[Any]:
        """The rows of one statement by itself."""
        try:
            with self._server.get_connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
                return _Within(self, cursor)(text, *values)
        except PersistenceError as error:
            raise self._address.unreachable(error) from error

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """A transaction under the lock of these keys."""
        try:
            with self._transaction() as run:
                yield run
        except PersistenceError as error:
            raise self._address.unreachable(error) from error

    @contextmanager
    def _transaction(self) -> Iterator[Run]:
        with (
            self._server.get_connection() as connection,
            connection.transaction(),
            connection.cursor(row_factory=tuple_row) as cursor,
        ):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (lock_of(self.schema),))
            yield _Within(self, cursor)

    def list_of(self, values: Sequence[str]) -> Any:
        """The list as an array."""
        return list(values)

    def clean(self) -> bool:
        """Write the table anew without what was overwritten; False where it is in use for too long."""
        try:
            with self._server.get_connection() as connection:
                connection.execute(self.sql("VACUUM (FULL) {at}subject_keys"))
                connection.execute(self.sql("VACUUM (FULL) {at}key_header"))
        except PersistenceError:
            return False
        return True

    def open_to_others(self) -> bool:
        """Never: who may read a schema is the server's to say."""
        return False

    def close(self) -> None:
        """Close the connections."""
        self._server.close()
