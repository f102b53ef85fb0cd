"""How long until it ends, and how it ends, when many have not ended yet: Kaplan–Meier and Aalen–Johansen.

Ages are integers of any one unit (views use microseconds). Who is still there is censored, not ignored; who
came under observation late (entry age above 0) is at risk only from then on. At risk at t: entry < t ≤ exit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_engine.views.columns import Flags, Integers, Reals
from pipeline_engine.views.statistics.proportion import Z95, rounded

# S = 1/2 is reached exactly by counts, but a product of fractions may land a rounding error beside it.
_TOUCH = 1e-12


@dataclass(frozen=True)
class Survival:
    """
    The Kaplan–Meier curve: one entry per age at which anything ended, ascending.

    `survival` is S(t) just after t, `se` its Greenwood standard error (0 where S is 0), `low` and `high` the
    95 % log-log interval. `last` is the oldest age seen. `observed` histories entered, `ended` of them ended,
    the rest was still there.
    """

    ages: Integers
    at_risk: Integers
    ended_at: Integers
    survival: Reals
    se: Reals
    low: Reals
    high: Reals
    observed: int
    ended: int
    last: int

    def at(self, age: int) -> float:
        """S(age): the share still there after `age`."""
        place = int(np.searchsorted(self.ages, age, side="right"))
        return 1.0 if place == 0 else float(self.survival[place - 1])


@dataclass(frozen=True, slots=True)
class Quantile:
    """
    The age by which a share has ended, in days, with its 95 % interval.

    None where the data does not reach that far.
    """

    days: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, Any]:
        """{days, low, high}, two decimals."""
        return {"days": rounded(self.days), "low": rounded(self.low), "high": rounded(self.high)}


@dataclass(frozen=True)
class Incidence:
    """
    The Aalen–Johansen curves.

    `share[k, i]` is the share that ended in way k by `ages[i]`; with S they add up to 1.
    """

    ages: Integers
    survival: Reals
    share: Reals

    def at(self, kind: int, age: int) -> float:
        """The share that had ended in way `kind` by `age`."""
        place = int(np.searchsorted(self.ages, age, side="right"))
        return 0.0 if place == 0 else float(self.share[kind, place - 1])


def kaplan_meier(exits: Integers, ended: Flags, entries: Integers | None = None) -> Survival:
    """
    The share still there by age, from histories some of which have not ended.

    Args:
        exits: Age at the end, or at the last look; ≥ 0.
        ended: True where it ended then, False where it was still there (censored).
        entries: Age at which it came under observation, 0 for from its beginning; None is 0 for all. A
            history whose entry is above 0 and not below its exit was never under observation and is left out.

    Source:
        Kaplan & Meier (1958), JASA 53(282); Greenwood (1926); left truncation as in Klein & Moeschberger
        (2003), 4.6; log-log interval as in Kalbfleisch & Prentice (2002), 1.4.
    """
    exits, ended, entries = _observed(exits, ended, entries)
    ages, counts = np.unique(exits[ended], return_counts=True)
    at_risk = _at_risk(ages, exits, entries)
    survival = np.cumprod(1.0 - counts / at_risk)
    survival[survival < _TOUCH] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard_variance = np.cumsum(counts / (at_risk * (at_risk - counts)))
        se = np.where(survival > 0, survival * np.sqrt(hazard_variance), 0.0)
    low, high = _log_log(survival, hazard_variance)
    seen, oldest = len(exits), int(np.max(exits, initial=0))
    return Survival(ages, at_risk, counts, survival, se, low, high, seen, int(ended.sum()), oldest)


def aalen_johansen(exits: Integers, kinds: Integers, ways: int, entries: Integers | None = None) -> Incidence:
    """
    The share that ended in each way by age, where ending in one way rules out the others.

    Args:
        exits: As in `kaplan_meier`.
        kinds: In which way it ended, 0 … ways-1; -1 where it was still there.
        ways: How many ways there are.
        entries: As in `kaplan_meier`.

    Source:
        Aalen & Johansen (1978), Scand. J. Statist. 5(3).
    """
    exits, kinds, entries = _observed(exits, kinds, entries)
    # Asked for counts too, numpy sorts instead of hashing, which is many times faster here.
    ages, _ = np.unique(exits[kinds >= 0], return_counts=True)
    at_risk = _at_risk(ages, exits, entries)
    counts = np.zeros((ways, len(ages)))
    for way in range(ways):
        counts[way] = np.bincount(np.searchsorted(ages, np.sort(exits[kinds == way])), minlength=len(ages))
    survival = np.cumprod(1.0 - counts.sum(axis=0) / at_risk)
    survival[survival < _TOUCH] = 0.0
    before = np.concatenate(([1.0], survival[:-1])) if len(ages) else survival
    return Incidence(ages, survival, np.cumsum(before * counts / at_risk, axis=1))


def quantile(curve: Survival, share: float, unit: float = 1.0) -> Quantile:
    """
    The first age by which `share` has ended, in ages ÷ `unit`, with its interval.

    The interval inverts the log-log interval of S. None where S does not reach that far, or where it fell to
    0 only because nobody older was under observation yet.

    Source:
        Brookmeyer & Crowley (1982), Biometrics 38(1).
    """
    left = 1.0 - share
    return Quantile(
        _first(curve, curve.survival, left, unit),
        _first(curve, curve.low, left, unit),
        _first(curve, curve.high, left, unit),
    )


def _first(curve: Survival, values: Reals, left: float, unit: float) -> float | None:
    reached = values <= left + _TOUCH
    if not reached.any():
        return None
    place = int(np.argmax(reached))
    # With late entries everyone at risk at a young age may end before others come under observation: S is 0
    # from there on, and says nothing about those who are seen to grow older.
    collapsed = curve.survival[place] == 0 and curve.last > curve.ages[place]
    return None if collapsed else float(curve.ages[place]) / unit


def _observed(
    exits: Integers, marks: NDArray[Any], entries: Integers | None
) -> tuple[Integers, NDArray[Any], Integers]:
    if entries is None:
        return exits, marks, np.full(len(exits), -1, dtype=np.int64)
    # A history seen from its beginning is at risk at age 0 too, so that a stay of no length counts.
    entered = np.where(entries <= 0, -1, entries)
    seen = entered < exits
    return exits[seen], marks[seen], entered[seen]


def _at_risk(ages: Integers, exits: Integers, entries: Integers) -> Integers:
    came = np.searchsorted(np.sort(entries), ages, side="left")
    went = np.searchsorted(np.sort(exits), ages, side="left")
    return (came - went).astype(np.int64)


def _log_log(survival: Reals, hazard_variance: Reals) -> tuple[Reals, Reals]:
    # Where S is 0 the transformation has no value: the lower end is 0, the upper stays where it last was.
    inside = (survival > 0) & (survival < 1)
    low, high = survival.copy(), survival.copy()
    logs = np.log(survival[inside])
    reach = Z95 * np.sqrt(hazard_variance[inside]) / -logs
    low[inside] = np.exp(logs * np.exp(reach))
    high[inside] = np.exp(logs * np.exp(-reach))
    if len(survival) and survival[-1] == 0.0:
        gone = int(np.argmax(survival == 0.0))
        high[gone:] = high[gone - 1] if gone else 1.0
    return low, high
