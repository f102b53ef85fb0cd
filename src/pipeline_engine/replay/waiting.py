"""What was paused before each attempt, in bulk: the twin of what `deal.reading` says of one deal."""

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import NOWHEN, PausedTime, Probes, ints
from pipeline_engine.process import WorkWeek, counted_from

Ints = npt.NDArray[np.int64]


def entered_at(entered: object, stays: Ints) -> Ints:
    """When the stay each attempt was made from began; NOWHEN where nobody knows, and for an opening."""
    moments = ints(entered)
    return np.where(stays >= 0, moments[stays], NOWHEN) if len(moments) else np.full(len(stays), NOWHEN)


def counted(time: PausedTime, probes: Probes, stay: tuple[Ints, Ints], working: tuple[WorkWeek, bool] | None) -> Ints:
    """
    When stays began, later by what was paused in them since; NOWHEN where nobody knows.

    Args:
        stay: When each began, and when it is looked at.
        working: The hours people work, and whether a working day counts as one; None is by the clock.
    """
    entered, now = stay
    moved = entered.copy()
    if len(time):
        known = np.flatnonzero((entered != NOWHEN) & (now != NOWHEN) & (entered < now))
        of = (probes.deal[known], probes.version[known], entered[known], now[known])
        moved[known] = counted_from(of[2], of[3], lambda measure: time.between(of, measure), working)
    return moved


def waiting(time: PausedTime, probes: Probes, now: Ints) -> npt.NDArray[np.bool_]:
    """Whether each deal waited on purpose then; a pause with an end is over by itself."""
    _, until = time.holding(probes.deal, probes.version)
    return np.asarray(time.waits(probes.deal, probes.version) & (now < until), dtype=np.bool_)
