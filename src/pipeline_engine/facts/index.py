"""What stood before a probe: searches in sorted rows, for a million probes at a time, without a fold.

Two clocks: by `version`, everything before the probe's version in its stream counts, as the gate saw it. By
`known_at`, our own rows count so too, but an imported row counts when its source knew of it by the probe's
time, wherever it stands in the stream; imported rows and probes without a time keep to the version.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline_engine.facts.arrays import NOWHEN, VERSIONS, Ints, keys, last_within, picked

Clock = Literal["version", "known_at"]


@dataclass(frozen=True)
class Probes:
    """
    Questions, one a row: how did the deal stand before `version`, at `at`?

    Args:
        deal: Index into `Facts.deal_ids`.
        version: Rows below it count.
        at: µs since 1970 UTC, NOWHEN where nobody knows; only the clock `known_at` reads it.
        proposal: Version of the refused opening whose proposed fields are read instead, -1 for deals that
            there are.
    """

    deal: Ints
    version: Ints
    at: Ints
    proposal: Ints

    @classmethod
    def of(cls, deal: Ints, version: Ints, at: Ints) -> "Probes":
        """Probes into deals that there are."""
        return cls(deal, version, at, np.full(len(deal), -1, np.int64))

    def take(self, rows: Ints) -> "Probes":
        """These probes, in this order."""
        return Probes(self.deal[rows], self.version[rows], self.at[rows], self.proposal[rows])


@dataclass(frozen=True)
class Slices:
    """A list a probe: table rows `rows[offsets[i]] … rows[offsets[i] + sizes[i] - 1]`."""

    offsets: Ints
    sizes: Ints
    rows: Ints


class Index:
    """
    Some rows of a fact table, ready to be searched.

    Args:
        deal, version: Of each row, sorted by both.
        known: When an imported row was known; NOWHEN where it goes by its version.
        rows: The rows' places in the table, ascending; None: all of them.
    """

    def __init__(self, deal: Ints, version: Ints, known: Ints, rows: Ints | None = None) -> None:
        self.rows = np.arange(len(deal)) if rows is None else rows
        self._deal, self._keys = deal[self.rows], keys(deal[self.rows], version[self.rows])
        known = known[self.rows]
        timed = known != NOWHEN
        self._own, self._timed = np.flatnonzero(~timed), np.flatnonzero(timed)
        self._own_keys = self._keys[self._own]
        self._timed = self._timed[np.lexsort((known[self._timed], self._deal[self._timed]))]
        self._times = np.unique(known[self._timed])
        self._span = np.int64(len(self._times) + 1)
        self._timed_keys = self._deal[self._timed] * self._span + np.searchsorted(self._times, known[self._timed])
        # The last in stream order of those known so far; places grow with the deal, so no deal sees
        # another's.
        self._best = np.maximum.accumulate(self._timed) if len(self._timed) else self._timed
        self._layout: Ints | None = None

    def last(self, probes: Probes, clock: Clock) -> Ints:
        """Table row of the last one in stream order that counts; -1 where none does."""
        bounds = keys(probes.deal, probes.version)
        by_version = picked(self.rows, last_within(self._keys, bounds), np.int64(-1))
        if clock == "version" or not len(self._timed):
            return by_version
        own = picked(self._own, last_within(self._own_keys, bounds), np.int64(-1))
        start, end = self._known(probes)
        timed = np.where(end > start, picked(self._best, end - 1, np.int64(-1)), -1)
        by_time = picked(self.rows, np.maximum(own, timed), np.int64(-1))
        return np.where(probes.at == NOWHEN, by_version, by_time)

    def count(self, probes: Probes, clock: Clock) -> Ints:
        """How many rows count."""
        start, end = self._before(self._keys, probes)
        if clock == "version" or not len(self._timed):
            return end - start
        timed, own = self._known(probes), self._before(self._own_keys, probes)
        by_time = timed[1] - timed[0] + own[1] - own[0]
        return np.where(probes.at == NOWHEN, end - start, by_time)

    def slices(self, probes: Probes, clock: Clock) -> Slices:
        """
        The rows that count; by version in stream order, by known_at imported ones first, as they became
        known.
        """
        start, end = self._before(self._keys, probes)
        if clock == "version" or not len(self._timed):
            return Slices(start, end - start, self.rows)
        return self._by_time(probes, Slices(start, end - start, self.rows))

    def _known(self, probes: Probes) -> tuple[Ints, Ints]:
        """Where the imported rows of the probe's deal begin, and where those known by then end."""
        first = probes.deal * self._span
        known = np.searchsorted(self._times, probes.at, side="right")
        start, end = (
            np.searchsorted(self._timed_keys, first),
            np.searchsorted(self._timed_keys, first + known),
        )
        return start.astype(np.int64), end.astype(np.int64)

    @staticmethod
    def _before(sorted_keys: Ints, probes: Probes) -> tuple[Ints, Ints]:
        start = np.searchsorted(sorted_keys, probes.deal << VERSIONS)
        end = np.searchsorted(sorted_keys, keys(probes.deal, probes.version))
        return start.astype(np.int64), np.maximum(start, end).astype(np.int64)

    def _by_time(self, probes: Probes, by_version: Slices) -> Slices:
        timed, own = self._known(probes), self._before(self._own_keys, probes)
        sizes_timed, sizes_own = timed[1] - timed[0], own[1] - own[0]
        all_timed = np.searchsorted(self._timed_keys, (probes.deal + 1) * self._span) - timed[0]
        begin = np.searchsorted(self._deal, probes.deal)
        offsets = len(self.rows) + begin + np.where(sizes_timed == 0, all_timed, 0)
        sizes = sizes_timed + sizes_own
        torn = (sizes_timed > 0) & (sizes_timed < all_timed) & (sizes_own > 0)
        undated = probes.at == NOWHEN
        offsets = np.where(undated, by_version.offsets, offsets)
        sizes = np.where(undated, by_version.sizes, sizes)
        torn &= ~undated
        # Both orders of the table stand in one array; only lists torn between the two parts of a deal are
        # copied.
        shared = np.concatenate([self.rows, self._laid_out()])
        first, second = timed[0][torn], own[0][torn]
        copies = [
            self.rows[np.concatenate([self._timed[a : a + m], self._own[b : b + n]])]
            for a, m, b, n in zip(first, sizes_timed[torn], second, sizes_own[torn], strict=True)
        ]
        offsets[torn] = len(shared) + np.cumsum(sizes[torn]) - sizes[torn]
        return Slices(offsets, sizes, np.concatenate([shared, *copies]))

    def _laid_out(self) -> Ints:
        """
        Table rows by deal, in each the imported ones as they became known, then our own in stream order.
        """
        if self._layout is None:
            places = np.concatenate([self._timed, self._own])
            self._layout = self.rows[places[np.argsort(self._deal[places], kind="stable")]]
        return self._layout
