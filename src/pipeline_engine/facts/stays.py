"""Stays: one row a time that a deal stood in a stage, with how it ended."""

import numpy as np
import pyarrow as pa

from pipeline_engine.facts.arrays import NOWHEN, Ints, Mask, Words, keys, numbers, picked
from pipeline_engine.facts.columns import COUNT, SHORT, TIME
from pipeline_engine.facts.path import Lookup, Path, Steps
from pipeline_engine.facts.pauses import StayPauses
from pipeline_engine.facts.selection import Selection
from pipeline_engine.facts.tables import STAYS

ENDED = ("still there", "advance", "back", "won", "lost", "merged", "migrated", "corrected")


def stays_of(selection: Selection, steps: Steps, path: Path, owners: Lookup, pauses: StayPauses) -> pa.Table:
    """
    The stays, by deal and order of entry.

    A stay that a move ends has advanced where the next stage stands later in the process, or where one of the
    two is not in the process; else it went back.
    """
    begin = np.flatnonzero(path.begins)
    after = np.where(~np.append(path.first[1:], True)[begin], begin + 1, -1) if len(begin) else begin
    deal, event = path.deal[begin], path.event[begin]
    left_event, step = picked(path.event, after, np.int64(-1)), path.row[begin]
    columns: dict[str, pa.Array] = {
        "deal_id": selection.deal_ids.take(pa.array(deal)),
        "nth": numbers(_counted(deal), SHORT),
        "process": steps.process.take(path.law[begin]).arrow(),
        "process_version": numbers(picked(steps.process_version, path.law[begin]), SHORT),
        "stage": path.to_stage.take(begin).arrow(),
        "owner": owners.words("text", keys(deal, selection.version[event])),
        **_times(selection, event, left_event),
        "ended": Words(_ended(steps, path, begin, after), ENDED).arrow(),
        "next_stage": path.to_stage.take(np.where(_moves_on(path, after), after, -1)).arrow(),
        "basis": steps.column("basis").take(step).arrow(),
        "paused_us": numbers(pauses.within[begin], COUNT),
        "paused_since": numbers(np.where(after < 0, pauses.since[begin], NOWHEN), TIME),
        "paused_until": numbers(np.where(after < 0, pauses.until[begin], NOWHEN), TIME),
    }
    return pa.Table.from_pydict(columns, schema=STAYS)


def _times(selection: Selection, event: Ints, left_event: Ints) -> dict[str, pa.Array]:
    """When each stay began and ended, and whether its source says it ended before it began."""
    entered, left = selection.at[event], picked(selection.at, left_event)
    return {
        "entered": numbers(entered, TIME),
        "entered_precision": Words.of(selection.events["precision"]).take(event).arrow(),
        "left": numbers(left, TIME),
        "entered_version": numbers(selection.version[event], SHORT),
        "left_version": numbers(picked(selection.version, left_event), SHORT),
        "anomaly": pa.array((left != NOWHEN) & (entered != NOWHEN) & (left < entered)),
    }


def _counted(deal: Ints) -> Ints:
    """1, 2, 3, … within each deal."""
    if len(deal) == 0:
        return deal
    starts = np.flatnonzero(np.append(True, deal[1:] != deal[:-1]))
    sizes = np.diff(np.append(starts, len(deal)))
    return np.arange(len(deal)) - np.repeat(starts, sizes) + 1


def _moves_on(path: Path, after: Ints) -> Mask:
    return (after >= 0) & path.kind.take(after).is_any("move", "migrate")


def _ended(steps: Steps, path: Path, begin: Ints, after: Ints) -> Ints:
    kind = path.kind.take(after)
    # Both places are looked up in the version that the step was made under; the stay may have begun under another.
    there, here = picked(path.place, after, np.int64(-1)), picked(path.place_before, after, np.int64(-1))
    back = (there >= 0) & (here >= 0) & (there <= here)
    basis = steps.column("basis").take(picked(path.row, after, np.int64(-1)))
    ended = np.where(back, ENDED.index("back"), ENDED.index("advance"))
    for word, stage_kind in (("won", "win"), ("lost", "lose")):
        ended[kind.is_any(stage_kind)] = ENDED.index(word)
    for word, right in (("migrated", "migration"), ("corrected", "correction")):
        ended[basis.is_any(right)] = ENDED.index(word)
    ended[kind.is_any("merge")] = ENDED.index("merged")
    ended[after < 0] = ENDED.index("still there")
    return np.asarray(ended, dtype=np.int64)
