"""How healthy the pipeline is: what is open and where, how long deals stay, and which deals show which signs.

Counts and amounts are those at `as_of`. Stays that are not over are censored, not ignored.
"""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.errors import UnknownName
from pipeline_engine.facts import Facts
from pipeline_engine.process import Span
from pipeline_engine.values import moment_at
from pipeline_engine.views.amounts import Amounts
from pipeline_engine.views.columns import UNKNOWN, Flags
from pipeline_engine.views.durations import ages, in_days
from pipeline_engine.views.fact_signs import (
    close_date_past,
    close_date_pushed,
    missing_facts,
    single_threaded,
)
from pipeline_engine.views.health_answer import Flag, FlaggedDeal, Health, StageHealth
from pipeline_engine.views.population import LOST, MERGED, OPEN, WON, Population, population
from pipeline_engine.views.signs import Sign, no_owner, older_than_peers, over_service_level, stalled, undated
from pipeline_engine.views.statistics import wilson
from pipeline_engine.views.working_time import span_days, span_text


def health(
    facts: Facts,
    as_of: datetime | None = None,
    *,
    process: str | None = None,
    owner: str | None = None,
    shown: int = 10,
) -> Health:
    """
    The health of one process's pipeline.

    Args:
        facts: The facts known at `as_of`.
        as_of: None is the facts' own moment, or else that of their last dated event.
        process: None is the process with most deals; the notes name the others.
        owner: Only deals this person owns; None is everybody's.
        shown: How many deals each flag carries, worst first; `deals_behind` gives them all.

    Raises:
        UnknownProcess, EmptyWindow: As `population`.
    """
    crowd = population(facts, as_of=as_of, process=process, owner=owner)
    deals = crowd.deals
    stages, signs = _judged(crowd)
    won, lost = deals.status == WON, deals.status == LOST
    uncounted = int((lost & _uncounted(crowd)).sum())
    return Health(
        as_of=moment_at(crowd.as_of),
        position=facts.position,
        process=crowd.process.name,
        version=crowd.process.version,
        currency=crowd.process.currency,
        owner=owner,
        open=int(deals.live.sum()),
        open_value=deals.values.total(deals.live),
        won=int(won.sum()),
        won_value=deals.values.total(won),
        lost=int(lost.sum()),
        lost_not_counted=uncounted,
        win_rate=wilson(int(won.sum()), int(won.sum()) + int(lost.sum()) - uncounted),
        merged=int((deals.status == MERGED).sum()),
        removed=int(((deals.status == OPEN) & deals.removed).sum()),
        stages=stages,
        flags={sign.name: _flag(crowd, sign, shown) for sign in signs},
        notes=crowd.notes,
    )


def deals_behind(
    facts: Facts,
    flag: str,
    as_of: datetime | None = None,
    *,
    process: str | None = None,
    owner: str | None = None,
) -> tuple[str, ...]:
    """All deals behind one flag's count, worst first; raises UnknownName for a flag there is not."""
    crowd = population(facts, as_of=as_of, process=process, owner=owner)
    signs = {sign.name: sign for sign in _judged(crowd)[1]}
    if flag not in signs:
        raise UnknownName(flag, list(signs), "health")
    return tuple(crowd.deals.name(row) for row in signs[flag].rows())


def _judged(crowd: Population) -> tuple[tuple[StageHealth, ...], list[Sign]]:
    late, silent = over_service_level(crowd), stalled(crowd)
    count = len(crowd.stages)
    values = crowd.deals.values.by_group(np.where(crowd.deals.live, crowd.deals.stage, -1), count)
    stages = tuple(_stage(crowd, stage, values[stage], late, silent) for stage in range(count))
    p75 = {place: stage.p75.days for place, stage in enumerate(stages)}
    signs = [
        silent,
        late,
        close_date_past(crowd),
        close_date_pushed(crowd),
        missing_facts(crowd),
        single_threaded(crowd),
    ]
    return stages, [*signs, no_owner(crowd), older_than_peers(crowd, p75), undated(crowd)]


def _stage(crowd: Population, stage: int, value: Amounts, late: Sign, silent: Sign) -> StageHealth:
    described = crowd.latest_stage(stage)
    curve = ages(crowd, stage, crowd.as_of).survival()
    here = crowd.deals.live & (crowd.deals.stage == stage)
    level: Span | None = described.service_level
    return StageHealth(
        stage=described.id,
        title=described.title or described.id,
        open=int(here.sum()),
        value=value,
        median=in_days(curve, 0.5),
        p75=in_days(curve, 0.75),
        p90=in_days(curve, 0.9),
        stays=curve.observed,
        ended=curve.ended,
        service_level=span_text(level) if level else None,
        service_level_days=span_days(level, crowd.process.calendar) if level else None,
        over_service_level=int((here & late.shows).sum()),
        stalled=int((here & silent.shows).sum()),
        undated=int((here & (crowd.deals.entered == UNKNOWN)).sum()),
    )


def _uncounted(crowd: Population) -> Flags:
    """Whose lost reason does not count, by the version each deal runs under."""
    found = np.zeros(len(crowd.deals), dtype=np.bool_)
    for version, process in enumerate(crowd.versions):
        reasons = [reason.id for reason in process.lost_reasons if not reason.counted]
        named = np.asarray(
            pc.is_in(crowd.deals.lost_reason, value_set=pa.array(reasons, pa.string())).to_numpy(),
            dtype=np.bool_,
        )
        found |= named & (crowd.deals.version == version)
    return found


def _flag(crowd: Population, sign: Sign, shown: int) -> Flag:
    rows = sign.rows()
    worst = tuple(_flagged(crowd, int(row), sign) for row in rows[:shown])
    return Flag(len(rows), sign.explanation, worst, sign.not_judged)


def _flagged(crowd: Population, row: int, sign: Sign) -> FlaggedDeal:
    deals = crowd.deals
    stage = int(deals.stage[row])
    return FlaggedDeal(
        deal=deals.name(row),
        stage=crowd.stages[stage] if stage >= 0 else None,
        owner=deals.owner[row].as_py(),
        value=deals.values.text(row),
        why=sign.words(row),
    )
