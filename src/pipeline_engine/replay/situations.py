"""What the gate had before it at each attempt, in columns: the bulk twin of `deal.reading`.

A column is made when a rule first asks for it. What stands here and in `deal/reading.py` must mean the same; the
fidelity control of every backtest and tests/replay/test_parity.py hold it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import NOWHEN, Clock, Facts, Instants, Open, Probes, Slices, Words, flags, ints
from pipeline_engine.process import COUNTED_FROM, COUNTS, DEALS_IN_STAGE, Column, Frame, Judge, Kind, ListOf, Records
from pipeline_engine.replay.carried import Carried, Whose
from pipeline_engine.replay.outside import OUTSIDE, from_context, number_kept
from pipeline_engine.replay.passed import leapt_over
from pipeline_engine.replay.sealed import opened
from pipeline_engine.replay.typed import items_column, value_column
from pipeline_engine.replay.waiting import counted, entered_at, waiting
from pipeline_engine.values import moment_at

Ints = npt.NDArray[np.int64]
_DAY = 86_400_000_000
_QUARTER_HOUR = 900_000_000


@dataclass(frozen=True)
class Situations:
    """
    Some attempts, and the moment at which each is looked at.

    Args:
        attempts: Rows of `facts.attempts`.
        probes: How much history counts for each, and when it is; at first the attempt's own prefix and time.
        clock: `version` reads everything before the prefix; `known_at` imported evidence only once its source knew it.
        open_sealed: Opens personal texts; without it they are missing.
    """

    facts: Facts
    instants: Instants
    attempts: Ints
    probes: Probes
    now: Ints
    clock: Clock = "version"
    open_sealed: Open | None = None
    _words: dict[tuple[str, str], Words] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, instants: Instants, attempts: Ints, clock: Clock, open_sealed: Open | None) -> "Situations":
        """These attempts as the gate saw them."""
        facts = instants.facts
        table = facts.attempts
        judged, happened = ints(table["now"]), ints(table["at"])
        now = np.where(judged == NOWHEN, happened, judged)[attempts]
        return cls(facts, instants, attempts, instants.at_attempts().take(attempts), now, clock, open_sealed)

    def later(self, rows: Ints, probes: Probes) -> "Situations":
        """The attempts at `rows`, looked at again at other moments: held back in the stage they were in."""
        return replace(self, attempts=self.attempts[rows], probes=probes, now=probes.at)

    def frame(self, judge: Judge) -> Frame:
        """What the rules of a process read of these situations."""
        return Frame(len(self.attempts), _Source(self, judge))

    @cached_property
    def stays(self) -> Ints:
        """Row in `stays` of the stay each attempt was made from; -1 for an opening."""
        own = self.instants.at_attempts().take(self.attempts)
        return np.where(self.words("kind").is_any("open"), -1, self.instants.stay_before(own))

    def words(self, column: str) -> Words:
        """A text column of the attempts."""
        return self.table_words("attempts", column).take(self.attempts)

    def table_words(self, table: str, column: str) -> Words:
        """A text column of a whole table, made once for these attempts whenever they are looked at."""
        if (table, column) not in self._words:
            self._words[table, column] = Words.of(self.facts.table(table)[column])
        return self._words[table, column]

    def opened_words(self, table: str, column: str) -> Words:
        """A sealed text column of a whole table, opened once."""
        key = (table, f"{column} opened")
        if key not in self._words:
            self._words[key] = opened(self.facts.table(table), column, self.open_sealed)
        return self._words[key]

    def counted(self, path: str) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """How many other deals the owner had, where the verdict kept it, which it did of its own moment only."""
        number, kept = number_kept(self.words("context"), path)
        return number, kept & (ints(self.facts.attempts["now"])[self.attempts] == self.now)

    def accepted(self) -> npt.NDArray[np.bool_]:
        """What happened: whether each attempt was accepted."""
        return flags(self.facts.attempts["accepted"])[self.attempts]


class _Source:
    """Makes the columns that rules ask for, by path."""

    def __init__(self, situations: Situations, judge: Judge) -> None:
        self._s, self._judge, self._types = situations, judge, judge.vocabulary.types

    def __call__(self, path: str) -> Column | Records | None:
        kind = self._types.get(path)
        if kind is None:
            return None
        if path.startswith("deal."):
            return self._field(path.removeprefix("deal."), kind)
        if path in _RECORDS:
            return _RECORDS[path](self)
        if path in COUNTS:
            return self._others(path)
        if path in OUTSIDE:
            return from_context(self._s.words("context"), path)
        return self.counted_from(path) if path in COUNTED_FROM else _PLAIN[path](self)

    def _field(self, name: str, kind: object) -> Column | Records | None:
        s = self._s
        if isinstance(kind, ListOf):
            return items_column(s.instants.items_before(name, s.probes, s.clock))
        return value_column(s.instants.value_before(name, s.probes, s.clock), kind)

    def _others(self, path: str) -> Column:
        """How many other deals the owner had: what the verdict kept of its own moment, else as the stays say it."""
        s = self._s
        number, kept = s.counted(path)
        if kept.all():
            return Column(Kind.INT, number, ~kept)
        found, known = self._carried.others(self._whose, s.now, path == DEALS_IN_STAGE)
        return Column(Kind.INT, np.where(kept, number, found), ~(kept | known))

    @cached_property
    def _carried(self) -> Carried:
        return Carried(self._s.facts)

    @cached_property
    def _whose(self) -> Whose:
        s, codes = self._s, self._carried.codes
        start, target = codes(s.words("from_stage")), codes(s.words("to_stage"))
        stage = np.where(s.words("kind").is_any("open", "move"), target, start)
        return Whose(codes(s.words("owner")), codes(s.words("process")), stage, s.facts.real("attempts")[s.attempts])

    def text(self, column: str) -> Column:
        """A text column of the attempts, as rules read text."""
        words = self._s.words(column)
        return text_of(words)

    def stage(self) -> Column:
        """The stage each attempt was made from."""
        return self.text("from_stage")

    def entered_at(self) -> Column:
        """When the stay each attempt was made from began."""
        return _column(entered_at(self._s.facts.stays["entered"], self._s.stays))

    def counted_from(self, path: str) -> Column:
        """When the stay each attempt was made from began, later by what was paused in it since."""
        s, by_day = self._s, COUNTED_FROM[path]
        working = None if by_day is None else (self._judge.process.calendar.week, by_day)
        stay = (entered_at(s.facts.stays["entered"], s.stays), s.now)
        return _column(counted(s.instants.paused, s.probes, stay, working))

    def paused(self) -> Column:
        """Whether each deal waited on purpose then."""
        return Column(Kind.BOOL, waiting(self._s.instants.paused, self._s.probes, self._s.now))

    def opened_at(self) -> Column:
        """When the deal was opened; for an opening, the moment itself."""
        s = self._s
        opened = _moments(ints(s.facts.deals["opened_at"]), s.instants.deal_row(s.probes))
        opening = s.words("kind").is_any("open")
        return _column(np.where(opening, s.now, np.where(opened.missing, NOWHEN, opened.values)))

    def now(self) -> Column:
        """The moment of judging."""
        return Column(Kind.TIMESTAMP, self._s.now, self._s.now == NOWHEN)

    def today(self) -> Column:
        """The day it was then in the process's zone, as its midnight UTC."""
        now = self._s.now
        known = now != NOWHEN
        local = now + _offsets(np.where(known, now, 0), self._judge.process.calendar.zone)
        return Column(Kind.TIMESTAMP, local // _DAY * _DAY, ~known)

    def steps(self) -> Column:
        """How many stages forward an attempt goes; missing for outcomes and reopenings."""
        s = self._s
        places = {stage: place for place, stage in enumerate(self._judge.stages)}
        start, end = _placed(s.words("from_stage"), places), _placed(s.words("to_stage"), places)
        opening = s.words("kind").is_any("open")
        steps = end - np.where(opening, -1, start)
        unknown = (end < 0) | ((start < 0) & ~opening) | ~s.words("kind").is_any("open", "move")
        return Column(Kind.INT, steps, unknown)

    def passed(self) -> Records:
        """The stages that each attempt leaps over."""
        kind, start, target = (self._s.words(name) for name in ("kind", "from_stage", "to_stage"))
        return leapt_over(self._judge, kind, start, target)

    def reason(self) -> Column:
        """Why, in the asker's words or the process's reason for losing."""
        s = self._s
        free, listed = s.opened_words("attempts", "reason").take(s.attempts), s.words("lost_reason")
        # A word may be in both, and a vocabulary holds each once.
        texts = tuple(dict.fromkeys((*free.vocabulary, *listed.vocabulary)))
        place = {text: number for number, text in enumerate(texts)}
        translated = np.array([place[text] for text in listed.vocabulary] + [-1], np.int64)
        codes = np.where(listed.codes >= 0, translated[listed.codes], free.codes)
        return Column(Kind.STRING, np.maximum(codes, 0), codes < 0, texts)

    def activities(self) -> Records:
        """Everything done with the customer until then."""
        s, table = self._s, self._s.facts.activities
        found = s.instants.slices("activities", s.probes, s.clock)
        children = {
            "kind": lambda: text_of(s.table_words("activities", "kind")),
            "by": lambda: text_of(s.table_words("activities", "actor")),
            "at": lambda: _column(ints(table["at"])),
            "minutes": lambda: Column(Kind.INT, ints(table["minutes"], np.int64(0)), _nulls(table["minutes"])),
            "with": lambda: self._sealed("activities", "with_whom"),
        }
        return Records(found.offsets, found.sizes, children, None, found.rows)

    def approvals(self) -> Records:
        """Every approval given until then, and whether it still stood."""
        s, table = self._s, self._s.facts.approvals
        found = s.instants.slices("approvals", s.probes, s.clock, kind="granted")
        probe, row = _spread(found)
        expires, now = ints(table["expires_at"])[row], s.now[probe]
        live = (s.probes.version[probe] <= s.instants.ends("approvals")[row]) & ((expires == NOWHEN) | (now < expires))
        texts = {"rule": "rule", "role": "role", "by": "actor", "target": "target"}
        children = {name: text_of(s.table_words("approvals", column).take(row)) for name, column in texts.items()}
        children["at"] = _column(ints(table["at"])[row])
        children["live"] = Column(Kind.BOOL, live)
        return Records(np.cumsum(found.sizes) - found.sizes, found.sizes, children)

    def contacts(self) -> Records:
        """Everybody linked then, who had not been unlinked."""
        s, table = self._s, self._s.facts.contacts
        sizes, row = self._standing("contacts")
        children = {
            "role": lambda: text_of(s.table_words("contacts", "role").take(row)),
            "at": lambda: _column(ints(table["at"])[row]),
            "id": lambda: _taken(self._sealed("contacts", "contact"), row),
        }
        return Records(np.cumsum(sizes) - sizes, sizes, children)

    def documents(self) -> Records:
        """Every document attached until then."""
        s, table = self._s, self._s.facts.documents
        found = s.instants.slices("documents", s.probes, s.clock)
        children = {
            "name": lambda: text_of(s.table_words("documents", "name")),
            "sha256": lambda: text_of(s.table_words("documents", "sha256")),
            "at": lambda: _column(ints(table["at"])),
            "by": lambda: text_of(s.table_words("documents", "actor")),
        }
        return Records(found.offsets, found.sizes, children, None, found.rows)

    def items(self) -> Records:
        """Every item that was ticked then, the one ticked last at the end."""
        s, table = self._s, self._s.facts.items
        sizes, row = self._standing("items")
        children = {
            "id": lambda: text_of(s.table_words("items", "item").take(row)),
            "at": lambda: _column(ints(table["at"])[row]),
            "by": lambda: text_of(s.table_words("items", "actor").take(row)),
        }
        return Records(np.cumsum(sizes) - sizes, sizes, children)

    def _standing(self, table: str) -> tuple[Ints, Ints]:
        """How many rows of a table stood at each probe, and which, in one array."""
        s = self._s
        found = s.instants.slices(table, s.probes, s.clock)
        probe, row = _spread(found)
        standing = s.probes.version[probe] <= s.instants.ends(table)[row]
        return np.bincount(probe[standing], minlength=len(found.sizes)).astype(np.int64), row[standing]

    def _sealed(self, table: str, column: str) -> Column:
        return text_of(self._s.opened_words(table, column))


def text_of(words: Words) -> Column:
    """Text in few distinct values, as rules read it."""
    return Column(Kind.STRING, np.maximum(words.codes, 0), words.codes < 0, words.vocabulary)


def _column(moments: Ints) -> Column:
    return Column(Kind.TIMESTAMP, moments, moments == NOWHEN)


def _moments(values: Ints, rows: Ints) -> Column:
    if not len(values):
        return _column(np.full(len(rows), NOWHEN, np.int64))
    return _column(np.where(rows >= 0, values[rows], NOWHEN))


def _nulls(column: object) -> npt.NDArray[np.bool_]:
    return np.asarray(ints(column) == NOWHEN, dtype=np.bool_)


def _taken(column: Column, rows: Ints) -> Column:
    return Column(column.kind, column.values[rows], column.missing[rows], column.vocabulary)


def _spread(found: Slices) -> tuple[Ints, Ints]:
    """Per element of every list: the probe it belongs to, and its row in the table."""
    probe = np.repeat(np.arange(len(found.sizes)), found.sizes)
    within = np.arange(len(probe)) - np.repeat(np.cumsum(found.sizes) - found.sizes, found.sizes)
    return probe, found.rows[np.repeat(found.offsets, found.sizes) + within]


def _placed(words: Words, places: dict[str, int]) -> Ints:
    table = np.array([places.get(word, -1) for word in words.vocabulary] + [-1], np.int64)
    return table[words.codes]


def _offsets(moments: Ints, zone: str) -> Ints:
    """Local time minus UTC in µs; zones change theirs at quarters of an hour."""
    if zone == "UTC":
        return np.zeros(len(moments), np.int64)
    quarters, place = np.unique(moments // _QUARTER_HOUR, return_inverse=True)
    local = ZoneInfo(zone)
    offsets = [moment_at(int(quarter) * _QUARTER_HOUR).astimezone(local).utcoffset() for quarter in quarters]
    whole = np.array([int(offset.total_seconds() * 1_000_000) if offset else 0 for offset in offsets], np.int64)
    return whole[place]


_RECORDS: dict[str, Callable[[_Source], Records]] = {
    "activities": _Source.activities, "approvals": _Source.approvals, "contacts": _Source.contacts,
    "documents": _Source.documents, "items": _Source.items,
}  # fmt: skip
_PLAIN: dict[str, Callable[[_Source], Column | Records]] = {
    "stage.id": _Source.stage, "stage.entered_at": _Source.entered_at, "opened_at": _Source.opened_at,
    "now": _Source.now, "today": _Source.today, "move.from": _Source.stage, "move.steps": _Source.steps,
    "move.passed": _Source.passed, "move.reason": _Source.reason, "move.to": lambda source: source.text("to_stage"),
    "actor.id": lambda source: source.text("actor"), "owner.id": lambda source: source.text("owner"),
    "stage.paused": _Source.paused,
}  # fmt: skip
