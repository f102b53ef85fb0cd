"""A deal as a rule reads it: one row, keyed by column path.

The backtest builds the same row from columns (replay/), so what stands here and what stands there must mean the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline_engine.deal.context import Context, Standing
from pipeline_engine.deal.state import Deal
from pipeline_engine.process import COUNTED_FROM, Gate, Grown, Judge, counted_from_each
from pipeline_engine.values import Document, Value, open_personal

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is asked of the gate: `target` is a stage, or the word won, lost or reopen.

    Where the deal is to get another owner it is the stage that the deal stands in.
    """

    gate: Gate
    from_stage: str | None
    target: str
    now: datetime
    actor: str
    reason: str | None = None


def row_of(deal: Deal, attempt: Attempt, judge: Judge, context: Context) -> dict[str, Any]:
    """What a rule may read of this deal at this attempt; None is not recorded."""
    row: dict[str, Any] = {f"deal.{name}": _plain(value) for name, value in deal.fields.items()}
    row |= _people(deal, attempt, context)
    row |= {
        "stage.id": attempt.from_stage,
        "stage.entered_at": deal.entered_at,
        "stage.paused": deal.pauses.holds(attempt.now),
        **_counted_from(deal, attempt, judge),
        "opened_at": deal.opened_at,
        "now": attempt.now,
        "today": local_day(attempt.now, judge.process.calendar.zone),
        "move.from": attempt.from_stage,
        "move.to": attempt.target,
        "move.reason": attempt.reason or None,
        "move.passed": judge.passed(attempt.gate, attempt.from_stage, attempt.target),
        "move.steps": judge.steps(attempt.gate, attempt.from_stage, attempt.target),
        "activities": _records("activities", deal.activities, _ACTIVITY),
        "approvals": lambda: [_approval(g, attempt.now) for g in deal.approvals],
        "contacts": _records("contacts", deal.contacts, _CONTACT),
        "documents": _records("documents", deal.documents, _DOCUMENT),
        "items": [{"id": item, "at": tick.at, "by": tick.by} for item, tick in deal.ticked.items()],
    }
    return row


def _counted_from(deal: Deal, attempt: Attempt, judge: Judge) -> Mapping[str, datetime | None]:
    entered, pauses = deal.entered_at, deal.pauses
    stretches = tuple(pauses.within(entered, attempt.now)) if entered and (pauses.waiting or pauses.over) else ()
    if entered is None or not stretches:
        return dict.fromkeys(COUNTED_FROM, entered)
    return counted_from_each(entered, attempt.now, stretches, judge.process.calendar.week)


def local_day(moment: datetime, zone: str) -> date:
    """The day it is at that moment in the process's zone."""
    return moment.date() if zone == "UTC" else moment.astimezone(ZoneInfo(zone)).date()


def _plain(value: Value) -> Any:
    opened = open_personal(value)
    return opened.name if isinstance(opened, Document) else opened


def _people(deal: Deal, attempt: Attempt, context: Context) -> dict[str, Any]:
    owner = context.owner or Standing(deal.owner or "")
    return {
        "actor.id": attempt.actor,
        "actor.roles": context.actor.roles,
        "actor.team": context.actor.team,
        "actor.skills": context.actor.skills,
        "owner.id": deal.owner,
        "owner.roles": owner.roles if deal.owner else None,
        "owner.team": owner.team,
        "owner.manager": owner.manager,
        "owner.skills": owner.skills if deal.owner else None,
        "owner.open_deals": owner.held.open_deals if owner.held and deal.owner else None,
        "owner.deals_in_stage": owner.held.deals_in_stage if owner.held and deal.owner else None,
    }


def _records(name: str, elements: Sequence[Any], readers: Mapping[str, Read]) -> Any:
    return Grown.of(elements).records(name, readers) if elements else ()


# How a rule reads the fields of what a deal has more and more of.
_ACTIVITY: dict[str, Read] = {
    "kind": lambda activity: activity.kind,
    "at": lambda activity: activity.at,
    "with": lambda activity: activity.with_whom.value if activity.with_whom else None,
    "minutes": lambda activity: activity.minutes,
    "by": lambda activity: activity.by,
}
_CONTACT: dict[str, Read] = {
    "role": lambda contact: contact.role,
    "id": lambda contact: contact.contact.value,
    "at": lambda contact: contact.at,
}
_DOCUMENT: dict[str, Read] = {
    "name": lambda document: document.name,
    "sha256": lambda document: document.sha256,
    "at": lambda document: document.at,
    "by": lambda document: document.by,
}


def _approval(grant: Any, now: datetime) -> dict[str, Any]:
    return {
        "rule": grant.rule, "role": grant.role, "by": grant.by, "at": grant.at, "target": grant.target,
        "live": grant.live(now),
    }  # fmt: skip
