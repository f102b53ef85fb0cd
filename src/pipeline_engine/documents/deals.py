"""Deals: one as it stands, a row of a list, everything that happened, and deals that a win leads to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from pipeline_engine.deal import Deal, FollowUp
from pipeline_engine.documents.approvals import RequestDocument, request_documents
from pipeline_engine.documents.outcomes import EventDocument, Told, event_document, plain
from pipeline_engine.documents.said import by_version, by_whom, gone, in_clear, pausing, words_in
from pipeline_engine.engine import DealRow, Engine, OpenHandoff, Opening, Planned
from pipeline_engine.envelope import Recorded
from pipeline_engine.process import VariantStanding
from pipeline_engine.values import instant_text

_PARTS = ("process", "process_version", "stage", "owner", "lost_reason", "merged_into", "version", "source")
_TIMES = ("opened_at", "entered_at", "closed_at", "next_step_due")
_ROW_TIMES = ("opened_at", "entered_at", "last_event_at")
_DAY_SECONDS = 86_400


class MoneyDocument(TypedDict):
    """An amount as decimal text, and its currency."""

    amount: str
    currency: str


class ContactDocument(TypedDict):
    """A person on the customer's side, in a role; erased ones are named as such."""

    role: str
    contact: str


class ActivityDocument(TypedDict):
    """Something that was done with the customer."""

    kind: str
    at: str | None
    by: str


class AttachedDocument(TypedDict):
    """A document by the digest of its content, which stays where it is."""

    name: str
    sha256: str
    at: str | None
    by: str


class ItemDocument(TypedDict):
    """An item of a checklist or of the plan that is ticked."""

    id: str
    at: str | None
    by: str


class HandoffDocument(TypedDict):
    """Who is asked to take the deal over, and by whom."""

    to: str
    by: str
    at: str | None
    why: str | None


class PauseDocument(TypedDict):
    """That the deal waits on purpose, and until when."""

    since: str | None
    until: str | None
    reason: str | None
    by: str


VariantDocument = TypedDict(
    "VariantDocument",
    {
        "runs_under": str, "base": str, "fits": bool, "meant": str, "astray": bool,
        "for": dict[str, list[str]], "by": dict[str, Told],
    },
)  # fmt: skip


class GrantDocument(TypedDict):
    """An approval or a waiver; one that is not `standing` serves no more."""

    rule: str
    target: str
    role: str
    by: str
    standing: bool
    expires_at: str | None


class PlanDocument(TypedDict):
    """A deal that a win leads to; `due` is null where nobody knows when."""

    deal: str
    process: str
    owner: str | None
    due: str | None
    fields: dict[str, Told]


class FollowUpDocument(PlanDocument):
    """The same, and whether it is there."""

    opened: bool


class PlannedDocument(PlanDocument):
    """The same, and which deal's win leads to it."""

    won: str


class OpeningDocument(PlannedDocument):
    """What became of opening a planned deal: it is there, or why not."""

    opened: bool
    why: str | None


class DealDocument(TypedDict):
    """A deal as it stands after `version` events; `status` is open, won, lost or merged."""

    id: str
    status: str
    process: str
    process_version: int
    stage: str
    owner: str | None
    lost_reason: str | None
    merged_into: str | None
    version: int
    source: str | None
    opened_at: str | None
    entered_at: str | None
    closed_at: str | None
    next_step_due: str | None
    fields: dict[str, Told]
    contacts: list[ContactDocument]
    activities: list[ActivityDocument]
    documents: list[AttachedDocument]
    items: list[ItemDocument]
    follow_ups: list[FollowUpDocument]
    paused: bool
    pause: PauseDocument | None
    next_step: str | None
    handoff: HandoffDocument | None
    requests: list[RequestDocument]
    approvals: list[GrantDocument]
    waivers: list[GrantDocument]
    variant: VariantDocument | None


class DealRowDocument(TypedDict):
    """A deal in a list; times and value are null where nobody knows."""

    id: str
    process: str
    stage: str
    status: str
    owner: str | None
    value: MoneyDocument | None
    opened_at: str | None
    entered_at: str | None
    last_event_at: str | None


class DealPageDocument(TypedDict):
    """Some deals by id; `next` is the cursor of the page after, null where there is none."""

    deals: list[DealRowDocument]
    next: str | None


class HappenedDocument(EventDocument):
    """An event of a timeline: whether it really `happened`, and which events correct it."""

    happened: bool
    corrected_by: list[int]


class HandedDocument(TypedDict):
    """A deal that somebody is asked to take over."""

    id: str
    owner: str | None
    to: str
    asked_by: str
    asked_at: str | None
    waited_days: float | None


def deal_document(engine: Engine, found: Deal) -> DealDocument:
    """A deal as it stands. Its events are read only where something of it has words that stand in them."""
    events = engine.timeline(found.id) if found.requests or found.pauses.holds(engine.now()) else ()
    told: Any = {
        "id": found.id, "status": found.stands,
        **{name: getattr(found, name) for name in _PARTS},
        **{name: _at(getattr(found, name)) for name in _TIMES},
        "fields": {name: plain(held) for name, held in sorted(found.fields.items())},
        "contacts": [{"role": c.role, "contact": in_clear(c.contact)} for c in found.contacts],
        **_evidence(found),
        "follow_ups": [plan_document(plan) | {"opened": plan.opened} for plan in found.follow_ups],
        **_ahead(found, events, engine.now()),
        "requests": request_documents(found, by_version(events)),
        **{name: [_grant(each) for each in getattr(found, name)] for name in ("approvals", "waivers")},
        "variant": variant_document(engine.variant_of(found)),
    }  # fmt: skip
    document: DealDocument = told
    return document


def _evidence(found: Deal) -> dict[str, list[dict[str, Any]]]:
    """What was done with the customer, attached and ticked."""
    return {
        "activities": [{"kind": a.kind, **_noted(a)} for a in found.activities],
        "documents": [{"name": d.name, "sha256": d.sha256, **_noted(d)} for d in found.documents],
        "items": [{"id": item, **_noted(tick)} for item, tick in found.ticked.items()],
    }


def _noted(each: Any) -> dict[str, Any]:
    return {"at": _at(each.at), "by": each.by}


def _ahead(found: Deal, events: Sequence[Recorded], now: datetime) -> dict[str, Any]:
    """Why a deal is quiet; a pause whose end has come does not hold any more."""
    pauses, asked = found.pauses, found.handoff
    paused = pausing(events) if pauses.holds(now) else None
    return {
        "paused": paused is not None,
        "pause": _pause(pauses, paused) if paused else None,
        "next_step": in_clear(found.next_step) if found.next_step else None,
        "handoff": {
            "to": asked.to, "by": asked.by, "at": _at(asked.at), "why": words_in(asked) or None,
        } if asked else None,
    }  # fmt: skip


def _pause(pauses: Any, paused: Recorded) -> PauseDocument:
    return {
        "since": _at(pauses.begin), "until": _at(pauses.until), "reason": words_in(paused.event) or None,
        "by": paused.envelope.actor,
    }  # fmt: skip


def _at(moment: datetime | None) -> str | None:
    return instant_text(moment) if moment else None


def _grant(grant: Any) -> GrantDocument:
    return {
        "rule": grant.rule, "target": grant.target, "role": grant.role, "by": grant.by, "standing": grant.standing,
        "expires_at": _at(grant.expires_at),
    }  # fmt: skip


def variant_document(found: VariantStanding | None) -> VariantDocument | None:
    """Whether a deal runs under the variant that is meant for it; None where its process has no variants."""
    if found is None:
        return None
    return {
        "runs_under": found.runs_under, "base": found.base, "fits": found.fits, "meant": found.meant,
        "astray": found.astray, "for": {name: list(values) for name, values in found.for_.items()},
        "by": {name: found.by.get(name) for name in found.named},
    }  # fmt: skip


def plan_document(plan: FollowUp) -> PlanDocument:
    """A deal that a win leads to."""
    return {
        "deal": plan.deal_id, "process": plan.process, "owner": plan.owner, "due": _at(plan.due),
        "fields": {name: plain(held) for name, held in sorted(plan.fields.items())},
    }  # fmt: skip


def planned_document(each: Planned) -> PlannedDocument:
    """The same with the deal whose win leads to it."""
    return {"won": each.won, **plan_document(each.plan)}


def opening_document(opening: Opening) -> OpeningDocument:
    """What became of opening one."""
    return {"won": opening.won, **plan_document(opening.plan), "opened": opening.opened, "why": opening.why or None}


def deal_row_document(deal: DealRow) -> DealRowDocument:
    """One row of a list."""
    worth: MoneyDocument | None = None
    if deal.value:
        worth = {"amount": deal.value.plain(), "currency": deal.value.currency}
    told: Any = {
        **{name: getattr(deal, name) for name in ("id", "process", "stage", "status", "owner")}, "value": worth,
        **{name: _at(getattr(deal, name)) for name in _ROW_TIMES},
    }  # fmt: skip
    document: DealRowDocument = told
    return document


def timeline_document(events: Sequence[Recorded]) -> list[HappenedDocument]:
    """Every event of a deal, each marked whether it happened, and by which it was corrected."""
    void, by = gone(events), by_whom(events)
    return [
        {**event_document(each), "happened": each.version not in void, "corrected_by": by.get(each.version, [])}
        for each in events
    ]


def handed_document(asked: OpenHandoff, now: datetime) -> HandedDocument:
    """A deal that somebody is asked to take over, and for how long they have been."""
    at = asked.asked_at
    waited = round(max((now - at).total_seconds() / _DAY_SECONDS, 0), 2) if at else None
    return {
        "id": asked.deal_id, "owner": asked.owner, "to": asked.to, "asked_by": asked.asked_by, "asked_at": _at(at),
        "waited_days": waited,
    }  # fmt: skip
