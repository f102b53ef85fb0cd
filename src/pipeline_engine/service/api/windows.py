"""Which part of the log an answer is about, as queries say it: filters, a window, a moment to look from."""

from datetime import UTC, datetime, time
from typing import Annotated, Any

from fastapi import Query
from pydantic import BeforeValidator, WithJsonSchema

from pipeline_engine.service.api.resource import LONGEST_NAME

_END = time(23, 59, 59, 999_999)


def _moment(found: str) -> datetime:
    try:
        read = datetime.fromisoformat(found)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("expected a day like `2026-01-31`, or a moment with its zone, like `2026-01-31T09:00:00Z`")


def _begin(found: Any) -> datetime | None:
    return _day_or_moment(found, time())


def _end(found: Any) -> datetime | None:
    return _day_or_moment(found, _END)


def _day_or_moment(found: Any, of_a_day: time) -> datetime | None:
    if not isinstance(found, str) or len(found) != len("2026-01-31"):
        return None if found is None else _moment(found)
    return _moment(f"{found}T{of_a_day.isoformat()}+00:00")


_FORM = WithJsonSchema({"type": "string", "examples": ["2026-01-31", "2026-01-31T09:00:00Z"]})
Text = Annotated[str | None, Query(max_length=LONGEST_NAME)]
Begin = Annotated[
    datetime | None, BeforeValidator(_begin), _FORM, Query(description="A moment, or a day: its beginning, in UTC.")
]
End = Annotated[
    datetime | None, BeforeValidator(_end), _FORM, Query(description="A moment, or a day: its end, in UTC.")
]


class Filters:
    """Of which process and owner, at which moment of business time, and as known at which."""

    def __init__(self, process: Text = None, owner: Text = None, as_of: End = None, known_at: End = None) -> None:
        self.owner = owner
        self.given: dict[str, Any] = {"process": process, "owner": owner, "as_of": as_of, "known_at": known_at}


class Window:
    """From when to when."""

    def __init__(self, since: Begin = None, until: End = None) -> None:
        self.given: dict[str, Any] = {"since": since, "until": until}


class Events:
    """Which events: of a rule, a person, a deal, an owner, a process."""

    def __init__(
        self, rule: Text = None, by: Text = None, deal: Text = None, owner: Text = None, process: Text = None
    ) -> None:
        self.people = (by, owner)
        self.given: dict[str, Any] = {"rule": rule, "by": by, "deal": deal, "owner": owner, "process": process}
