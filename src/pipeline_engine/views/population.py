"""Whom a view speaks of: the deals and stays of one process (and owner), as they were at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.errors import EmptyWindow, UnknownProcess
from pipeline_engine.facts import Facts
from pipeline_engine.process import Process, Stage
from pipeline_engine.values import microseconds
from pipeline_engine.views.amounts import Values
from pipeline_engine.views.columns import FAR, UNKNOWN, Flags, Integers, codes, flags, integers, places

STATUS = ("open", "won", "lost", "merged")
ENDED = ("still there", "advance", "back", "won", "lost", "migrated", "corrected", "merged")
OPEN, WON, LOST, MERGED = range(4)
STILL_THERE, ADVANCED, WENT_BACK, STAY_WON, STAY_LOST = range(5)
CORRECTED = ENDED.index("corrected")


@dataclass(frozen=True)
class Deals:
    """
    One entry per deal, in the order of `ids`; times are microseconds or UNKNOWN.

    `stage` and `version` point into `Population.stages` and `.versions`. `stay_paused` is the paused time
    within the stay that is not over, up to the moment of the view. `live` deals are open and not removed at
    their source.
    """

    ids: pa.Array
    owner: pa.ChunkedArray
    status: Integers
    live: Flags
    removed: Flags
    stage: Integers
    version: Integers
    opened: Integers
    entered: Integers
    last_activity: Integers
    last_change: Integers
    values: Values
    lost_reason: pa.ChunkedArray
    stay_paused: Integers

    def __len__(self) -> int:
        return len(self.ids)

    def name(self, row: int) -> str:
        """The id of the deal at `row`."""
        return str(self.ids[row].as_py())


@dataclass(frozen=True)
class Stays:
    """
    One entry per stay, by deal, then in order.

    `deal` points into the `Deals` of the same population (-1: the deal is in another one by now), `case` into
    the facts' `deal_ids`. `left` is FAR while still there. `paused` is up to the moment of the view. `dated`
    stays have a known beginning and end, in that order: no duration is made of the others.
    """

    deal: Integers
    case: Integers
    stage: Integers
    version: Integers
    entered: Integers
    left: Integers
    ended: Integers
    paused: Integers
    paused_now: Flags
    dated: Flags
    anomaly: Flags
    entered_version: Integers

    @property
    def ended_by_deal(self) -> Flags:
        """
        Left by what happened to the deal.

        A migration, correction or merger only ends our sight of the stay.
        """
        return (self.ended >= ADVANCED) & (self.ended <= STAY_LOST)


@dataclass(frozen=True)
class Population:
    """
    The deals and stays a view answers for.

    `versions` are the process's versions, ascending, the last one names the stages; stages only older
    versions had follow in `stages`. `as_of` is in microseconds. `notes` are sentences for people: what was
    chosen or left out.
    """

    facts: Facts
    versions: tuple[Process, ...]
    stages: tuple[str, ...]
    deals: Deals
    stays: Stays
    as_of: int
    owner: str | None
    notes: tuple[str, ...]

    @property
    def process(self) -> Process:
        """The latest version."""
        return self.versions[-1]

    def bound(self, until: int) -> int:
        """
        The first moment that is no longer in a window ending at `until`.

        Windows are half-open, but what happened at the very moment of the view has happened.
        """
        return until + 1 if until >= self.as_of else until

    def stage_of(self, version: int, stage: int) -> Stage | None:
        """
        The stage as a version (both by their place) has it.

        None where that version has none of that name.
        """
        found = [one for one in self.versions[version].stages if one.id == self.stages[stage]]
        return found[0] if found else None

    def latest_stage(self, stage: int) -> Stage:
        """The stage as the latest version that has it describes it."""
        described = (self.stage_of(version, stage) for version in reversed(range(len(self.versions))))
        return next(one for one in described if one is not None)


def population(
    facts: Facts, *, as_of: datetime | None = None, process: str | None = None, owner: str | None = None
) -> Population:
    """
    The deals and stays of one process, and of one owner if asked.

    Args:
        facts: The facts known at `as_of`: nothing in them is later.
        as_of: The moment of the answer; None is the facts' own, or else that of their last dated event.
        process: None is the process with most deals; the notes name the others.
        owner: Deals by their latest owner, stays by the owner at their beginning. None is everybody.

    Raises:
        UnknownProcess: No deal and no published process has that name.
        EmptyWindow: There is no process at all.
    """
    name, notes = _choose(facts, process)
    versions = tuple(facts.processes[key] for key in sorted(facts.processes) if key[0] == name)
    stages = list(dict.fromkeys(stage.id for one in reversed(versions) for stage in one.stages))
    deals_table, stays_table = (_rows(facts.deals, name, owner), _rows(facts.stays, name, owner))
    moment = _moment(facts, as_of)
    numbers = [one.version for one in versions]
    deals = _deals(deals_table, stages, numbers)
    stays = _stays(stays_table, (deals, facts.deal_ids), stages, numbers, moment)
    present = (stays.ended == STILL_THERE) & (stays.deal >= 0)
    deals.stay_paused[stays.deal[present]] = stays.paused[present]
    return Population(facts, versions, tuple(stages), deals, stays, moment, owner, notes)


def _choose(facts: Facts, process: str | None) -> tuple[str, tuple[str, ...]]:
    counted = pc.value_counts(facts.deals["process"]).to_pylist()
    deals = {name: 0 for name, _ in facts.processes} | {row["values"]: row["counts"] for row in counted}
    ranked = sorted(deals, key=lambda name: (-deals[name], name))
    if process is not None:
        if (process not in deals) or not any(name == process for name, _ in facts.processes):
            raise UnknownProcess(process, sorted(deals), "the store")
        return process, ()
    if not ranked:
        raise EmptyWindow("nothing to look at: the store has no process yet; publish one, or import a history")
    others = [f"`{name}` ({deals[name]} deals)" for name in ranked[1:]]
    note = f"answers for process `{ranked[0]}` ({deals[ranked[0]]} deals); also here: {', '.join(others)}"
    return ranked[0], (note,) if others else ()


def _rows(table: pa.Table, process: str, owner: str | None) -> pa.Table:
    chosen = pc.equal(table["process"], process)
    if owner is not None:
        chosen = pc.and_(chosen, pc.fill_null(pc.equal(table["owner"], owner), False))
    return table.filter(chosen)


def _moment(facts: Facts, as_of: datetime | None) -> int:
    moment = as_of or facts.as_of
    if moment is not None:
        return microseconds(moment)
    latest = pc.max(facts.deals["last_event_at"].cast(pa.int64())).as_py()
    return 0 if latest is None else int(latest)


def _stays(
    table: pa.Table, cases: tuple[Deals, pa.Array], stages: Sequence[str], versions: list[int], as_of: int
) -> Stays:
    deal = places(table["deal_id"], cases[0].ids)
    entered, left = integers(table, "entered"), integers(table, "left")
    ended, anomaly = codes(table, "ended", ENDED), flags(table, "anomaly")
    still = ended == STILL_THERE
    # Of a deal that its source deleted nobody knows how long it stayed.
    gone = still & (deal >= 0)
    gone[gone] = cases[0].removed[deal[gone]]
    left = np.where(still & ~gone, FAR, left)
    paused, paused_now = _paused(table, as_of)
    dated = (entered != UNKNOWN) & (left != UNKNOWN) & ~anomaly & (left >= entered) & (entered <= as_of)
    return Stays(
        deal=deal,
        case=places(table["deal_id"], cases[1]),
        stage=codes(table, "stage", stages),
        version=_version_places(integers(table, "process_version"), versions),
        entered=entered,
        left=left,
        ended=ended,
        paused=paused,
        paused_now=paused_now,
        dated=dated,
        anomaly=anomaly,
        entered_version=integers(table, "entered_version"),
    )


def _paused(table: pa.Table, as_of: int) -> tuple[Integers, Flags]:
    """How long each stay was paused up to the moment of the view, and whether it is then."""
    since, until = integers(table, "paused_since"), integers(table, "paused_until")
    until = np.where(until == UNKNOWN, FAR, until)
    holding = np.where(since == UNKNOWN, 0, np.maximum(np.minimum(as_of, until) - since, 0))
    return np.maximum(integers(table, "paused_us"), 0) + holding, (since != UNKNOWN) & (as_of < until)


def _version_places(found: Integers, versions: list[int]) -> Integers:
    # A version nobody published cannot be; should facts and processes disagree, the nearest earlier speaks.
    place = np.searchsorted(np.array(versions, dtype=np.int64), found, side="right") - 1
    return np.maximum(place, 0).astype(np.int64)


def _deals(table: pa.Table, stages: Sequence[str], versions: list[int]) -> Deals:
    status, removed = codes(table, "status", STATUS), flags(table, "removed")
    currencies = tuple(sorted(one for one in pc.unique(table["currency"]).to_pylist() if one is not None))
    return Deals(
        ids=table["deal_id"].combine_chunks(),
        owner=table["owner"],
        status=status,
        live=(status == OPEN) & ~removed,
        removed=removed,
        stage=codes(table, "stage", stages),
        version=_version_places(integers(table, "process_version"), versions),
        opened=integers(table, "opened_at"),
        entered=integers(table, "entered_at"),
        last_activity=integers(table, "last_activity_at"),
        last_change=integers(table, "last_change_at"),
        values=Values(integers(table, "value"), codes(table, "currency", currencies), currencies),
        lost_reason=table["lost_reason"],
        stay_paused=np.zeros(table.num_rows, dtype=np.int64),
    )
