"""The log read into the columns of the facts, against fetching the same rows with the raw driver and dropping them.

The engine reads pages, decodes every payload, checks every value against the type of its column, and has Arrow tables
at the end. The peer fetches the same columns of the same rows in pages, and looks at nothing.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from bench._peers import Raw, RawPostgres, RawSqlite
from bench._turns import Turn, filled, in_turns, micro, opened, postgres, ratio, verdict

from pipeline_engine.facts import Projector
from pipeline_engine.store import Store

EVENTS, ROUNDS, BATCH = 100_000, 7, 20_000


def each(turn: Callable[[], int]) -> Turn:
    """Seconds a row."""

    def timed() -> float:
        begin = perf_counter()
        rows = turn()
        return (perf_counter() - begin) / rows

    return timed


def columns(store: Store) -> int:
    """Read the whole log into columns."""
    projector = Projector()
    while rows := store.rows(projector.position, BATCH):
        projector.advance(rows)
    return projector.position


def measured(name: str, store: Store, raw: Raw) -> None:
    """Read by turns and print what came of it."""
    found = in_turns(ROUNDS, {"raw": each(raw.read), "ours": each(lambda: columns(store))})
    print(f"log into columns on {name}, a row: {micro(found['ours'])}, raw read {micro(found['raw'])}")
    print(verdict(ratio(found["raw"], found["ours"]), 0.4, "the raw row read"))


def main() -> None:
    """Print both ratios."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/sales.db"
        filled(url, EVENTS)
        store = opened(url)
        measured("SQLite", store, RawSqlite(Path(folder) / "sales.db"))
        store.close()
    with postgres() as database:
        url = database()
        filled(url, EVENTS)
        store = opened(url)
        measured("PostgreSQL", store, RawPostgres(url, "public"))
        store.close()
