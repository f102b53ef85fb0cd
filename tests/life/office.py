"""A small sales office: one process with people, a clock that goes on by itself, and the verbs of the engine."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline_engine import Engine
from pipeline_engine.deal import SetFields
from pipeline_engine.engine import StoryClock

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WAY = ("lead", "qualified", "proposal", "negotiation")
SALES = """
process: sales
currency: EUR
limits: {manager_from: 50000}
roles: [rep, manager, vp, ops, integration]
activities: [call, meeting]
contacts: {roles: [champion]}
documents: [contract]
deal:
  amount: {type: money}
  discount: {type: percent, default: 0}
  close_date: {type: date}
  region: {type: choice, of: [EMEA, NA]}
corrections: {by: [ops, manager]}
observed: {by: [integration]}
stages:
  - {id: lead, service_level: 5d}
  - id: qualified
    service_level: 10d
    enter:
      - {require: [amount], waivable_by: manager}
  - id: proposal
    enter:
      - {id: dated, check: deal.close_date > today, says: the close date lies ahead, waivable_by: manager}
      - {id: met, activities: {meeting: 1}}
  - id: negotiation
    enter:
      - {id: big-deal, approval: manager, when: deal.amount >= limits.manager_from, void_if_changed: [discount]}
moves:
  forward: next
  skip: {waivable_by: manager}
  back: {reason: required}
outcomes:
  won:
    from: [negotiation]
    enter:
      - {id: own-boss, approval: owner.manager, when: deal.discount > 20}
  lost: {reasons: [price, no-decision]}
  reopen: {reason: required}
"""
PEOPLE = """
people:
  - {id: vp-1, roles: [vp]}
  - {id: manager-1, roles: [manager], manager: vp-1}
  - {id: manager-2, roles: [manager], manager: vp-1}
  - {id: rep-1, roles: [rep], manager: manager-1}
  - {id: rep-2, roles: [rep], manager: manager-1}
  - {id: rep-3, roles: [rep], manager: manager-2}
  - {id: ops-1, roles: [ops]}
  - {id: ops-2, roles: [ops]}
  - {id: crm-sync, roles: [integration]}
"""


class Office:
    """The engine with a story's clock: a minute goes by before whatever is asked."""

    def __init__(self, folder: Path, process: str = SALES, people: str | None = PEOPLE) -> None:
        self.folder = folder
        self.clock = StoryClock(MONDAY)
        self.engine = Engine.open("memory://", clock=self.clock, clock_name="story")
        self.engine.publish_text(process, "sales.yaml", by="ops-1")
        if people is not None:
            self.people(people)

    @property
    def now(self) -> datetime:
        """What time it is in the story."""
        return self.clock()

    def people(self, text: str) -> None:
        """Apply a people file."""
        file = self.folder / "people.yaml"
        file.write_text(text, encoding="utf-8")
        self.engine.apply_team(file, by="ops-1")

    def later(self, by: timedelta = DAY) -> datetime:
        """Time goes by."""
        self.clock.reach(self.now + by)
        return self.now

    def ask(self, verb: str, *what: Any, by: str = "rep-1", **more: Any) -> Any:
        """Ask the engine for something, a minute later."""
        self.later(MINUTE)
        return getattr(self.engine, verb)(*what, by=by, **more)

    def ok(self, verb: str, *what: Any, by: str = "rep-1", **more: Any) -> Any:
        """Ask for what has to go through here."""
        outcome = self.ask(verb, *what, by=by, **more)
        assert outcome.accepted, f"{verb} {what}: {[each.rule for each in outcome.unmet]}"
        return outcome

    def deal(self, deal_id: str = "D-1", owner: str = "rep-1", stage: str = "lead", **fields: str) -> str:
        """A deal that came to a stage by the gate, step by step; worth 10,000 unless said."""
        values = {"amount": "10000", "close_date": "2027-01-31"} | fields
        self.ok("open_deal", deal_id, process="sales", owner=owner, fields=values, by=owner)
        for step in WAY[1 : WAY.index(stage) + 1]:
            if step == "proposal":
                self.ok("log", deal_id, "meeting", by=owner)
            self.ok("move", deal_id, step, by=owner)
        return deal_id

    def events(self, deal_id: str = "D-1") -> list[str]:
        """The names of what happened to a deal."""
        return [type(each.event).__name__ for each in self.engine.timeline(deal_id)]

    def last(self, deal_id: str = "D-1") -> Any:
        """The last thing that happened to a deal."""
        return self.engine.timeline(deal_id)[-1]

    def version(self, name: str, deal_id: str = "D-1") -> int:
        """Where the last event of a name stands in the deal's timeline."""
        return max(each.version for each in self.engine.timeline(deal_id) if type(each.event).__name__ == name)

    def stands(self, deal_id: str = "D-1") -> tuple[str, str]:
        """Stage and status of a deal."""
        deal = self.engine.deal(deal_id)
        return deal.stage, deal.status

    def facts_of(self, table: str, deal_id: str = "D-1", **when: Any) -> list[dict[str, Any]]:
        """Rows of a deal in one of the fact tables, at (`as_of`, `known_at`)."""
        rows = getattr(self.engine.facts(**when), table).to_pylist()
        return [row for row in rows if row["deal_id"] == deal_id]

    def set_all(
        self, deals: list[str], values: Mapping[str, str], by: str = "rep-1", command_id: str | None = None
    ) -> list[Any]:
        """The same change for some deals, as commands of one bulk."""
        return list(self.engine.commands_for(SetFields, deals, {"values": values}, by=by, command_id=command_id))


def unmet(outcome: Any) -> set[str]:
    """The rules that stood in the way."""
    return {each.rule for each in outcome.unmet}
