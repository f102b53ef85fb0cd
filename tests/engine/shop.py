"""A store under a clock that a test sets, with a small process and a few people."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline_engine.deal import Outcome
from pipeline_engine.engine import Engine
from pipeline_engine.team import load_people

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
PROCESS = """
process: shop
currency: EUR
roles: [rep, manager, vp]
contacts: {roles: [buyer]}
activities: [call]
deal:
  amount: {type: money}
  mail:   {type: text, personal: deal}
stages:
  - id: lead
  - id: offer
    enter:
      - {id: reachable, check: "deal.mail.contains('@')", waivable_by: manager, says: needs a mail, fix: write it down}
  - id: contract
    enter:
      - {id: big, approval: manager, when: deal.amount >= 1000, void_if_changed: [amount]}
moves: {skip: {waivable_by: manager}, open_in: [lead]}
outcomes:
  won: {from: [contract]}
  lost: {reasons: [price, gone]}
"""
PEOPLE = """
people:
  - {id: rep, roles: [rep], team: north, manager: boss}
  - {id: rep-2, roles: [rep], team: north, manager: boss}
  - {id: boss, roles: [manager], team: north}
  - {id: vp, roles: [manager, vp]}
"""


@dataclass
class Clock:
    """What time it is, as the test says; it may be set back."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        """The moment."""
        return self.now

    def on(self, number: float) -> None:
        """Set it to so many days after MONDAY."""
        self.now = MONDAY + timedelta(days=number)


@dataclass
class Shop:
    """An engine and its clock; asks as rep unless another is named."""

    engine: Engine
    clock: Clock
    asked: list[Outcome] = field(default_factory=list)

    @classmethod
    def opened(cls, url: str = "memory://", people: str | None = PEOPLE) -> "Shop":
        """A store with the process and its people."""
        clock = Clock()
        engine = Engine.open(url, clock=clock, clock_name="test")
        engine.publish_text(PROCESS, "shop.yaml", by="ops")
        shop = cls(engine, clock)
        if people is not None:
            shop.people(people)
        return shop

    def people(self, text: str, **how: Any) -> Any:
        """Apply a people file."""
        return self.engine.apply_register(load_people(text, "people.yaml"), **{"by": "ops", **how})

    def ask(self, verb: str, deal: str = "D", *args: Any, by: str = "rep", **what: Any) -> Outcome:
        """One command about a deal."""
        outcome: Outcome = getattr(self.engine, verb)(deal, *args, by=by, **what)
        self.asked.append(outcome)
        return outcome

    def deal_in(self, stage: str, deal: str = "D", amount: str = "10") -> "Shop":
        """A deal of rep in a stage, or won, or lost."""
        self.ask("open_deal", deal, process="shop", owner="rep", fields={"amount": amount, "mail": "a@b"})
        way = {"lead": 0, "lost": 0, "offer": 1, "contract": 2, "won": 2}[stage]
        for target in ("offer", "contract")[:way]:
            assert self.ask("move", deal, to=target).accepted
        if stage in ("won", "lost"):
            assert (self.ask("win", deal) if stage == "won" else self.ask("lose", deal, "price")).accepted
        return self

    def names(self, deal: str = "D") -> list[str]:
        """The deal's events, by name."""
        return [type(recorded.event).__name__ for recorded in self.engine._store.events(f"deal:{deal}")]

    def verdicts(self, outcome: Outcome) -> dict[str, str]:
        """What each rule said."""
        return {judged.rule: judged.verdict for judged in outcome.verdicts}
