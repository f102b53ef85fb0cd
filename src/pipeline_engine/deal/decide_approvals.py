"""Deciding approvals and waivers: who may give them, for what, and what ends them.

Someone who tries and may not is an event too, because an auditor will ask.
"""

from datetime import datetime
from typing import Literal

from pipeline_engine.deal import commands as c
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import NOTHING, Decided, not_backdated, personal
from pipeline_engine.deal.events import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRejected,
    ApprovalRequested,
    RuleWaived,
    WaiverRefused,
)
from pipeline_engine.deal.state import Deal, Grant
from pipeline_engine.errors import BadMoment, BadValue, DealIsClosed, UnknownRule
from pipeline_engine.process import Judge, Rule
from pipeline_engine.values import Personal, instant_text

_Refusal = Literal["no-role", "four-eyes", "out-of-order", "no-skill"]
_OUTCOME_OF = {"won:from": "won", "lost:from": "lost"}


def request_approval(command: c.RequestApproval, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Ask for an approval; one that is asked for, or given and still good, is not asked for again."""
    rule, target = _approval_rule(command.rule, judge), _target(command, deal, judge)
    _must_be_open(deal, target)
    not_backdated(command, judge.process, context)
    if any((r.rule, r.target) == (rule.id, target) for r in deal.requests):
        return NOTHING
    if _serving(deal, rule, (target, command.at)):
        return NOTHING
    note = personal(command, command.note)
    return Decided((ApprovalRequested(rule=rule.id, target=target, role=rule.approval or "", note=note),))


def approve(command: c.Approve, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Approve, if the actor holds the role, is neither owner nor asker, and what comes before is approved."""
    rule, target = _approval_rule(command.rule, judge), _target(command, deal, judge)
    _must_be_open(deal, target)
    not_backdated(command, judge.process, context)
    _ends_later(command.expires_at, command)
    refused = _may_not_answer(command, deal, rule, context) or _out_of_order(command, deal, rule, target)
    if refused:
        note = personal(command, command.note)
        return Decided((ApprovalRefused(rule=rule.id, target=target, why=refused, reason=note),))
    if _given_already(_serving(deal, rule, (target, command.at)), (rule.id, target), command):
        return NOTHING
    granted = ApprovalGranted(
        rule=rule.id, target=target, role=rule.approval or "", seen_version=deal.version, lapses_on=rule.lapses_on,
        expires_at=command.expires_at, note=personal(command, command.note),
    )  # fmt: skip
    return Decided((granted,))


def reject(command: c.Reject, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Say no to an approval, under the same conditions as saying yes."""
    rule, target = _approval_rule(command.rule, judge), _target(command, deal, judge)
    _must_be_open(deal, target)
    not_backdated(command, judge.process, context)
    refused = _may_not_answer(command, deal, rule, context)
    reason = personal(command, command.reason)
    if refused:
        tried = ApprovalRefused(rule=rule.id, target=target, why=refused, tried="reject", reason=reason)
        return Decided((tried,))
    return Decided((ApprovalRejected(rule=rule.id, target=target, role=rule.approval or "", reason=reason),))


def waive(command: c.Waive, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Waive a rule for a target, if it may be waived and the actor holds a role that may, and is not the owner."""
    rule, target = _rule(command.rule, judge), _target(command, deal, judge)
    if not command.reason.strip():
        raise BadValue("reason", command.reason, "a reason for the waiver")
    _must_be_open(deal, target)
    not_backdated(command, judge.process, context)
    _ends_later(command.expires_at, command)
    roles = [role for role in rule.waivable_by if context.holds(role)]
    if not roles or command.by == deal.owner:
        why = "not-waivable" if not rule.waivable_by else "no-role" if not roles else "four-eyes"
        reason = Personal(deal.stream, command.reason)
        tried = WaiverRefused(rule=rule.id, target=target, why=why, reason=reason)  # type: ignore[arg-type]  # of three
        return Decided((tried,))
    if _given_already(deal.waivers, (rule.id, target), command):
        return NOTHING
    waived = RuleWaived(
        rule=rule.id, target=target, role=roles[0], reason=Personal(deal.stream, command.reason),
        seen_version=deal.version, lapses_on=rule.lapses_on, expires_at=command.expires_at,
    )  # fmt: skip
    return Decided((waived,))


def _rule(rule_id: str, judge: Judge) -> Rule:
    rule = judge.rule(rule_id)
    if rule is None:
        raise UnknownRule(rule_id, tuple(judge.index), f"process `{judge.process.name}`")
    return rule


def _approval_rule(rule_id: str, judge: Judge) -> Rule:
    rule = _rule(rule_id, judge)
    if rule.approval is None:
        asking = tuple(r.id for r in judge.process.rules if r.approval)
        raise UnknownRule(rule_id, asking, f"process `{judge.process.name}`, among rules that ask for an approval,")
    return rule


def _target(command: c.RequestApproval | c.Approve | c.Reject | c.Waive, deal: Deal, judge: Judge) -> str:
    if command.target is not None:
        if command.target not in ("won", "lost", "reopen"):
            judge.place(command.target)
        return command.target
    asked_at = _rule(command.rule, judge).asked_at
    gate, _, stage = asked_at.partition(":")
    if gate in ("moves", "leave", "open", "own"):
        raise BadValue("--to", "", f"the stage, or the outcome, that rule `{command.rule}` is asked for")
    return stage if gate == "applies" else _OUTCOME_OF.get(asked_at, asked_at)


def _must_be_open(deal: Deal, target: str) -> None:
    if deal.status != "open" and target != "reopen":
        raise DealIsClosed(deal.id, deal.status)


def _may_not_answer(command: c.Command, deal: Deal, rule: Rule, context: Context) -> _Refusal | None:
    if not context.holds(rule.approval or ""):
        return "no-role"
    askers = {who for asked, _, who in deal.askers if asked == rule.id}
    if command.by == deal.owner or command.by in askers:
        return "four-eyes"
    return None if context.able(rule.skills) else "no-skill"


def _out_of_order(command: c.Approve, deal: Deal, rule: Rule, target: str) -> _Refusal | None:
    """Whether an approval that comes before this one is not there, or no longer stands."""
    standing = {grant.rule for grant in deal.approvals if grant.target == target and grant.live(command.at)}
    return None if standing.issuperset(rule.after) else "out-of-order"


def _serving(deal: Deal, rule: Rule, asked: tuple[str, datetime]) -> tuple[Grant, ...]:
    """The approvals that the gate would count: where one comes before, only those not older than a live one of it."""
    target, now = asked
    live = [grant for grant in deal.approvals if grant.target == target and grant.live(now)]
    before = [[grant.at for grant in live if grant.rule == earlier] for earlier in rule.after]
    return tuple(
        grant
        for grant in live
        if grant.rule == rule.id and all(any(_not_after(at, grant.at) for at in times) for times in before)
    )


def _not_after(earlier: datetime | None, later: datetime | None) -> bool:
    return earlier is not None and later is not None and earlier <= later


def _given_already(grants: tuple[Grant, ...], about: tuple[str, str], command: c.Approve | c.Waive) -> bool:
    """Whether this person granted just this before; another end, or another person, is another grant."""
    same = (g for g in grants if g.covers(*about, command.at) and g.by == command.by)
    return any(grant.expires_at == command.expires_at for grant in same)


def _ends_later(expires_at: datetime | None, command: c.Command) -> None:
    if expires_at is not None and expires_at <= command.at:
        raise BadMoment(f"it would end at {instant_text(expires_at)}, before it begins at {instant_text(command.at)}")
