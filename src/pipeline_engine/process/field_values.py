"""What a person, a file or a script gave for a field, as a typed value.

Text is read strictly: a form that two people could read differently is refused with the form that is meant.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite, nan
from typing import TypeVar

from pipeline_engine.errors import BadValue, nearest, quoted
from pipeline_engine.process.model import Field
from pipeline_engine.values import INT64_MAX, Document, Money, Personal, Value, is_id

LONGEST_TEXT = 10_000
MOST_VALUES = 1_000
_LONGEST_NUMBER = 60
_AMOUNT = re.compile(r"(?P<number>[+-]?[0-9]+(?:\.[0-9]{1,4}0*)?)(?: ?(?P<currency>[A-Z]{3}))?")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_DOCUMENT = re.compile(r"(?P<name>\S.{0,199}?) (?:sha256:)?(?P<sha256>[0-9a-f]{64})")
_WORDS = {"true": True, "yes": True, "false": False, "no": False}

Raw = Value | Decimal | list[str] | None

MONEY_FORM = "an amount like `12000`, `12000.50` or `12000 USD`, in digits without separators, at most four decimals"
NUMBER_FORM = "a number like `12.5`, without separators"
PERCENT_FORM = "a percentage like `10%` or `12.5`"
INTEGER_FORM = "a whole number like `12`, of 64 bits"
DATE_FORM = "a date like `2026-01-31`"
TIME_FORM = "a time like `09:30`"


class _Unfit(Exception):
    """The value does not have the form; the message says which form was needed."""


def read_value(field: Field, raw: Raw, currency: str) -> Value:
    """
    The typed value of a field; a personal value is read like any other, and sealed again by the caller.

    Args:
        raw: Text as typed, or a Python value. A float is never money.
        currency: The process currency, for amounts that name none.

    Raises:
        BadValue: What was found, and the form that was expected.
    """
    plain = raw.value if isinstance(raw, Personal) else raw
    try:
        if field.many:
            return _many(field, plain, currency)
        return _READERS[field.kind](field, plain, currency)
    except _Unfit as unfit:
        # What a person typed about a person is not repeated where it might be logged.
        raise BadValue(field.name, raw if field.personal is None else "this value", str(unfit)) from None


def read_money(text: str, currency: str) -> Money | None:
    """Money from text, in `currency` unless the text names another; None where it is no amount."""
    found = _AMOUNT.fullmatch(text.strip()) if len(text) <= _LONGEST_NUMBER else None
    if found is None:
        return None
    try:
        return Money.of(found["number"], found["currency"] or currency)
    except ValueError:
        return None


def _money(_: Field, raw: object, currency: str) -> Money:
    if isinstance(raw, Money):
        return raw
    if isinstance(raw, float):
        raise _Unfit(f"{MONEY_FORM}; a float is not exact")
    money = read_money(_digits(raw), currency) if isinstance(raw, (str, int, Decimal)) else None
    if money is None or isinstance(raw, bool):
        raise _Unfit(MONEY_FORM)
    return money


def _digits(raw: str | int | Decimal) -> str:
    # Decimal("1E+999999") must not be written out: 60 digits are more than any amount has.
    if isinstance(raw, Decimal):
        return f"{raw:f}" if raw.is_finite() and -_LONGEST_NUMBER < raw.adjusted() < _LONGEST_NUMBER else "?"
    if isinstance(raw, int):
        return str(raw) if -INT64_MAX <= raw <= INT64_MAX else "?"
    return raw


def _number(_: Field, raw: object, __: str) -> float:
    return _as_float(raw, NUMBER_FORM)


def _percent(_: Field, raw: object, __: str) -> float:
    text = raw.strip().removesuffix("%").rstrip() if isinstance(raw, str) else raw
    return _as_float(text, PERCENT_FORM)


def _as_float(raw: object, form: str) -> float:
    if isinstance(raw, str):
        fits = len(raw) <= _LONGEST_NUMBER and _NUMBER.fullmatch(raw.strip()) is not None
    else:
        fits = isinstance(raw, (int, float, Decimal)) and not isinstance(raw, bool)
    try:
        number = float(raw) if fits else nan  # type: ignore[arg-type]  # what fits is text or a number
    except (OverflowError, ValueError):
        number = nan
    if not isfinite(number):
        raise _Unfit(form)
    return number


def _int(_: Field, raw: object, __: str) -> int:
    if isinstance(raw, str) and _INTEGER.fullmatch(raw.strip()):
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int) or not -INT64_MAX - 1 <= raw <= INT64_MAX:
        raise _Unfit(INTEGER_FORM)
    return raw


def _date(_: Field, raw: object, __: str) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str) and _DATE.fullmatch(raw.strip()):
        return _made(lambda: date.fromisoformat(raw.strip()), DATE_FORM)
    raise _Unfit(DATE_FORM)


def _time(_: Field, raw: object, __: str) -> time:
    if isinstance(raw, time) and raw.tzinfo is None:
        return raw
    if isinstance(raw, str) and _TIME.fullmatch(raw.strip()):
        return _made(lambda: time.fromisoformat(raw.strip()), TIME_FORM)
    raise _Unfit(TIME_FORM)


T = TypeVar("T")


def _made(make: Callable[[], T], form: str) -> T:
    try:
        return make()
    except ValueError as impossible:
        raise _Unfit(f"{form} ({impossible})") from None


def _bool(_: Field, raw: object, __: str) -> bool:
    if isinstance(raw, bool):
        return raw
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word not in _WORDS:
        raise _Unfit("`true` or `false`")
    return _WORDS[word]


def _text(_: Field, raw: object, __: str) -> str:
    if not isinstance(raw, str) or not raw:
        raise _Unfit("text")
    if len(raw) > LONGEST_TEXT:
        raise _Unfit(f"text of at most {LONGEST_TEXT:,} characters, not {len(raw):,}")
    if "\x00" in raw or any("\ud800" <= char <= "\udfff" for char in raw):
        raise _Unfit("text without NUL and without halves of characters")
    return raw


def _choice(field: Field, raw: object, __: str) -> str:
    text = raw.strip() if isinstance(raw, str) else ""
    if text in field.of:
        return text
    near = [choice for choice in field.of if choice.casefold() == text.casefold()] or nearest(text, field.of)
    hint = f"; did you mean {quoted(list(near))}?" if near else ""
    raise _Unfit(f"{quoted(list(field.of))}{hint}")


def _person(_: Field, raw: object, __: str) -> str:
    if not isinstance(raw, str) or not is_id(raw.strip()):
        raise _Unfit("the id of a person, at most 100 characters without spaces")
    return raw.strip()


def _document(_: Field, raw: object, __: str) -> Document:
    if isinstance(raw, Document):
        raw = f"{raw.name} {raw.sha256}"
    found = _DOCUMENT.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        raise _Unfit("a document as `NAME SHA256`, the hash in 64 hex digits")
    return Document(found["name"], found["sha256"])


def _many(field: Field, raw: object, currency: str) -> tuple[str, ...]:
    single = field.model_copy(update={"many": False})
    parts: Iterable[object] = raw.split(",") if isinstance(raw, str) else raw if isinstance(raw, (tuple, list)) else ()
    if not isinstance(raw, (str, tuple, list)):
        raise _Unfit("a list, or text with commas between the values")
    if isinstance(parts, (tuple, list)) and len(parts) > MOST_VALUES:
        raise _Unfit(f"at most {MOST_VALUES:,} values")
    read = [_READERS[field.kind](single, part.strip() if isinstance(part, str) else part, currency) for part in parts]
    return tuple(dict.fromkeys(str(value) for value in read))


_READERS: dict[str, Callable[[Field, object, str], Value]] = {
    "money": _money,
    "number": _number,
    "percent": _percent,
    "int": _int,
    "date": _date,
    "time": _time,
    "bool": _bool,
    "text": _text,
    "choice": _choice,
    "person": _person,
    "document": _document,
}
