"""Where deals get stuck: how stages fill and empty in a window of time, how long deals stay, and what they
wait for.

**The ranking.** Where every stage with deals in the window has a service level, the constraint is the stage
in which most time was spent *beyond* it: E_s = the time-average number of deals past their service level
(deal-days past it in the window ÷ days of the window). A stage that is slow by plan is then no constraint,
one that breaks its plan is. Where some stage has no service level there is no common plan to measure against,
and the rank is by share of delay, L_s ÷ ΣL. Ties go by L_s, then by stage order. Neither says what a faster
stage would *earn*: that is leverage, which is not computed yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from pipeline_engine.errors import EmptyWindow
from pipeline_engine.facts import Facts
from pipeline_engine.process import Span
from pipeline_engine.values import instant_text, microseconds, moment_at
from pipeline_engine.views.columns import DAY
from pipeline_engine.views.durations import ADVANCE, BACK, LOSE, ages, in_days
from pipeline_engine.views.flow import Flow, Leaving, beyond_service_level, flow
from pipeline_engine.views.population import Population, population
from pipeline_engine.views.statistics import Quantile, rounded
from pipeline_engine.views.waits import Waits, waits
from pipeline_engine.views.working_time import span_days, span_text

CRITERIA = {
    "beyond_service_level": "most deals past their service level, on average (deal-days past it ÷ days)",
    "share_of_delay": "largest share of the time all deals spent in stages; no service levels to measure by",
}
HORIZON_DAYS = 90


@dataclass(frozen=True)
class StageWait:
    """
    One stage in the window; `rank` 1 is the constraint.

    `beyond_mean` is E_s, None without a service level; `leaving` is None without a stay.
    """

    stage: str
    title: str
    flow: Flow
    median: Quantile
    p90: Quantile
    stays: int
    ended: int
    share_of_delay: float | None
    service_level: str | None
    service_level_days: float | None
    beyond_mean: float | None
    leaving: Leaving | None
    waits: Waits
    undated: int
    rank: int = 0
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """One row of `stages[]`; days with two decimals, null where not known."""
        flow = self.flow
        return {
            "rank": self.rank,
            "stage": self.stage,
            "title": self.title,
            "why": self.why,
            **flow.to_json(),
            "median_days": rounded(self.median.days),
            "median_interval": [rounded(self.median.low), rounded(self.median.high)],
            "p90_days": rounded(self.p90.days),
            "stays": self.stays,
            "ended": self.ended,
            "share_of_delay": rounded(self.share_of_delay, 4),
            "service_level": self.service_level,
            "service_level_days": rounded(self.service_level_days),
            "beyond_service_level_mean": rounded(self.beyond_mean, 4),
            "leaving": self.leaving.to_json() if self.leaving else None,
            "waits": self.waits.to_json(),
            "undated": self.undated,
        }


@dataclass(frozen=True)
class Bottlenecks:
    """
    Where deals of one process got stuck in [since, until); `stages` by rank, the constraint first.

    `criterion` is a key of `CRITERIA`. `undated` stays have no known beginning or end and `anomalies` ended
    before they began,
    by their source: neither is in any figure here.
    """

    as_of: datetime
    position: int
    process: str
    version: int
    owner: str | None
    since: datetime
    until: datetime
    criterion: str
    stages: tuple[StageWait, ...]
    undated: int
    anomalies: int
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The answer of `view bottlenecks --json`."""
        return {
            "as_of": instant_text(self.as_of),
            "position": self.position,
            "process": self.process,
            "version": self.version,
            "owner": self.owner,
            "since": instant_text(self.since),
            "until": instant_text(self.until),
            "days": rounded((self.until - self.since).total_seconds() / 86_400),
            "criterion": self.criterion,
            "ranked_by": CRITERIA[self.criterion],
            "stages": [stage.to_json() for stage in self.stages],
            "undated": self.undated,
            "anomalies": self.anomalies,
            "notes": list(self.notes),
        }


def bottlenecks(
    facts: Facts,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    as_of: datetime | None = None,
    process: str | None = None,
    owner: str | None = None,
) -> Bottlenecks:
    """
    Rank the stages of one process by how much they hold deals up in [since, until).

    Args:
        facts: The facts known at `as_of`.
        since: None is the beginning of the first dated stay.
        until: None is `as_of`; a later moment is cut to it, for nothing is known of the future.
        as_of: None is the facts' own moment, or else that of their last dated event.
        process: None is the process with most deals; the notes name the others.
        owner: Only stays this person owned at their beginning; None is everybody's.

    Raises:
        EmptyWindow: No dated stay overlaps [since, until), or it holds no time at all.
        UnknownProcess: As `population`.
    """
    crowd = population(facts, as_of=as_of, process=process, owner=owner)
    begin, end = _window(crowd, since, until)
    stages = [_stage(crowd, stage, begin, end) for stage in range(len(crowd.stages))]
    found = list(waits(crowd, begin, end))
    total = sum(stage.flow.in_stage_mean for stage in stages)
    stages = [
        replace(stage, waits=waited, share_of_delay=stage.flow.in_stage_mean / total if total else None)
        for stage, waited in zip(stages, found, strict=True)
    ]
    criterion = _criterion(stages)
    return Bottlenecks(
        as_of=moment_at(crowd.as_of),
        position=facts.position,
        process=crowd.process.name,
        version=crowd.process.version,
        owner=owner,
        since=moment_at(begin),
        until=moment_at(end),
        criterion=criterion,
        stages=_ranked(stages, criterion),
        undated=int((~crowd.stays.dated & ~crowd.stays.anomaly).sum()),
        anomalies=int(crowd.stays.anomaly.sum()),
        notes=(*crowd.notes, "ranked by time lost, not yet by what a faster stage would earn (leverage)"),
    )


def _window(crowd: Population, since: datetime | None, until: datetime | None) -> tuple[int, int]:
    stays = crowd.stays
    end = crowd.as_of if until is None else min(microseconds(until), crowd.as_of)
    if since is None and not stays.dated.any():
        raise EmptyWindow("nothing to look at: no stay in a stage has a known beginning and end")
    begin = int(np.min(stays.entered[stays.dated])) if since is None else microseconds(since)
    span = f"from {instant_text(moment_at(begin))} to {instant_text(moment_at(end))}"
    if begin >= end:
        raise EmptyWindow(f"nothing to look at {span}: the window holds no time")
    if not (stays.dated & (stays.entered < crowd.bound(end)) & (stays.left >= begin)).any():
        raise EmptyWindow(f"nothing to look at {span}: no deal was in a stage then")
    return begin, end


def _stage(crowd: Population, stage: int, since: int, until: int) -> StageWait:
    described, seen = crowd.latest_stage(stage), ages(crowd, stage, until, since)
    curve, ending = seen.survival(), seen.incidence()
    within = HORIZON_DAYS * DAY
    shares = (ending.at(way, within) for way in (ADVANCE, LOSE, BACK))
    leaving = Leaving(HORIZON_DAYS, *shares)
    level: Span | None = described.service_level
    return StageWait(
        stage=described.id,
        title=described.title or described.id,
        flow=flow(crowd, stage, since, until),
        median=in_days(curve, 0.5),
        p90=in_days(curve, 0.9),
        stays=curve.observed,
        ended=curve.ended,
        share_of_delay=None,
        service_level=span_text(level) if level else None,
        service_level_days=span_days(level, crowd.process.calendar) if level else None,
        beyond_mean=beyond_service_level(crowd, stage, since, until),
        leaving=leaving if curve.observed else None,
        waits=Waits(0.0, 0.0, 0.0, 0.0, {}),
        undated=int(((crowd.stays.stage == stage) & ~crowd.stays.dated).sum()),
    )


def _criterion(stages: Sequence[StageWait]) -> str:
    used = [stage for stage in stages if stage.flow.in_stage_mean > 0]
    by_plan = used and all(stage.beyond_mean is not None for stage in used) and any(stage.beyond_mean for stage in used)
    return "beyond_service_level" if by_plan else "share_of_delay"


def _ranked(stages: Sequence[StageWait], criterion: str) -> tuple[StageWait, ...]:
    def weight(stage: StageWait) -> tuple[float, float]:
        beyond = (stage.beyond_mean or 0.0) if criterion == "beyond_service_level" else 0.0
        return -beyond, -stage.flow.in_stage_mean

    total = sum(stage.beyond_mean or 0.0 for stage in stages)
    ordered = sorted(stages, key=weight)
    return tuple(
        replace(stage, rank=place, why=_why(stage, criterion, total)) for place, stage in enumerate(ordered, start=1)
    )


def _why(stage: StageWait, criterion: str, beyond_total: float) -> str:
    """The rank in words, with the figures it rests on."""
    if stage.flow.in_stage_mean == 0:
        undated = f"; {stage.undated} stays without a known date say nothing" if stage.undated else ""
        return f"no dated stay in the window{undated}"
    if criterion == "beyond_service_level" and beyond_total:
        beyond = stage.beyond_mean or 0.0
        level = stage.service_level or "an older version"
        part = f"{beyond:.1f} deals on average past the service level of {level}"
        reason = f"{part}, {beyond / beyond_total:.0%} of all that are"
    else:
        reason = f"{stage.share_of_delay or 0.0:.0%} of all the time deals spent in the pipeline"
    half = (
        f"half had left after {stage.median.days:.1f} d"
        if stage.median.days is not None
        else "fewer than half have left"
    )
    return f"{reason}; {half}"
