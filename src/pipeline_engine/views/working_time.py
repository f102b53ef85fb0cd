"""When a length of time is used up: plain time, or working time by a process's calendar (`5bd`, `8bh`).

A working day counts 1 `bd` however long it is, evenly over its hours: `1bd` begun on Wednesday noon is used
up on Thursday noon. Hours are local ones; a day with a clock change is worked by its local hours. A calendar
without hours has no working
time to count in: there `bd` and `bh` are plain days and hours, which `plain` tells.
"""

import numpy as np

from pipeline_engine.process import Calendar, Span, WorkingHours
from pipeline_engine.views.columns import DAY, Integers

_PLAIN = {"m": DAY // 1440, "h": DAY // 24, "d": DAY, "w": 7 * DAY, "bh": DAY // 24, "bd": DAY}


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
    hours = WorkingHours.over(calendar.week, int(np.min(starts)), horizon)
    return hours.later(starts, float(span.amount), by_day=span.unit == "bd")
