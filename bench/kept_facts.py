"""A process that begins with the facts kept in the store, against one that reads the whole log; and what keeping costs.

Both end with the tables of every view at the same position, and must agree on their digest.
"""

import resource
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import TypeVar

from bench._turns import filled, micro, opened, postgres

from pipeline_engine.engine import keeping
from pipeline_engine.engine.follower import BATCH, Follower
from pipeline_engine.facts import Projector
from pipeline_engine.store import Store

EVENTS, ROUNDS = 150_000, 5
R = TypeVar("R")


def timed(turn: Callable[[], R]) -> tuple[float, R]:
    """Seconds, and what came of it."""
    begin = perf_counter()
    found = turn()
    return perf_counter() - begin, found


def read(store: Store) -> Projector:
    """The whole log, from the first event."""
    projector = Projector(lenient=True)
    while rows := store.rows_as_readable(projector.position, BATCH):
        projector.advance(rows)
    return projector


def follower(store: Store) -> Follower:
    """What a process has that was just started."""
    return Follower(store, keeping.Keeping(store, lambda: datetime.now(UTC)))


def size(store: Store) -> tuple[int, int]:
    """How many parts are kept, and their bytes."""
    with follower(store).keeping.follower.kept() as kept:
        assert kept, "something is kept"
        found = kept.view.ask("SELECT length(packed) FROM {fact_parts}")
    return len(found), sum(length for (length,) in found)


def measured(name: str, url: str) -> None:
    """Read, save, and begin with what is kept, by turns; print what came of it."""
    filled(url, EVENTS)
    store = opened(url)
    saving, _ = timed(follower(store).keeping.save)
    nothing, kept = list[float](), list[float]()
    for _ in range(ROUNDS):
        seconds, whole = timed(lambda: read(store))
        nothing.append(seconds)
        seconds, begun = timed(lambda: _begun(store))
        kept.append(seconds)
    assert whole.facts().digest() == begun.facts().digest()
    tables, _ = timed(begun.facts)
    parts, bytes_kept = size(store)
    head = store.position()
    print(
        f"{name}, {head:,} events: read from nothing {median(nothing):.2f} s, begun with what is kept"
        f" {median(kept):.3f} s: {median(n / k for n, k in zip(nothing, kept, strict=True)):.0f} times"
    )
    print(f"  first save {saving:.2f} s, {saving / median(nothing):.2f} of reading; tables of the views {tables:.2f} s")
    print(
        f"  {parts} parts, {bytes_kept:,} bytes, {bytes_kept / head:.0f} an event;"
        f" a look at what is kept {micro([timed(follower(store).keeping.looked_up)[0] for _ in range(50)])};"
        f" peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB"
    )
    store.close()


def _begun(store: Store) -> Projector:
    taken = follower(store).keeping.taken()
    assert taken, "something is kept"
    taken.projector.advance(store.rows_as_readable(taken.projector.position, BATCH))
    return taken.projector


def main() -> None:
    """Print the figures of both databases."""
    with tempfile.TemporaryDirectory() as folder:
        measured("SQLite", f"sqlite:///{folder}/sales.db")
    with postgres() as database:
        measured("PostgreSQL", database())
