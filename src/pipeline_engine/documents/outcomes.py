"""What became of a command: whether it was accepted, which events answer it, how each rule judged and what it saw."""

from datetime import timedelta
from typing import Any, NotRequired

from typing_extensions import TypedDict

from pipeline_engine.deal import Judged, Outcome
from pipeline_engine.envelope import Recorded, stored_name
from pipeline_engine.process import Part
from pipeline_engine.values import instant_text, value_told

Told = Any
"""A value in its stored form: text, a number, yes or no, a list, money as its amount and currency; null is unknown."""


class PartDocument(TypedDict):
    """One part of a rule that stands in the way; `any_of` where one of several would do."""

    kind: str
    text: str
    path: str | None
    found: Told
    wanted: str | None
    any_of: NotRequired[list[dict[str, Any]]]


class FactDocument(TypedDict):
    """A fact that a rule read; null where it is not recorded."""

    path: str
    value: Told


class JudgedDocument(TypedDict):
    """One rule's answer: pass, fail, unknown, waived or not asked; why, and what would meet it."""

    rule: str
    kind: str
    verdict: str
    severity: str
    says: str
    fix: str
    because: list[PartDocument]
    facts: list[FactDocument]
    approval: str | None
    waivable_by: list[str]
    can_approve: list[str]
    can_waive: list[str]
    roles_bind: bool


class EventDocument(TypedDict):
    """An event: its envelope, and in `data` what it says, without defaults."""

    event: str
    version: int
    position: int
    at: str | None
    recorded_at: str
    actor: str
    on_behalf_of: str | None
    via: str
    command_id: str
    data: dict[str, Any]


class OutcomeDocument(TypedDict):
    """What became of a command; a read that is given `position` has seen it."""

    deal: str
    accepted: bool
    repeated: bool
    position: int
    events: list[EventDocument]
    verdicts: NotRequired[list[JudgedDocument]]


def outcome_document(outcome: Outcome, *, explained: bool = True) -> OutcomeDocument:
    """The document of every command on a deal; explained, it tells of every rule what it saw, which takes a while."""
    told: OutcomeDocument = {
        "deal": outcome.deal_id, "accepted": outcome.accepted, "repeated": outcome.repeated,
        "position": outcome.position, "events": [event_document(recorded) for recorded in outcome.events],
    }  # fmt: skip
    if explained:
        told["verdicts"] = [judged_document(judged) for judged in outcome.verdicts]
    return told


def event_document(recorded: Recorded) -> EventDocument:
    """An event with its envelope."""
    envelope = recorded.envelope
    return {
        "event": stored_name(type(recorded.event)), "version": recorded.version, "position": recorded.position,
        "at": instant_text(envelope.at) if envelope.at else None, "recorded_at": instant_text(recorded.recorded_at),
        "actor": envelope.actor, "on_behalf_of": envelope.on_behalf_of, "via": envelope.via,
        "command_id": envelope.command_id,
        "data": recorded.event.model_dump(mode="json", exclude_defaults=True),
    }  # fmt: skip


def judged_document(judged: Judged) -> JudgedDocument:
    """One rule's answer; facts in their stored forms, null where not recorded."""
    return {
        "rule": judged.rule, "kind": judged.kind, "verdict": judged.verdict, "severity": judged.severity,
        "says": judged.says, "fix": judged.fix, "because": [part_document(part) for part in judged.because],
        "facts": [{"path": path, "value": plain(found)} for path, found in judged.facts],
        "approval": judged.approval, "waivable_by": list(judged.waivable_by),
        "can_approve": list(judged.can_approve), "can_waive": list(judged.can_waive), "roles_bind": judged.roles_bind,
    }  # fmt: skip


def part_document(part: Part) -> PartDocument:
    """One part that stands in the way; `any_of` where one of several would do."""
    told: PartDocument = {
        "kind": part.kind, "text": part.text, "path": part.path, "found": plain(part.found), "wanted": part.wanted,
    }  # fmt: skip
    if part.any_of:
        told["any_of"] = [dict(part_document(each)) for each in part.any_of]
    return told


def plain(found: Any) -> Any:
    """A value for JSON."""
    if isinstance(found, dict):
        return {name: plain(part) for name, part in found.items()}
    if isinstance(found, (list, tuple)):
        return [plain(part) for part in found]
    if isinstance(found, timedelta):
        return found.total_seconds()
    return None if found is None else value_told(found)
