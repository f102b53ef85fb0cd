"""Tables of views in the store's own database, in SQL that SQLite and PostgreSQL both read.

What is in them can be thrown away and made again from the log. A statement names a table as `{name}` and a value as
`?`; which generation of the table that is, and in which schema, is filled in here.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import psycopg
from psycopg import Cursor

ColumnType = Literal["text", "bigint", "bytes"]
_SQLITE = {"bigint": "INTEGER", "text": "TEXT", "bytes": "BLOB"}
_POSTGRES = {"bigint": "bigint", "text": 'text COLLATE "C"', "bytes": "bytea"}


@dataclass(frozen=True, slots=True)
class ViewTable:
    """
    A table of a view; texts compare bytewise.

    Args:
        columns: Names and types, in order.
        key: The columns that name a row; never null.
        lookups: The columns it is looked up by, each an index.
    """

    name: str
    columns: tuple[tuple[str, ColumnType], ...]
    key: tuple[str, ...]
    lookups: tuple[tuple[str, ...], ...] = ()

    @property
    def replace(self) -> str:
        """The statement that puts a row down, in place of one with the same key."""
        names = [name for name, _ in self.columns]
        others = [name for name in names if name not in self.key]
        then = "UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in others) if others else "NOTHING"
        marks = ", ".join("?" * len(names))
        return (
            f"INSERT INTO {{{self.name}}} ({', '.join(names)}) VALUES ({marks}) "
            f"ON CONFLICT ({', '.join(self.key)}) DO {then}"
        )


class UnfitRow(ValueError):
    """A value that its column does not take."""


class ViewRows(Protocol):
    """One open transaction on tables of views."""

    def there(self, table: str) -> bool:
        """Whether there is such a table; its whole name."""
        ...

    def make(self, table: ViewTable, generation: int) -> None:
        """Make a generation of a table where there is none."""
        ...

    def drop(self, table: ViewTable, generation: int) -> None:
        """Throw a generation of a table away where there is one."""
        ...

    def naming(self, tables: Iterable[ViewTable], generation: int) -> "ViewRows":
        """The same transaction, in which statements name these tables of that generation."""
        ...

    def alone(self) -> None:
        """Wait until no other process makes tables here, until the end of the transaction."""
        ...

    def steady(self) -> None:
        """See one state of the database until the end of a reading transaction; asked before anything else."""
        ...

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a statement answers with; none where it answers with nothing. Raises UnfitRow."""
        ...

    def put(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each of the rows. Raises UnfitRow."""
        ...

    def apart(self) -> AbstractContextManager[None]:
        """What is done within is taken back where it raises, and nothing else is."""
        ...


def called(table: str, generation: int) -> str:
    """The whole name of a generation of a table; generation 0 is for tables that have but one."""
    return f"{table}_{generation}" if generation else table


class SqliteRows:
    """View rows by the cursor of an open transaction on an SQLite file."""

    def __init__(self, cursor: sqlite3.Cursor, names: dict[str, str] | None = None) -> None:
        self._cursor, self._names = cursor, names or {}

    def there(self, table: str) -> bool:
        """Whether there is such a table."""
        query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return self._cursor.execute(query, (table,)).fetchone() is not None

    def make(self, table: ViewTable, generation: int) -> None:
        """Make a generation of a table where there is none."""
        name, key = called(table.name, generation), ", ".join(table.key)
        columns = ", ".join(f"{each} {_SQLITE[kind]}" for each, kind in table.columns)
        # Large rows are quicker to pass over where they are not in the tree of their keys.
        rowid = "" if any(kind == "bytes" for _, kind in table.columns) else " WITHOUT ROWID"
        self._cursor.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns}, PRIMARY KEY ({key})){rowid}")
        for number, by in enumerate(table.lookups, 1):
            self._cursor.execute(f"CREATE INDEX IF NOT EXISTS {name}_by_{number} ON {name} ({', '.join(by)})")

    def drop(self, table: ViewTable, generation: int) -> None:
        """Throw a generation of a table away where there is one."""
        self._cursor.execute(f"DROP TABLE IF EXISTS {called(table.name, generation)}")

    def naming(self, tables: Iterable[ViewTable], generation: int) -> "SqliteRows":
        """The same transaction, in which statements name these tables of that generation."""
        return SqliteRows(self._cursor, {table.name: called(table.name, generation) for table in tables})

    def alone(self) -> None:
        """A writing transaction is alone in its file as it is."""

    def steady(self) -> None:
        """A transaction sees one state as it is."""

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a statement answers with."""
        with _fitting(sqlite3.IntegrityError, OverflowError, UnicodeEncodeError):
            return self._cursor.execute(statement.format_map(self._names), values).fetchall()

    def put(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each of the rows."""
        with _fitting(sqlite3.IntegrityError, OverflowError, UnicodeEncodeError):
            self._cursor.executemany(statement.format_map(self._names), rows)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A savepoint."""
        self._cursor.execute("SAVEPOINT apart")
        try:
            yield
        except BaseException:
            # Where the disk failed SQLite may have ended the transaction by itself; that failure is what is told.
            if self._cursor.connection.in_transaction:
                self._cursor.execute("ROLLBACK TO apart")
                self._cursor.execute("RELEASE apart")
            raise
        self._cursor.execute("RELEASE apart")


class PostgresRows:
    """View rows by the cursor of an open transaction on a PostgreSQL schema; `lock` is that of its writers."""

    def __init__(self, cursor: Cursor[Any], schema: str, lock: int, names: dict[str, str] | None = None) -> None:
        self._cursor, self._schema, self._lock, self._names = cursor, schema, lock, names or {}

    def there(self, table: str) -> bool:
        """Whether there is such a table."""
        query = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = %s"
        return self._cursor.execute(query, (self._schema, table)).fetchone() is not None

    def make(self, table: ViewTable, generation: int) -> None:
        """Make a generation of a table where there is none."""
        name, key = called(table.name, generation), ", ".join(table.key)
        columns = ", ".join(f"{each} {_POSTGRES[kind]}" for each, kind in table.columns)
        self._run(f"CREATE TABLE IF NOT EXISTS {self._whole(name)} ({columns}, PRIMARY KEY ({key}))")
        for number, by in enumerate(table.lookups, 1):
            self._run(f"CREATE INDEX IF NOT EXISTS {name}_by_{number} ON {self._whole(name)} ({', '.join(by)})")

    def drop(self, table: ViewTable, generation: int) -> None:
        """Throw a generation of a table away where there is one."""
        self._run(f"DROP TABLE IF EXISTS {self._whole(called(table.name, generation))}")

    def naming(self, tables: Iterable[ViewTable], generation: int) -> "PostgresRows":
        """The same transaction, in which statements name these tables of that generation."""
        names = {table.name: self._whole(called(table.name, generation)) for table in tables}
        return PostgresRows(self._cursor, self._schema, self._lock, names)

    def alone(self) -> None:
        """Take the writers' lock."""
        self._cursor.execute("SELECT pg_advisory_xact_lock(%s)", (self._lock,))

    def steady(self) -> None:
        """See what was committed before the first question, and nothing later."""
        self._cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a statement answers with."""
        with _fitting(psycopg.DataError, psycopg.IntegrityError):
            found = self._cursor.execute(self._sql(statement), values)
        return found.fetchall() if found.description else []

    def put(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each of the rows."""
        with _fitting(psycopg.DataError, psycopg.IntegrityError):
            self._cursor.executemany(self._sql(statement), rows)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A savepoint."""
        with self._cursor.connection.transaction():
            yield

    def _whole(self, name: str) -> str:
        schema = self._schema.replace('"', '""')
        return f'"{schema}".{name}'

    def _sql(self, statement: str) -> bytes:
        return statement.format_map(self._names).replace("?", "%s").encode()

    def _run(self, statement: str) -> None:
        self._cursor.execute(statement.encode())


@contextmanager
def _fitting(*unfit: type[Exception]) -> Iterator[None]:
    try:
        yield
    except unfit as error:
        # Never quoted: what does not fit may be personal.
        raise UnfitRow(f"a value that its column does not take ({type(error).__name__})") from None
