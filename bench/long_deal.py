"""A warm move on a deal of 10,000 events against one on a deal of 10, turn by turn, on SQLite; eight rules, two of
which count activities.

The peer is the engine itself on the short deal: nothing can move a long deal faster than a short one.
"""

import tempfile
from itertools import cycle
from time import perf_counter

from bench._commands import PROCESS

from pipeline_engine import Engine
from pipeline_engine.deal import ActivityLogged
from pipeline_engine.engine import system_clock
from pipeline_engine.envelope import Envelope
from pipeline_engine.store import Draft, StreamAppend

ROUNDS = 400
FIELDS = {"amount": "12000", "close_date": "2030-01-01", "email": "a@example.org"}


def make(engine: Engine, deal: str, events: int) -> None:
    """A deal that may move, with so many activities."""
    engine.open_deal(deal, process="bench", owner="rep", fields=FIELDS, by="rep")
    logged = [Draft(Envelope(at=system_clock(), actor="rep", command_id="made"), ActivityLogged(kind="meeting"))]
    engine._store.append_many([StreamAppend(f"deal:{deal}", 1, tuple(logged * events))])


def moved(engine: Engine, deal: str, to: str) -> float:
    """Seconds for one accepted move."""
    begin = perf_counter()
    assert engine.move(deal, to=to, by="rep").accepted
    return perf_counter() - begin


def p99(seconds: list[float]) -> float:
    """The 99th of a hundred."""
    return sorted(seconds)[int(len(seconds) * 0.99)]


def main() -> None:
    """Print both and the ratio of their p99."""
    with tempfile.TemporaryDirectory() as folder, Engine.open(f"sqlite:///{folder}/long.db") as engine:
        engine.publish_text(PROCESS, "bench.yaml", by="ops")
        for deal, events in (("short", 10), ("long", 10_000)):
            make(engine, deal, events)
            moved(engine, deal, "two"), moved(engine, deal, "one")
        took: dict[str, list[float]] = {"short": [], "long": []}
        for _, to in zip(range(ROUNDS), cycle(("two", "one")), strict=False):
            for deal, times in took.items():
                times.append(moved(engine, deal, to))
    short, long = p99(took["short"]), p99(took["long"])
    halves = sorted(took["short"])[ROUNDS // 2], sorted(took["long"])[ROUNDS // 2]
    print(f"move on SQLite, p99: 10 events {short * 1e6:,.0f} µs, 10,000 events {long * 1e6:,.0f} µs")
    print(f"  ratio {long / short:.2f} (wanted: at most 2), of the medians {halves[1] / halves[0]:.2f}")
