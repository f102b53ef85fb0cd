"""A process of three stages to which a test adds the rules it is about, and short histories under it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

import pyarrow as pa

from pipeline_engine.deal import Outcome
from pipeline_engine.engine import Engine, StoryClock
from pipeline_engine.envelope import Envelope
from pipeline_engine.facts import Facts
from pipeline_engine.process import Process, load_process
from pipeline_engine.replay import Backtest, Question, RuleEffect, backtest
from pipeline_engine.store import Draft, Store, StreamAppend
from pipeline_engine.team import Person, Register

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
PEOPLE = Register(
    (
        Person("rep", ("rep",), "north", "boss"), Person("boss", ("manager",), "north"),
        Person("chief", ("manager", "vp"), "south"),
    )
)  # fmt: skip


def day(number: float) -> datetime:
    """The moment that many days after MONDAY."""
    return MONDAY + timedelta(days=number)


def text(offer: str = "", contract: str = "", won: str = "", more: str = "", **parts: str) -> str:
    """A process file; entries as YAML flow, several with commas between."""
    fields = parts.get("fields", "")
    return f"""
process: {parts.get("name", "small")}
currency: EUR
roles: [rep, manager, vp]
contacts: {{roles: [buyer{parts.get("roles", "")}]}}
activities: [call{parts.get("kinds", "")}]
backdate: {{max: 90d}}
deal:
  amount: {{type: money}}
  note: {{type: text}}
  mail: {{type: text, personal: deal}}
  discount: {{type: percent}}
  {fields}
stages:
  - {{id: lead}}
  - {{id: offer, enter: [{offer}]}}
  - {{id: contract, enter: [{contract}]}}
outcomes:
  won: {{from: [contract], enter: [{won}]}}
  lost: {{reasons: [price]}}
moves: {{forward: any}}
{more}
"""


def process(*args: str, **parts: str) -> Process:
    """The candidate of that file."""
    return load_process(text(*args, **parts), "small.yaml")


@dataclass
class History:
    """Deals under the small process in memory; every step says on which day it happens."""

    engine: Engine
    clock: StoryClock
    outcomes: list[Outcome] = field(default_factory=list)

    @classmethod
    def of(cls, *args: str, people: bool = True, **parts: str) -> "History":
        """A store with one version in force."""
        clock = StoryClock(MONDAY - timedelta(days=1))
        engine = Engine.open("memory://", clock=clock, clock_name="story")
        made = cls(engine, clock).publish(*args, **parts)
        if people:
            engine.apply_register(PEOPLE, by="ops")
        return made

    def publish(self, *args: str, **parts: str) -> Self:
        """Another version."""
        self.engine.publish_text(text(*args, **parts), "small.yaml", by="ops")
        return self

    def on(self, number: float, deal: str, verb: str, *args: Any, by: str = "rep", **what: Any) -> Self:
        """Ask for something on a day."""
        self.clock.reach(day(number))
        at = what.pop("at", day(number))
        self.outcomes.append(getattr(self.engine, verb)(deal, *args, by=by, at=at, **what))
        return self

    def opened(self, number: float, *deals: str, **fields: Any) -> Self:
        """Open deals of rep."""
        for deal in deals:
            self.on(number, deal, "open_deal", process="small", owner="rep", fields=fields)
        return self

    @property
    def facts(self) -> Facts:
        """What is known."""
        return self.engine.facts()

    def judged_by(self, *args: str, baseline: str | None = None, **parts: str) -> Backtest:
        """The backtest of a candidate."""
        return self.against(process(*args, **parts), baseline)

    def against(self, candidate: Process, baseline: str | None = None) -> Backtest:
        """The backtest of a process."""
        return backtest(self.facts, candidate, Question(baseline, self.engine._store.open_sealed))

    def imported(self, deal: str, *events: Any, at: datetime | None, noted: datetime | None = None) -> Self:
        """Events that another system told us about."""
        store: Store = self.engine._store
        version = len(store.events(f"deal:{deal}"))
        precision: Literal["unknown", "instant"] = "unknown" if at is None else "instant"
        envelopes = (
            Envelope(
                at=at, at_precision=precision, source_recorded_at=noted, actor="crm", via="import",
                command_id=f"i-{deal}-{version + n}",
            )
            for n in range(len(events))
        )  # fmt: skip
        drafts = tuple(Draft(envelope, event) for envelope, event in zip(envelopes, events, strict=True))
        store.append_many([StreamAppend(f"deal:{deal}", version, drafts)])
        return self


def effect(report: Backtest, rule: str) -> RuleEffect:
    """One rule's row."""
    return next(each for each in report.rules if each.rule == rule)


def counted(report: Backtest) -> dict[str, int]:
    """What changed, without what did not."""
    return {change: count for change, count in report.counts.items() if count and change != "same"}


def rewritten(history: History, **columns: Any) -> Facts:
    """The facts with columns of `attempts` changed, as if somebody had tampered with the log."""
    facts = history.facts
    table = facts.attempts
    for name, change in columns.items():
        place = table.schema.get_field_index(name)
        values = [change(value) for value in table[name].to_pylist()]
        table = table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))
    return replace(facts, attempts=table)
