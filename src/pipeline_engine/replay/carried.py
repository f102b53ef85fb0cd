"""How many other open deals an owner had at any moment, counted in columns from the stays.

The bulk twin of `facts.holdings`, by time instead of by position: an import brings one deal after the other, whenever
they were. Where two things happened at one instant, or nobody knows when, the count is not known; it is never guessed.
A corrected deal counts once, at each moment as it was known then.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline_engine.facts import NOWHEN, Facts, Words, flags, ints, keys, last_within

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
FOREVER = np.int64(np.iinfo(np.int64).max)
_DAY = np.int64(86_400_000_000)
_OWNER = "@owner"  # as `changes` calls the owner


class Whose(NamedTuple):
    """Of whom, in which process and stage, and which deal; codes of `Carried`, -1 where there is none."""

    owner: Ints
    process: Ints
    stage: Ints
    deal: Ints

    def take(self, rows: Ints) -> "Whose":
        """These rows, in this order."""
        return Whose(*(part[rows] for part in self))


@dataclass(frozen=True)
class Spans:
    """Stretches in which one person owned an open deal in one stage.

    It was surely so after `late` and before `end`, surely not before `begin` or after `over`. `goes_on` says that the
    deal was still open at the end, so that the next stretch of the same owner carries this one on.
    """

    whose: Whose
    begin: Ints
    late: Ints
    end: Ints
    over: Ints
    goes_on: Mask


class Carried:
    """Who owned which open deals when."""

    def __init__(self, facts: Facts) -> None:
        self._words: dict[str, int] = {}
        spans, dark = _spans(facts, self)
        self._by_stage = _joined(spans, in_stage=True)
        self._in_all = _joined(spans, in_stage=False)
        self._dark = set(zip(dark.owner.tolist(), dark.process.tolist(), strict=True))

    def codes(self, column: object) -> Ints:
        """The words of a column as codes that are the same in every table."""
        words = column if isinstance(column, Words) else Words.of(column)
        known = self._words
        table = np.array([known.setdefault(word, len(known)) for word in words.vocabulary] + [-1], np.int64)
        return table[words.codes]

    def others(self, whose: Whose, now: Ints, in_stage: bool) -> tuple[Ints, Mask]:
        """How many other open deals each owner had at each moment, in all or in the stage; and where that is known."""
        spans = self._by_stage if in_stage else self._in_all
        stage = (whose.stage,) if in_stage else ()
        kept_stage = (spans.whose.stage,) if in_stage else ()
        kept, asked = (spans.whose.owner, spans.whose.process, *kept_stage), (whose.owner, whose.process, *stage)
        least, most = _holding(spans, _alike(kept, asked), now)
        own_least, own_most = _holding(spans, _alike((*kept, spans.whose.deal), (*asked, whose.deal)), now)
        pairs = zip(whose.owner.tolist(), whose.process.tolist(), strict=True)
        clear = np.array([pair not in self._dark for pair in pairs], np.bool_)
        sure = (least - own_least == most - own_most) & clear & (now != NOWHEN) & (whose.owner >= 0)
        return least - own_least, np.asarray(sure, dtype=np.bool_)


def _holding(spans: Spans, alike: tuple[Ints, Ints], now: Ints) -> tuple[Ints, Ints]:
    """Per question how many stretches of its group surely, and how many perhaps, hold its moment."""
    mine, theirs = alike
    real = np.flatnonzero(spans.late < spans.end)
    sure = _before(mine[real], spans.late[real], (theirs, now), "left")
    sure -= _before(mine[real], spans.end[real], (theirs, now), "right")
    maybe = _before(mine, spans.begin, (theirs, now), "right") - _before(mine, spans.over, (theirs, now), "left")
    return sure, maybe


def _alike(kept: tuple[Ints, ...], asked: tuple[Ints, ...]) -> tuple[Ints, Ints]:
    """One number for all that have the same codes, of the stretches and of the questions."""
    group = np.zeros(len(kept[0]) + len(asked[0]), np.int64)
    for part in (np.concatenate(both) for both in zip(kept, asked, strict=True)):
        _, group = np.unique(group * (np.max(part, initial=0) + 2) + part + 1, return_inverse=True)
    return group[: len(kept[0])], group[len(kept[0]) :]


def _joined(spans: Spans, in_stage: bool) -> Spans:
    """Stretches that carry one another on as one: of a stage, or whatever the stage; it is still the same open deal."""
    whose = spans.whose
    if not len(whose.deal):
        return spans
    same = (whose.deal[1:] == whose.deal[:-1]) & (whose.owner[1:] == whose.owner[:-1])
    same &= (whose.process[1:] == whose.process[:-1]) & (spans.begin[1:] == spans.end[:-1])
    same &= spans.goes_on[:-1]
    if in_stage:
        same &= whose.stage[1:] == whose.stage[:-1]
    first, last = np.flatnonzero(np.append(True, ~same)), np.flatnonzero(np.append(~same, True))
    ends = spans.end[last], spans.over[last], spans.goes_on[last]
    return Spans(whose.take(first), spans.begin[first], spans.late[first], *ends)


def _before(group: Ints, time: Ints, asked: tuple[Ints, Ints], side: str) -> Ints:
    """Per question how many of its group lie before its time; with `right` also those at it."""
    groups, times = asked[0], np.unique(time)
    width = len(times) + 1
    marks = np.sort(group * width + np.searchsorted(times, time))
    bounds = groups * width + np.searchsorted(times, asked[1], side)  # type: ignore[call-overload]  # left or right
    found = np.searchsorted(marks, bounds) - np.searchsorted(marks, groups * width)
    return np.asarray(found, dtype=np.int64)


def _spans(facts: Facts, carried: Carried) -> tuple[Spans, Whose]:
    """The stretches by deal and time, cut where the owner changed; and those of which nobody knows when they were."""
    stays, deal = facts.stays, facts.deal_ix("stays")
    stay, version, begin, owner = _cut(facts, carried)
    order = np.lexsort((version, stay))
    stay, begin, owner = stay[order], begin[order], owner[order]
    more = np.append(stay[1:] == stay[:-1], False) if len(stay) else np.zeros(0, np.bool_)
    left, gone = ints(stays["left"])[stay], ints(stays["left_version"])[stay] != NOWHEN
    end = np.where(more, np.append(begin[1:], NOWHEN)[: len(stay)], np.where(gone, left, FOREVER))
    slack = np.where(Words.of(stays["entered_precision"]).is_any("day")[stay], _DAY - 1, 0)
    whose = Whose(owner, carried.codes(stays["process"])[stay], carried.codes(stays["stage"])[stay], deal[stay])
    removed = np.isin(deal[stay], facts.deal_ix("deals")[flags(facts.deals["removed"])])
    dark = (begin == NOWHEN) | (end == NOWHEN) | (end < begin) | (removed & (end == FOREVER))
    owned = np.flatnonzero(owner >= 0)
    clear, doubtful = owned[~dark[owned]], owned[dark[owned]]
    last = np.where(end == FOREVER, FOREVER, end + np.where(end == FOREVER, 0, slack))
    closed = Words.of(stays["ended"]).is_any("won", "lost", "merged")[stay] & ~more
    spans = Spans(whose.take(clear), begin[clear], (begin + slack)[clear], end[clear], last[clear], ~closed[clear])
    return _as_known(facts, spans), whose.take(doubtful)


def _as_known(facts: Facts, spans: Spans) -> Spans:
    """The stretches of a corrected deal as far as each was what was known; all of them under the one real deal."""
    lived, deal = facts.lived, spans.whose.deal
    if lived is None:
        return spans
    since = lived.since[deal]  # NOWHEN lies before all times
    until = np.where(lived.until[deal] == NOWHEN, FOREVER, lived.until[deal])
    there = np.flatnonzero((spans.begin < until) & (spans.over >= since))
    order = there[np.lexsort((there, lived.start[deal[there]], lived.real[deal[there]]))]
    since, until = since[order], until[order]
    return Spans(
        spans.whose._replace(deal=lived.real[deal]).take(order),
        np.maximum(spans.begin[order], since), np.maximum(spans.late[order], since),
        np.minimum(spans.end[order], until), np.minimum(spans.over[order], until),
        spans.goes_on[order] | (spans.end[order] > until),
    )  # fmt: skip


def _cut(facts: Facts, carried: Carried) -> tuple[Ints, Ints, Ints, Ints]:
    """Where stretches begin: per one the stay, the version, the time and the owner from then on."""
    stays, changes = facts.stays, facts.changes
    first, last = ints(stays["entered_version"]), ints(stays["left_version"])
    rows = np.flatnonzero(Words.of(changes["field"]).is_any(_OWNER))
    deal, version = facts.deal_ix("changes")[rows], ints(changes["version"])[rows]
    stay = last_within(keys(facts.deal_ix("stays"), first), keys(deal, version))
    # A change while the deal is closed cuts no stay; the next one knows its owner.
    there = np.flatnonzero((stay >= 0) & ((last[stay] == NOWHEN) | (version < last[stay]))) if len(first) else stay[:0]
    rows, stay, version = rows[there], stay[there], version[there]
    owner = carried.codes(changes["text"].combine_chunks().take(pa.array(rows)))
    return (
        np.concatenate([np.arange(len(first)), stay]), np.concatenate([first, version]),
        np.concatenate([ints(stays["entered"]), ints(changes["at"])[rows]]),
        np.concatenate([carried.codes(stays["owner"]), owner]),
    )  # fmt: skip
