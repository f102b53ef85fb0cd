"""From when on a stay is counted: its beginning, later by what was paused since, by the clock or in working time."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline_engine.process.rules import COUNTED_FROM, EARLIEST, LATEST, WorkingHours, WorkWeek
from pipeline_engine.values import microseconds, moment_at

Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
# How much time lies before each moment, from wherever it is counted: microseconds, or working days or hours.
Measure = Callable[[Integers], npt.NDArray[Any]]
Paused = Callable[[Measure], npt.NDArray[Any]]


def by_the_clock(moments: Integers) -> Integers:
    """Every moment counts."""
    return moments


def counted_from(entered: Integers, now: Integers, paused: Paused, working: tuple[WorkWeek, bool] | None) -> Integers:
    """
    The moment from which on as much has passed until `now` as has passed since `entered` without the pauses.

    Args:
        entered: When each stay began, and `now` when it is looked at: µs since 1970, `entered` at most `now`.
        paused: How much of each stay was paused, in the measure that it is given.
        working: The hours people work, and whether a day of them counts as one however long it is; None: by the clock.
    """
    if working is None:
        return np.asarray(entered + np.clip(paused(by_the_clock), 0, now - entered), dtype=np.int64)
    week, by_day = working
    moved = entered.copy()
    known = np.flatnonzero((entered >= EARLIEST) & (now < LATEST))
    if len(known) and week.hours:
        hours = WorkingHours.over(week, int(entered[known].min()), int(now[known].max()))
        spent = np.clip(paused(lambda moments: hours.worked(moments, by_day=by_day)), 0.0, None)[known]
        later = hours.later(entered[known], spent, by_day=by_day)
        moved[known] = np.where(spent > 0, np.clip(later, entered[known], now[known]), entered[known])
    return moved


def counted_from_each(
    entered: datetime, now: datetime, stretches: Sequence[tuple[datetime, datetime]], week: WorkWeek
) -> dict[str, datetime]:
    """The same for one stay and each way of counting, by the name that rules read; `stretches` are its pauses."""
    begins, ends = (_microseconds(each[side] for each in stretches) for side in (0, 1))
    stay = _microseconds([entered]), _microseconds([now])

    def paused(measure: Measure) -> npt.NDArray[Any]:
        return np.array([(measure(ends) - measure(begins)).sum()])

    found = {
        path: counted_from(*stay, paused, None if by_day is None else (week, by_day))
        for path, by_day in COUNTED_FROM.items()
    }
    return {path: moment_at(int(moments[0])) for path, moments in found.items()}


def _microseconds(moments: Iterable[datetime]) -> Integers:
    return np.array([microseconds(moment) for moment in moments], dtype=np.int64)
