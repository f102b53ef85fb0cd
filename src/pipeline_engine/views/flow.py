"""
How one stage fills and empties in a window.

Little's law, the time past the service level, and the ways out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline_engine.facts import exact_sum
from pipeline_engine.views.columns import DAY, FAR, Integers
from pipeline_engine.views.paused import counted_starts
from pipeline_engine.views.population import Population
from pipeline_engine.views.statistics import rounded
from pipeline_engine.views.working_time import plain, used_up


@dataclass(frozen=True, slots=True)
class Flow:
    """
    What came into a stage and went out in the window: `at_start` + `arrivals` − `departures` = `at_end`,
    exactly.

    `in_stage_mean` is L, the time-average of deals there. `little_wait_days` is L ÷ arrival rate;
    `end_correction_days` is what has to be added to it because the stage was not as full at the end as at the
    start; None where nothing arrived or left.
    """

    at_start: int
    arrivals: int
    departures: int
    at_end: int
    in_stage_mean: float
    little_wait_days: float | None
    end_correction_days: float | None

    @property
    def mean_wait_days(self) -> float | None:
        """
        The mean stay, W = time in stage ÷ departures: L = λW with the end correction.

        Source:
            Little (1961), Operations Research 9(3); Kim & Whitt (2013), Oper. Res. 61(4): the refined
            estimator, with W itself standing for the mean time before and after the window.
        """
        if self.little_wait_days is None or self.end_correction_days is None:
            return None
        return self.little_wait_days + self.end_correction_days

    @property
    def accumulation(self) -> float:
        """(arrivals − departures) ÷ max(arrivals, 1): above 0 the stage fills up."""
        return (self.arrivals - self.departures) / max(self.arrivals, 1)

    def to_json(self) -> dict[str, Any]:
        """Counts as they are, L and accumulation with four decimals, days with two; null where not known."""
        return {
            "arrivals": self.arrivals,
            "departures": self.departures,
            "at_start": self.at_start,
            "at_end": self.at_end,
            "accumulation": rounded(self.accumulation, 4),
            "in_stage_mean": rounded(self.in_stage_mean, 4),
            "mean_wait_days": rounded(self.mean_wait_days),
            "littles_law": {
                "wait_days": rounded(self.little_wait_days),
                "end_correction_days": rounded(self.end_correction_days),
            },
        }


@dataclass(frozen=True, slots=True)
class Leaving:
    """
    How stays end within `horizon_days` of entering (Aalen–Johansen).

    Shares that with `still_there` add up to 1; a win is an advance.
    """

    horizon_days: int
    advance: float
    lost: float
    back: float

    def to_json(self) -> dict[str, Any]:
        """{horizon_days, advance, lost, back, still_there}, four decimals."""
        return {
            "horizon_days": self.horizon_days,
            "advance": round(self.advance, 4),
            "lost": round(self.lost, 4),
            "back": round(self.back, 4),
            "still_there": round(max(0.0, 1 - self.advance - self.lost - self.back), 4),
        }


def flow(crowd: Population, stage: int, since: int, until: int) -> Flow:
    """How a stage filled and emptied in [since, until); stays that are not dated are left out."""
    stays, days, bound = crowd.stays, (until - since) / DAY, crowd.bound(until)
    dated = (stays.stage == stage) & stays.dated
    entered, left = stays.entered[dated], stays.left[dated]
    arrivals = int(((entered >= since) & (entered < bound)).sum())
    departures = int(((left >= since) & (left < bound)).sum())
    time = _overlap(entered, left, since, until) / DAY
    wait = time / arrivals if arrivals else None
    return Flow(
        at_start=int(((entered < since) & (left >= since)).sum()),
        arrivals=arrivals,
        departures=departures,
        at_end=int(((entered < bound) & (left >= bound)).sum()),
        in_stage_mean=time / days,
        little_wait_days=wait,
        end_correction_days=time / departures - wait if departures and wait is not None else None,
    )


def _overlap(begin: Integers, end: Integers, since: int, until: int) -> int:
    """The time all these spans share with [since, until), in microseconds, exact."""
    return exact_sum(np.maximum(np.minimum(end, until) - np.maximum(begin, since), 0))


def beyond_service_level(crowd: Population, stage: int, since: int, until: int) -> float | None:
    """
    The time-average of deals past the service level of the version they ran under.

    None where no version has one.
    """
    stays, total, defined = crowd.stays, 0, False
    for version, process in enumerate(crowd.versions):
        described = crowd.stage_of(version, stage)
        if described is None or described.service_level is None:
            continue
        defined = True
        rows = stays.dated & (stays.stage == stage) & (stays.version == version) & (stays.entered < until)
        level = (described.service_level, process.calendar)
        start = counted_starts(crowd, stays.case[rows], (stays.entered[rows], stays.left[rows]), level)
        due, paused = used_up(start, *level, until), stays.paused[rows] if plain(*level) else 0
        late = np.where(due >= FAR - paused, FAR, due + paused)
        total += _overlap(late, stays.left[rows], since, until)
    return total / (until - since) if defined else None
