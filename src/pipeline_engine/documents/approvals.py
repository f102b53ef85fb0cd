"""What is asked of approvers: what was given, what they saw, what was denied, and what is still asked for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from pipeline_engine.deal import ApprovalExpired, Deal, Outcome, Seen
from pipeline_engine.documents.outcomes import Told, plain
from pipeline_engine.documents.said import by_version, denials, verb, words_in
from pipeline_engine.engine import ApprovalLink, Awaited, Engine
from pipeline_engine.envelope import Recorded
from pipeline_engine.values import instant_text


class RequestDocument(TypedDict):
    """What is asked for and not answered; `due` is by when the process wants an answer."""

    rule: str
    target: str
    role: str
    by: str
    at: str | None
    due: str | None
    note: str | None


class DenialDocument(TypedDict):
    """A no, or a request given back: `said` is rejected or returned."""

    rule: str
    target: str
    said: str
    role: str
    by: str
    in_stead_of: str | None
    at: str | None
    version: int
    reason: str | None


class SeenDocument(TypedDict):
    """An approval or a waiver: what was seen (`fields`), what has `changed` since, and whether it still `serves`."""

    rule: str
    target: str
    waiver: bool
    role: str
    by: str
    in_stead_of: str | None
    at: str | None
    version: int
    seen_version: int
    expires_at: str | None
    fields: dict[str, Told]
    changed: dict[str, Told]
    serves: bool
    ended: str
    note: str | None


class ApprovalsDocument(TypedDict):
    """Everything about a deal's approvals and waivers."""

    id: str
    approvals: list[SeenDocument]
    denials: list[DenialDocument]
    requests: list[RequestDocument]


class AwaitedDocument(TypedDict):
    """An approval that somebody could give now; `version` is what one that is given now has seen."""

    id: str
    owner: str | None
    value: Told
    rule: str
    says: str
    target: str
    role: str
    in_stead_of: str | None
    asked_by: str
    asked_at: str | None
    due: str | None
    late: bool
    version: int


class ExpiredDocument(TypedDict):
    """An approval or waiver that has come to its end: `version` is that of the event that gave it."""

    id: str
    rule: str
    target: str
    version: int


class LinkDocument(TypedDict):
    """A link to a case, behind the address of a service; `until` is when it ends."""

    path: str
    deal: str
    rule: str
    target: str | None
    person: str
    until: str


def link_document(token: str, link: ApprovalLink) -> LinkDocument:
    """A link, made for one person."""
    return {
        "path": f"/v1/approve/{token}", "deal": link.deal, "rule": link.rule, "target": link.target,
        "person": link.person, "until": instant_text(link.until),
    }  # fmt: skip


def approvals_document(engine: Engine, deal_id: str) -> ApprovalsDocument:
    """Who approved and waived what of a deal, what they saw, what changed since, and what is still asked for."""
    found, standing, events = engine.approvals(deal_id), engine.deal(deal_id), engine.timeline(deal_id)
    told = by_version(events)
    return {
        "id": deal_id,
        "approvals": [_seen(each, words_in(told.get(each.version)) or None) for each in found],
        "denials": [denial_document(each) for each in denials(events)],
        "requests": request_documents(standing, told),
    }


def request_documents(found: Deal, events: Mapping[int, Any]) -> list[RequestDocument]:
    """What is asked for and not answered."""
    return [
        {
            "rule": r.rule, "target": r.target, "role": r.role, "by": r.by, "at": instant_text(r.at) if r.at else None,
            "due": instant_text(r.due) if r.due else None, "note": words_in(events.get(r.version)) or None,
        }
        for r in found.requests
    ]  # fmt: skip


def denial_document(recorded: Recorded) -> DenialDocument:
    """One no or return."""
    event: Any = recorded.event
    who = recorded.envelope
    return {
        "rule": event.rule, "target": event.target, "said": verb(event), "role": event.role, "by": who.actor,
        "in_stead_of": who.on_behalf_of, "at": instant_text(who.at) if who.at else None, "version": recorded.version,
        "reason": words_in(event) or None,
    }  # fmt: skip


def _seen(each: Seen, note: str | None) -> SeenDocument:
    return {
        "rule": each.rule, "target": each.target, "waiver": each.waiver, "role": each.role, "by": each.by,
        "in_stead_of": each.in_stead_of, "at": instant_text(each.at) if each.at else None, "version": each.version,
        "seen_version": each.seen_version, "expires_at": instant_text(each.expires_at) if each.expires_at else None,
        "fields": {name: plain(value) for name, value in each.fields.items()},
        "changed": {name: plain(value) for name, value in each.changed.items()},
        "serves": each.serves, "ended": each.ended, "note": note,
    }  # fmt: skip


def awaited_document(each: Awaited, now: datetime) -> AwaitedDocument:
    """One approval that somebody could give now."""
    return {
        "id": each.deal_id, "owner": each.owner, "value": plain(each.value), "rule": each.rule, "says": each.says,
        "target": each.target, "role": each.role, "in_stead_of": each.in_stead_of, "asked_by": each.asked_by,
        "asked_at": instant_text(each.asked_at) if each.asked_at else None,
        "due": instant_text(each.due) if each.due else None,
        "late": each.due is not None and each.due <= now, "version": each.version,
    }  # fmt: skip


def expired_documents(outcomes: Sequence[Outcome]) -> list[ExpiredDocument]:
    """What was announced."""
    return [
        {"id": outcome.deal_id, "rule": event.rule, "target": event.target, "version": event.granted_version}
        for outcome in outcomes
        for event in (each.event for each in outcome.events)
        if isinstance(event, ApprovalExpired)
    ]
