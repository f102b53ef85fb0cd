"""What people said with what they did, and what of a deal's events still holds after corrections."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline_engine.deal import (
    ApprovalRejected,
    ApprovalReturned,
    CorrectionRecorded,
    DealPaused,
    effective,
)
from pipeline_engine.envelope import Recorded
from pipeline_engine.values import Personal

_IN = ("reason", "note", "why", "text")
DENIALS = (ApprovalRejected, ApprovalReturned)


def in_clear(found: Any) -> str:
    """A text that may be sealed; `erased` where nobody can read it any more."""
    return found.value or "erased" if isinstance(found, Personal) else str(found)


def words_in(happened: Any) -> str:
    """The reason or note that an event was given; `erased` where nobody can read it, empty where there is none."""
    given = (getattr(happened, name, None) for name in _IN)
    found = next((each for each in given if isinstance(each, Personal)), None)
    return in_clear(found) if found is not None else ""


def by_version(events: Sequence[Recorded]) -> Mapping[int, Any]:
    """The events of a deal by their version, without what did not happen."""
    return {recorded.version: recorded.event for recorded in effective(events)}


def pausing(events: Sequence[Recorded]) -> Recorded | None:
    """What a deal was paused with last; None where it never was."""
    return next((each for each in reversed(effective(events)) if isinstance(each.event, DealPaused)), None)


def denials(events: Sequence[Recorded]) -> list[Recorded]:
    """Every no and every return of an approval, the oldest first."""
    return [recorded for recorded in events if isinstance(recorded.event, DENIALS)]


def verb(event: Any) -> str:
    """`rejected` or `returned`."""
    return "returned" if isinstance(event, ApprovalReturned) else "rejected"


def gone(events: Sequence[Recorded]) -> set[int]:
    """The versions of what did not happen."""
    return {each.version for each in events} - {each.version for each in effective(events)}


def by_whom(events: Sequence[Recorded]) -> Mapping[int, list[int]]:
    """By the version of an event the versions of the corrections of it."""
    found = defaultdict[int, list[int]](list)
    for each in events:
        if isinstance(each.event, CorrectionRecorded):
            found[each.event.corrects].append(each.version)
    return found
