"""What writes one by one: the engine's whole command, the store's transaction, the library's save, the driver's row.

Each is got ready first (deals opened, aggregates saved), so that only the writing itself is timed.
"""

from collections.abc import Callable, Iterator
from time import perf_counter
from uuid import UUID

from bench._peers import Raw
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from pipeline_engine import Engine
from pipeline_engine.deal import NoteRecorded
from pipeline_engine.engine.reads import DEAL
from pipeline_engine.envelope import Envelope
from pipeline_engine.store import Decision, Draft, Request, Store
from pipeline_engine.values import Personal

Ready = Callable[[], Callable[[], None]]
EACH = 40
"""How many a turn writes, one transaction each."""
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


def timed(ready: Ready) -> float:
    """Seconds for one of the EACH of a turn."""
    run = ready()
    begin = perf_counter()
    run()
    return (perf_counter() - begin) / EACH


def engine_moves(engine: Engine, names: Iterator[str]) -> Ready:
    """Accepted moves of fresh deals: load, judge eight rules, append, command log."""

    def ready() -> Callable[[], None]:
        deals = [next(names) for _ in range(EACH)]
        fields = {"amount": "12000", "close_date": "2030-01-01", "email": "a@example.org"}
        for deal in deals:
            engine.open_deal(deal, process="bench", owner="rep", fields=fields, by="rep")
            for _ in range(2):
                engine.log(deal, "meeting", by="rep")

        def run() -> None:
            for deal in deals:
                assert engine.move(deal, to="two", by="rep").accepted

        return run

    return ready


def store_transactions(store: Store, names: Iterator[str]) -> Ready:
    """One event and its row of the command log, with nothing to judge; on a deal that has its key already."""

    def noted(name: str, command_id: str) -> None:
        note = NoteRecorded(text=Personal(f"deal:{name}", "asks about security"))
        envelope = Envelope(at=None, at_precision="unknown", actor="rep-03", command_id=command_id)
        decision = Decision((Draft(envelope, note),))
        store.transact(f"deal:{name}", Request(command_id, "0" * 64), DEAL, lambda *_: decision)

    def ready() -> Callable[[], None]:
        streams = [next(names) for _ in range(EACH)]
        for name in streams:
            noted(name, f"{name}/first")

        def run() -> None:
            for name in streams:
                noted(name, name)

        return run

    return ready


def library_saves(app: "Application[UUID]") -> Ready:
    """One save of one event of an aggregate that is held in memory."""

    def ready() -> Callable[[], None]:
        things = [Thing() for _ in range(EACH)]
        app.save(*things)
        for thing in things:
            thing.move("two")

        def run() -> None:
            for thing in things:
                app.save(thing)

        return run

    return ready


def raw_rows(raw: Raw, names: Iterator[str]) -> Ready:
    """One row of the size of a move, one commit."""
    payload = b"x" * 340

    def ready() -> Callable[[], None]:
        rows = [(f"deal:{next(names)}", 1, 1_767_225_600_000_000, "DealMoved", payload) for _ in range(EACH)]

        def run() -> None:
            for row in rows:
                raw.one(row)

        return run

    return ready
