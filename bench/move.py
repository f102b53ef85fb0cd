"""One accepted move through the engine on SQLite, against the bare event-sourcing library saving one event.

Both write to a file beside each other, turn by turn, so that a slow disk slows both. The engine loads the deal,
judges eight rules, appends, and writes its command log; the library's own `save` appends one event of an aggregate that
it holds in memory.
"""

import tempfile
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from pipeline_engine import Engine

ROUNDS, MOVES = 15, 40
PROCESS = """
process: bench
currency: EUR
deal:
  amount: {type: money}
  close_date: {type: date}
  email: {type: text}
activities: [meeting]
stages:
  - id: one
  - id: two
    enter:
      - {require: [amount, close_date]}
      - {id: reachable, check: "deal.email.contains('@')"}
      - {activities: {meeting: 2}}
      - {id: above, check: deal.amount >= 1000}
      - {id: below, check: deal.amount < 1000000}
      - {id: ahead, check: "deal.close_date > date('2020-01-01')"}
moves: {forward: any, back: {reason: optional}}
outcomes:
  won: {}
  lost: {reasons: [price]}
"""


class Thing(Aggregate):
    """What the bare library saves: one event a save."""

    @event("Moved")
    def move(self, to: str) -> None:
        """Move somewhere."""
        self.to = to


def engine_moves(engine: Engine, names: "count[int]") -> float:
    """Seconds for one accepted move, over MOVES fresh deals."""
    deals = [f"D-{next(names)}" for _ in range(MOVES)]
    for deal in deals:
        fields = {"amount": "12000", "close_date": "2030-01-01", "email": "a@example.org"}
        engine.open_deal(deal, process="bench", owner="rep", fields=fields, by="rep")
        for _ in range(2):
            engine.log(deal, "meeting", by="rep")
    begin = perf_counter()
    for deal in deals:
        assert engine.move(deal, to="two", by="rep").accepted
    return (perf_counter() - begin) / MOVES


def library_saves(app: "Application[UUID]") -> float:
    """Seconds for one save of one event, over MOVES aggregates."""
    things = [Thing() for _ in range(MOVES)]
    app.save(*things)
    for thing in things:
        thing.move("two")
    begin = perf_counter()
    for thing in things:
        app.save(thing)
    return (perf_counter() - begin) / MOVES


def main() -> None:
    """Print both and the ratio of their medians."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(Path(folder) / "bare.db")}
        app: Application[UUID] = Application(env=settings)
        with Engine.open(f"sqlite:///{folder}/engine.db") as engine:
            engine.publish_text(PROCESS, "bench.yaml", by="ops")
            names = count()
            pairs = [(library_saves(app), engine_moves(engine, names)) for _ in range(ROUNDS)]
        app.close()
    bare, ours = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    print(f"move on SQLite, 8 rules: engine {ours * 1e6:,.0f} µs, bare save {bare * 1e6:,.0f} µs")
    print(f"  ratio {bare / ours:.2f} of the bare library's save (wanted: at least 0.40)")
