"""What comes due for one deal and was not announced yet, and the events that announce it.

The columns say the same of all deals at once (views/ahead.py). Nothing here knows what time it is: whoever does picks
what has come due.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from pipeline_engine.deal.decide_approvals import waits_for
from pipeline_engine.deal.events import ApprovalExpired, DealEscalated, DealStalled, PauseEnded, ServiceLevelBreached
from pipeline_engine.deal.watched import Watched
from pipeline_engine.envelope import Event
from pipeline_engine.process import FAR, Escalation, Process, Span, Stage, Stretches, used_up
from pipeline_engine.values import microseconds, moment_at

DueKind = Literal["service_level", "stalled", "pause", "expiry", "escalation", "loan"]


@dataclass(frozen=True, slots=True)
class Due:
    """
    Something that comes due at a moment.

    Args:
        stream: Whose it is: `deal:D-1`, `person:rep-2`.
        of: The version of the event it rests on: that began the stay, granted, asked for or lent, or said the pause.
        about: The stage, the rule that is approved or waived, the escalation, or the role that is lent and by whom.
    """

    stream: str
    kind: DueKind
    of: int
    about: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Stay:
    """The stay that holds, with its pauses and the moments at which something of it is over; FAR: it does not come."""

    watched: Watched
    process: Process
    stage: Stage
    waits: Stretches

    def later(self, start: int, span: Span | None) -> int:
        """When a span is used up, without what was paused; at once where there is none."""
        if span is None or start == FAR:
            return start
        return int(used_up(np.array([start], np.int64), span, self.process.calendar, self.waits)[0])

    def over_level(self) -> int:
        """When the service level is used up."""
        level, entered = self.stage.service_level, self.watched.deal.entered_at
        return int(FAR) if level is None or entered is None else self.later(microseconds(entered), level)

    def silent(self) -> int:
        """When the deal is stalled, by the clock that the stage names."""
        rule, deal = self.stage.stalled_after, self.watched.deal
        if rule is None:
            return int(FAR)
        clocks: Mapping[str, datetime | None] = {
            "stage_entered": deal.entered_at,
            "last_activity": self.watched.active_at or deal.opened_at,
            "last_change": self.watched.changed_at or deal.opened_at,
        }
        since = clocks[rule.since]
        if since is None:
            return int(FAR)
        # A deal that comes into a stage after a long silence is stalled there from then on, not from before.
        began = microseconds(deal.entered_at) if deal.entered_at else microseconds(since)
        return max(self.later(microseconds(since), Span(amount=rule.days, unit="d")), began)


def coming(watched: Watched, process: Process) -> tuple[Due, ...]:
    """
    What comes due for a deal, in the order of time; what has come due is among it until it is announced.

    Only of deals that go on: of what is over nobody needs to be told. An approval for reopening also of a closed deal.

    Args:
        process: The version under which the deal goes.
    """
    found = [*_expiries(watched), *_of_stay(watched, process)]
    return tuple(sorted(found, key=lambda due: (due.at, due.kind, due.of, due.about)))


def announcement(due: Due, watched: Watched, process: Process, to: tuple[str, ...] = ()) -> Event:
    """The event that announces it; `to` is who an escalation goes to."""
    deal = watched.deal
    match due.kind:
        case "service_level":
            level = process.stage(deal.stage).service_level
            assert level is not None, "a stage without a service level has none to pass"
            text = f"{level.amount.normalize():f}{level.unit}"
            return ServiceLevelBreached(stage=deal.stage, stay=due.of, level=text)
        case "stalled":
            rule = process.stage(deal.stage).stalled_after
            assert rule is not None, "a stage that says nothing of silence has no stalled deals"
            return DealStalled(stage=deal.stage, stay=due.of, since=rule.since)
        case "pause":
            return PauseEnded(paused=due.of)
        case "escalation":
            rule_id = next(each for each in process.escalations if each.id == due.about)
            request = due.of if rule_id.when == "approval_waits" else None
            return DealEscalated(
                rule=rule_id.id, when=rule_id.when, stage=deal.stage, stay=watched.stay, request=request,
                asked=rule_id.to, to=to,
            )  # fmt: skip
    grant = next(each for each in (*deal.approvals, *deal.waivers) if each.version == due.of)
    return ApprovalExpired(rule=grant.rule, target=grant.target, granted_version=grant.version)


def _expiries(watched: Watched) -> Iterator[Due]:
    deal = watched.deal
    for grant in (*deal.approvals, *deal.waivers):
        open_end = grant.standing and grant.expires_at is not None and grant.version not in deal.announced
        if open_end and grant.expires_at is not None and waits_for(deal, grant.target):
            yield Due(deal_stream(deal.id), "expiry", grant.version, grant.rule, grant.expires_at)


def _of_stay(watched: Watched, process: Process) -> Iterator[Due]:
    deal = watched.deal
    stage = next((each for each in process.stages if each.id == deal.stage), None)
    if not deal.goes_on or deal.removed or stage is None:
        return
    stay = _Stay(watched, process, stage, _stretches(watched))
    moments = {"service_level": stay.over_level(), "stalled": stay.silent()}
    yield from _unless_told(watched, "service_level", watched.stay, stage.id, moments["service_level"])
    yield from _unless_told(watched, "stalled", watched.stay, stage.id, moments["stalled"])
    if deal.paused and deal.pauses.until is not None:
        yield from _unless_told(watched, "pause", watched.pause, stage.id, microseconds(deal.pauses.until))
    for rule in process.escalations:
        if not rule.stages or stage.id in rule.stages:
            yield from _escalated(stay, rule, moments)


def _escalated(stay: _Stay, rule: Escalation, moments: Mapping[str, int]) -> Iterator[Due]:
    watched = stay.watched
    if rule.when != "approval_waits":
        yield from _once(watched, rule, watched.stay, stay.later(moments[rule.when], rule.after))
        return
    nobody_waits = Stretches.of((), None)
    for request in watched.deal.requests:
        if request.at is not None and rule.after is not None:
            start = np.array([microseconds(request.at)], np.int64)
            at = int(used_up(start, rule.after, stay.process.calendar, nobody_waits)[0])
            yield from _once(watched, rule, request.version, at)


def _once(watched: Watched, rule: Escalation, of: int, at: int) -> Iterator[Due]:
    if at != FAR and (f"escalation {rule.id}", of) not in watched.told:
        yield Due(deal_stream(watched.deal.id), "escalation", of, rule.id, moment_at(at))


def _unless_told(watched: Watched, kind: DueKind, of: int, about: str, at: int) -> Iterator[Due]:
    """Announced once; again only where it comes due later than was said, since something put it off."""
    if at == FAR:
        return
    told, moment = watched.told.get((kind, of)), moment_at(at)
    if told is None or told < moment:
        yield Due(deal_stream(watched.deal.id), kind, of, about, moment)


def _stretches(watched: Watched) -> Stretches:
    pauses = watched.deal.pauses
    over = [(microseconds(begin), microseconds(end)) for begin, end in pauses.over]
    if not pauses.waiting or pauses.begin is None:
        return Stretches.of(over, None)
    begin = microseconds(max(pauses.begin, pauses.ended) if pauses.ended else pauses.begin)
    if pauses.until is None:
        return Stretches.of(over, begin)
    return Stretches.of([*over, (begin, max(begin, microseconds(pauses.until)))], None)


def deal_stream(deal_id: str) -> str:
    """The stream of a deal."""
    return f"deal:{deal_id}"
