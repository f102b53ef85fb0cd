"""How each event changes a deal; total over everything that may ever be stored."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pipeline_engine.deal import events as e
from pipeline_engine.deal.four_eyes import after_opening, after_owner, after_request, after_step
from pipeline_engine.deal.pauses import Pauses, paused, resumed
from pipeline_engine.deal.state import Activity, Attached, Contact, Deal, FollowUp, Grant, Handoff, Mark, Request, Tick
from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.process import OWNER, Grown

# Who tried and may not moves no clock and no ETag, whatever was tried; nor does what time says, which nobody did.
ANNOUNCEMENTS: frozenset[type[Event]] = frozenset({
    e.ServiceLevelBreached, e.DealStalled, e.PauseEnded, e.DealEscalated, e.ApprovalExpired,
})  # fmt: skip
_LIGHT: frozenset[type[Event]] = ANNOUNCEMENTS | frozenset({
    e.MoveRefused, e.OpeningRefused, e.ApprovalRefused, e.WaiverRefused, e.ChangeRefused, e.AssignmentRefused,
    e.ObservationRefused, e.CorrectionRefused,
})  # fmt: skip
Change = Callable[[Deal, Any, Recorded], dict[str, Any]]
Judged = e.MoveRefused | e.OpeningRefused | e.AssignmentRefused


def evolve(deal: Deal | None, recorded: Recorded) -> Deal:
    """The deal after one more event; a deal nobody opened yet is one that is `not opened`.

    What a correction changes of earlier events takes the whole history: `refold` in effective.py.
    """
    before = deal or Deal(id=recorded.stream.partition(":")[2])
    change = _CHANGES.get(type(recorded.event))
    after = change(before, recorded.event, recorded) if change else {}
    after["version"] = recorded.version
    if type(recorded.event) not in _LIGHT:
        after["solid_version"] = recorded.version
    return before.after(after)


def attempt_key(attempt: str, target: str | None) -> str:
    """Under which key the last refusal of an attempt is remembered: `move:proposal`, `win:won`."""
    return f"{attempt}:{target or ''}"


def _opened(deal: Deal, event: e.DealOpened, recorded: Recorded) -> dict[str, Any]:
    if deal.opened:
        return {}
    at, ref = recorded.envelope.at, recorded.envelope.source_ref
    return {
        "status": "open", "process": event.process, "process_version": event.version, "stage": event.stage,
        "owner": event.owner, "title": event.title, "fields": MappingProxyType(dict(event.fields)), "opened_at": at,
        "entered_at": at, "last_stage_at": at, "source": ref.source if ref else None, "refusals": MappingProxyType({}),
        **after_opening(event.owner, event.basis, recorded.envelope),
    }  # fmt: skip


def _fields(deal: Deal, event: e.FieldsChanged, recorded: Recorded) -> dict[str, Any]:
    kept = {name: value for name, value in deal.fields.items() if name not in event.cleared}
    changed = {*event.set, *event.cleared}
    return {
        "fields": MappingProxyType({**kept, **event.set}),
        "approvals": _lapsed(deal.approvals, changed),
        "waivers": _lapsed(deal.waivers, changed),
    }


def _lapsed(grants: tuple[Grant, ...], changed: set[str]) -> tuple[Grant, ...]:
    if not any(g.standing and changed.intersection(g.lapses_on) for g in grants):
        return grants
    return tuple(replace(g, standing=False) if changed.intersection(g.lapses_on) else g for g in grants)


def _used(grants: tuple[Grant, ...], target: str) -> tuple[Grant, ...]:
    if not any(g.standing and g.target == target for g in grants):
        return grants
    return tuple(replace(g, standing=False) if g.standing and g.target == target else g for g in grants)


def _stage_change(deal: Deal, target: str, envelope: Envelope, basis: str) -> dict[str, Any]:
    return {
        "last_stage_at": _later(deal.last_stage_at, envelope.at),
        "approvals": _used(deal.approvals, target),
        "waivers": _used(deal.waivers, target),
        "requests": tuple(r for r in deal.requests if r.target != target),
        "askers": frozenset(asked for asked in deal.askers if asked[1] != target),
        "refusals": MappingProxyType({}),
        "gated": deal.gated or basis == "gate",
        **after_step(deal, basis, envelope),
    }


def _later(before: datetime | None, at: datetime | None) -> datetime | None:
    return max(before, at) if before and at else at or before


def _moved(deal: Deal, event: e.DealMoved, recorded: Recorded) -> dict[str, Any]:
    changed = _stage_change(deal, event.to_stage, recorded.envelope, event.basis)
    return {**changed, "stage": event.to_stage, "entered_at": recorded.envelope.at}


def _won(deal: Deal, event: e.DealWon, recorded: Recorded) -> dict[str, Any]:
    changed = _stage_change(deal, "won", recorded.envelope, event.basis)
    return {**changed, "status": "won", "closed_at": recorded.envelope.at, "lost_reason": None}


def _lost(deal: Deal, event: e.DealLost, recorded: Recorded) -> dict[str, Any]:
    changed = _stage_change(deal, "lost", recorded.envelope, event.basis)
    return {**changed, "status": "lost", "closed_at": recorded.envelope.at, "lost_reason": event.reason}


def _reopened(deal: Deal, event: e.DealReopened, recorded: Recorded) -> dict[str, Any]:
    changed = _stage_change(deal, "reopen", recorded.envelope, event.basis)
    fresh = {"status": "open", "stage": event.to_stage, "entered_at": recorded.envelope.at}
    # What the win had planned goes with it, unless it is there already.
    opened = tuple(each for each in deal.follow_ups if each.opened)
    return {**changed, **fresh, "closed_at": None, "lost_reason": None, "follow_ups": opened}


def _planned(deal: Deal, event: e.FollowUpPlanned, recorded: Recorded) -> dict[str, Any]:
    others = tuple(each for each in deal.follow_ups if each.deal_id != event.deal_id)
    fields = MappingProxyType(dict(event.fields))
    return {"follow_ups": (*others, FollowUp(event.process, event.deal_id, event.due, fields, event.owner))}


def _follow_up_opened(deal: Deal, event: e.FollowUpOpened, recorded: Recorded) -> dict[str, Any]:
    return {
        "follow_ups": tuple(
            replace(each, opened=True) if each.deal_id == event.deal_id else each for each in deal.follow_ups
        )
    }


def _refused(deal: Deal, event: e.MoveRefused, recorded: Recorded) -> dict[str, Any]:
    key = attempt_key(event.attempt, event.to_stage)
    return {"refusals": MappingProxyType({**deal.refusals, key: _mark(deal, event, recorded)})}


def _opening_refused(deal: Deal, event: e.OpeningRefused, recorded: Recorded) -> dict[str, Any]:
    key = attempt_key("open", event.stage)
    return {"refusals": MappingProxyType({**deal.refusals, key: _mark(deal, event, recorded)})}


def _assignment_refused(deal: Deal, event: e.AssignmentRefused, recorded: Recorded) -> dict[str, Any]:
    key = attempt_key("own", event.owner)
    return {"refusals": MappingProxyType({**deal.refusals, key: _mark(deal, event, recorded)})}


def _mark(deal: Deal, event: Judged, recorded: Recorded) -> Mark:
    verdicts = event.verdicts
    versions = tuple(sorted((name, value.version) for name, value in verdicts.context.items()))
    return Mark(
        version=recorded.version, actor=recorded.envelope.actor, digest=verdicts.digest,
        judged_solid=deal.solid_version, codes=verdicts.codes, context=versions, asked=asked_with(event),
    )  # fmt: skip


def asked_with(event: Judged) -> object:
    """What was asked beside the target, where no prefix holds it."""
    if isinstance(event, e.OpeningRefused):
        return event.owner, dict(event.fields)
    return event.lost_reason if isinstance(event, e.MoveRefused) else event.owner


def _assigned(deal: Deal, event: e.OwnerAssigned | e.HandoffAccepted, recorded: Recorded) -> dict[str, Any]:
    approvals, waivers = (_lapsed(grants, {OWNER}) for grants in (deal.approvals, deal.waivers))
    # Four eyes, always: what the new owner granted, or had granted in their stead, ends with it.
    own = {"approvals": _ended(approvals, event.owner), "waivers": _ended(waivers, event.owner)}
    # Who asked for a handover owned the deal, or stood for who did: with another owner it is over.
    return {"owner": event.owner, "handoff": None, **own, **after_owner(deal)}


def _handoff_asked(deal: Deal, event: e.HandoffRequested, recorded: Recorded) -> dict[str, Any]:
    envelope = recorded.envelope
    return {"handoff": Handoff(event.to, envelope.actor, envelope.at, recorded.version, event.why)}


def _handoff_over(deal: Deal, event: e.HandoffDeclined | e.HandoffWithdrawn, recorded: Recorded) -> dict[str, Any]:
    return {"handoff": None}


def _ended(grants: tuple[Grant, ...], by: str) -> tuple[Grant, ...]:
    return tuple(replace(g, standing=False) if g.standing and g.of(by) else g for g in grants)


def _linked(deal: Deal, event: e.ContactLinked, recorded: Recorded) -> dict[str, Any]:
    return {"contacts": Grown.of(deal.contacts).plus(Contact(event.contact, event.role, recorded.envelope.at))}


def _unlinked(deal: Deal, event: e.ContactUnlinked, recorded: Recorded) -> dict[str, Any]:
    gone = [c for c in deal.contacts if (c.contact.value, c.role) == (event.contact.value, event.role)]
    if event.contact.value is None:
        # Of those who were erased nobody can tell who is meant; how many there are in a role stays right.
        gone = gone[:1]
    return {"contacts": tuple(c for c in deal.contacts if not any(c is each for each in gone))}


def _logged(deal: Deal, event: e.ActivityLogged, recorded: Recorded) -> dict[str, Any]:
    envelope = recorded.envelope
    logged = Activity(event.kind, envelope.at, envelope.actor, event.with_whom, event.minutes)
    return {"activities": Grown.of(deal.activities).plus(logged)}


def _attached(deal: Deal, event: e.DocumentAttached, recorded: Recorded) -> dict[str, Any]:
    envelope = recorded.envelope
    attached = Attached(event.name, event.sha256, envelope.at, envelope.actor)
    return {"documents": Grown.of(deal.documents).plus(attached)}


def _ticked(deal: Deal, event: e.ItemTicked, recorded: Recorded) -> dict[str, Any]:
    envelope = recorded.envelope
    return {"ticked": MappingProxyType({**_without(deal, event.item), event.item: Tick(envelope.at, envelope.actor)})}


def _unticked(deal: Deal, event: e.ItemUnticked, recorded: Recorded) -> dict[str, Any]:
    return {"ticked": MappingProxyType(_without(deal, event.item))}


def _without(deal: Deal, item: str) -> dict[str, Tick]:
    return {name: tick for name, tick in deal.ticked.items() if name != item}


def _next_step(deal: Deal, event: e.NextStepSet, recorded: Recorded) -> dict[str, Any]:
    return {"next_step": event.text, "next_step_due": event.due}


def _requested(deal: Deal, event: e.ApprovalRequested, recorded: Recorded) -> dict[str, Any]:
    envelope = recorded.envelope
    asked = Request(event.rule, event.target, event.role, envelope.actor, envelope.at, recorded.version, event.due)
    askers = deal.askers | {(event.rule, event.target, who) for who in envelope.hands}
    return {"requests": (*deal.requests, asked), "askers": askers, **after_request(deal, envelope)}


Answer = e.ApprovalGranted | e.ApprovalRejected | e.ApprovalReturned


def _answered(deal: Deal, event: Answer, recorded: Recorded) -> dict[str, Any]:
    about = (event.rule, event.target)
    return {"requests": tuple(r for r in deal.requests if (r.rule, r.target) != about)}


def _denied(deal: Deal, event: e.ApprovalRejected | e.ApprovalReturned, recorded: Recorded) -> dict[str, Any]:
    # A no after a yes takes the yes back.
    about = (event.rule, event.target)
    approvals = tuple(
        replace(g, standing=False) if g.standing and (g.rule, g.target) == about else g for g in deal.approvals
    )
    return {**_answered(deal, event, recorded), "approvals": approvals}


def _grant(event: e.ApprovalGranted | e.RuleWaived, recorded: Recorded) -> Grant:
    envelope = recorded.envelope
    return Grant(
        event.rule, event.target, event.role, envelope.actor, envelope.at, recorded.version,
        event.lapses_on, event.expires_at, in_stead_of=envelope.on_behalf_of,
    )  # fmt: skip


def _granted(deal: Deal, event: e.ApprovalGranted, recorded: Recorded) -> dict[str, Any]:
    return {**_answered(deal, event, recorded), "approvals": (*deal.approvals, _grant(event, recorded))}


def _expired(deal: Deal, event: e.ApprovalExpired, recorded: Recorded) -> dict[str, Any]:
    # It only announces: what counts is the comparison that the gate makes.
    return {"announced": deal.announced | {event.granted_version}}


def _waived(deal: Deal, event: e.RuleWaived, recorded: Recorded) -> dict[str, Any]:
    return {"waivers": (*deal.waivers, _grant(event, recorded))}


def _paused(deal: Deal, event: e.DealPaused, recorded: Recorded) -> dict[str, Any]:
    return _waits(deal, *paused(deal.pauses, recorded.envelope.at, event.until))


def _resumed(deal: Deal, event: e.DealResumed, recorded: Recorded) -> dict[str, Any]:
    return _waits(deal, *resumed(deal.pauses, recorded.envelope.at))


def _waits(deal: Deal, pauses: Pauses[datetime], gone: tuple[datetime, datetime] | None) -> dict[str, Pauses[datetime]]:
    return {"pauses": replace(pauses, over=(*deal.pauses.over, gone) if gone else deal.pauses.over)}


def _migrated(deal: Deal, event: e.DealMigrated, recorded: Recorded) -> dict[str, Any]:
    approvals, waivers = (_gone(grants, event.ended) for grants in (deal.approvals, deal.waivers))
    changed: dict[str, Any] = {
        "process": event.process, "process_version": event.version, "approvals": approvals, "waivers": waivers,
        "requests": tuple(r for r in deal.requests if r.version not in event.ended),
    }  # fmt: skip
    if event.to_stage == event.from_stage or not deal.goes_on:
        return changed
    # In a stage of another name a stay of its own begins.
    at = recorded.envelope.at
    later = _later(deal.last_stage_at, at)
    return {**changed, "stage": event.to_stage, "entered_at": at, "last_stage_at": later}


def _gone(grants: tuple[Grant, ...], versions: tuple[int, ...]) -> tuple[Grant, ...]:
    if not versions:
        return grants
    return tuple(replace(g, standing=False) if g.version in versions else g for g in grants)


def _merged(deal: Deal, event: e.DealMerged, recorded: Recorded) -> dict[str, Any]:
    return {"merged_into": event.into, "handoff": None}


def _removed(deal: Deal, event: e.DealRemovedAtSource, recorded: Recorded) -> dict[str, Any]:
    return {"removed": True}


# Notes, source rows after an outcome, what time says, proposals and refused approvals, waivers, changes or corrections
# change no state but the version.
_CHANGES: dict[type[Event], Change] = {
    e.DealOpened: _opened, e.OpeningRefused: _opening_refused, e.FieldsChanged: _fields, e.OwnerAssigned: _assigned,
    e.AssignmentRefused: _assignment_refused,
    e.ContactLinked: _linked, e.ContactUnlinked: _unlinked, e.ActivityLogged: _logged, e.NextStepSet: _next_step,
    e.DealMoved: _moved, e.MoveRefused: _refused, e.DealWon: _won, e.DealLost: _lost, e.DealReopened: _reopened,
    e.DealPaused: _paused, e.DealResumed: _resumed, e.ApprovalRequested: _requested, e.ApprovalGranted: _granted,
    e.ApprovalRejected: _denied, e.ApprovalReturned: _denied, e.RuleWaived: _waived, e.ApprovalExpired: _expired,
    e.DealMerged: _merged,
    e.DealRemovedAtSource: _removed, e.DocumentAttached: _attached, e.ItemTicked: _ticked, e.ItemUnticked: _unticked,
    e.FollowUpPlanned: _planned, e.FollowUpOpened: _follow_up_opened, e.HandoffRequested: _handoff_asked,
    e.HandoffAccepted: _assigned, e.HandoffDeclined: _handoff_over, e.HandoffWithdrawn: _handoff_over,
    e.DealMigrated: _migrated,
}  # fmt: skip
