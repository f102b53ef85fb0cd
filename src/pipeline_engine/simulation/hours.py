"""When people work, and when deals come in: office hours, days off, seasons. All times are UTC."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

# Within nine to six in central Europe, summer and winter.
OPENS, CLOSES = 8, 16
DAYS_OFF = frozenset({(1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31)})
_DAY = timedelta(days=1)

Away = tuple[tuple[int, int], tuple[int, int]]  # first and last (month, day) of every year


def is_working_day(day: date) -> bool:
    """Monday to Friday, without the days off."""
    return day.weekday() < 5 and (day.month, day.day) not in DAYS_OFF


def in_office(day: date, share: float) -> datetime:
    """The moment at `share` of that day's office hours, to the second."""
    seconds = int(share * (CLOSES - OPENS) * 3600)
    return datetime.combine(day, time(OPENS), UTC) + timedelta(seconds=seconds)


def working(moment: datetime, share: float) -> datetime:
    """`moment` if it is in office hours, else at `share` of the next ones; never earlier."""
    day = moment.date()
    if is_working_day(day) and moment.hour < CLOSES:
        return moment if moment.hour >= OPENS else in_office(day, share)
    day += _DAY
    while not is_working_day(day):
        day += _DAY
    return in_office(day, share)


def after(moment: datetime, days: float, share: float) -> datetime:
    """The working moment `days` calendar days after `moment`, to the second."""
    return working(moment + timedelta(seconds=round(days * 86_400)), share)


def back(moment: datetime, away: Sequence[Away]) -> datetime:
    """`moment`, or the same time on the first working day after someone is back."""
    day = (moment.month, moment.day)
    for first, last in away:
        if first <= day <= last:
            return working(moment.replace(month=last[0], day=last[1]) + _DAY, 0.1)
    return moment


def quarter_end(day: date) -> date:
    """The last day of the quarter that `day` is in."""
    month = 3 * ((day.month + 2) // 3)
    return month_after(date(day.year, month, 1), 1) - _DAY


def month_after(day: date, months: int) -> date:
    """The first day of the month that many months after the one `day` is in."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When new deals come in between two days: on working days, more in months of more weight."""

    days: tuple[date, ...]
    rising: tuple[float, ...]  # running sum of the days' weights

    @classmethod
    def between(cls, start: date, end: date, by_month: Sequence[float]) -> "Arrivals":
        """The working days from `start` up to, not including, `end`; twelve weights, January first."""
        span = [start + timedelta(days=n) for n in range((end - start).days)]
        days = tuple(day for day in span if is_working_day(day))
        return cls(days, tuple(accumulate(by_month[day.month - 1] for day in days)))

    def at(self, share: float) -> datetime:
        """The moment by which `share` of a year's deals have come in."""
        reached = share * self.rising[-1]
        n = min(bisect_right(self.rising, reached), len(self.days) - 1)
        before = self.rising[n - 1] if n else 0.0
        within = (reached - before) / (self.rising[n] - before)
        return in_office(self.days[n], min(within, 0.999))
