"""Lives of three deals drawn by seed, out of everything that can be done to a deal and to its process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from pipeline_engine.engine import Engine, StoryClock
from pipeline_engine.errors import PipelineError
from pipeline_engine.facts import Facts
from pipeline_engine.team import load_people

FIRST = """
process: b2b
currency: EUR
roles: [rep, manager, ops]
contacts: {roles: [buyer]}
activities: [call]
deal: {amount: {type: money}}
corrections: {by: [ops, manager]}
observed: {by: [ops]}
stages:
  - id: lead
  - {id: offer, enter: [{require: [amount], waivable_by: manager}, {id: two, owner_deals_at_most: 2}]}
  - id: talks
    enter:
      - {id: big, approval: manager, when: deal.amount >= 50, void_if_changed: [amount]}
      - {checklist: [ok], waivable_by: manager}
moves: {forward: next, skip: {waivable_by: manager}, back: {reason: optional}}
outcomes: {lost: {reasons: [price]}, reopen: {reason: optional}}
"""
SECOND = FIRST.replace("id: talks", "id: terms").replace("deal.amount >= 50", "deal.amount >= 40")
PEOPLE = """
people:
  - {id: rep, roles: [rep], manager: boss}
  - {id: rep-2, roles: [rep], manager: boss}
  - {id: boss, roles: [manager]}
  - {id: boss-2, roles: [manager, ops]}
  - {id: ops, roles: [ops]}
"""
# Whoever may do most is drawn most, so that more happens than is refused.
WHO = ("rep", "rep-2", "boss", "ops", *("boss-2",) * 4)
DEALS, TABLES = "ABC", ("deals", "stays", "changes", "attempts", "approvals", "activities", "contacts", "items")


def told(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """Every row of the tables that are compared."""
    return {name: facts.table(name).to_pylist() for name in TABLES}


@dataclass
class Lives:
    """A store whose deals live at random; `known` is what was known at some moments on the way."""

    seed: int
    texts: tuple[str, str] = (FIRST, SECOND)
    known: list[tuple[datetime, dict[str, list[dict[str, Any]]]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance, self.now = Random(self.seed), datetime(2026, 1, 5, 9, tzinfo=UTC)
        self.clock = StoryClock(self.now)
        self.engine = Engine.open("memory://", clock=self.clock)
        self.engine.publish_text(self.texts[0], "b2b.yaml", by="ops")
        self.engine.apply_register(load_people(PEOPLE, "people.yaml"), by="ops")

    def live(self, commands: int = 120) -> "Lives":
        """So many commands, whatever becomes of them; now and then what is known is written down."""
        for _ in range(commands):
            self._later(self.chance.choice((0, 1, 5, 30)))
            verb = self.chance.choice((*_DEAL, *_DEAL, *_CHANGES, *_PEOPLE, _new_version))
            try:
                verb(self, self.chance.choice(DEALS), self.chance.choice(WHO))
            except PipelineError:
                # Bad input is part of life; what matters is that nothing of it is left behind.
                continue
            if self.chance.random() < 0.1:
                self.known.append((self.now, told(self.engine.facts())))
                self._later(1)
        return self

    def _later(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.clock.reach(self.now)

    def one(self, *of: Any) -> Any:
        """One of these."""
        return self.chance.choice(of)

    def version(self, deal: str) -> int:
        """Some version of the deal's stream."""
        return self.chance.randint(1, len(self.engine.timeline(deal)))


Verb = Callable[[Lives, str, str], object]


def _new_version(lives: Lives, deal: str, by: str) -> None:
    if lives.chance.random() < 0.3:
        text, mapping = lives.one((lives.texts[0], {"terms": "talks"}), (lives.texts[1], {"talks": "terms"}))
        lives.engine.publish_text(text, "b2b.yaml", why="another season", by="ops")
        lives.engine.migrate("b2b", to=str(lives.engine.process("b2b").version), mapping=mapping, why="one for all",
                             by="ops")  # fmt: skip


def _merge(lives: Lives, deal: str, by: str) -> None:
    if lives.chance.random() < 0.2:
        lives.engine.merge(deal, lives.one(*DEALS), reason="the same", by=by)


_DEAL: tuple[Verb, ...] = (
    lambda v, d, by: v.engine.open_deal(d, process="b2b", owner=v.one("rep", "rep-2"), by=by,
                                        fields={"amount": v.one("10", "45", "60")}),
    lambda v, d, by: v.engine.move(d, to=v.one("lead", "offer", "talks", "terms"), reason="x", by=by),
    lambda v, d, by: v.engine.move(d, to="offer", by=by),
    lambda v, d, by: v.engine.win(d, by=by),
    lambda v, d, by: v.engine.lose(d, "price", by=by),
    lambda v, d, by: v.engine.reopen(d, "x", by=by),
    lambda v, d, by: v.engine.set(d, {"amount": v.one("10", "45", "60", None)}, by=by),
    lambda v, d, by: v.engine.observe(d, to=v.one("offer", "talks", "won", "lost"), source="crm", reason="price",
                                      key=str(v.chance.randint(1, 9)), by="ops",
                                      at=v.now - timedelta(hours=v.one(0, 9))),
    lambda v, d, by: v.engine.log(d, "call", by=by),
    lambda v, d, by: v.engine.contact(d, "kim@customer.example", "buyer", by=by),
    lambda v, d, by: v.engine.tick(d, "ok", undo=v.one(True, False, False), by=by),
)  # fmt: skip
_CHANGES: tuple[Verb, ...] = (
    lambda v, d, by: v.engine.correct_value(d, v.version(d), {"amount": v.one("10", "60")}, reason="r", by=by),
    lambda v, d, by: v.engine.correct_time(d, v.version(d), v.now - timedelta(hours=v.one(1, 20, 99)), reason="r",
                                           by=by),
    lambda v, d, by: v.engine.void(d, v.version(d), reason="r", by=by),
    lambda v, d, by: v.engine.confirm_correction(d, v.version(d), by=by),
    _merge,
)  # fmt: skip
_PEOPLE: tuple[Verb, ...] = (
    lambda v, d, by: v.engine.request(d, "big", to=v.one("talks", "terms"), by=by),
    lambda v, d, by: v.engine.approve(d, "big", to=v.one("talks", "terms"), by=by),
    lambda v, d, by: v.engine.reject(d, "big", "no", to="talks", by=by),
    lambda v, d, by: v.engine.return_approval(d, "big", "why", to="talks", by=by),
    lambda v, d, by: v.engine.waive(d, v.one("offer:require:amount", "moves:forward"), "r", to=v.one("offer", "talks"),
                                    expires_at=v.now + timedelta(hours=40), by=by),
    lambda v, d, by: v.engine.pause(d, "budget", until=v.now + timedelta(hours=20), by=by),
    lambda v, d, by: v.engine.resume(d, by=by),
    lambda v, d, by: v.engine.assign(d, v.one("rep", "rep-2"), by=by),
    lambda v, d, by: v.engine.hand_off(d, v.one("rep", "rep-2"), by=by),
    lambda v, d, by: v.engine.accept(d, by=v.one("rep", "rep-2")),
    lambda v, d, by: v.engine.announce_expiries(by="timer"),
)  # fmt: skip
