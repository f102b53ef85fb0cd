"""The small texts of a process file: what `0.10`, `5d` or `mon-fri 09:00-18:00` stand for.

Each reader takes text and gives a value, or raises Unfit with the form that was meant.
"""

import re
from datetime import time
from decimal import Decimal

from pipeline_engine.notation import Unfit, decimal
from pipeline_engine.process.model import Span

_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_WHOLE = re.compile(r"[0-9]{1,9}")
_CURRENCY = re.compile(r"[A-Z]{3}")

_SPAN = re.compile(r"(?P<amount>[0-9]{1,6}(?:\.[0-9]{1,6})?)(?P<unit>m|h|d|w|bh|bd)")
_LOOSE_SPAN = re.compile(
    r"(?P<amount>[0-9]{1,6}(?:\.[0-9]+)?) *(?P<unit>minute|(?:(?:business|working) )?(?:hour|day)|week)s?",
    re.IGNORECASE,
)
_UNITS = {"minute": "m", "hour": "h", "day": "d", "week": "w"}
_LONGEST_YEARS = 100
_UNIT_HOURS = {
    "m": Decimal(1) / 60,
    "h": Decimal(1),
    "d": Decimal(24),
    "w": Decimal(168),
    "bh": Decimal(1),
    "bd": Decimal(24),
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK_PART = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? +(?P<opens>[0-9]{2}:[0-9]{2})-(?P<closes>[0-9]{2}:[0-9]{2})"
)
WEEK_FORM = "working hours like `mon-fri 09:00-18:00` or `mon-thu 09:00-18:00, fri 09:00-15:00`"


def rate(text: str) -> Decimal:
    """A rate of exchange: above zero."""
    number = decimal(text)
    if number <= 0:
        raise Unfit("a rate above zero, like `0.92`")
    return number


def days(text: str) -> Decimal:
    """A number of days above zero."""
    if not _DECIMAL.fullmatch(text) or not 0 < Decimal(text) <= _LONGEST_YEARS * 366:
        raise Unfit("a number of days, like `14`")
    return Decimal(text)


def percentage(text: str) -> Decimal:
    """A percentage in points, with or without its sign: `10%` is 10."""
    number = text.removesuffix("%").rstrip()
    if not _DECIMAL.fullmatch(number):
        raise Unfit("a percentage like `10%` or `12.5`")
    return Decimal(number)


def whole(text: str) -> Decimal:
    """A whole number, for what is counted in whole numbers."""
    if not _INTEGER.fullmatch(text):
        raise Unfit("a whole number like `12`")
    return Decimal(text)


def count(text: str) -> int:
    """How many of something: at least one."""
    if not _WHOLE.fullmatch(text) or int(text) == 0:
        raise Unfit("a whole number of at least 1")
    return int(text)


def currency(text: str) -> str:
    """An ISO 4217 code, by its form; the list of active codes changes, so lint only warns about the rest."""
    if not _CURRENCY.fullmatch(text):
        near = (text.upper(),) if _CURRENCY.fullmatch(text.upper()) else ()
        raise Unfit("a currency of ISO 4217 in three capital letters, like `EUR`", near)
    return text


def span(text: str) -> Span:
    """A length of time."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise Unfit("a length of time like `36h`, `5d`, `2w`, or in working time `8bh`, `5bd`", _meant_span(text))
    read = Span.model_validate(found.groupdict())
    if read.amount * _UNIT_HOURS[read.unit] > _LONGEST_YEARS * 366 * 24:
        raise Unfit(f"a length of time of at most {_LONGEST_YEARS} years")
    return read


def clock_span(text: str) -> Span:
    """A length of time by the clock."""
    read = span(text)
    if read.unit in ("bh", "bd"):
        raise Unfit("time by the clock, like `36h` or `5d`; working time is not known here")
    return read


def lasting(text: str) -> Span:
    """A length of time that is not zero."""
    read = span(text)
    if read.amount == 0:
        raise Unfit("a length of time above zero, like `5d`")
    return read


def _meant_span(text: str) -> tuple[str, ...]:
    found = _LOOSE_SPAN.fullmatch(text.strip())
    if _SPAN.fullmatch(text.lower()) and not text.endswith("M"):  # which might be months
        return (text.lower(),)
    if found is None:
        return ()
    *working, unit = found["unit"].lower().split()
    return (f"{found['amount']}{'b' if working else ''}{_UNITS[unit]}",)


def week(text: str) -> dict[int, tuple[time, time]]:
    """The hours of each working weekday, 0 for Monday."""
    hours: dict[int, tuple[time, time]] = {}
    for part in text.split(","):
        for day, span_of_day in _week_part(part.strip().lower()).items():
            if day in hours:
                raise Unfit(f"{WEEK_FORM}, each day once")
            hours[day] = span_of_day
    return hours


def _week_part(part: str) -> dict[int, tuple[time, time]]:
    found = _WEEK_PART.fullmatch(part)
    if found is None or found["first"] not in _DAYS or (found["last"] or "mon") not in _DAYS:
        raise Unfit(WEEK_FORM)
    first, last = _DAYS.index(found["first"]), _DAYS.index(found["last"] or found["first"])
    try:
        opens, closes = time.fromisoformat(found["opens"]), time.fromisoformat(found["closes"])
    except ValueError:
        raise Unfit(f"{WEEK_FORM}; hours go from 00:00 to 23:59") from None
    if opens >= closes or first > last:
        raise Unfit(f"{WEEK_FORM}, the earlier one first")
    return dict.fromkeys(range(first, last + 1), (opens, closes))
