"""The shape of a health answer: per stage, per flag, and the whole; and how each is written as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline_engine.values import instant_text
from pipeline_engine.views.amounts import Amounts
from pipeline_engine.views.statistics import Quantile, Share, rounded


@dataclass(frozen=True)
class StageHealth:
    """
    One stage: what is open there, and how long deals stay (Kaplan–Meier over all dated stays so far).

    `service_level` is as the latest version writes it (None: it has none), `service_level_days` the same in
    days of 24 hours (None for working time). `stays` and `ended` are the n behind the durations; `undated`
    open deals count in none.
    """

    stage: str
    title: str
    open: int
    value: Amounts
    median: Quantile
    p75: Quantile
    p90: Quantile
    stays: int
    ended: int
    service_level: str | None
    service_level_days: float | None
    over_service_level: int
    stalled: int
    undated: int

    def to_json(self) -> dict[str, Any]:
        """One row of `stages[]`; days with two decimals, null where not known."""
        return {
            "stage": self.stage,
            "title": self.title,
            "open": self.open,
            "value": self.value.to_json(),
            "value_unknown": self.value.unknown,
            "median_days": rounded(self.median.days),
            "p75_days": rounded(self.p75.days),
            "p90_days": rounded(self.p90.days),
            "median_interval": [rounded(self.median.low), rounded(self.median.high)],
            "stays": self.stays,
            "ended": self.ended,
            "service_level": self.service_level,
            "service_level_days": rounded(self.service_level_days),
            "over_service_level": self.over_service_level,
            "stalled": self.stalled,
            "undated": self.undated,
        }


@dataclass(frozen=True, slots=True)
class FlaggedDeal:
    """
    A deal that shows a sign, and what is wrong with it in words.

    `value` like `1054 EUR`, None where not known.
    """

    deal: str
    stage: str | None
    owner: str | None
    value: str | None
    why: str

    def to_json(self) -> dict[str, Any]:
        """{deal, stage, owner, value, why}."""
        return {
            "deal": self.deal,
            "stage": self.stage,
            "owner": self.owner,
            "value": self.value,
            "why": self.why,
        }


@dataclass(frozen=True)
class Flag:
    """
    One sign: how many open deals show it, and the first few, worst first.

    `not_judged` says why it could not be, else empty.
    """

    count: int
    explanation: str
    deals: tuple[FlaggedDeal, ...]
    not_judged: str

    def to_json(self) -> dict[str, Any]:
        """{count, explanation, deals[], not_judged}; count is null where it could not be judged."""
        return {
            "count": None if self.not_judged else self.count,
            "explanation": self.explanation,
            "deals": [deal.to_json() for deal in self.deals],
            "not_judged": self.not_judged or None,
        }


@dataclass(frozen=True)
class Health:
    """
    The pipeline of one process at `as_of`; `open` = the stages' sum, unless a source names stages the process
    has not.

    `win_rate` is won ÷ (won + lost) among decided deals, without the `lost_not_counted` whose reason does not
    count (duplicates). `merged` deals, and open ones `removed` at their source, are in no other figure.
    """

    as_of: datetime
    position: int
    process: str
    version: int
    currency: str
    owner: str | None
    open: int
    open_value: Amounts
    won: int
    won_value: Amounts
    lost: int
    lost_not_counted: int
    win_rate: Share
    merged: int
    removed: int
    stages: tuple[StageHealth, ...]
    flags: Mapping[str, Flag]
    notes: tuple[str, ...]

    @property
    def decided(self) -> int:
        """Won and lost deals, those with a reason that does not count too."""
        return self.won + self.lost

    def to_json(self) -> dict[str, Any]:
        """The answer of `view health --json`."""
        return {
            "as_of": instant_text(self.as_of),
            "position": self.position,
            "process": self.process,
            "version": self.version,
            "currency": self.currency,
            "owner": self.owner,
            "open": self.open,
            "open_value": self.open_value.to_json(),
            "open_value_unknown": self.open_value.unknown,
            "won": self.won,
            "won_value": self.won_value.to_json(),
            "won_value_unknown": self.won_value.unknown,
            "lost": self.lost,
            "lost_not_counted": self.lost_not_counted,
            "decided": self.decided,
            "win_rate": self.win_rate.to_json(),
            "merged": self.merged,
            "removed": self.removed,
            "stages": [stage.to_json() for stage in self.stages],
            "flags": {name: flag.to_json() for name, flag in self.flags.items()},
            "notes": list(self.notes),
        }
