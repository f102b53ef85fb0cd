"""The raw drivers beside which the store is measured: the same rows in the same tables, and nothing else."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import tuple_row

from pipeline_engine.store.postgres_schema import tables
from pipeline_engine.store.sqlite_schema import TABLES

Values = tuple[str, int, int, str, bytes]
"""Stream, version, recorded_at, name, payload."""
PAGE = 1000


class Raw(Protocol):
    """A driver with the table of events, and no more than the driver does."""

    def one(self, row: Values) -> None:
        """Insert one row and commit."""

    def many(self, rows: Sequence[Values]) -> None:
        """Insert many rows in the quickest way there is, and commit."""

    def read(self) -> int:
        """Read every row of the table, page by page, and count them."""


class RawSqlite:
    """`sqlite3` on a file, as durable as the store: a write-ahead log, synced at every commit."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'stored_events'").fetchone():
            self._connection.execute(TABLES[0])

    def one(self, row: Values) -> None:
        """One row, one commit."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(_INSERT, row)
        self._connection.execute("COMMIT")

    def many(self, rows: Sequence[Values]) -> None:
        """`executemany` in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(_INSERT, rows)
        self._connection.execute("COMMIT")

    def read(self) -> int:
        """All columns of all rows."""
        return _paged(lambda after: self._connection.execute(_READ.format("position", "?"), (after, PAGE)).fetchall())


class RawPostgres:
    """psycopg on a database, prepared statements and binary rows; a schema of its own unless one is named."""

    def __init__(self, url: str, schema: str = "") -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        if not schema:
            self._connection.execute("CREATE SCHEMA raw")
            self._connection.execute(tables("raw"))
        self._connection.execute(f"SET search_path = {schema or 'raw'}")

    def one(self, row: Values) -> None:
        """One row, one commit."""
        self._connection.execute(_INSERT.replace("?", "%s"), row, prepare=True)

    def many(self, rows: Sequence[Values]) -> None:
        """COPY in one transaction."""
        with self._connection.transaction(), self._connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.set_types(["text", "int8", "int8", "text", "bytea"])
            for row in rows:
                copy.write_row(row)

    def read(self) -> int:
        """All columns of all rows."""
        cursor = self._connection.cursor(row_factory=tuple_row, binary=True)
        query: Any = _READ.format("notification_id", "%s")
        return _paged(lambda after: cursor.execute(query, (after, PAGE), prepare=True).fetchall())


_COLUMNS = "originator_id, originator_version, recorded_at, topic, state"
_INSERT = f"INSERT INTO stored_events ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)"
_COPY = f"COPY stored_events ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
_READ = f"SELECT {{0}}, {_COLUMNS} FROM stored_events WHERE {{0}} > {{1}} ORDER BY {{0}} LIMIT {{1}}"


def _paged(page: Any) -> int:
    found = after = 0
    while rows := page(after):
        found, after = found + len(rows), rows[-1][0]
    return found


def values(rows: Iterable[Any]) -> list[Values]:
    """Rows of the log as the drivers take them."""
    return [(row.stream, row.version, row.recorded_at, row.name, row.payload) for row in rows]
