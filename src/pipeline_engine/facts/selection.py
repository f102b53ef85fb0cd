"""Which events count at (`as_of`, `known_at`), and the rows of each ledger that go with them."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.facts.arrays import NOWHEN, Ints, Mask, Words, ints, keys
from pipeline_engine.facts.taken import Taken
from pipeline_engine.values import microseconds

STEPS = ("DealMoved", "DealWon", "DealLost", "DealReopened")


@dataclass(frozen=True)
class Selection:
    """
    The events counted in, sorted by deal bytewise, then version; all arrays have one row an event.

    `row_of` leads from an event's number in the ledger to its row here, -1 where it is not counted in. Of events that
    did not happen only steps are here, and they are `void`.
    """

    deal_ids: pa.StringArray
    events: pa.Table
    deal: Ints
    version: Ints
    at: Ints
    name: Words
    row_of: Ints
    void: Mask

    def rows(self, table: pa.Table) -> tuple[pa.Table, Ints]:
        """The rows of a side ledger whose event is counted in, in stream order, and the event row of each."""
        row = self.row_of[ints(table["event"])] if len(self.row_of) else np.zeros(0, np.int64)
        kept = np.flatnonzero(row >= 0)
        order = kept[np.argsort(row[kept], kind="stable")]
        return table.take(pa.array(order)), row[order]

    def keys(self, row: Ints) -> Ints:
        """The sort key (deal, version) of event rows."""
        return keys(self.deal[row], self.version[row])

    @property
    def undated(self) -> int:
        """How many events counted in have no time."""
        return int(((self.at == NOWHEN) & ~self.void).sum())


def select(intake: Taken, as_of: datetime | None, known_at: datetime | None) -> Selection:
    """
    The events with `at` ≤ as_of, undated ones too, recorded at or before known_at.

    A deal whose opening does not count is not there at all; refused openings count by themselves.
    """
    events = intake.events.table()
    names = Words.of(events["name"])
    deals = Words.of(events["deal"])
    kept = _in_time(events, as_of, known_at)
    kept &= ~intake.void | names.is_any(*STEPS)
    kept &= _opened(names, deals, kept) | names.is_any("OpeningRefused")
    numbers = np.flatnonzero(kept)
    rank, deal_ids = _ranked(deals, numbers)
    version = ints(events["version"])[numbers]
    order = np.argsort(keys(rank, version), kind="stable")
    chosen = numbers[order]
    row_of = np.full(events.num_rows, -1, np.int64)
    row_of[chosen] = np.arange(len(chosen))
    return Selection(
        deal_ids=deal_ids,
        events=events.take(pa.array(chosen)),
        deal=rank[order],
        version=version[order],
        at=ints(events["at"])[chosen],
        name=names.take(chosen),
        row_of=row_of,
        void=intake.void[chosen],
    )


def _in_time(events: pa.Table, as_of: datetime | None, known_at: datetime | None) -> Mask:
    kept = np.ones(events.num_rows, np.bool_)
    if as_of is not None:
        # NOWHEN is the smallest number there is, so undated events pass.
        kept &= ints(events["at"]) <= microseconds(as_of)
    if known_at is not None:
        kept &= ints(events["recorded_at"]) <= microseconds(known_at)
    return kept


def _opened(names: Words, deals: Words, kept: Mask) -> Mask:
    """Per event whether its deal has an opening that counts."""
    opened = np.zeros(len(deals.vocabulary), np.bool_)
    opened[deals.codes[kept & names.is_any("DealOpened")]] = True
    return opened[deals.codes]


def _ranked(deals: Words, numbers: Ints) -> tuple[Ints, pa.StringArray]:
    """Deals as numbers in the bytewise order of their ids, and those ids."""
    codes = deals.codes[numbers]
    used = np.flatnonzero(np.bincount(codes, minlength=len(deals.vocabulary)))
    ids = pa.array([deals.vocabulary[code] for code in used], pa.string())
    order = np.asarray(pc.array_sort_indices(ids)).astype(np.int64)
    rank = np.zeros(len(deals.vocabulary), np.int64)
    rank[used[order]] = np.arange(len(used))
    return rank[codes], ids.take(pa.array(order))
