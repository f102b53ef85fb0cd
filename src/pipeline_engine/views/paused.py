"""Paused time as views need it: since a moment, and as a later beginning where a service level is in working time."""

import numpy as np

from pipeline_engine.facts import PausedTime
from pipeline_engine.process import Calendar, Span, counted_from
from pipeline_engine.views.columns import UNKNOWN, Integers, places
from pipeline_engine.views.population import Population
from pipeline_engine.views.working_time import plain

_ALL = 2**31 - 1


def paused_since(crowd: Population, deals: Integers, since: Integers) -> Integers:
    """How long the deals (their rows in the population) were paused from each moment on; 0 where that is UNKNOWN."""
    known = np.where(since == UNKNOWN, crowd.as_of, since)
    case = places(crowd.deals.ids, crowd.facts.deal_ids)[deals]
    ends = np.full(len(case), crowd.as_of, np.int64)
    found = _time(crowd).between((case, np.full(len(case), _ALL, np.int64), known, ends))
    return np.asarray(found, dtype=np.int64)


def counted_starts(
    crowd: Population, cases: Integers, stay: tuple[Integers, Integers], level: tuple[Span, Calendar]
) -> Integers:
    """
    The beginnings of stays, later by the working time that was paused in them; for levels in working time only.

    Args:
        cases: The deals, by their place in the facts' `deal_ids`.
        stay: When each began, which is known, and when it ended or is looked at.
    """
    (entered, end), (span, calendar), time = stay, level, _time(crowd)
    if plain(span, calendar) or not len(time):
        return entered
    until = np.maximum(np.minimum(end, crowd.as_of), entered)
    of = (cases, np.full(len(cases), _ALL, np.int64), entered, until)
    working = (calendar.week, span.unit == "bd")
    return counted_from(entered, until, lambda measure: time.between(of, measure), working)


def _time(crowd: Population) -> PausedTime:
    return PausedTime(crowd.facts.pauses, crowd.facts.deal_ix("pauses"))
