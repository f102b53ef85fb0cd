"""When a length of time is used up that pauses do not count in: by the clock or in working time, of many at once.

The deal's own fold and the columns go the same way, so that one deal comes due when a million say that it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pipeline_engine.process.model import Calendar, Span
from pipeline_engine.process.paused import Measure, by_the_clock
from pipeline_engine.process.rules import EARLIEST, LATEST, WorkingHours, WorkWeek
from pipeline_engine.values import microseconds, moment_at

Integers = npt.NDArray[np.int64]
FAR = np.int64(np.iinfo(np.int64).max)
"""A moment that does not come."""

_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
_LONG = {"m": _HOUR // 60, "h": _HOUR, "d": _DAY, "w": 7 * _DAY, "bh": _HOUR, "bd": _DAY}
_AT_MOST = 60
_MONTH = 31 * _DAY


class Waits(Protocol):
    """When some deals wait on purpose, each row a deal."""

    @property
    def endless(self) -> Integers:
        """Since when each waits for somebody to resume it; FAR where it does not."""
        ...

    @property
    def latest(self) -> int:
        """The last moment at which a pause is over."""
        ...

    def between(self, rows: Integers, begin: Integers, end: Integers, measure: Measure) -> npt.NDArray[Any]:
        """How much of [begin, end) these deals waited, in a measure."""
        ...


@dataclass(frozen=True)
class Stretches:
    """The pauses of one deal: begin and end of each, µs since 1970; `endless` is since when it waits for somebody."""

    begins: Integers
    ends: Integers
    endless: Integers
    latest: int

    @classmethod
    def of(cls, stretches: Sequence[tuple[int, int]], endless: int | None) -> "Stretches":
        """From pairs of moments, in order and never overlapping."""
        begins, ends = (np.array([each[side] for each in stretches], dtype=np.int64) for side in (0, 1))
        since = np.array([FAR if endless is None else endless], dtype=np.int64)
        return cls(begins, ends, since, max((end for _, end in stretches), default=0))

    def between(self, rows: Integers, begin: Integers, end: Integers, measure: Measure) -> npt.NDArray[Any]:
        """As of `Waits`; every row is this deal."""
        first = np.maximum(self.begins[None, :], begin[:, None]).ravel()
        last = np.maximum(np.minimum(self.ends[None, :], end[:, None]).ravel(), first)
        lengths = measure(last) - measure(first)
        return np.asarray(lengths.reshape(len(begin), len(self.begins)).sum(axis=1))


@dataclass(frozen=True)
class _Clock:
    """How time is counted: `length` in the unit of `measure`, by the clock where there are no `hours`."""

    length: float
    by_day: bool = False
    hours: WorkingHours | None = None

    def measure(self, moments: Integers) -> npt.NDArray[Any]:
        """How much time lies before each moment."""
        return by_the_clock(moments) if self.hours is None else self.hours.worked(moments, by_day=self.by_day)

    def over(self, starts: Integers, paused: npt.NDArray[Any]) -> Integers:
        """When the length and what was paused have passed since each start."""
        if self.hours is None:
            return np.minimum(starts + int(self.length) + paused.astype(np.int64), LATEST)
        return np.minimum(self.hours.later(starts, self.length + paused, by_day=self.by_day), LATEST)


def used_up(starts: Integers, span: Span, calendar: Calendar, waits: Waits) -> Integers:
    """
    The first moment by which the span has passed since each start, without what was paused meanwhile.

    Args:
        starts: µs since 1970 UTC, one a row of `waits`.

    Returns:
        FAR where that does not come: the start is not known, the deal waits for somebody, or the calendar has no such
        moment.
    """
    found = np.full(len(starts), FAR, np.int64)
    rows = np.flatnonzero((starts >= EARLIEST) & (starts < LATEST))
    if len(rows) == 0:
        return found
    clock = _clock(starts[rows], span, calendar, waits.latest)
    found[rows] = clock.over(starts[rows], np.zeros(len(rows)))
    if not waits.latest and (waits.endless == FAR).all():
        rows = rows[:0]
    # Each round takes in the pauses that the one before reached; there are finitely many, and time only grows.
    while len(rows):
        waiting = found[rows] > waits.endless[rows]
        found[rows[waiting]] = FAR
        rows = rows[~waiting & (found[rows] < LATEST)]
        paused = waits.between(rows, starts[rows], found[rows], clock.measure)
        again = clock.over(starts[rows], paused)
        rows, again = rows[again > found[rows]], again[again > found[rows]]
        found[rows] = again
    return np.where(found >= LATEST, FAR, found)


def _clock(starts: Integers, span: Span, calendar: Calendar, latest: int) -> _Clock:
    if span.unit not in ("bd", "bh") or not calendar.hours:
        return _Clock(int(span.amount * _LONG[span.unit]))
    # Where people work at all, it is over within so many times its length by the clock; or the month that comes on top.
    reach = int(span.amount * _LONG[span.unit]) * _AT_MOST + _MONTH
    horizon = min(max(int(starts.max()), latest) + reach, LATEST - _MONTH)
    first, last = moment_at(int(starts.min())).year, moment_at(horizon).year
    return _Clock(float(span.amount), span.unit == "bd", _hours(calendar.week, first, last))


@lru_cache(maxsize=128)
def _hours(week: WorkWeek, first: int, last: int) -> WorkingHours:
    """The working hours of some whole years, which many deals ask for one after the other."""
    begin, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 12, 31, 23, 59, tzinfo=UTC)
    return WorkingHours.over(week, microseconds(begin), microseconds(end))
