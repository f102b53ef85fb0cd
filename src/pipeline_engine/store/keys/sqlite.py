"""Keys in an SQLite file of their own, readable by its owner alone.

What is overwritten there is overwritten with zeros, and the write-ahead log is cut off after a key was destroyed.
"""

import json
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from eventsourcing.sqlite import SQLiteCursor

from pipeline_engine.errors import BadStore
from pipeline_engine.store.keys.model import FORMAT, KeyState
from pipeline_engine.store.keys.tables import TABLES, KeyTables, Run
from pipeline_engine.store.log import Clock, newer
from pipeline_engine.store.sqlite_errors import unusable
from pipeline_engine.store.sqlite_file import Connection, File
from pipeline_engine.store.sqlite_schema import write_ahead

APPLICATION_ID = 0x50454E4B
OWNER_ONLY = 0o600
SCRUB_TRIES = 20


class KeyFile(File):
    """Connections to a file of keys."""

    def connect(self, *, making: bool = False) -> Connection:
        """A connection that overwrites with zeros what it deletes."""
        connection = super().connect(making=making)
        connection.execute("PRAGMA secure_delete=ON")
        return connection


class _Within:
    def __init__(self, cursor: SQLiteCursor) -> None:
        self._cursor = cursor.sqlite_cursor

    def __call__(self, text: str, *values: Any) -> list[Any]:
        return self._cursor.execute(_plain(text), values).fetchall()

    def many(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        self._cursor.executemany(_plain(text), rows)


class SqliteKeys(KeyTables):
    """Keys in one file; any number of processes may use it."""

    among = "IN (SELECT value FROM json_each(?))"

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path, self.place, self._clock = path, f"`{path}`", clock
        self._file = KeyFile(path, "full")

    def is_there(self) -> bool:
        """Whether keys are kept in this file; raises BadStore where it is something else."""
        if not self.path.exists() or not self.path.stat().st_size:
            return False
        with self._file.connection() as connection:
            found = _is_ours(self.path, connection)
        self._file.recognise()
        return found

    def make(self, master: str, kept: str | None) -> KeyState:
        """Make the file and its tables; what another process made meanwhile stands."""
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
        try:
            with closing(self._file.connect()) as connection:
                write_ahead(self._file, connection)
            with self._file.transaction(commit=True) as cursor:
                if not _is_ours(self.path, cursor.sqlite_cursor):
                    self._make(_Within(cursor), master, kept)
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error
        self._file.recognise()
        return self.state()

    def _make(self, run: Run, master: str, kept: str | None) -> None:
        run(f"PRAGMA application_id={APPLICATION_ID}")
        for table in TABLES:
            run(table)
        self.made(run, master, kept, self._clock())

    def run(self, text: str, *values: Any) -> list[Any]:
        """The rows of one statement by itself."""
        with self._file.connection() as connection:
            return connection.execute(_plain(text), values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """A writing transaction."""
        with self._file.transaction(commit=True) as cursor:
            yield _Within(cursor)

    def list_of(self, values: Sequence[str]) -> Any:
        """The list as JSON."""
        return json.dumps(list(values))

    def clean(self) -> bool:
        """Bring the write-ahead log into the file and cut it off; False where a reader would not let go of it."""
        with self._file.connection() as connection:
            tries = (connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] for _ in range(SCRUB_TRIES))
            return any(busy == 0 for busy in tries)

    def open_to_others(self) -> bool:
        """Whether somebody besides the owner may read or write the file."""
        return bool(stat.S_IMODE(self.path.stat().st_mode) & ~OWNER_ONLY)

    def close(self) -> None:
        """Close the connections."""
        self._file.close()


def _is_ours(path: Path, connection: sqlite3.Connection | sqlite3.Cursor) -> bool:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if found != APPLICATION_ID:
        if found or tables:
            raise BadStore(f"`{path}` is no file of keys; put the file of keys there, or move this one away")
        return False
    if tables:
        written = connection.execute("SELECT value FROM key_header WHERE name = 'format'").fetchone()[0]
        if int(written) > FORMAT:
            raise newer(str(path), written)
    return bool(tables)


def _plain(text: str) -> str:
    return text.replace("{at}", "").replace("{bytes}", "BLOB")
