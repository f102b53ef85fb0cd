"""Working time between moments, by the hours of each weekday and the days off.

A working day counts as one however long it is, evenly over its hours: from Wednesday noon to Thursday noon is one
working day. Hours are local ones; a day with a clock change is worked by its local hours.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from pipeline_engine.values import microseconds, moment_at

Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

_HOUR = 3_600_000_000
_NOON = time(12)
# One working day in ten thousand million: far below a microsecond, far above what adding fractions loses.
_TOUCH = 1e-10
_FIRST_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
NEVER = np.int64(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """A calendar: its zone, (weekday, opens, closes) with 0 for Monday, and the days off. Without hours: no work."""

    zone: str
    hours: tuple[tuple[int, time, time], ...]
    holidays: tuple[date, ...] = ()

    def stored(self) -> list[Any]:
        """As JSON keeps it."""
        hours = [[day, opens.isoformat(), closes.isoformat()] for day, opens, closes in self.hours]
        return [self.zone, hours, [day.isoformat() for day in self.holidays]]

    @classmethod
    def of_stored(cls, stored: Any) -> "WorkWeek":
        """What `stored` wrote."""
        zone, hours, holidays = stored
        read = tuple((int(day), time.fromisoformat(opens), time.fromisoformat(closes)) for day, opens, closes in hours)
        return cls(zone, read, tuple(date.fromisoformat(day) for day in holidays))


@dataclass(frozen=True)
class WorkingHours:
    """The working hours between two moments: UTC microseconds, ascending, never overlapping."""

    opens: Integers
    closes: Integers

    @classmethod
    def over(cls, week: WorkWeek, begin: int, end: int) -> "WorkingHours":
        """All working hours of the days that [begin, end] touches."""
        zone = ZoneInfo(week.zone)
        first = moment_at(begin).astimezone(zone).date() - timedelta(days=1)
        last = moment_at(max(begin, end)).astimezone(zone).date() + timedelta(days=1)
        edges = np.concatenate([_year(week, year) for year in range(first.year, last.year + 1)])
        inside = (edges[:, 1] >= begin - 24 * _HOUR) & (edges[:, 0] <= end + 24 * _HOUR)
        return cls(edges[inside, 0], edges[inside, 1])

    def worked(self, moments: Integers, *, by_day: bool) -> Reals:
        """Working time from the first opening to each moment: in days, or in hours."""
        if len(self.opens) == 0:
            return np.zeros(len(moments))
        before = np.concatenate(([0.0], np.cumsum(self._worth(by_day))))
        place = np.searchsorted(self.opens, moments, side="right") - 1
        inside = np.maximum(place, 0)
        length = self.closes[inside] - self.opens[inside]
        gone = np.clip(moments - self.opens[inside], 0, length) / length
        return np.where(place < 0, 0.0, before[inside] + gone * self._worth(by_day)[inside])

    def later(self, moments: Integers, amount: float | Reals, *, by_day: bool) -> Integers:
        """
        The first moment by which `amount` more working time has passed, of all or of each.

        NEVER where these hours end before.
        """
        if len(self.opens) == 0:
            return np.full(len(moments), NEVER, dtype=np.int64)
        worth = self._worth(by_day)
        after = np.cumsum(worth)
        target = self.worked(moments, by_day=by_day) + amount
        place = np.searchsorted(after, target - _TOUCH, side="left")
        known = np.minimum(place, len(after) - 1)
        part = np.clip((target - (after - worth)[known]) / worth[known], 0.0, 1.0)
        found = self.opens[known] + np.rint(part * (self.closes - self.opens)[known]).astype(np.int64)
        return np.where(place < len(after), np.maximum(found, moments), NEVER)

    def _worth(self, by_day: bool) -> Reals:
        return np.ones(len(self.opens)) if by_day else (self.closes - self.opens) / _HOUR


@lru_cache(maxsize=512)
def _year(week: WorkWeek, year: int) -> Integers:
    """The working hours of one year of the zone, one row a day: opens, closes."""
    zone, off = ZoneInfo(week.zone), set(week.holidays)
    hours = {day: (opens, closes) for day, opens, closes in week.hours}
    first = date(year, 1, 1)
    days = [first + timedelta(days=day) for day in range((date(year + 1, 1, 1) - first).days)]
    noons = _noon_offsets(first, len(days), zone)
    spans = [
        _plain_span(day, hours[day.weekday()], noons[n + 1])
        if noons[n] == noons[n + 1] == noons[n + 2]
        else _span(day, hours[day.weekday()], zone)
        for n, day in enumerate(days)
        if day.weekday() in hours and day not in off
    ]
    # A clock change can leave nothing of short hours, and a zone can leave out a whole day.
    return np.array([each for each in spans if each[0] < each[1]], dtype=np.int64).reshape(-1, 2)


def _noon_offsets(first: date, days: int, zone: ZoneInfo) -> list[timedelta]:
    """Local time minus UTC at each noon, from the day before the first to the day after the last."""
    noon = datetime.combine(first, time(12), zone) - timedelta(days=1)
    return [(noon + timedelta(days=day)).utcoffset() or timedelta(0) for day in range(days + 2)]


def _plain_span(day: date, hours: tuple[time, time], offset: timedelta) -> tuple[int, int]:
    """The hours of a day without a clock change near it."""
    midnight = (day.toordinal() - _FIRST_DAY) * 24 * _HOUR - offset // _MICROSECOND
    opens, closes = (_since_midnight(hour) for hour in hours)
    # A closing time of 00:00 is the end of that day.
    return midnight + opens, midnight + (closes if closes > opens else closes + 24 * _HOUR)


def _since_midnight(hour: time) -> int:
    return ((hour.hour * 60 + hour.minute) * 60 + hour.second) * 1_000_000 + hour.microsecond


def _is_there(day: date, zone: ZoneInfo) -> bool:
    return datetime.combine(day, _NOON, zone).astimezone(UTC).astimezone(zone).date() == day


def _span(day: date, hours: tuple[time, time], zone: ZoneInfo) -> tuple[int, int]:
    """The hours of a day near a clock change; of a day that the zone leaves out none."""
    if not _is_there(day, zone):
        return 0, 0
    opening, closing = hours
    closing_day = day if closing > opening else day + timedelta(days=1)
    opens, closes = datetime.combine(day, opening, zone), datetime.combine(closing_day, closing, zone)
    return microseconds(opens.astimezone(UTC)), microseconds(closes.astimezone(UTC))
