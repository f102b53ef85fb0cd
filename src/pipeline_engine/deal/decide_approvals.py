"""Deciding approvals and waivers: who may give them, for what, and what ends them.

Someone who tries and may not is an event too, because an auditor will ask.
"""

from datetime import datetime
from typing import Literal

from pipeline_engine.deal import commands as c
from pipeline_engine.deal.capacity import Capacity, NoCapacity, capacity
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import NOTHING, Decided, not_backdated, personal
from pipeline_engine.deal.events import (
    ApprovalExpired,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalReturned,
    RuleWaived,
    WaiverRefused,
)
from pipeline_engine.deal.four_eyes import barred
from pipeline_engine.deal.looked_at import as_seen
from pipeline_engine.deal.state import Deal, Grant
from pipeline_engine.errors import BadMoment, BadValue, DealIsClosed, NothingAsked, UnknownRule
from pipeline_engine.process import Judge, Rule, due_at
from pipeline_engine.values import Personal, instant_text

_Refusal = Literal["no-role", "delegation-ended", "no-delegation", "four-eyes", "out-of-order", "no-skill"]
_Tried = Literal["approve", "reject", "return"]
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
    within = rule.answer_within
    due = due_at(command.at, within, judge.process.calendar) if within else None
    note = personal(command, command.note)
    return Decided((ApprovalRequested(rule=rule.id, target=target, role=rule.approval or "", note=note, due=due),))


def approve(command: c.Approve, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Approve, if the actor holds the role, it is not their own deal or request, and what comes before is approved."""
    rule, target = _approval_rule(command.rule, judge), _target(command, deal, judge)
    _must_be_open(deal, target)
    not_backdated(command, judge.process, context)
    _ends_later(command.expires_at, command)
    _not_under_another(command, deal, (rule, target), judge)
    acting = _may_answer(command, deal, rule, context)
    refused = acting if isinstance(acting, str) else _out_of_order(command, deal, rule, target)
    if refused or isinstance(acting, str):
        return _tried(command, (rule, target), "approve", refused or "no-role")
    if _given_already(_serving(deal, rule, (target, command.at)), (rule.id, target), command):
        return NOTHING
    granted = ApprovalGranted(
        rule=rule.id, target=target, role=rule.approval or "", seen_version=as_seen(command, deal, rule, context),
        lapses_on=rule.lapses_on, expires_at=command.expires_at, note=personal(command, command.note),
    )  # fmt: skip
    return Decided((granted,), in_stead_of=acting.in_stead_of)


def reject(command: c.Reject, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Say no to an approval, under the same conditions as saying yes."""
    return _say_no(command, deal, (judge, context), (ApprovalRejected, "reject"))


def return_approval(command: c.Return, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Give a request back, for something is missing; under the same conditions as saying yes."""
    about = _approval_rule(command.rule, judge).id, _target(command, deal, judge)
    granted = any(grant.covers(*about, command.at) for grant in deal.approvals)
    if not granted and all((asked.rule, asked.target) != about for asked in deal.requests):
        raise NothingAsked(deal.id, *about)
    return _say_no(command, deal, (judge, context), (ApprovalReturned, "return"))


def _say_no(
    command: c.Reject | c.Return,
    deal: Deal,
    by: tuple[Judge, Context],
    no: tuple[type[ApprovalRejected | ApprovalReturned], _Tried],
) -> Decided:
    judge, context = by
    rule, target = _approval_rule(command.rule, judge), _target(command, deal, judge)
    if not command.reason.strip():
        raise BadValue("reason", command.reason, "why not, or what is missing")
    _must_be_open(deal, target)
    not_backdated(command, judge.process, context)
    acting = _may_answer(command, deal, rule, context)
    if isinstance(acting, str):
        return _tried(command, (rule, target), no[1], acting)
    event = no[0](rule=rule.id, target=target, role=rule.approval or "", reason=personal(command, command.reason))
    return Decided((event,), in_stead_of=acting.in_stead_of)


def _tried(command: c.Approve | c.Reject | c.Return, about: tuple[Rule, str], tried: _Tried, why: _Refusal) -> Decided:
    said = personal(command, command.note if isinstance(command, c.Approve) else command.reason)
    return Decided((ApprovalRefused(rule=about[0].id, target=about[1], why=why, tried=tried, reason=said),))


def waive(command: c.Waive, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Waive a rule for a target, if it may be waived, the actor holds a role that may, and the deal is not theirs."""
    rule, target = _rule(command.rule, judge), _target(command, deal, judge)
    if not command.reason.strip():
        raise BadValue("reason", command.reason, "a reason for the waiver")
    _must_be_open(deal, target)
    not_backdated(command, judge.process, context)
    _ends_later(command.expires_at, command)
    acting = _may_waive(command, deal, rule, context)
    reason = Personal(deal.stream, command.reason)
    if isinstance(acting, str):
        return Decided((WaiverRefused(rule=rule.id, target=target, why=acting, reason=reason),))
    if _given_already(deal.waivers, (rule.id, target), command):
        return NOTHING
    waived = RuleWaived(
        rule=rule.id, target=target, role=acting.role, reason=reason, lapses_on=rule.lapses_on,
        seen_version=as_seen(command, deal, rule, context), expires_at=command.expires_at,
    )  # fmt: skip
    return Decided((waived,), in_stead_of=acting.in_stead_of)


def announce_expiry(command: c.AnnounceExpiry, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Say of each approval and waiver that has come to its end that it has; of each once."""
    over = (
        grant
        for grant in (*deal.approvals, *deal.waivers)
        if grant.standing and grant.expires_at is not None and grant.expires_at <= context.clock
        if waits_for(deal, grant.target)
    )
    return Decided(
        tuple(
            ApprovalExpired(rule=grant.rule, target=grant.target, granted_version=grant.version)
            for grant in over
            if grant.version not in deal.announced
        )
    )


def _may_waive(
    command: c.Waive, deal: Deal, rule: Rule, context: Context
) -> Capacity | NoCapacity | Literal["not-waivable", "four-eyes"]:
    if not rule.waivable_by:
        return "not-waivable"
    theirs = barred(deal, rule.id)
    acting = capacity(rule.waivable_by, command, context, theirs)
    if isinstance(acting, str):
        return acting
    return acting if theirs.isdisjoint({command.by, acting.in_stead_of}) else "four-eyes"


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


def _target(command: c.RequestApproval | c.Approve | c.Reject | c.Return | c.Waive, deal: Deal, judge: Judge) -> str:
    if command.target is not None:
        if command.target not in ("won", "lost", "reopen"):
            judge.place(command.target)
        return command.target
    asked_at = _rule(command.rule, judge).asked_at
    gate, _, stage = asked_at.partition(":")
    if gate in ("moves", "leave", "open", "own"):
        raise BadValue("--to", "", f"the stage, or the outcome, that rule `{command.rule}` is asked for")
    return stage if gate == "applies" else _OUTCOME_OF.get(asked_at, asked_at)


def waits_for(deal: Deal, target: str) -> bool:
    """Whether the deal may still be asked to go there: a closed one to be reopened only, a merged one nowhere."""
    return deal.merged_into is None and (deal.status == "open" or target == "reopen")


def _must_be_open(deal: Deal, target: str) -> None:
    if not waits_for(deal, target):
        raise DealIsClosed(deal.id, deal.status)


def _may_answer(
    command: c.Command, deal: Deal, rule: Rule, context: Context
) -> Capacity | NoCapacity | Literal["four-eyes", "no-skill"]:
    """The capacity somebody answers in. Four eyes, always: neither is it their deal, nor did they ask."""
    theirs = barred(deal, rule.id)
    acting = capacity((rule.approval or "",), command, context, theirs)
    if isinstance(acting, str):
        return acting
    if not theirs.isdisjoint({command.by, acting.in_stead_of}):
        return "four-eyes"
    return acting if context.able(rule.skills) else "no-skill"


def _out_of_order(command: c.Approve, deal: Deal, rule: Rule, target: str) -> Literal["out-of-order"] | None:
    """Whether an approval that comes before this one is not there by then, or no longer stands."""
    live = (grant for grant in deal.approvals if grant.target == target and grant.live(command.at))
    standing = {grant.rule for grant in live if _not_after(grant.at, command.at)}
    return None if standing.issuperset(rule.after) else "out-of-order"


def _not_under_another(command: c.Approve, deal: Deal, about: tuple[Rule, str], judge: Judge) -> None:
    """Raise BadMoment for a yes dated before one that waits for it and is there: it was not what that one saw."""
    rule, target = about
    later = {each.id for each in judge.process.rules if rule.id in each.after}
    for grant in deal.approvals:
        mine = grant.standing and grant.rule in later and grant.target == target
        if mine and grant.at is not None and command.at <= grant.at:
            found = f"`{grant.rule}` was approved at {instant_text(grant.at)}, after `{rule.id}` as it stood then"
            raise BadMoment(f"{found}; an approval of `{rule.id}` that is given now is not dated before it")


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
