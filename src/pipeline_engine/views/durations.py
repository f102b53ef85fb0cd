"""How long stays last: the ages that the survival formulas need, from stays of which many are not over.

Paused time is taken off. A stay without a known beginning has no age, and none is invented: it is left out
and counted.
"""

from dataclasses import dataclass

import numpy as np

from pipeline_engine.views.columns import DAY, Integers
from pipeline_engine.views.population import ADVANCED, STAY_LOST, STAY_WON, WENT_BACK, Population
from pipeline_engine.views.statistics import (
    Incidence,
    Quantile,
    Survival,
    aalen_johansen,
    kaplan_meier,
    quantile,
)

ADVANCE, LOSE, BACK = range(3)


@dataclass(frozen=True)
class Ages:
    """
    Ages in microseconds.

    At the end or the last look, and at the first look; `ended` in the codes of `population.ENDED`, else 0.
    """

    exits: Integers
    entries: Integers
    ended: Integers

    def survival(self) -> Survival:
        """The share still there by age, for leaving at all."""
        return kaplan_meier(self.exits, self.ended > 0, self.entries)

    def incidence(self) -> Incidence:
        """How stays end, by age: ADVANCE (a win is one), LOSE, BACK."""
        ways = np.full(STAY_LOST + 1, -1, dtype=np.int64)
        ways[[ADVANCED, STAY_WON, STAY_LOST, WENT_BACK]] = (ADVANCE, ADVANCE, LOSE, BACK)
        return aalen_johansen(self.exits, ways[self.ended], 3, self.entries)


def ages(crowd: Population, stage: int, until: int, since: int | None = None) -> Ages:
    """
    The ages of the stays in a stage that are dated and under way in [since, until).

    A stay under way at `since` is at risk from the age it had then (left truncation); pauses of such a stay
    are taken to lie before `since`. One not over at `until`, or ended by something else than its deal (a
    migration), is censored.
    """
    stays, bound = crowd.stays, crowd.bound(until)
    seen = (stays.stage == stage) & stays.dated & (stays.entered < bound)
    if since is not None:
        seen &= stays.left >= since
    entered, left, paused = stays.entered[seen], stays.left[seen], stays.paused[seen]
    over = left < bound
    exits = np.maximum(np.minimum(left, until) - entered - paused, 0)
    entries = np.zeros_like(exits) if since is None else np.maximum(since - entered - paused, 0)
    ended = np.where(over & stays.ended_by_deal[seen], stays.ended[seen], 0)
    return Ages(exits, entries, ended)


def in_days(curve: Survival, share: float) -> Quantile:
    """The age in days by which a share of the stays is over, with its interval."""
    return quantile(curve, share, unit=DAY)
