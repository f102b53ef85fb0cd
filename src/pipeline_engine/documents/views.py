"""Views and audits: the documents that their answers write themselves as, described for whoever reads them."""

from typing import Any

from typing_extensions import TypedDict

Interval = list[float | None]
"""The ends of a 95 % interval; null where the data does not reach that far."""


class ShareDocument(TypedDict):
    """So many of so many, the share and its 95 % interval."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class StageHealthDocument(TypedDict):
    """One stage: open deals, their value by currency, how long stays last; days, null where not known."""

    stage: str
    title: str
    open: int
    value: dict[str, str]
    value_unknown: int
    median_days: float | None
    p75_days: float | None
    p90_days: float | None
    median_interval: Interval
    stays: int
    ended: int
    service_level: str | None
    service_level_days: float | None
    over_service_level: int
    stalled: int
    undated: int


class FlaggedDocument(TypedDict):
    """A deal that shows a sign, and what is wrong with it in words."""

    deal: str
    stage: str | None
    owner: str | None
    value: str | None
    why: str


class FlagDocument(TypedDict):
    """One sign: how many open deals show it, null where that cannot be judged, and the first few."""

    count: int | None
    explanation: str
    deals: list[FlaggedDocument]
    not_judged: str | None


class HealthDocument(TypedDict):
    """The pipeline of one process at a moment."""

    as_of: str
    position: int
    process: str
    version: int
    currency: str
    owner: str | None
    open: int
    open_value: dict[str, str]
    open_value_unknown: int
    won: int
    won_value: dict[str, str]
    won_value_unknown: int
    lost: int
    lost_not_counted: int
    decided: int
    win_rate: ShareDocument
    merged: int
    removed: int
    stages: list[StageHealthDocument]
    flags: dict[str, FlagDocument]
    notes: list[str]


class FunnelStageDocument(TypedDict):
    """One stage: how many deals got at least this far, stand here, or ended from here, and how many got on."""

    stage: str
    title: str
    reached: int
    open: int
    won_here: int
    lost_here: int
    onward: ShareDocument
    value: dict[str, str]
    value_unknown: int
    open_value: dict[str, str]


class FunnelDocument(TypedDict):
    """How far the deals of one process got, each counted once."""

    as_of: str
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
    stages: list[FunnelStageDocument]
    notes: list[str]


class LittlesLawDocument(TypedDict):
    """The wait by Little's law, and what is to be taken off for the ends of the window."""

    wait_days: float | None
    end_correction_days: float | None


class LeavingDocument(TypedDict):
    """How stays end within so many days; the shares add up to 1."""

    horizon_days: int
    advance: float
    lost: float
    back: float
    still_there: float


class WaitsDocument(TypedDict):
    """What deals waited for, in days, and how many wait for it now."""

    approval_pending_days: float | None
    with_customer_days: float | None
    paused_days: float | None
    unexplained_days: float | None
    now: dict[str, int]


class BottleneckDocument(TypedDict):
    """One stage by how much it holds deals up."""

    rank: int
    stage: str
    title: str
    why: str
    arrivals: int
    departures: int
    at_start: int
    at_end: int
    accumulation: float | None
    in_stage_mean: float | None
    mean_wait_days: float | None
    littles_law: LittlesLawDocument
    median_days: float | None
    median_interval: Interval
    p90_days: float | None
    stays: int
    ended: int
    share_of_delay: float | None
    service_level: str | None
    service_level_days: float | None
    beyond_service_level_mean: float | None
    leaving: LeavingDocument | None
    waits: WaitsDocument
    undated: int


class BottlenecksDocument(TypedDict):
    """Where deals of one process got stuck in a window, the constraint first."""

    as_of: str
    position: int
    process: str
    version: int
    owner: str | None
    since: str
    until: str
    days: float | None
    criterion: str
    ranked_by: str
    stages: list[BottleneckDocument]
    undated: int
    anomalies: int
    notes: list[str]


class TallyDocument(TypedDict):
    """How often what happened, for one rule or one person."""

    name: str
    counts: dict[str, int]


class AuditDocument(TypedDict):
    """
    A page of what was found, and totals over all of it.

    The parts of a row are those of the kind of audit: `audit … --json` of the command line gives the same.
    """

    position: int
    found: int
    rows: list[dict[str, Any]]
    next: int | None
    totals: dict[str, int]
    by_rule: list[TallyDocument]
    by_person: list[TallyDocument]
