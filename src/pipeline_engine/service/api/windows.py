"""Which part of the log an answer is about, as queries say it: filters, a window, a moment to look from."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Annotated, Any

from fastapi import Depends, Query
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a query asks for, as the engine's verbs take it; `people` are those named in it."""

    given: dict[str, Any]
    people: tuple[str | None, ...] = ()


async def _filters(process: Text = None, owner: Text = None, as_of: End = None, known_at: End = None) -> Wanted:
    return Wanted({"process": process, "owner": owner, "as_of": as_of, "known_at": known_at}, (owner,))


async def _window(since: Begin = None, until: End = None) -> Wanted:
    return Wanted({"since": since, "until": until})


async def _events(
    rule: Text = None, by: Text = None, deal: Text = None, owner: Text = None, process: Text = None
) -> Wanted:
    return Wanted({"rule": rule, "by": by, "deal": deal, "owner": owner, "process": process}, (by, owner))


Filters = Annotated[Wanted, Depends(_filters)]
Window = Annotated[Wanted, Depends(_window)]
Events = Annotated[Wanted, Depends(_events)]
