"""The view of who holds what in a database in memory, for tests that have rows and no store."""

import sqlite3
from collections.abc import Mapping, Sequence

from pipeline_engine.deal import Deal, Held
from pipeline_engine.facts import Holdings, held
from pipeline_engine.store import Row
from pipeline_engine.store.view_tables import SqliteRows


class Kept:
    """Holdings in step with the rows it is given; those read before are passed over."""

    def __init__(self) -> None:
        self._corrected: Mapping[str, Deal] = {}
        self._holdings = Holdings(lambda stream, version: self._corrected[stream])
        rows = SqliteRows(sqlite3.connect(":memory:", isolation_level=None).cursor())
        for table in self._holdings.tables:
            rows.make(table, 1)
        self._view = rows.naming(self._holdings.tables, 1)
        self.position = 0

    def advance(self, rows: Sequence[Row], corrected: Mapping[str, Deal]) -> None:
        """Read on; `corrected` are the deals as they stand that were corrected within these rows, by stream."""
        self._corrected = corrected
        new = [row for row in rows if row.position > self.position]
        self._holdings.take(new, self._view)
        self.position = new[-1].position if new else self.position

    def held(self, owner: str, process: str, stage: str, but: str) -> Held:
        """What the view says."""
        return held(self._view, owner, process, stage, but)
