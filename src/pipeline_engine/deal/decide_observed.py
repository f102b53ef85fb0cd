"""Deciding what was observed in another system: recorded as it happened, by whom the process trusts with that."""

from pipeline_engine.deal.commands import ObserveDeal
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import Decided, not_in_the_future, personal
from pipeline_engine.deal.events import DealLost, DealMoved, DealReopened, DealWon, ObservationRefused, SourceStageNoted
from pipeline_engine.deal.observed import (
    Stood,
    ended_elsewhere,
    entered_elsewhere,
    refused_before,
    told_before,
)
from pipeline_engine.deal.state import Deal
from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadValue
from pipeline_engine.process import Judge, Process, read_value
from pipeline_engine.values import Money


def observe_deal(command: ObserveDeal, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Record it, whatever the gate would say; what is told again is recorded once, what comes too late is only noted.

    Who holds none of the roles of `observed` may not, and that is recorded instead: nobody walks around the gate here.
    """
    told = _as_told(command, judge.process, judge)
    not_in_the_future(command, context)
    if not _may(judge.process, context):
        refusal = ObservationRefused(target=command.target, source=command.source, key=command.key, why="no-role")
        earlier = refused_before(refusal, command.by, context.history())
        return Decided((refusal,)) if earlier is None else Decided(repeats=earlier)
    known = told_before(command, context.history())
    if known is not None:
        return Decided(repeats=known)
    gone_on = deal.last_stage_at is not None and command.at < deal.last_stage_at
    if gone_on or deal.merged_into is not None:
        # The deal has gone on since, or goes on as another one: it is kept, and puts the deal nowhere.
        return Decided((SourceStageNoted(stage=command.target),))
    return Decided(_events(command, deal, told))


def _may(process: Process, context: Context) -> bool:
    return context.register_open or any(context.holds(role) for role in process.observed_by)


def _as_told(command: ObserveDeal, process: Process, judge: Judge) -> DealWon | DealLost | None:
    """The outcome it names, None for a stage or a reopening; raises where the process does not know it."""
    if command.target == "won":
        return DealWon(from_stage="", amount=_amount(command, process), basis="source")
    if command.amount is not None:
        raise BadValue("amount", command.amount, "none, since only a win has one")
    if command.target == "lost":
        reason = process.lost_reason(command.reason).id if command.reason else None
        return DealLost(from_stage="", reason=reason, basis="source")
    if command.target != "reopen":
        judge.place(command.target)
    return None


def _amount(command: ObserveDeal, process: Process) -> Money | None:
    if command.amount is None:
        return None
    if process.value is None:
        raise BadValue("amount", command.amount, f"none: process `{process.name}` has no field of money")
    read = read_value(process.field(process.value), command.amount, process.currency)
    return read if isinstance(read, Money) else None


def _events(command: ObserveDeal, deal: Deal, told: DealWon | DealLost | None) -> tuple[Event, ...]:
    stood = Stood(deal.status, deal.stage, command.reopens)
    if told is not None:
        return ended_elsewhere(stood, told.model_copy(update={"from_stage": deal.stage}))
    why = {"reason": personal(command, command.reason)}
    if command.target == "reopen":
        open_again = DealReopened(to_stage=deal.stage, basis="source").model_copy(update=why)
        return () if deal.status == "open" else (open_again,)
    event = entered_elsewhere(stood, command.target)
    if isinstance(event, (DealMoved, DealReopened)):
        return (event.model_copy(update=why),)
    return () if event is None else (event,)
