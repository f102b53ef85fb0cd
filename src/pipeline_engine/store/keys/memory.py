"""Keys in memory, for a store in memory: gone with the process."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

from pipeline_engine.store.keys.model import KeyState
from pipeline_engine.store.keys.tables import TABLES, KeyTables, Run
from pipeline_engine.store.log import Clock


class _Statements:
    def __init__(self, connection: sqlite3.Connection, lock: RLock) -> None:
        self._connection, self._lock = connection, lock

    def __call__(self, text: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._connection.execute(text.replace("{at}", "").replace("{bytes}", "BLOB"), values).fetchall()

    def many(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self(text, *row)


class MemoryKeys(KeyTables):
    """The same tables as in a file, in a database that has none."""

    place, shared = "memory", False
    among = "IN (SELECT value FROM json_each(?))"

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, RLock()
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._statements = _Statements(self._connection, self._lock)

    def is_there(self) -> bool:
        """Never before they are made."""
        return False

    def make(self, master: str, kept: str | None) -> KeyState:
        """Make the tables."""
        with self.transaction() as run:
            for table in TABLES:
                run(table)
            self.made(run, master, kept, self._clock())
        return self.state()

    def run(self, text: str, *values: Any) -> list[Any]:
        """The rows of one statement by itself."""
        return self._statements(text, *values)

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """A transaction, alone."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield self._statements
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.rollback()

    def list_of(self, values: Sequence[str]) -> Any:
        """The list as JSON."""
        return json.dumps(list(values))

    def clean(self) -> bool:
        """Nothing is left behind in a file."""
        return True

    def open_to_others(self) -> bool:
        """Never: nobody else sees it."""
        return False

    def close(self) -> None:
        """Nothing to give back: whoever has the store may go on reading it."""
