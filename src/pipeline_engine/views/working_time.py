"""When a length of time is used up: plain time, or working time by a process's calendar (`5bd`, `8bh`).

A working day counts 1 `bd` however long it is, evenly over its hours: `1bd` begun on Wednesday noon is used
up on Thursday noon. Hours are local ones; a day with a clock change is worked by its local hours. A calendar
without hours has no working
time to count in: there `bd` and `bh` are plain days and hours, which `plain` tells.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from pipeline_engine.process import Calendar, Span
from pipeline_engine.values import microseconds, moment_at
from pipeline_engine.views.columns import DAY, FAR, Integers, Reals

_PLAIN = {"m": DAY // 1440, "h": DAY // 24, "d": DAY, "w": 7 * DAY, "bh": DAY // 24, "bd": DAY}

# One working day in ten thousand million: far below a microsecond, far above what adding fractions loses.
_TOUCH = 1e-10


def plain(span: Span, calendar: Calendar) -> bool:
    """
    Whether the span is counted round the clock.

    Not in working time, or by a calendar that has no hours.
    """
    return span.unit not in ("bd", "bh") or not calendar.hours


def span_text(span: Span) -> str:
    """The span as the process writes it: `5d`, `2.5bh`."""
    return f"{span.amount.normalize():f}{span.unit}"


def span_days(span: Span, calendar: Calendar) -> float | None:
    """The span in days of 24 hours; None for working time, which is no fixed number of them."""
    return float(span.amount) * _PLAIN[span.unit] / DAY if plain(span, calendar) else None


def used_up(starts: Integers, span: Span, calendar: Calendar, horizon: int) -> Integers:
    """
    The moment at which each start has used up the span.

    Args:
        starts: Microseconds since 1970, UTC.
        horizon: No moment after this one is of interest.

    Returns:
        Microseconds since 1970; working-time moments after `horizon` are FAR.
    """
    if plain(span, calendar):
        return starts + int(span.amount * _PLAIN[span.unit])
    if len(starts) == 0:
        return starts
    hours = WorkingHours.over(calendar, int(np.min(starts)), horizon)
    return hours.later(starts, float(span.amount), by_day=span.unit == "bd")


@dataclass(frozen=True)
class WorkingHours:
    """The working hours of a calendar between two moments: UTC microseconds, ascending, never overlapping."""

    opens: Integers
    closes: Integers

    @classmethod
    def over(cls, calendar: Calendar, begin: int, end: int) -> "WorkingHours":
        """All working hours of the days that [begin, end] touches."""
        zone = ZoneInfo(calendar.zone)
        day = moment_at(begin).astimezone(zone).date() - timedelta(days=1)
        last = moment_at(max(begin, end)).astimezone(zone).date() + timedelta(days=1)
        off = set(calendar.holidays)
        spans: list[tuple[int, int]] = []
        while day <= last:
            if day.weekday() in calendar.hours and day not in off:
                opening, closing = calendar.hours[day.weekday()]
                # A closing time of 00:00 is the end of that day.
                closing_day = day if closing > opening else day + timedelta(days=1)
                ends = (datetime.combine(day, opening, zone), datetime.combine(closing_day, closing, zone))
                spans.append((microseconds(ends[0].astimezone(UTC)), microseconds(ends[1].astimezone(UTC))))
            day += timedelta(days=1)
        edges = np.array(spans, dtype=np.int64).reshape(-1, 2)
        return cls(edges[:, 0], edges[:, 1])

    def worked(self, moments: Integers, *, by_day: bool) -> Reals:
        """Working time from the first opening to each moment: in days, or in hours."""
        before = np.concatenate(([0.0], np.cumsum(self._worth(by_day))))
        place = np.searchsorted(self.opens, moments, side="right") - 1
        inside = np.maximum(place, 0)
        length = self.closes[inside] - self.opens[inside]
        gone = np.clip(moments - self.opens[inside], 0, length) / length
        return np.where(place < 0, 0.0, before[inside] + gone * self._worth(by_day)[inside])

    def later(self, moments: Integers, amount: float, *, by_day: bool) -> Integers:
        """
        The first moment by which `amount` more working time has passed.

        FAR where these hours end before.
        """
        if len(self.opens) == 0:
            return np.full(len(moments), FAR, dtype=np.int64)
        worth = self._worth(by_day)
        after = np.cumsum(worth)
        target = self.worked(moments, by_day=by_day) + amount
        place = np.searchsorted(after, target - _TOUCH, side="left")
        known = np.minimum(place, len(after) - 1)
        part = np.clip((target - (after - worth)[known]) / worth[known], 0.0, 1.0)
        found = self.opens[known] + np.rint(part * (self.closes - self.opens)[known]).astype(np.int64)
        return np.where(place < len(after), np.maximum(found, moments), FAR)

    def _worth(self, by_day: bool) -> Reals:
        return np.ones(len(self.opens)) if by_day else (self.closes - self.opens) / (DAY / 24)
