"""What a win leads to: other deals, planned beside it with their first values, and noted once they are there."""

from collections.abc import Mapping

from pipeline_engine.deal import commands as c
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import NOTHING, Decided, not_in_the_future
from pipeline_engine.deal.events import FollowUpOpened, FollowUpPlanned
from pipeline_engine.deal.reading import Attempt, row_of
from pipeline_engine.deal.state import Deal
from pipeline_engine.errors import UnknownName
from pipeline_engine.process import Judge, Opens
from pipeline_engine.values import Value


def planned(command: c.Command, deal: Deal, judge: Judge, context: Context) -> tuple[FollowUpPlanned, ...]:
    """The deals that this win leads to by its process; one that an earlier win led to and that is there is not another.

    A moment that cannot be reckoned, for a field that the deal does not have, leaves the plan without a date.
    """
    opens = judge.process.opens
    if not opens:
        return ()
    frame = judge.frame(row_of(deal, Attempt("win", deal.stage, "won", command.at, command.by), judge, context))
    there = {each.deal_id for each in deal.follow_ups}
    return tuple(
        FollowUpPlanned(
            process=each.process, deal_id=_deal_id(deal, each), owner=deal.owner, fields=_carried(deal, each.carry),
            due=command.at if each.at is None else judge.moment(each.at, frame),
        )
        for each in opens
        if _deal_id(deal, each) not in there
    )  # fmt: skip


def _deal_id(deal: Deal, opens: Opens) -> str:
    return f"{deal.id}-{opens.process}"


def _carried(deal: Deal, carry: Mapping[str, str]) -> dict[str, Value]:
    return {new: deal.fields[ours] for new, ours in carry.items() if ours in deal.fields}


def note_follow_up(command: c.NoteFollowUp, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Note that a planned deal is there; noting it again changes nothing."""
    found = {each.deal_id: each for each in deal.follow_ups}
    if command.opened not in found:
        raise UnknownName(command.opened, tuple(found), f"what deal `{deal.id}` leads to")
    not_in_the_future(command, context)
    return NOTHING if found[command.opened].opened else Decided((FollowUpOpened(deal_id=command.opened),))
