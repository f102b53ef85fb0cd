"""Stored JSON forms as column values: times as microseconds, money as units, sealed values still sealed."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import Any, NamedTuple

from pydantic_core import to_json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)


class Cells(NamedTuple):
    """A field value as a row of `changes` holds it; see the columns there."""

    kind: str | None
    text: str | None = None
    integer: int | None = None
    real: float | None = None
    currency: str | None = None


def instant_us(text: str | None) -> int | None:
    """
    Microseconds since 1970 UTC behind stored text; raises ValueError or TypeError where it is no instant with
    a zone.
    """
    return None if text is None else (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND


def compact(value: Any) -> str:
    """Compact JSON text; keys keep their stored order."""
    return to_json(value).decode()


def sealed_text(stored: Mapping[str, Any] | None) -> str | None:
    """What is inside `{"sealed": …}` as JSON text; raises KeyError for text that was stored in the clear."""
    return None if stored is None else to_json(stored["sealed"]).decode()


def cells(stored: Any) -> Cells:
    """
    The columns of a stored field value; raises ValueError for a form nobody wrote, and for personal text in
    the clear.
    """
    if isinstance(stored, str):
        return Cells("text", stored)
    if isinstance(stored, bool):
        return Cells("bool", None, int(stored))
    if isinstance(stored, int):
        return Cells("int", None, stored)
    if isinstance(stored, float) and isfinite(stored):
        return Cells("number", None, None, stored)
    if isinstance(stored, list):
        return Cells("many", compact(stored))
    for tag, read in _TAGGED.items():
        if tag in stored:
            return read(stored)
    raise ValueError(f"a stored value has none of the keys {', '.join(_TAGGED)}")


def _time_of_day_us(text: str) -> int:
    moment = time.fromisoformat(text)
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond


_TAGGED: dict[str, Callable[[Mapping[str, Any]], Cells]] = {
    "money": lambda stored: Cells("money", None, stored["money"], None, stored["currency"]),
    "sealed": lambda stored: Cells("personal", sealed_text(stored)),
    "date": lambda stored: Cells("date", None, date.fromisoformat(stored["date"]).toordinal() - _EPOCH_DAY),
    "instant": lambda stored: Cells("instant", None, instant_us(stored["instant"])),
    "time": lambda stored: Cells("time", None, _time_of_day_us(stored["time"])),
    "document": lambda stored: Cells("document", compact(stored)),
}
