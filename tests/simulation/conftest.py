"""Stand-ins for the engine, so that the year can be tested on its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from pipeline_engine.deal import (
    Approve,
    Command,
    Judged,
    LogActivity,
    MoveDeal,
    OpenDeal,
    Outcome,
    SetFields,
    Waive,
    WinDeal,
)
from pipeline_engine.simulation import YearPlan, sales_year

NO = Judged("", "fail", "block", "", "")
ENTRY = {
    "qualified": [("reachable", "email")],
    "proposal": [(f"proposal:require:{name}", name) for name in ("amount", "close_date")],
}
ORDER = ("lead", "qualified", "proposal", "negotiation", "won")


@dataclass
class Seen:
    """What the fake gate remembers of one deal."""

    stage: str = "lead"
    fields: dict[str, str] = field(default_factory=dict)
    meetings: int = 0
    answered: set[tuple[str, str]] = field(default_factory=set)  # (rule, target) approved or waived


@dataclass
class FakeGate:
    """
    A fake of the engine: four hard-coded rules, no store, no verdicts for rules that hold.

    The real gate needs a published process and a store; these tests ask only how the made-up people react to
    a refusal, which this shows in milliseconds. The real one is tried in the integration tests.
    """

    strict: bool = True
    shut: bool = False  # no move between stages ever passes
    deals: dict[str, Seen] = field(default_factory=dict)
    log: list[tuple[Command, Outcome]] = field(default_factory=list)

    def answer(self, command: Command) -> Outcome:
        """Judge, remember, answer."""
        seen = self.deals.setdefault(command.deal_id, Seen())
        unmet = tuple(self._unmet(command, seen)) if self.strict else ()
        outcome = Outcome(
            deal_id=command.deal_id,
            accepted=not unmet,
            position=len(self.log),
            repeated=False,
            read_events=lambda: (),
            explain=lambda _: unmet,
        )
        if not unmet:
            self._remember(command, seen)
        self.log.append((command, outcome))
        return outcome

    def _unmet(self, command: Command, seen: Seen) -> Iterator[Judged]:
        if self.shut and isinstance(command, MoveDeal):
            yield replace(NO, rule="never", facts=(("deal.amount", None),))
        target = getattr(command, "target", "won") if isinstance(command, MoveDeal | WinDeal) else ""
        for rule in self._rules(command, seen, target):
            if (rule.rule, target) not in seen.answered:
                yield rule

    def _rules(self, command: Command, seen: Seen, target: str) -> Iterator[Judged]:
        if not isinstance(command, MoveDeal | WinDeal):
            return
        yield from _topology(ORDER.index(target) - ORDER.index(seen.stage), getattr(command, "reason", None))
        for rule, name in ENTRY.get(target, ()):
            if name not in seen.fields:
                yield replace(NO, rule=rule, verdict="unknown", facts=((f"deal.{name}", None),))
        if target == "proposal" and seen.meetings < 2:
            facts = (("activities", seen.meetings),)
            yield replace(NO, rule="proposal:activities:meeting:2", facts=facts, waivable_by=("manager",))
        if target == "negotiation" and int(seen.fields.get("amount", "0")) >= 50_000:
            yield replace(NO, rule="big-deal", approval="manager", facts=(("approvals", None),))

    def _remember(self, command: Command, seen: Seen) -> None:
        match command:
            case OpenDeal(fields=values) | SetFields(values=values):
                seen.fields.update({name: str(value) for name, value in values.items()})
            case LogActivity(kind="meeting"):
                seen.meetings += 1
            case Approve(rule=rule, target=target) | Waive(rule=rule, target=target):
                seen.answered.add((rule, str(target)))
            case MoveDeal(target=target):
                seen.stage = target


def _topology(steps: int, reason: str | None) -> Iterator[Judged]:
    if steps > 1:
        yield replace(NO, rule="moves:forward", facts=(("move.steps", steps),), waivable_by=("manager",))
    if steps < 0 and not reason:
        yield replace(NO, rule="moves:back", facts=(("move.reason", ""),))


Run = Callable[..., FakeGate]


def run_year(seed: int, plan: YearPlan | None = None, gate: FakeGate | None = None) -> FakeGate:
    """A whole year against a fake gate; what was asked and answered is in its log."""
    gate = gate or FakeGate()
    year = sales_year(seed, plan or YearPlan())
    command: Command | None = next(year, None)
    while command is not None:
        try:
            command = year.send(gate.answer(command))
        except StopIteration:
            command = None
    return gate


@pytest.fixture(scope="session")
def fake_gate() -> type[FakeGate]:
    """The fake gate itself, to be made strict or not."""
    return FakeGate


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a year against a fake gate."""
    return run_year


@pytest.fixture(scope="session")
def year_7() -> FakeGate:
    """The usual year by seed 7, asked once for all tests that only look at it."""
    return run_year(7)
