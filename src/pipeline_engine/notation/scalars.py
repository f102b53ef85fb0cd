"""The small texts that any file of ours may hold: names, numbers, days, zones.

Each reader takes text and gives a value, or raises Unfit with the form that was meant.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from pipeline_engine.errors import nearest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_NO_FIELDS = frozenset({"true", "false", "null", "in"})
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Unfit(Exception):
    """A text that does not have the form; says which form was meant, and names that look like it."""

    def __init__(self, expected: str, near: Sequence[str] = ()) -> None:
        super().__init__(expected)
        self.expected, self.near = expected, tuple(near)


def name(text: str) -> str:
    """A name of a process, stage, role, kind or rule."""
    if not _NAME.fullmatch(text):
        expected = "a name of letters, digits, `-`, `_` and `.`, at most 60, a letter or digit first"
        raise Unfit(expected, _spelled(text, "-", _NAME))
    return text


def field_name(text: str) -> str:
    """A name that a rule can spell: `deal.close_date`, `limits.manager_from`."""
    if not _FIELD.fullmatch(text) or text in _NO_FIELDS:
        expected = "a name that rules can spell: letters, digits and `_`, at most 60, no digit first"
        raise Unfit(expected, _spelled(text, "_", _FIELD))
    return text


def _spelled(text: str, between: str, form: re.Pattern[str]) -> tuple[str, ...]:
    """The name that was meant, in the letters names have: `geschaeft` for `geschäft`, `price-ok` for `price ok`."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text[:200]).translate(_UMLAUTS))
    ascii_only = plain.encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_.]+" if between == "-" else r"[^A-Za-z0-9_]+", between, ascii_only).strip(between)
    sound = form.fullmatch(name) and name not in _NO_FIELDS and name != text
    return (name,) if sound else ()


def decimal(text: str) -> Decimal:
    """An exact number."""
    if not _DECIMAL.fullmatch(text):
        raise Unfit("a number like `50000` or `0.92`, in digits without separators")
    return Decimal(text)


def probability(text: str) -> Decimal:
    """A share from 0 to 1, as `0.10` or `10%`."""
    found = _PERCENT.fullmatch(text)
    share = Decimal(found[1]) / 100 if found else Decimal(text) if _DECIMAL.fullmatch(text) else Decimal(-1)
    if not 0 <= share <= 1:
        raise Unfit("a probability from 0 to 1, like `0.10` or `10%`")
    return share


def iso_date(text: str) -> date:
    """A day."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError as impossible:
        raise Unfit(f"a date like `2026-01-31` ({impossible})") from None
    raise Unfit("a date like `2026-01-31`")


def zone(text: str) -> str:
    """A time zone of the IANA list."""
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        known = sorted(available_timezones())
        folded = [each for each in known if each.casefold() == text.casefold()]
        raise Unfit("a time zone like `Europe/Berlin`", folded or nearest(text, known)) from None
    return text
