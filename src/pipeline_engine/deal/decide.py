"""What a command makes happen: pure decisions from (command, deal, process, context) to events.

Bad input raises; a rule that says no is an event. Asking twice records once.
"""

from collections.abc import Callable
from typing import Any

from pipeline_engine.deal import commands as c
from pipeline_engine.deal import commands_life as life
from pipeline_engine.deal import decide_approvals as approvals
from pipeline_engine.deal import decide_corrections as corrections
from pipeline_engine.deal import decide_facts as facts
from pipeline_engine.deal import decide_handoffs as handoffs
from pipeline_engine.deal import decide_moves as moves
from pipeline_engine.deal import decide_observed as observed
from pipeline_engine.deal import decide_papers as papers
from pipeline_engine.deal import decide_pauses as pauses
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import Decided
from pipeline_engine.deal.follow_up import note_follow_up
from pipeline_engine.deal.state import Deal
from pipeline_engine.errors import DealIsMerged, UnknownDeal
from pipeline_engine.process import Judge

_DECISIONS: dict[type[c.Command], Callable[[Any, Deal, Judge, Context], Decided]] = {
    c.OpenDeal: moves.open_deal, c.MoveDeal: moves.move_deal, c.WinDeal: moves.win_deal, c.LoseDeal: moves.lose_deal,
    c.ReopenDeal: moves.reopen_deal, c.SetFields: facts.set_fields, c.AssignOwner: facts.assign_owner,
    c.LinkContact: facts.link_contact, c.LogActivity: facts.log_activity, c.SetNextStep: facts.set_next_step,
    c.RecordNote: facts.record_note, c.RequestApproval: approvals.request_approval, c.Approve: approvals.approve,
    c.Reject: approvals.reject, c.Return: approvals.return_approval,
    c.AnnounceExpiry: approvals.announce_expiry, c.Waive: approvals.waive, c.AttachDocument: papers.attach_document,
    c.TickItem: papers.tick_item, c.UntickItem: papers.untick_item, c.NoteFollowUp: note_follow_up,
    life.RequestHandoff: handoffs.request_handoff, life.AcceptHandoff: handoffs.accept_handoff,
    life.PauseDeal: pauses.pause_deal, life.ResumeDeal: pauses.resume_deal, life.UnlinkContact: facts.unlink_contact,
    life.DeclineHandoff: handoffs.decline_handoff, life.WithdrawHandoff: handoffs.withdraw_handoff,
    c.ObserveDeal: observed.observe_deal,
    c.CorrectValue: corrections.correct, c.CorrectTime: corrections.correct, c.VoidEvent: corrections.correct,
    c.ConfirmCorrection: corrections.confirm, c.MergeDeal: corrections.merge,
}  # fmt: skip
# What may be asked of a deal that is merged: to say that it should not have been, or the same again; and what another
# system did to it, which has happened whatever we know.
_OF_MERGED = (c.CorrectValue, c.CorrectTime, c.VoidEvent, c.ConfirmCorrection, c.MergeDeal, c.ObserveDeal)


def decide(command: c.Command, deal: Deal | None, judge: Judge, context: Context) -> Decided:
    """
    What the command makes happen to the deal.

    Args:
        command: What is asked, by whom, at which moment.
        deal: The deal as it stands, None where its stream is empty.
        judge: The deal's process version; for an opening the one to open it under.
        context: Who the actor and the owner are, and the engine's time.

    Returns:
        The events to append; none where there is nothing to do, or where an earlier refusal said exactly this.

    Raises:
        Rejected: Bad input: nothing happened and nothing is recorded.
    """
    if not isinstance(command, c.OpenDeal) and (deal is None or not deal.opened):
        raise UnknownDeal(command.deal_id)
    if deal is not None and deal.merged_into is not None and not isinstance(command, _OF_MERGED):
        raise DealIsMerged(deal.id, deal.merged_into)
    return _DECISIONS[type(command)](command, deal or Deal(id=command.deal_id), judge, context)
