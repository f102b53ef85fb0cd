"""A million events appended in bulk, against executemany and COPY of the same rows made beforehand.

Each turn appends the same deals to both, some 1,350 with 20,000 events: the engine encodes, checks every stream's
version and appends under its lock; the peer gets its rows ready made. BENCH_EVENTS asks for another number of events.
"""

import os
import resource
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter

from bench._peers import Raw, RawPostgres, RawSqlite, Values
from bench._turns import copies, made_up_year, opened, postgres, ratio, verdict

from pipeline_engine.engine.shell import EVENTS
from pipeline_engine.store import IDENTITY, Draft, Store, StreamAppend
from pipeline_engine.store.codec import Codec

EVENTS_WANTED = int(os.environ.get("BENCH_EVENTS", "1000000"))
DEALS_A_TURN = 1350
NOW = 1_767_225_600_000_000


def batches(year: Sequence[tuple[Draft, ...]], events: int) -> Iterator[list[StreamAppend]]:
    """Batches of deals until there are that many events."""
    parts = copies(year)
    while events > 0:
        batch = list(islice(parts, DEALS_A_TURN))
        events -= sum(len(part.drafts) for part in batch)
        yield batch


def ready(batch: Sequence[StreamAppend]) -> list[Values]:
    """The rows of a batch, with the bytes the store would write."""
    codec = Codec(EVENTS, IDENTITY)
    return [
        (part.stream, version, NOW, type(draft.event).__name__, codec.encode(part.stream, version, draft))
        for part in batch
        for version, draft in enumerate(part.drafts, 1)
    ]


def measured(name: str, store: Store, raw: Raw, year: Sequence[tuple[Draft, ...]], wanted: str) -> None:
    """Append by turns and print what came of it."""
    raws, ours, events = [], [], 0
    for batch in batches(year, EVENTS_WANTED):
        rows = ready(batch)
        begin = perf_counter()
        raw.many(rows)
        between = perf_counter()
        store.append_many(batch)
        raws.append((between - begin) / len(rows))
        ours.append((perf_counter() - between) / len(rows))
        events += len(rows)
    rate = f"{1 / median(ours):,.0f} events a second, {wanted} {1 / median(raws):,.0f}"
    print(f"bulk append of {events:,} events on {name}: {rate}")
    print(verdict(ratio(raws, ours), 0.5, wanted))


def main() -> None:
    """Print both ratios and the most memory held."""
    year = made_up_year()
    with tempfile.TemporaryDirectory() as folder:
        before = _peak()
        store = opened(f"sqlite:///{folder}/sales.db")
        measured("SQLite", store, RawSqlite(Path(folder) / "raw.db"), year, "executemany")
        store.close()
    with postgres() as database:
        url = database()
        store = opened(url)
        measured("PostgreSQL", store, RawPostgres(url), year, "COPY")
        store.close()
    print(f"  most memory held {_peak():,.0f} MiB, {_peak() - before:,.0f} more than before the first batch")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
