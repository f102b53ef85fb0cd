"""What every command must be before anything is made of it: ids, texts, moments and values that can be kept.

A command checks itself when it is made, so that no door can bring in what the store could not write.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from pipeline_engine.errors import BadValue
from pipeline_engine.values import Document, Money, Personal, is_id

LONGEST_NAME = 200
# The stream is `deal:<id>`, and a stream's name is as long as a name may be.
LONGEST_DEAL_ID = LONGEST_NAME - len("deal:")
LONGEST_TEXT = 10_000
MOST_FIELDS = 1_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VALUES = (str, int, float, Decimal, Money, Personal, Document, date, time)


def _id(name: str, value: object) -> object:
    if not is_id(value):
        raise BadValue(name, value, "an id of 1 to 100 printable characters without spaces")
    return value


def _name(name: str, value: object) -> object:
    longest = LONGEST_DEAL_ID if name in ("deal_id", "into") else LONGEST_NAME
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise BadValue(name, value, f"1 to {longest} printable characters")
    return value


def _digest(name: str, value: object) -> object:
    if not isinstance(value, str) or not _SHA256.fullmatch(value.lower()):
        raise BadValue(name, value, "a SHA-256 of 64 hexadecimal digits")
    return value.lower()


def _text(name: str, value: object) -> object:
    # The text itself is never quoted: it may be about people.
    if not isinstance(value, str):
        raise BadValue(name, type(value).__name__, "text")
    if len(value) > LONGEST_TEXT:
        raise BadValue(name, f"{len(value):,} characters", f"text of at most {LONGEST_TEXT:,}")
    if not storable(value):
        raise BadValue(name, "this text", "text without NUL and without halves of characters")
    return value


def storable(text: str) -> bool:
    """Whether every store can write the text: no NUL, and no half of a surrogate pair."""
    if "\x00" in text or text.isascii():
        return "\x00" not in text
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _moment(name: str, value: object) -> object:
    form = "a time with its zone, like 2026-01-31T09:00:00Z"
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise BadValue(name, value, form)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise BadValue(name, value, form) from None


def _number(name: str, value: object) -> object:
    if type(value) is not int:
        raise BadValue(name, value, "a whole number")
    return value


def _flag(name: str, value: object) -> object:
    if not isinstance(value, bool):
        raise BadValue(name, value, "yes or no")
    return value


def _amount(name: str, value: object) -> object:
    _value(name, value)
    return value


def _fields(name: str, value: object) -> object:
    if not isinstance(value, Mapping) or len(value) > MOST_FIELDS:
        raise BadValue(name, type(value).__name__, f"at most {MOST_FIELDS:,} fields with their values")
    for field, given in value.items():
        _name("field", field)
        for part in given if isinstance(given, (tuple, list)) else (given,):
            _value(field, part)
    return value


def _value(field: str, given: object) -> None:
    if given is not None and not isinstance(given, _VALUES):
        raise BadValue(field, type(given).__name__, "text, a number, a date or money")
    parts = (getattr(given, part) for part in getattr(given, "__slots__", ()))
    if any(isinstance(text, str) and not storable(text) for text in (given, *parts)):
        raise BadValue(field, "this text", "text without NUL and without halves of characters")


_CHECKS: dict[str, Callable[[str, object], object]] = {
    **dict.fromkeys(("by", "on_behalf_of", "owner", "to"), _id),
    **dict.fromkeys(
        (
            "deal_id", "command_id", "correlation_id", "causation_id", "process", "stage", "target", "rule", "kind",
            "role", "name", "item", "opened", "source", "key", "into",
        ),
        _name,
    ),
    **dict.fromkeys(("title", "why", "contact", "with_whom", "text", "reason", "competitor", "note"), _text),
    **dict.fromkeys(("at", "expires_at", "due", "until", "really_at"), _moment),
    **dict.fromkeys(("fields", "values"), _fields),
    "minutes": _number,
    "amount": _amount,
    "reopens": _flag,
    "version": _number,
    "seen": _number,
    "sha256": _digest,
    "via": _name,
}  # fmt: skip


def as_kept(name: str, value: Any, *, optional: bool) -> Any:
    """A part of a command as it is kept, moments in UTC; raises BadValue where it cannot be kept at all."""
    return value if value is None and optional else _CHECKS[name](name, value)
