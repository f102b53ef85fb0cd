"""
The way each deal went: its steps in stream order, the process and owner it had at each, and which steps begin
or end a stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline_engine.facts.arrays import Ints, Mask, Words, firsts, flags, ints, last_within, picked
from pipeline_engine.facts.selection import Selection
from pipeline_engine.process import Process

BEGIN = ("open", "move", "reopen")

Processes = Mapping[tuple[str, int], Process]


@dataclass(frozen=True)
class Steps:
    """
    Openings, moves, outcomes, reopenings and merges, refused ones too; one row each, in stream order.

    `event` is the row in the selection. `process` and `process_version` are those that judged, else those of
    the deal's opening. `accepted` leaves out a second opening of the same deal, and what is `void`: accepted then, and
    by a correction it did not happen.
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

    def column(self, name: str) -> Words:
        """A column of words of the ledger."""
        return Words.of(self.table[name])


@dataclass(frozen=True)
class Path:
    """
    The accepted steps only. `row` leads to `Steps`, `begins` says whether a stay begins there; `place` is
    where the stage it leads to stands in the deal's process, -1 where it leads to none or nobody knows.

    `here` is the path row of the stay that a deal is in after the step, -1 where it is in none.
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
    bare = process.codes < 0
    source = np.where(bare, opening[deal], np.arange(len(deal)))
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
    )


def _opening(deal: Ints, opens: Mask, count: int) -> Ints:
    """Per deal the row of its first accepted opening, -1 without."""
    opening = np.full(count, -1, np.int64)
    rows = np.flatnonzero(opens)[::-1]
    opening[deal[rows]] = rows
    return opening


def path_of(steps: Steps, processes: Processes) -> Path:
    """The accepted steps of opened deals."""
    row = np.flatnonzero(steps.accepted)
    deal, kind, to_stage = steps.deal[row], steps.kind.take(row), steps.to_stage.take(row)
    begins = kind.is_any(*BEGIN)
    place = np.where(begins, _places(steps, processes)[row], -1)
    here = np.where(begins, np.arange(len(row)), -1)
    return Path(row, steps.event[row], deal, kind, to_stage, begins, firsts(deal), here, place)


def _places(steps: Steps, processes: Processes) -> Ints:
    """Per step the place of its stage in the order of its process."""
    places = np.full(len(steps.deal), -1, np.int64)
    for (name, version), process in processes.items():
        order = {stage.id: place for place, stage in enumerate(process.stages)}
        of_word = np.array([order.get(word, -1) for word in steps.to_stage.vocabulary] + [-1], np.int64)
        mine = (steps.process.codes == steps.process.code(name)) & (steps.process_version == version)
        places[mine] = of_word[steps.to_stage.codes[mine]]
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
