"""When something is due that is to be done within a length of time: by the clock, or in the process's working time."""

from datetime import datetime, timedelta

import numpy as np

from pipeline_engine.process.model import Calendar, Span
from pipeline_engine.process.rules import WorkingHours
from pipeline_engine.values import microseconds, moment_at

_HOURS = {"m": 1 / 60, "h": 1, "d": 24, "w": 168}
# Where people work at all, a span in working time is over within so many times its length by the clock; a week without
# work more or less is in the month that comes on top.
_AT_MOST = 60
_MONTH = timedelta(days=31)


def due_at(begin: datetime, span: Span, calendar: Calendar) -> datetime | None:
    """
    The moment at which the span is used up.

    Returns:
        Aware UTC. None where the calendar has no such moment: it knows no working hours, or too few of them.
    """
    if span.unit in _HOURS:
        return begin + timedelta(hours=1) * _HOURS[span.unit] * float(span.amount)
    days = float(span.amount) / (1 if span.unit == "bd" else 24)
    start, horizon = microseconds(begin), microseconds(begin + timedelta(days=days) * _AT_MOST + _MONTH)
    hours = WorkingHours.over(calendar.week, start, horizon)
    found = int(hours.later(np.array([start], np.int64), float(span.amount), by_day=span.unit == "bd")[0])
    return moment_at(found) if found <= horizon else None
