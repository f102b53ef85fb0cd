"""A store under a clock that a test sets, with a process in which every kind of thing comes due."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline_engine.deal import ANNOUNCEMENTS, Outcome
from pipeline_engine.engine import Engine
from pipeline_engine.envelope import Recorded
from pipeline_engine.team import LoanEnded, load_people

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROCESS = """
process: timed
currency: EUR
roles: [rep, manager]
activities: [call]
corrections: {by: [manager]}
backdate: {max: 30d}
calendar: {zone: Europe/Berlin, week: mon-fri 09:00-17:00}
deal: {amount: {type: money}}
stages:
  - {id: lead, service_level: 5d, stalled_after: {days: 8, since: last_activity}}
  - {id: offer, service_level: 10bh, enter: [{id: big, approval: manager, waivable_by: manager}]}
outcomes: {lost: {reasons: [price]}, reopen: {reason: optional}}
escalations:
  - {id: slow, when: service_level, stages: [lead], after: 1d, to: owner.manager, says: help with it}
  - {id: silent, when: stalled, to: owner}
  - {id: waits, when: approval_waits, after: 2d, to: manager}
"""
PEOPLE = """
people:
  - {id: rep, roles: [rep], manager: boss}
  - {id: rep-2, roles: [rep], manager: boss}
  - {id: boss, roles: [manager]}
  - {id: boss-2, roles: [manager]}
"""


@dataclass
class Clock:
    """What time it is, as the test says; it may be set back."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        """The moment."""
        return self.now

    def on(self, days: float) -> None:
        """Set it to so many days after MONDAY."""
        self.now = MONDAY + timedelta(days=days)


@dataclass
class Office:
    """An engine and its clock; asks as rep unless another is named."""

    engine: Engine
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def opened(cls, url: str = "memory://", clock: Clock | None = None, process: str = PROCESS) -> "Office":
        """A store with the process and its people, or one more engine on it."""
        clock = clock or Clock()
        engine = Engine.open(url, clock=clock, clock_name="test")
        engine.publish_text(process, "timed.yaml", by="ops")
        engine.apply_register(load_people(PEOPLE, "people.yaml"), by="ops")
        return cls(engine, clock)

    def ask(self, verb: str, deal: str = "D", *args: Any, by: str = "rep", **what: Any) -> Outcome:
        """One command about a deal, which the gate lets through."""
        outcome: Outcome = getattr(self.engine, verb)(deal, *args, by=by, **what)
        assert outcome.accepted, outcome
        return outcome

    def open(self, *deals: str, **how: Any) -> "Office":
        """Deals of rep in the first stage."""
        for deal in deals or ("D",):
            self.ask("open_deal", deal, process="timed", owner="rep", fields={"amount": "10"}, **how)
        return self

    def in_offer(self, deal: str = "D") -> "Office":
        """A deal whose offer was approved."""
        self.open(deal).ask("request", deal, "big")
        self.ask("approve", deal, "big", by="boss")
        self.ask("move", deal, to="offer")
        return self

    def said(self, deal: str = "D") -> list[tuple[str, float]]:
        """What time said of a deal: the event, and how many days after MONDAY it happened."""
        return [(type(each.event).__name__, days(each)) for each in announcements(self.engine, f"deal:{deal}")]

    def ring_on(self, number: float) -> list[tuple[str, float]]:
        """Ring so many days after MONDAY; what was said of the deal until then."""
        self.clock.on(number)
        self.engine.ring()
        return self.said()


def announcements(engine: Engine, stream: str) -> list[Recorded]:
    """The events of a stream that only time has said."""
    return [each for each in engine._store.events(stream) if type(each.event) in (*ANNOUNCEMENTS, LoanEnded)]


def days(recorded: Recorded) -> float:
    """How many days after MONDAY it happened."""
    assert recorded.envelope.at is not None
    return (recorded.envelope.at - MONDAY) / timedelta(days=1)
