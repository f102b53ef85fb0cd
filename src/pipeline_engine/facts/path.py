"""
The way each deal went: its steps in stream order, the process and owner it had at each, and which steps begin
or end a stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline_engine.facts.arrays import Ints, Mask, Words, carried, firsts, flags, ints, last_within, picked
from pipeline_engine.facts.selection import Selection
from pipeline_engine.process import Process

BEGIN = ("open", "move", "reopen", "migrate")

Processes = Mapping[tuple[str, int], Process]


@dataclass(frozen=True)
class Steps:
    """
    Openings, moves, outcomes, reopenings, merges and migrations, refused ones too; one row each, in stream order.

    `event` is the row in the selection. `process` and `process_version` are those that judged, else those that the deal
    was opened under or last migrated to. `accepted` leaves out a second opening of the same deal, and what is `void`:
    accepted then, and by a correction it did not happen. `law` is the row of the opening or migration that a step
    stands under, -1 before the opening.
    """

    table: pa.Table
    event: Ints
    deal: Ints
    kind: Words
    accepted: Mask
    void: Mask
    to_stage: Words
    process: Words
    process_version: Ints
    law: Ints

    def column(self, name: str) -> Words:
        """A column of words of the ledger."""
        return Words.of(self.table[name])


@dataclass(frozen=True)
class Path:
    """
    The accepted steps only, without migrations that let a stay go on. `row` leads to `Steps`, `begins` says whether a
    stay begins there; `place` is where the stage it leads to stands in the process of the step, -1 where it leads to
    none or nobody knows, and `place_before` where the stage it comes from stands there.

    `here` is the path row of the stay that a deal is in after the step, -1 where it is in none. `law` is the step that
    says under which process and version the deal is until its next one.
    """

    row: Ints
    event: Ints
    deal: Ints
    kind: Words
    to_stage: Words
    begins: Mask
    first: Mask
    here: Ints
    place: Ints
    place_before: Ints
    law: Ints


def steps_of(selection: Selection, ledger: pa.Table) -> Steps:
    """The steps counted in."""
    table, event = selection.rows(ledger)
    deal = selection.deal[event]
    kind = Words.of(table["kind"])
    accepted = flags(table["accepted"])
    opening = _opening(deal, accepted & kind.is_any("open"), len(selection.deal_ids))
    void = accepted & selection.void[event]
    accepted &= ~void
    accepted &= ~kind.is_any("open") | (np.arange(len(deal)) == opening[deal])
    process, version = Words.of(table["process"]), ints(table["process_version"])
    law = _laws(deal, kind, opening)
    source = np.where(process.codes < 0, law, np.arange(len(deal)))
    return Steps(
        table,
        event,
        deal,
        kind,
        accepted,
        void,
        Words.of(table["to_stage"]),
        process.take(source),
        picked(version, source),
        law,
    )


def _laws(deal: Ints, kind: Words, opening: Ints) -> Ints:
    """Per step the latest opening or migration of its deal up to it; the opening also for what stands before it."""
    if not len(deal):
        return deal
    own = opening[deal]
    last = carried((np.arange(len(deal)) == own) | kind.is_any("migrate"))
    return np.where((last >= 0) & (own >= 0), np.maximum(own, np.where(deal[last] == deal, last, -1)), own)


def _opening(deal: Ints, opens: Mask, count: int) -> Ints:
    """Per deal the row of its first accepted opening, -1 without."""
    opening = np.full(count, -1, np.int64)
    rows = np.flatnonzero(opens)[::-1]
    opening[deal[rows]] = rows
    return opening


def path_of(steps: Steps, processes: Processes) -> Path:
    """The accepted steps of opened deals."""
    row = np.flatnonzero(steps.accepted & ~_goes_on(steps))
    deal, kind, to_stage = steps.deal[row], steps.kind.take(row), steps.to_stage.take(row)
    begins = kind.is_any(*BEGIN)
    place = np.where(begins, _places(steps, steps.to_stage, processes)[row], -1)
    before = _places(steps, _stood_in(steps, row, begins), processes)[row]
    here = np.where(begins, np.arange(len(row)), -1)
    law = _latest_law(steps, row)
    return Path(row, steps.event[row], deal, kind, to_stage, begins, firsts(deal), here, place, before, law)


def _goes_on(steps: Steps) -> Mask:
    """Migrations that begin no stay: the stage keeps its name, or the deal stands in none any more."""
    migrates = steps.kind.is_any("migrate")
    if not migrates.any():
        return migrates
    before = carried(steps.accepted & ~migrates)
    stands = (picked(steps.deal, before, np.int64(-1)) == steps.deal) & steps.kind.take(before).is_any(*BEGIN)
    return np.asarray(migrates & (_same_stage(steps) | ~stands), dtype=np.bool_)


def _same_stage(steps: Steps) -> Mask:
    start = steps.column("from_stage")
    translated = np.array([steps.to_stage.code(word) for word in start.vocabulary] + [-2], np.int64)
    return np.asarray(translated[start.codes] == steps.to_stage.codes, dtype=np.bool_)


def _stood_in(steps: Steps, row: Ints, begins: Mask) -> Words:
    """Per step the stage of the stay before it, as the path knows it."""
    earlier = np.where(begins, np.arange(len(row)), -1)
    earlier = np.concatenate([np.full(min(1, len(row)), -1, np.int64), np.maximum.accumulate(earlier)[:-1]])
    stood = picked(row, earlier, np.int64(-1))
    codes = np.full(len(steps.deal), -1, np.int64)
    codes[row] = picked(steps.to_stage.codes, stood, np.int64(-1))
    return Words(codes, steps.to_stage.vocabulary)


def _latest_law(steps: Steps, row: Ints) -> Ints:
    """Per path row the step that says under which version the deal stands when its next accepted step comes."""
    if not len(row):
        return row
    end = np.append(row[1:], len(steps.deal)) - 1
    same = steps.deal[end] == steps.deal[row]
    # The last row of a deal: up to the deal's own end.
    last = np.searchsorted(steps.deal, steps.deal[row], side="right") - 1
    law = steps.law[np.where(same, end, last)]
    # What judged a step knows its own version, unless the deal was migrated after it.
    return np.where(law > row, law, row)


def _places(steps: Steps, stages: Words, processes: Processes) -> Ints:
    """Per step the place of a stage in the order of its process."""
    places = np.full(len(steps.deal), -1, np.int64)
    for (name, version), process in processes.items():
        order = {stage.id: place for place, stage in enumerate(process.stages)}
        of_word = np.array([order.get(word, -1) for word in stages.vocabulary] + [-1], np.int64)
        mine = (steps.process.codes == steps.process.code(name)) & (steps.process_version == version)
        places[mine] = of_word[stages.codes[mine]]
    return places


class Lookup:
    """The latest word or money a deal had, by a search over rows sorted by (deal, version)."""

    def __init__(self, selection: Selection, changes: pa.Table, event: Ints, wanted: Mask) -> None:
        self._rows = np.flatnonzero(wanted)
        self._keys = selection.keys(event[self._rows])
        self._changes = changes

    def rows(self, bounds: Ints) -> Ints:
        """
        Per bound the row in `changes` of the latest change at or before that (deal, version); -1 without.
        """
        return picked(self._rows, last_within(self._keys, bounds + 1), np.int64(-1))

    def words(self, column: str, bounds: Ints) -> pa.Array:
        """A text column of those rows."""
        row = self.rows(bounds)
        return self._changes[column].combine_chunks().take(pa.array(row, mask=row < 0)).cast(pa.string())
