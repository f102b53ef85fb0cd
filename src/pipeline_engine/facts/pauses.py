"""Paused time: when deals waited on purpose, how much of it lies between two moments, and in each stay."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline_engine.deal import Pauses, paused, resumed
from pipeline_engine.facts.arrays import (
    NOWHEN,
    VERSIONS,
    Ints,
    Mask,
    Words,
    flags,
    ints,
    keys,
    last_within,
    numbers,
    picked,
)
from pipeline_engine.facts.columns import COUNT, SHORT, TIME
from pipeline_engine.facts.path import Path
from pipeline_engine.facts.selection import Selection
from pipeline_engine.facts.tables import PAUSES

Measure = Callable[[Ints], npt.NDArray[Any]]
_HOLDS = ("began", "until", "over_from", "over_to")
_NEVER: Pauses[int] = Pauses()
_ALL = np.int64(2**31 - 1)


def pauses_of(selection: Selection, ledger: pa.Table, event: Ints) -> pa.Table:
    """
    One row a pause begun or resumed, with what holds after it and what is over by it.

    Args:
        ledger: The rows of the ledger; `event` is the row of each in the selection.
    """
    at, deal = selection.at[event], selection.deal[event]
    begins, until = flags(ledger["paused"]), ints(ledger["until"])
    told = list(_told(deal.tolist(), at.tolist(), begins.tolist(), until.tolist()))
    holds = np.array(told, dtype=np.int64).reshape(-1, 4)
    columns: dict[str, pa.Array] = {
        "deal_id": selection.deal_ids.take(pa.array(deal)),
        "version": numbers(selection.version[event], SHORT),
        "position": numbers(ints(selection.events["position"])[event], COUNT),
        "at": numbers(at, TIME),
        "actor": Words.of(selection.events["actor"]).take(event).arrow(),
        "paused": pa.array(begins),
        **{name: numbers(holds[:, place], TIME) for place, name in enumerate(_HOLDS)},
    }
    return pa.Table.from_pydict(columns, schema=PAUSES)


def _told(deals: list[int], moments: list[int], begins: list[bool], ends: list[int]) -> Iterator[tuple[int, ...]]:
    """The steps that the deal's own fold takes (deal/pauses.py): pauses are few, and each hangs on the one before."""
    now, pauses = -1, _NEVER
    for deal, at, begun, until in zip(deals, moments, begins, ends, strict=True):
        pauses, now = (pauses if deal == now else _NEVER), deal
        pauses, gone = paused(pauses, _known(at), _known(until)) if begun else resumed(pauses, _known(at))
        yield _told_as(pauses.begin), _told_as(pauses.until), *(gone or (int(NOWHEN), int(NOWHEN)))


def _known(moment: int) -> int | None:
    return None if moment == NOWHEN else moment


def _told_as(moment: int | None) -> int:
    return int(NOWHEN) if moment is None else moment


class PausedTime:
    """
    How long deals had waited by any moment, as anybody could know before any of their versions.

    Args:
        table: The rows of `pauses`; `deal` is the index of each row's deal.
    """

    def __init__(self, table: pa.Table, deal: Ints) -> None:
        self._marks = keys(deal, ints(table["version"]))
        self._waiting, self._began, self._until = flags(table["paused"]), ints(table["began"]), ints(table["until"])
        over = np.flatnonzero(ints(table["over_from"]) != NOWHEN)
        self._begin, self._end = ints(table["over_from"])[over], ints(table["over_to"])[over]
        self._deal, self._over = deal[over], self._marks[over]
        self._times = np.unique(self._begin)
        self._span = np.int64(len(self._times) + 1)
        self._begins = self._deal * self._span + np.searchsorted(self._times, self._begin)

    def __len__(self) -> int:
        return len(self._marks)

    @property
    def deals(self) -> Ints:
        """The deals that were ever paused."""
        return np.unique(self._marks >> VERSIONS)

    @property
    def last_over(self) -> int:
        """The last moment at which a pause was over; 0 where none is."""
        return int(self._end.max()) if len(self._end) else 0

    def over(self, deal: Ints, version: Ints, moment: Ints, measure: Measure) -> npt.NDArray[Any]:
        """How much of the pauses that were over before a version lies before a moment, in any measure."""
        first = np.searchsorted(self._over, keys(deal, np.zeros(len(deal), np.int64)))
        known = np.searchsorted(self._over, keys(deal, version))
        begun = np.searchsorted(self._begins, deal * self._span + np.searchsorted(self._times, moment, side="right"))
        last = np.maximum(np.minimum(known, begun), first)
        lengths = measure(self._end) - measure(self._begin)
        sums = np.concatenate([np.zeros(1, lengths.dtype), np.cumsum(lengths)])
        end = picked(self._end, np.where(last > first, last - 1, -1))
        beyond = np.where(end > moment, measure(np.maximum(end, moment)) - measure(moment), 0)
        return np.asarray(sums[last] - sums[first] - beyond)

    def holding(self, deal: Ints, version: Ints) -> tuple[Ints, Ints]:
        """Since when the pause holds that is not over before a version, and until when at the latest.

        NOWHEN where there is none or nobody knows; without an end it is the last moment there is.
        """
        mark = last_within(self._marks, keys(deal, version))
        waits = (mark >= 0) & _at(self._waiting, mark)
        last = last_within(self._over, keys(deal, version))
        begin, until = picked(self._began, mark), picked(self._until, mark)
        begin = np.where(begin == NOWHEN, NOWHEN, np.maximum(begin, picked(self._end, last)))
        return np.where(waits, begin, NOWHEN), np.where(until == NOWHEN, np.iinfo(np.int64).max, until)

    def waits(self, deal: Ints, version: Ints) -> Mask:
        """Whether a pause was begun before a version and nobody resumed."""
        mark = last_within(self._marks, keys(deal, version))
        return (mark >= 0) & _at(self._waiting, mark)

    def between(
        self, stay: tuple[Ints, Ints, Ints, Ints], measure: Measure = lambda moments: moments
    ) -> npt.NDArray[Any]:
        """How much was paused, in any measure, of stays given as (deal, before which version, begin, end)."""
        deal, version, begin, end = stay
        since, until = self.holding(deal, version)
        start, stop = np.maximum(np.where(since == NOWHEN, end, since), begin), np.minimum(until, end)
        holding = np.where(stop > start, measure(np.maximum(stop, start)) - measure(start), 0)
        over = self.over(deal, version, end, measure) - self.over(deal, version, begin, measure)
        return np.where(end > begin, np.maximum(over, 0) + holding, 0)


def _at(values: Mask, rows: Ints) -> Mask:
    return values[rows] if len(values) else np.zeros(len(rows), np.bool_)


@dataclass(frozen=True)
class StayPauses:
    """
    `within`, `since` and `until` have one row a step of the path and speak of the stay that begins there: µs paused and
    over, and when the pause began that still holds in a stay that still holds, and will be over at the latest.
    `waiting`, `waiting_since` and `waiting_until` have one row a deal.
    """

    within: Ints
    since: Ints
    until: Ints
    waiting: Mask
    waiting_since: Ints
    waiting_until: Ints


def stay_pauses(selection: Selection, path: Path, table: pa.Table, event: Ints) -> StayPauses:
    """
    A pause lasts until it is resumed or its end has come, whatever the deal does meanwhile.

    Of a stay of which nobody knows when it began, or ended, nobody knows how much of it was paused either.
    """
    time = PausedTime(table, selection.deal[event])
    deals = np.arange(len(selection.deal_ids))
    everything = np.full(len(path.row), _ALL)
    begin = selection.at[path.event]
    follows = np.append(~path.first[1:], False) if len(path.row) else path.first
    end = np.where(follows, np.append(begin[1:], NOWHEN), NOWHEN)
    dated = path.begins & (begin != NOWHEN)
    over = dated & follows & (end != NOWHEN)
    within = np.zeros(len(path.row), np.int64)
    within[over] = time.between((path.deal[over], everything[over], begin[over], end[over]))
    here = dated & ~follows
    ends = np.full(int(here.sum()), np.iinfo(np.int64).max)
    within[here] = time.over(path.deal[here], everything[here], ends, _plain) - time.over(
        path.deal[here], everything[here], begin[here], _plain
    )
    since, until = _still(time, path, begin, path.begins & ~follows)
    held = time.holding(deals, np.full(len(deals), _ALL))
    waiting = time.waits(deals, np.full(len(deals), _ALL))
    return StayPauses(within, since, until, waiting, held[0], np.where(waiting, _ended(held[1]), NOWHEN))


def _plain(moments: Ints) -> Ints:
    return moments


def _ended(until: Ints) -> Ints:
    return np.where(until == np.iinfo(np.int64).max, NOWHEN, until)


def _still(time: PausedTime, path: Path, begin: Ints, here: Mask) -> tuple[Ints, Ints]:
    """Of stays that still hold, when the pause began that does too, not before the stay, and when it ends."""
    since, until = np.full(len(path.row), NOWHEN), np.full(len(path.row), NOWHEN)
    held, ends = time.holding(path.deal[here], np.full(int(here.sum()), _ALL))
    since[here] = np.where(held == NOWHEN, NOWHEN, np.maximum(held, begin[here]))
    until[here] = np.where(held == NOWHEN, NOWHEN, _ended(ends))
    return since, until
