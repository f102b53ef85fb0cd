"""Parts of moments, in UTC, and of durations."""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline_engine.process.rules.columns import Column, Values
from pipeline_engine.process.rules.literals import DAY, SECOND
from pipeline_engine.process.rules.vocabulary import Kind

_HOUR, _MINUTE, _MILLISECOND = 3_600 * SECOND, 60 * SECOND, 1_000


def _days(values: Values) -> Values:
    return (values // DAY).astype("datetime64[D]")


def _whole(values: Values) -> Values:
    return values.astype(np.int64)


def _day_of_month(values: Values) -> Values:
    days = _days(values)
    return _whole(days - days.astype("datetime64[M]").astype("datetime64[D]"))


def _day_of_year(values: Values) -> Values:
    days = _days(values)
    return _whole(days - days.astype("datetime64[Y]").astype("datetime64[D]"))


# As in CEL, months, weekdays (Sunday is 0) and days count from zero; only getDate counts from one.
_OF_MOMENT: Mapping[str, Callable[[Values], Values]] = {
    "getFullYear": lambda values: _whole(_days(values).astype("datetime64[Y]")) + 1970,
    "getMonth": lambda values: _whole(_days(values).astype("datetime64[M]")) % 12,
    "getDate": lambda values: _day_of_month(values) + 1,
    "getDayOfMonth": _day_of_month,
    "getDayOfYear": _day_of_year,
    "getDayOfWeek": lambda values: (values // DAY + 4) % 7,
    "getHours": lambda values: values // _HOUR % 24,
    "getMinutes": lambda values: values // _MINUTE % 60,
    "getSeconds": lambda values: values // SECOND % 60,
    "getMilliseconds": lambda values: values // _MILLISECOND % 1_000,
}


def _towards_zero(values: Values, unit: int) -> Values:
    return (values - np.fmod(values, np.int64(unit))) // unit


# Of a duration hours, minutes and seconds are totals, milliseconds the rest within the second.
_OF_DURATION: Mapping[str, Callable[[Values], Values]] = {
    "getHours": lambda values: _towards_zero(values, _HOUR),
    "getMinutes": lambda values: _towards_zero(values, _MINUTE),
    "getSeconds": lambda values: _towards_zero(values, SECOND),
    "getMilliseconds": lambda values: np.fmod(_towards_zero(values, _MILLISECOND), np.int64(1_000)),
}


def part(function: str, kind: Kind) -> Callable[[Column], Column]:
    """`getHours` and its kind, of a moment or a duration."""
    compute = (_OF_MOMENT if kind is Kind.TIMESTAMP else _OF_DURATION)[function]
    return lambda operand: Column(Kind.INT, compute(operand.values), operand.missing)
