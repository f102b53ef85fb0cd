"""What deals were waiting for while they stayed in a stage: an approval, the customer, a pause that was
agreed, or nobody can say.

How the time of a stay is told apart, from recorded facts only:

- **approval pending**: from an approval's request until it is granted, rejected, returned or waived (same
  rule and target), at most until the deal leaves the stage.
- **with the customer**: from an activity with the customer until the next recorded event of the deal, at most
  as many days as the stage allows before it calls a deal stalled (14 where it says nothing). A silence longer
  than that is nobody's wait.
- **paused**: the paused time, as far as the stay's unexplained time holds it (facts know how long, not when).
- **unexplained**: the rest.

The four are disjoint and add up to the time in the stage, to the microsecond.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline_engine.facts import exact_sums
from pipeline_engine.views.columns import DAY, Flags, Integers
from pipeline_engine.views.happenings import ACTIVITY, BEGUN, happenings
from pipeline_engine.views.population import Population
from pipeline_engine.views.statistics import rounded

SILENCE_DAYS = 14
"""How long an activity leaves the deal with the customer where the stage does not say when it is stalled."""


@dataclass(frozen=True)
class Waits:
    """
    What the time of one stage went into, in days of all its deals together.

    `now` counts the deals there at the end of the window by what they wait for, under the same four names.
    """

    approval_pending_days: float
    with_customer_days: float
    paused_days: float
    unexplained_days: float
    now: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Days per cause, two decimals, and `now`: {approval_pending, with_customer, paused, unexplained}."""
        return {
            "approval_pending_days": rounded(self.approval_pending_days),
            "with_customer_days": rounded(self.with_customer_days),
            "paused_days": rounded(self.paused_days),
            "unexplained_days": rounded(self.unexplained_days),
            "now": dict(self.now),
        }


@dataclass(frozen=True)
class _Spells:
    """
    Stretches of stays without a recorded event.

    [begin, end) of stay `stay`, end FAR where it goes on; the customer's part is [begin, customer_end),
    which may reach beyond the end.
    """

    stay: Integers
    begin: Integers
    end: Integers
    customer_end: Integers
    pending: Flags


def waits(crowd: Population, since: int, until: int) -> list[Waits]:
    """
    What the time in [since, until) went into, per stage of the population.

    Stays that are not dated are left out.
    """
    spells, stages = _spells(crowd), range(len(crowd.stages))
    known = crowd.stays.stage >= 0
    sums = [
        exact_sums(part[known], crowd.stays.stage[known], len(stages)) for part in _parts(crowd, spells, since, until)
    ]
    now = _now(crowd, spells, until)
    return [
        Waits(
            approval_pending_days=sums[0][stage] / DAY,
            with_customer_days=sums[1][stage] / DAY,
            paused_days=sums[2][stage] / DAY,
            unexplained_days=sums[3][stage] / DAY,
            now={name: int(counts[stage]) for name, counts in now.items()},
        )
        for stage in stages
    ]


def _parts(crowd: Population, spells: _Spells, since: int, until: int) -> list[Integers]:
    """Per stay, its microseconds in the window: approval pending, with the customer, paused, unexplained."""
    begin, end = np.maximum(spells.begin, since), np.minimum(spells.end, until)
    length = np.maximum(end - begin, 0)
    with_customer = np.clip(np.minimum(spells.customer_end, end) - begin, 0, length)
    customer = np.where(spells.pending, 0, with_customer)
    approval = np.where(spells.pending, length, 0)
    count = len(crowd.stays.stage)
    # Within one stay the sums are far below 2^63: a stay is shorter than the span of 64-bit time.
    rest = _per_stay(spells.stay, length - approval - customer, count)
    paused = np.minimum(crowd.stays.paused, rest)
    told = [_per_stay(spells.stay, part, count) for part in (approval, customer)]
    return [*told, paused, rest - paused]


def _per_stay(stay: Integers, amounts: Integers, count: int) -> Integers:
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, stay, amounts)
    return sums


def _now(crowd: Population, spells: _Spells, until: int) -> dict[str, Integers]:
    """
    Per stage, how many of the deals there at `until` wait for what.

    Of each stay one spell holds that moment.
    """
    stays, count, bound = crowd.stays, len(crowd.stages), crowd.bound(until)
    spell = np.flatnonzero((spells.begin < bound) & (spells.end >= bound))
    here = spells.stay[spell]
    stage = stays.stage[here]
    pending, customer = spells.pending[spell], spells.customer_end[spell] >= bound
    paused = stays.paused_now[here] & ~pending
    shares = {
        "approval_pending": pending,
        "with_customer": ~pending & ~paused & customer,
        "paused": paused,
        "unexplained": ~pending & ~paused & ~customer,
    }
    return {name: np.bincount(stage[chosen & (stage >= 0)], minlength=count) for name, chosen in shares.items()}


def _spells(crowd: Population) -> _Spells:
    happened = happenings(crowd)
    stay, begin = happened.stay, happened.at
    starts = happened.kind == BEGUN
    # A spell lasts until the next row, the last one of a stay until the stay ends.
    last = np.append(starts[1:], True)[: len(stay)]
    end = np.where(last, crowd.stays.left[stay], np.append(begin[1:], 0)[: len(stay)])
    running = np.cumsum(happened.depth)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(stay)), 0))
    customer_end = np.where(happened.kind == ACTIVITY, begin + _silence(crowd)[stay], begin)
    return _Spells(stay, begin, end, customer_end, running > running[first])


def _silence(crowd: Population) -> Integers:
    """Per stay, how long an activity leaves its deal with the customer, in microseconds."""
    allowed = np.full((len(crowd.versions), len(crowd.stages)), SILENCE_DAYS * DAY, dtype=np.int64)
    for version in range(len(crowd.versions)):
        for stage in range(len(crowd.stages)):
            described = crowd.stage_of(version, stage)
            if described is not None and described.stalled_after is not None:
                allowed[version, stage] = int(described.stalled_after.days * DAY)
    return allowed[crowd.stays.version, crowd.stays.stage]
