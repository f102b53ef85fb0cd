"""What sealing costs: one note recorded and read again under keys of subjects, against values that are only wrapped.

Both in memory, turn by turn, in time of the processor, so that neither disks nor neighbours are measured. The first
note about a deal makes its key, and on SQLite waits for one more commit: that is measured apart, by the clock.
"""

import tempfile
from datetime import UTC, datetime
from statistics import median
from time import perf_counter, process_time

from pipeline_engine import Engine
from pipeline_engine.engine import EVENTS
from pipeline_engine.store import IDENTITY, KeyProvider, open_store

ROUNDS, NOTES, DEALS = 25, 200, 20
PROCESS = """
process: bench
currency: EUR
stages: [{id: one}, {id: two}]
outcomes: {won: {}, lost: {reasons: [price]}}
"""


def engine_on(url: str, keys: KeyProvider | None) -> Engine:
    """An engine with one process; without `keys` it seals under those of the store."""

    def now() -> datetime:
        return datetime.now(UTC)

    engine = Engine(open_store(url, clock=now, keys=keys, events=EVENTS), now)
    engine.publish_text(PROCESS, "bench.yaml", by="ops")
    return engine


def noted(engine: Engine, rounds: int) -> float:
    """Seconds for one note on a deal whose key is at hand."""
    deal = f"D-{rounds}"
    engine.open_deal(deal, process="bench", owner="rep", title="to begin with", by="rep")
    begin = process_time()
    for _ in range(NOTES):
        engine.note(deal, "they want the offer in writing", by="rep")
    return (process_time() - begin) / NOTES


def read(engine: Engine, rounds: int) -> float:
    """Seconds for reading one of those notes again."""
    begin = process_time()
    assert len(engine.timeline(f"D-{rounds}")) == NOTES + 1
    return (process_time() - begin) / NOTES


def first(engine: Engine, rounds: int) -> float:
    """Seconds for opening a deal with a title, whose key is made for it."""
    begin = perf_counter()
    for number in range(DEALS):
        engine.open_deal(f"F-{rounds}-{number}", process="bench", owner="rep", title="to begin with", by="rep")
    return (perf_counter() - begin) / DEALS


def main() -> None:
    """Print what one value costs more, warm, and what the first one of a subject costs."""
    sealed, wrapped = engine_on("memory://", None), engine_on("memory://", IDENTITY)
    pairs = [(noted(sealed, n), noted(wrapped, n), read(sealed, n), read(wrapped, n)) for n in range(ROUNDS)]
    write, read_again = (median(p[at] - p[at + 1] for p in pairs) * 1e6 for at in (0, 2))
    print(f"a note in memory: sealed {median(p[0] for p in pairs) * 1e6:,.0f} µs, only wrapped "
          f"{median(p[1] for p in pairs) * 1e6:,.0f} µs")  # fmt: skip
    print(f"  one value more: {write:.1f} µs to seal, {read_again:.1f} µs to open (wanted: at most 15)")
    with tempfile.TemporaryDirectory() as folder:
        files = engine_on(f"sqlite:///{folder}/sealed.db", None), engine_on(f"sqlite:///{folder}/wrapped.db", IDENTITY)
        opened = [tuple(first(engine, n) for engine in files) for n in range(ROUNDS)]
        for engine in files:
            engine.close()
    ours, bare = (median(pair[at] for pair in opened) * 1e6 for at in (0, 1))
    print(
        f"the first value of a deal on SQLite: {ours:,.0f} µs with its key, {bare:,.0f} µs without, {ours / bare:.2f}"
    )


if __name__ == "__main__":
    main()
