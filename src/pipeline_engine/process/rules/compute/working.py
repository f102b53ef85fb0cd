"""Working days and hours between two moments, by the calendar that stands in the rule's tree."""

import numpy as np

from pipeline_engine.process.rules.columns import Column, Values, either
from pipeline_engine.process.rules.compute.numbers import Operation
from pipeline_engine.process.rules.vocabulary import Kind
from pipeline_engine.process.rules.working_hours import WorkingHours, WorkWeek

# Working hours are laid out day by day, so that moments far from any deal's life would cost time without sense.
EARLIEST, LATEST = (int(np.datetime64(f"{year}-01-01", "us").astype(np.int64)) for year in (1990, 2060))
_DIGITS = 9


def working(function: str, week: WorkWeek) -> Operation:
    """`working_days` or `working_hours`; moments before 1990 or from 2060 on are unknown to it."""
    by_day = function == "working_days"

    def between(begin: Column, end: Column) -> Column:
        first, last = np.broadcast_arrays(np.atleast_1d(begin.values), np.atleast_1d(end.values))
        known = (first >= EARLIEST) & (first < LATEST) & (last >= EARLIEST) & (last < LATEST)
        missing = either(begin.missing, end.missing)
        told = known if missing is None else known & ~np.broadcast_to(missing, known.shape)
        spent = np.zeros(known.shape)
        if told.any():
            starts, ends = first[told], last[told]
            hours = _hours(week, starts, ends)
            spent[told] = hours.worked(ends, by_day=by_day) - hours.worked(starts, by_day=by_day)
        scalar = np.ndim(begin.values) == 0 and np.ndim(end.values) == 0
        return _column(np.round(spent, _DIGITS), ~told, scalar)

    return between


def _hours(week: WorkWeek, starts: Values, ends: Values) -> WorkingHours:
    edges = (np.min(starts), np.min(ends), np.max(starts), np.max(ends))
    return WorkingHours.over(week, int(min(edges)), int(max(edges)))


def _column(spent: Values, missing: Values, scalar: bool) -> Column:
    if scalar:
        return Column(Kind.DOUBLE, np.float64(spent[0]), np.True_ if missing[0] else None)
    return Column(Kind.DOUBLE, spent, missing if missing.any() else None)
