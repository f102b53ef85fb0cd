"""Time: what comes due, what was recorded of it, and which deals somebody is called to."""

from datetime import datetime

from typing_extensions import TypedDict

from pipeline_engine.deal import Due
from pipeline_engine.engine import Called, Rung
from pipeline_engine.values import instant_text


class MomentDocument(TypedDict):
    """
    Something that comes due: of which stream, and of which of its versions.

    `about` is the stage, the rule that is approved or waived, the escalation, or which role is lent by whom.
    """

    stream: str
    kind: str
    of: int
    about: str
    due: str


class DueDocument(MomentDocument):
    """The same, and whether its moment is over without its being recorded yet."""

    late: bool


class RungDocument(TypedDict):
    """What a look at the clock recorded, and when something comes due next, where nothing is due."""

    recorded: list[MomentDocument]
    next_at: str | None


class CalledDocument(TypedDict):
    """A deal that an escalation asks somebody to look after; `since` is the moment that was due."""

    id: str
    owner: str | None
    stage: str
    escalation: str
    says: str
    since: str


def moment_document(due: Due) -> MomentDocument:
    """Something that comes due."""
    return {"stream": due.stream, "kind": due.kind, "of": due.of, "about": due.about, "due": instant_text(due.at)}


def due_document(due: Due, now: datetime) -> DueDocument:
    """Something that comes due, as it stands at a moment."""
    return {**moment_document(due), "late": due.at <= now}


def rung_document(rings: list[Rung]) -> RungDocument:
    """What some rings, one after the other, came to."""
    next_at = rings[-1].next_at if rings else None
    recorded = [moment_document(due) for rung in rings for due in rung.recorded]
    return {"recorded": recorded, "next_at": instant_text(next_at) if next_at else None}


def called_document(called: Called) -> CalledDocument:
    """A deal that somebody is called to."""
    return {
        "id": called.deal_id, "owner": called.owner, "stage": called.stage, "escalation": called.rule,
        "says": called.says, "since": instant_text(called.since),
    }  # fmt: skip
