"""Deciding corrections and merges: who may say what really was, and when a second person must agree."""

from collections.abc import Collection
from typing import Literal

from pipeline_engine.deal import commands as c
from pipeline_engine.deal.capacity import Capacity, NoCapacity, capacity
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.correcting import Past, Said, checked, outcome_of
from pipeline_engine.deal.decide_facts import read_fields
from pipeline_engine.deal.decided import NOTHING, Decided, not_backdated, personal
from pipeline_engine.deal.events import (
    CorrectionProposed,
    CorrectionRecorded,
    CorrectionRefused,
    DealMerged,
)
from pipeline_engine.deal.owning import full
from pipeline_engine.deal.state import Deal
from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import BadValue, CannotCorrect, CannotMerge, DealIsClosed, DealIsMerged, UnknownDeal
from pipeline_engine.process import Judge, Process
from pipeline_engine.values import Personal

Asked = c.CorrectValue | c.CorrectTime | c.VoidEvent


def correct(command: Asked, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Record what really was; of a deal that is closed, or would be by it, propose it: a second person confirms it."""
    reason = _reason(command)
    not_backdated(command, judge.process, context)
    past = Past.of(deal, tuple(context.history()))
    said = checked(_said(command, past, judge.process), past, judge.process, context.clock)
    if said is None:
        return NOTHING
    acting = _acting(command, judge.process, context)
    if isinstance(acting, str):
        return _refused(said, acting, reason)
    after = _with_room(outcome_of(said, past, context.clock), (command, deal), (judge, context))
    if deal.goes_on and after.goes_on:
        return Decided((_recorded(said, acting.role, reason),), in_stead_of=acting.in_stead_of)
    proposed = CorrectionProposed(
        corrects=said.corrects, kind=said.kind, set=dict(said.set), cleared=said.cleared, really_at=said.really_at,
        role=acting.role, reason=reason,
    )  # fmt: skip
    same = any(_says(each.event) == _says(proposed) and each.envelope.actor == command.by for each in _open(past))
    return NOTHING if same else Decided((proposed,), in_stead_of=acting.in_stead_of)


def confirm(command: c.ConfirmCorrection, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Agree to a correction that somebody else proposed; it is held to the same law once more."""
    not_backdated(command, judge.process, context)
    past = Past.of(deal, tuple(context.history()))
    found = past.event(command.version)
    proposed = found.event
    if not isinstance(proposed, CorrectionProposed):
        waiting = ", ".join(str(each.version) for each in _open(past)) or "none"
        what = f"is {type(proposed).__name__}, no proposal; waiting to be confirmed: {waiting}"
        raise CannotCorrect(f"event {command.version} of deal `{deal.id}` {what}")
    if found not in _open(past):
        return NOTHING
    told = Said(proposed.corrects, proposed.kind, proposed.set, proposed.cleared, proposed.really_at)
    said = checked(told, past, judge.process, context.clock)
    if said is None:
        return NOTHING
    proposers = found.envelope.hands
    acting = _acting(command, judge.process, context, proposers)
    if isinstance(acting, str):
        return _refused(said, acting, proposed.reason)
    if not proposers.isdisjoint({command.by, acting.in_stead_of}):
        return _refused(said, "four-eyes", proposed.reason)
    _with_room(outcome_of(said, past, context.clock), (command, deal), (judge, context))
    agreed = _recorded(said, acting.role, proposed.reason, found.version)
    return Decided((agreed,), in_stead_of=acting.in_stead_of)


def _with_room(after: Deal, asked: tuple[c.Command, Deal], by: tuple[Judge, Context]) -> Deal:
    """The deal as it will stand; raises CannotCorrect where it comes back to an owner who has no slot for it."""
    (command, deal), (judge, context) = asked, by
    if not deal.goes_on and after.goes_on:
        for rule in full(after, command, judge, context):
            why = f"rule `{rule.id}` leaves `{after.owner}` no room for it ({rule.says})"
            raise CannotCorrect(f"deal `{deal.id}` would be open again in `{after.stage}`, and {why}; make room first")
    return after


def _open(past: Past) -> list[Recorded]:
    """The proposals that nobody has confirmed, oldest first."""
    events = [each.event for each in past.recorded.values()]
    done = {event.proposed for event in events if isinstance(event, CorrectionRecorded)}
    found = (each for each in past.recorded.values() if isinstance(each.event, CorrectionProposed))
    return [each for each in found if each.version not in done]


def _says(proposed: object) -> tuple[object, ...]:
    assert isinstance(proposed, CorrectionProposed), "only proposals are compared"
    return proposed.corrects, proposed.kind, proposed.set, set(proposed.cleared), proposed.really_at


def _reason(command: Asked | c.MergeDeal) -> Personal:
    reason = personal(command, command.reason)
    if reason is None:
        raise BadValue("reason", "", "why: a correction is explained to whoever reads it later")
    return reason


def _said(command: Asked, past: Past, process: Process) -> Said:
    if isinstance(command, c.VoidEvent):
        return Said(command.version, "void", {})
    if isinstance(command, c.CorrectTime):
        return Said(command.version, "time", {}, really_at=command.really_at)
    if not command.values:
        raise BadValue("FIELD=VALUE", "", "the fields that were really something else")
    values = read_fields(command.values, process, command, past.deal.fields)
    cleared = tuple(name for name in command.values if name not in values)
    return Said(command.version, "value", values, cleared)


def _acting(
    command: c.Command, process: Process, context: Context, barred: Collection[str] = ()
) -> Capacity | NoCapacity:
    """In which capacity somebody corrects; its role is empty where roles bind nobody and the process names none."""
    if context.register_open and not process.corrections_by:
        return Capacity("", command.on_behalf_of)
    return capacity(process.corrections_by, command, context, barred)


def _recorded(said: Said, role: str, reason: Personal, proposed: int | None = None) -> CorrectionRecorded:
    return CorrectionRecorded(
        corrects=said.corrects, kind=said.kind, set=dict(said.set), cleared=said.cleared, really_at=said.really_at,
        role=role, reason=reason, proposed=proposed,
    )  # fmt: skip


def _refused(said: Said, why: NoCapacity | Literal["four-eyes"], reason: Personal) -> Decided:
    return Decided((CorrectionRefused(corrects=said.corrects, kind=said.kind, why=why, reason=reason),))


def _goes_on(command: c.MergeDeal, other: Deal | None) -> Deal:
    """The deal that goes on after a merge; raises CannotMerge and UnknownDeal."""
    if command.into == command.deal_id:
        raise CannotMerge(command.deal_id, command.into, "a deal is not merged into itself")
    if other is None or not other.opened:
        raise UnknownDeal(command.into)
    if other.merged_into is not None:
        raise CannotMerge(command.deal_id, other.id, f"that one was merged into `{other.merged_into}`")
    return other


def merge(command: c.MergeDeal, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Say that the deal is the same as another one, which goes on."""
    if deal.merged_into is not None:
        if deal.merged_into == command.into:
            return NOTHING
        raise DealIsMerged(deal.id, deal.merged_into)
    reason, other = _reason(command), context.other
    not_backdated(command, judge.process, context)
    other = _goes_on(command, other)
    if deal.status != "open":
        raise DealIsClosed(deal.id, deal.status)
    acting = _acting(command, judge.process, context)
    lent = None if isinstance(acting, str) else acting.in_stead_of
    if isinstance(acting, str):
        _owner_may_merge((command, deal), other, judge.process)
    return Decided((DealMerged(into=other.id, reason=reason, basis="correction"),), in_stead_of=lent)


def _owner_may_merge(asked: tuple[c.MergeDeal, Deal], other: Deal, process: Process) -> None:
    """Raise CannotMerge unless an owner merges open deals of their own."""
    (command, deal), allowed = asked, process.corrections_by
    if not command.by == deal.owner == other.owner:
        who = " or ".join([*allowed, "the owner of both deals"])
        raise CannotMerge(deal.id, other.id, f"only {who} may, and `{command.by}` is neither")
    if other.status != "open":
        # An open deal would leave the pipeline by no gate; whose deal it is has `deal lose` for that.
        who = " or ".join(allowed) or "whoever `corrections` names"
        raise CannotMerge(deal.id, other.id, f"`{other.id}` is {other.status}, and only {who} may merge into that")
