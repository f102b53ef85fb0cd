"""The signs of an unhealthy deal, each named, explained and judged by itself; a sign that cannot be judged
says why.

Thresholds are those of the version the deal runs under, read when the view is asked: nothing is stored, so a
changed threshold counts at once. Paused time is taken off every clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline_engine.process import Calendar, Span
from pipeline_engine.views.columns import DAY, FAR, UNKNOWN, Flags, Integers, Reals, places
from pipeline_engine.views.paused import counted_starts, paused_since
from pipeline_engine.views.population import Population
from pipeline_engine.views.working_time import plain, span_text, used_up


@dataclass(frozen=True)
class Sign:
    """
    One sign, over all deals of a population.

    `shows` marks the live deals that show it, `badness` sorts them worst first, `words` says of the deal at a
    row what is wrong. `not_judged` is empty, or says why the sign could not be judged; then nothing shows.
    """

    name: str
    explanation: str
    shows: Flags
    badness: Reals
    words: Callable[[int], str]
    not_judged: str = ""

    def rows(self) -> Integers:
        """The deals that show it, worst first, then by id."""
        found = np.flatnonzero(self.shows)
        return found[np.argsort(-self.badness[found], kind="stable")]


def not_judged(crowd: Population, name: str, explanation: str, why: str) -> Sign:
    """A sign that no deal can show here, and why."""
    nobody = np.zeros(len(crowd.deals), dtype=np.bool_)
    return Sign(name, explanation, nobody, np.zeros(len(nobody)), lambda _: "", why)


def by_version_and_stage(crowd: Population, live: Flags) -> list[tuple[int, int, Flags]]:
    """(version, stage, which live deals are there), only where there are any."""
    deals = crowd.deals
    found: list[tuple[int, int, Flags]] = []
    for version in range(len(crowd.versions)):
        for stage in range(len(crowd.stages)):
            here = live & (deals.version == version) & (deals.stage == stage)
            if here.any():
                found.append((version, stage, here))
    return found


def stalled(crowd: Population) -> Sign:
    """
    No sign of life for longer than the stage allows, by the clock the stage names.

    Without an activity or change, since the opening.
    """
    deals = crowd.deals
    explanation = "no sign of life for longer than the stage allows, by the clock it names"
    late, clock = (np.zeros(len(deals), dtype=np.int64), np.full(len(deals), "", dtype=object))
    defined = False
    for version, stage, here in by_version_and_stage(crowd, deals.live):
        described = crowd.stage_of(version, stage)
        if described is None or described.stalled_after is None:
            continue
        defined, rule = True, described.stalled_after
        since = _since(crowd, rule.since)[here]
        allowed = int(rule.days * DAY) + paused_since(crowd, np.flatnonzero(here), since)
        late[here] = np.where(since == UNKNOWN, 0, crowd.as_of - since - allowed)
        clock[here] = f"allowed {rule.days.normalize():f} d since {rule.since.replace('_', ' ')}"
    if not defined and deals.live.any():
        return not_judged(crowd, "stalled", explanation, "no stage with open deals says when a deal is stalled")
    return Sign(
        "stalled",
        explanation,
        late > 0,
        late / DAY,
        lambda row: f"{late[row] / DAY:.0f} d over; {clock[row]}",
    )


def _since(crowd: Population, clock: str) -> Integers:
    deals = crowd.deals
    if clock == "stage_entered":
        return deals.entered
    moment = deals.last_activity if clock == "last_activity" else deals.last_change
    # A deal nothing ever happened to has been silent since it was opened.
    return np.where(moment == UNKNOWN, deals.opened, moment)


def over_service_level(crowd: Population) -> Sign:
    """In its stage for longer than its service level, in working time where that is given in it."""
    deals, explanation = (crowd.deals, "in its stage for longer than the stage's service level")
    late, level = (np.zeros(len(deals), dtype=np.int64), np.full(len(deals), "", dtype=object))
    defined = False
    for version, stage, here in by_version_and_stage(crowd, deals.live):
        described = crowd.stage_of(version, stage)
        if described is None or described.service_level is None:
            continue
        defined = True
        known = here & (deals.entered != UNKNOWN)
        calendar = crowd.versions[version].calendar
        due = _due(crowd, known, described.service_level, calendar)
        late[known] = np.where(due == FAR, 0, crowd.as_of - np.minimum(due, crowd.as_of))
        level[here] = span_text(described.service_level)
    if not defined and deals.live.any():
        return not_judged(crowd, "over_service_level", explanation, "no stage with open deals has a service level")
    return Sign(
        "over_service_level", explanation, late > 0, late / DAY,
        lambda row: f"{late[row] / DAY:.0f} d over the service level of {level[row]}",
    )  # fmt: skip


def _due(crowd: Population, rows: Flags, level: Span, calendar: Calendar) -> Integers:
    """When the service level of each deal's stay is used up, what was paused left out."""
    deals = crowd.deals
    entered = deals.entered[rows]
    if plain(level, calendar):
        return used_up(entered, level, calendar, crowd.as_of) + deals.stay_paused[rows]
    case, now = places(deals.ids, crowd.facts.deal_ids)[rows], np.full(len(entered), crowd.as_of, np.int64)
    start = counted_starts(crowd, case, (entered, now), (level, calendar))
    return used_up(start, level, calendar, crowd.as_of)


def older_than_peers(crowd: Population, p75_days: Mapping[int, float | None]) -> Sign:
    """In its stage for longer than three quarters of all deals were (Kaplan–Meier, this process)."""
    deals = crowd.deals
    limit = np.full(len(deals), np.inf)
    for stage, days in p75_days.items():
        limit[deals.stage == stage] = np.inf if days is None else days
    known = deals.live & (deals.entered != UNKNOWN)
    age = np.where(known, np.maximum(crowd.as_of - deals.entered - deals.stay_paused, 0), 0) / DAY
    explanation = "in its stage for longer than three quarters of all deals there"
    return Sign(
        "age_beyond_p75", explanation, age > limit, age - limit,
        lambda row: f"{age[row]:.0f} d in stage; three quarters had left after {limit[row]:.0f} d",
    )  # fmt: skip


def undated(crowd: Population) -> Sign:
    """Nobody recorded when its stay began: it counts in no duration, and no start is invented."""
    deals = crowd.deals
    shows = deals.live & (deals.entered == UNKNOWN)
    explanation = "nobody recorded when it entered its stage; it counts in no duration"
    return Sign(
        "undated", explanation, shows, np.zeros(len(deals)),
        lambda _: "no entry date",
    )  # fmt: skip


def no_owner(crowd: Population) -> Sign:
    """Nobody works it; those waiting longest come first. A history that never names an owner cannot say."""
    deals = crowd.deals
    alone = np.asarray(deals.owner.is_null().to_numpy(), dtype=np.bool_)
    if len(deals) and alone.all():
        return not_judged(crowd, "no_owner", "nobody owns it", "no deal of this process has an owner")
    age = np.where(deals.opened == UNKNOWN, 0, crowd.as_of - deals.opened) / DAY
    return Sign("no_owner", "nobody owns it", deals.live & alone, age, lambda row: f"opened {age[row]:.0f} d ago")
