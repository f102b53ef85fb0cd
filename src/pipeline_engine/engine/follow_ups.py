"""The verbs of what wins lead to: which deals are planned, and opening those whose time has come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Unpack

import pyarrow.compute as pc

from pipeline_engine.deal import Deal, FollowUp, NoteFollowUp, Outcome
from pipeline_engine.engine.deals import DealVerbs
from pipeline_engine.engine.recording import derived_id
from pipeline_engine.engine.shell import How, new_command_id
from pipeline_engine.errors import DealExists, Rejected
from pipeline_engine.values import Personal

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Planned:
    """A deal that the win of `won` leads to and that is not there yet."""

    won: str
    plan: FollowUp


@dataclass(frozen=True, slots=True)
class Opening:
    """What became of opening a planned deal: it is there, or `why` not; no `outcome` where nothing was recorded."""

    won: str
    plan: FollowUp
    outcome: Outcome | None = None
    why: str = ""

    @property
    def opened(self) -> bool:
        """Whether the deal is there now."""
        return not self.why


class FollowUpVerbs(DealVerbs):
    """Planned deals are read from the won deals' own streams; the facts only say which deals to look at."""

    def follow_ups(self, due_by: datetime | None = None) -> list[Planned]:
        """The deals that wins lead to and that are not there yet, by the moment they are due; those without one last.

        Args:
            due_by: Only those due by then, which leaves out those without a date.
        """
        planned = [Planned(deal.id, plan) for deal in self._won() for plan in deal.follow_ups if not plan.opened]
        if due_by is not None:
            until = self._moment(due_by)
            planned = [each for each in planned if each.plan.due is not None and each.plan.due <= until]
        return sorted(planned, key=lambda each: (each.plan.due or _NEVER, each.plan.deal_id))

    def _won(self) -> Iterator[Deal]:
        rows = self._follower.facts().follow_ups
        there = rows.filter(rows["opened"])["follow_up"].combine_chunks()
        waiting = rows.filter(pc.invert(pc.is_in(rows["follow_up"], value_set=there)))
        for deal_id in pc.unique(waiting["deal_id"]).to_pylist():
            deal = self.deal(deal_id)
            if deal.status == "won" and deal.merged_into is None and not deal.removed:
                yield deal

    def open_follow_ups(self, **how: Unpack[How]) -> list[Opening]:
        """Open every planned deal that is due, each once however often this is asked.

        One that cannot be opened, by a rule of its opening gate or for its values, is told with why and does not stop
        the others; it stays planned.
        """
        due = self.follow_ups(self._moment(how.get("at")))
        base = how.get("command_id") or new_command_id()
        return [self._open(each, {**how, "command_id": derived_id(base, each.plan.deal_id)}) for each in due]

    def _open(self, planned: Planned, how: How) -> Opening:
        won, plan = planned.won, planned.plan
        # What was erased meanwhile is gone for the new deal too.
        fields = {k: v for k, v in plan.fields.items() if not (isinstance(v, Personal) and v.value is None)}
        outcome: Outcome | None = None
        try:
            outcome = self.open_deal(plan.deal_id, process=plan.process, owner=plan.owner, fields=fields, **how)
        except DealExists as there:
            # Opened by an earlier run that got no further, or by hand: it is there, and that is what is noted.
            if not self._is_meant(plan):
                return Opening(won, plan, None, f"{there}, and runs under another process than `{plan.process}`")
        except Rejected as error:
            return Opening(won, plan, None, str(error))
        if outcome is not None and not outcome.accepted:
            return Opening(won, plan, outcome, f"refused by {', '.join(judged.rule for judged in outcome.unmet)}")
        self._ask(NoteFollowUp, won, {**how, "command_id": derived_id(how["command_id"] or "", "noted")},
                  opened=plan.deal_id)  # fmt: skip
        return Opening(won, plan, outcome)

    def _is_meant(self, plan: FollowUp) -> bool:
        """Whether the deal that has the planned one's id runs under its process, or under a variant of it."""
        deal = self.deal(plan.deal_id)
        extends = self._desk.judge(deal.process, deal.process_version).process.extends
        return plan.process in (deal.process, extends.process if extends else None)
