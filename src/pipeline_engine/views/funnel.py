"""How far deals get: each deal once, by the furthest stage it ever reached, lost ones included.

A deal that skipped a stage, or opened beyond it, passed it. Going back or re-entering takes nothing away and
counts nothing twice. A stay that a correction took back was none.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from pipeline_engine.facts import Facts
from pipeline_engine.values import instant_text, moment_at
from pipeline_engine.views.amounts import Amounts
from pipeline_engine.views.columns import Integers
from pipeline_engine.views.population import CORRECTED, LOST, MERGED, OPEN, WON, Population, population
from pipeline_engine.views.statistics import Share, wilson


@dataclass(frozen=True)
class FunnelStage:
    """
    One stage: `reached` deals got at least this far, `open` ones stand here now, `lost_here` and `won_here`
    ended from here.

    `onward`: of the deals that got this far and whose way on from here is known, those that got further or
    were won. Open deals
    that got no further are not among them: nothing is known of them yet.
    """

    stage: str
    title: str
    reached: int
    open: int
    won_here: int
    lost_here: int
    onward: Share
    value: Amounts
    open_value: Amounts

    def to_json(self) -> dict[str, Any]:
        """One row of `stages[]`."""
        return {
            "stage": self.stage,
            "title": self.title,
            "reached": self.reached,
            "open": self.open,
            "won_here": self.won_here,
            "lost_here": self.lost_here,
            "onward": self.onward.to_json(),
            "value": self.value.to_json(),
            "value_unknown": self.value.unknown,
            "open_value": self.open_value.to_json(),
        }


@dataclass(frozen=True)
class Funnel:
    """
    The funnel of one process at `as_of`.

    `merged` deals, and open ones `removed` at their source, are in no other figure.
    """

    as_of: datetime
    position: int
    process: str
    version: int
    owner: str | None
    deals: int
    won: int
    lost: int
    open: int
    merged: int
    removed: int
    stages: tuple[FunnelStage, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The answer of `view funnel --json`."""
        return {
            "as_of": instant_text(self.as_of),
            "position": self.position,
            "process": self.process,
            "version": self.version,
            "owner": self.owner,
            "deals": self.deals,
            "won": self.won,
            "lost": self.lost,
            "open": self.open,
            "merged": self.merged,
            "removed": self.removed,
            "stages": [stage.to_json() for stage in self.stages],
            "notes": list(self.notes),
        }


def funnel(
    facts: Facts, as_of: datetime | None = None, *, process: str | None = None, owner: str | None = None
) -> Funnel:
    """
    How far the deals of one process got: `deals` = `won` + `lost` + `open`.

    Args:
        facts: The facts known at `as_of`.
        as_of: None is the facts' own moment, or else that of their last dated event.
        process: None is the process with most deals; the notes name the others.
        owner: Only deals this person owns; None is everybody's.

    Raises:
        UnknownProcess, EmptyWindow: As `population`.
    """
    crowd = population(facts, as_of=as_of, process=process, owner=owner)
    deals = crowd.deals
    won, lost = int((deals.status == WON).sum()), int((deals.status == LOST).sum())
    return Funnel(
        as_of=moment_at(crowd.as_of),
        position=facts.position,
        process=crowd.process.name,
        version=crowd.process.version,
        owner=owner,
        deals=won + lost + int(deals.live.sum()),
        won=won,
        lost=lost,
        open=int(deals.live.sum()),
        merged=int((deals.status == MERGED).sum()),
        removed=int(((deals.status == OPEN) & deals.removed).sum()),
        stages=_stages(crowd, furthest(crowd)),
        notes=crowd.notes,
    )


def furthest(crowd: Population) -> Integers:
    """
    Per deal, the place of the furthest stage it reached.

    At least the first, where it was opened; -1 for deals not counted.
    """
    deals, stays = crowd.deals, crowd.stays
    reached = np.maximum(deals.stage, 0)
    counted = (stays.deal >= 0) & (stays.ended != CORRECTED) & (stays.stage >= 0)
    np.maximum.at(reached, stays.deal[counted], stays.stage[counted])
    return np.where(deals.live | (deals.status == WON) | (deals.status == LOST), reached, -1)


def _stages(crowd: Population, reached: Integers) -> tuple[FunnelStage, ...]:
    deals, count = crowd.deals, len(crowd.stages)
    open_values = deals.values.by_group(np.where(deals.live, deals.stage, -1), count)
    rows: list[FunnelStage] = []
    for stage in range(count):
        got_here, stuck = reached >= stage, deals.live & (reached == stage)
        further = int((reached > stage).sum() + ((reached == stage) & (deals.status == WON)).sum())
        described = crowd.latest_stage(stage)
        rows.append(
            FunnelStage(
                stage=described.id,
                title=described.title or described.id,
                reached=int(got_here.sum()),
                open=int((deals.live & (deals.stage == stage)).sum()),
                won_here=int(((deals.status == WON) & (deals.stage == stage)).sum()),
                lost_here=int(((deals.status == LOST) & (deals.stage == stage)).sum()),
                onward=wilson(further, int(got_here.sum()) - int(stuck.sum())),
                value=deals.values.total(got_here),
                open_value=open_values[stage],
            )
        )
    return tuple(rows)
