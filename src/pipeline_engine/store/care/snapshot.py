"""A log as it stood at one moment, to be read from end to end while others write on."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import uuid4

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from pipeline_engine.store.log import Command
from pipeline_engine.store.model import Row

BATCH = 2000
LAST = 2**63 - 1
_SQLITE_ROWS = """SELECT position, originator_id, originator_version, recorded_at, topic, state FROM stored_events
    WHERE position <= ? ORDER BY position"""
_SQLITE_COMMANDS = "SELECT command_id, digest, stream, first, last, position FROM command_log ORDER BY command_id"
_ROWS = """SELECT notification_id, originator_id, originator_version, recorded_at, topic, state
    FROM {schema}.stored_events WHERE notification_id <= %s ORDER BY notification_id"""
_COMMANDS = "SELECT command_id, digest, stream, first, last, position FROM {schema}.command_log ORDER BY command_id"
_HEAD = "SELECT coalesce(max(notification_id), 0) FROM {schema}.stored_events"
_NAMES = "SELECT DISTINCT topic FROM {schema}.stored_events"
_HEADER = "SELECT key, value FROM {schema}.store_header"


class SqliteSnapshot:
    """Through a connection whose transaction has begun; other connections write on beside it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def head(self) -> int:
        """The last position."""
        return int(self.connection.execute("SELECT coalesce(max(position), 0) FROM stored_events").fetchone()[0])

    def header(self) -> dict[str, str]:
        """The rows of the header."""
        return dict(self.connection.execute("SELECT key, value FROM store_header"))

    def names(self) -> set[str]:
        """The names of events."""
        return {name for (name,) in self.connection.execute("SELECT DISTINCT topic FROM stored_events")}

    def rows(self, upto: int | None = None) -> Iterator[list[Row]]:
        """The log in batches."""
        cursor = self.connection.execute(_SQLITE_ROWS, (LAST if upto is None else upto,))
        while page := cursor.fetchmany(BATCH):
            yield [Row._make(row) for row in page]

    def commands(self) -> Iterator[list[Command]]:
        """The command log in batches."""
        cursor = self.connection.execute(_SQLITE_COMMANDS)
        while page := cursor.fetchmany(BATCH):
            yield [Command._make(row) for row in page]


class PostgresSnapshot:
    """Through a connection in a REPEATABLE READ transaction; a cursor of the server hands out the batches."""

    def __init__(self, connection: Connection[Any], schema: str) -> None:
        self._connection, self._schema = connection, Identifier(schema)

    def _pages(self, text: str, *values: Any) -> Iterator[list[tuple[Any, ...]]]:
        with self._connection.cursor(f"snapshot_{uuid4().hex}", row_factory=tuple_row) as cursor:
            cursor.execute(SQL(text).format(schema=self._schema), values or None, binary=True)
            while page := cursor.fetchmany(BATCH):
                yield page

    def head(self) -> int:
        """The last position."""
        return int(next(self._pages(_HEAD))[0][0])

    def header(self) -> dict[str, str]:
        """The rows of the header."""
        return {key: value for page in self._pages(_HEADER) for key, value in page}

    def names(self) -> set[str]:
        """The names of events."""
        return {name for page in self._pages(_NAMES) for (name,) in page}

    def rows(self, upto: int | None = None) -> Iterator[list[Row]]:
        """The log in batches."""
        for page in self._pages(_ROWS, LAST if upto is None else upto):
            yield [Row._make(row) for row in page]

    def commands(self) -> Iterator[list[Command]]:
        """The command log in batches."""
        for page in self._pages(_COMMANDS):
            yield [Command._make(row) for row in page]


class MemorySnapshot:
    """Of lists that were copied."""

    def __init__(self, header: Mapping[str, str], log: Sequence[Row], commands: Sequence[Command]) -> None:
        self._header, self._log = dict(header), log
        # In the order of their UTF-8 bytes, which is that of code points.
        self._commands = sorted(commands)

    def head(self) -> int:
        """The last position."""
        return self._log[-1].position if self._log else 0

    def header(self) -> dict[str, str]:
        """What the store says of itself."""
        return dict(self._header)

    def names(self) -> set[str]:
        """The names of events."""
        return {row.name for row in self._log}

    def rows(self, upto: int | None = None) -> Iterator[list[Row]]:
        """The log in batches."""
        wanted = (row for row in self._log if upto is None or row.position <= upto)
        while page := list(islice(wanted, BATCH)):
            yield page

    def commands(self) -> Iterator[list[Command]]:
        """The command log in batches."""
        every = iter(self._commands)
        while page := list(islice(every, BATCH)):
            yield page
