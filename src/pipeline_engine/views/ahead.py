"""What comes due in all deals at once and was not announced yet: who keeps time begins with it.

The same as `deal.coming` says of one deal, for the latest facts: nothing here knows what time it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import (
    FOREVER,
    NOWHEN,
    Facts,
    PausedTime,
    Words,
    flags,
    grant_ends,
    ints,
    keys,
    request_ends,
)
from pipeline_engine.process import FAR, Calendar, Escalation, Process, Span, Stage, Stalled, used_up
from pipeline_engine.views.columns import Flags, Integers

_ALL = np.int64(2**31 - 1)
Kind = Literal["service_level", "stalled", "pause", "expiry", "escalation"]
KINDS: tuple[Kind, ...] = ("service_level", "stalled", "pause", "expiry", "escalation")


@dataclass(frozen=True)
class Ahead:
    """
    What comes due, a row each, in the order of time.

    `deal` points into the facts' `deal_ids`, `kind` into KINDS, `about` into `names` (the stage, the rule that is
    approved or waived, the escalation), `of` is the version of the event it rests on, `at` when it is, µs since 1970.
    """

    deal: Integers
    kind: Integers
    of: Integers
    about: Integers
    at: Integers
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.at)

    def due(self, now: int) -> int:
        """How many of the first rows have come due by a moment."""
        return int(np.searchsorted(self.at, now, side="right"))

    def after(self, now: int) -> int | None:
        """The next moment at which anything comes due; None where nothing does."""
        place = self.due(now)
        return int(self.at[place]) if place < len(self) else None


def ahead(facts: Facts) -> Ahead:
    """What comes due in the deals of these facts and was not announced."""
    crowd = _Crowd(facts)
    parts = [part for part in _parts(crowd) if len(part.deal)]
    if not parts:
        nothing = np.zeros(0, np.int64)
        return Ahead(nothing, nothing, nothing, nothing, nothing, ())
    names = tuple(sorted({part.about for part in parts}))
    column = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("deal", "of", "at")}
    kind = np.concatenate([np.full(len(part.deal), KINDS.index(part.kind)) for part in parts])
    about = np.concatenate([np.full(len(part.deal), names.index(part.about)) for part in parts])
    order = np.lexsort((about, column["of"], kind, column["deal"], column["at"]))
    return Ahead(column["deal"][order], kind[order], column["of"][order], about[order], column["at"][order], names)


@dataclass(frozen=True)
class _Part:
    """Rows that come due for one reason."""

    kind: str
    about: str
    deal: Integers
    of: Integers
    at: Integers

    def where(self, mask: Flags) -> "_Part":
        """The rows of the mask."""
        return _Part(self.kind, self.about, self.deal[mask], self.of[mask], self.at[mask])


class _Crowd:
    """The deals that go on, and when they waited; arrays by place in the facts' `deal_ids`, NOWHEN where not known."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        table, place = facts.deals, facts.deal_ix("deals")
        self.status, self._place = Words.of(table["status"]), place
        self.live = self._spread(self.status.is_any("open") & ~flags(table["removed"]), False)
        self.stage = Words.of(table["stage"])
        self.law = Words.of(table["process"])
        self.rows = np.full(len(facts.deal_ids), -1, np.int64)
        self.rows[place] = np.arange(len(place))
        for name in ("opened_at", "entered_at", "last_activity_at", "last_change_at", "process_version"):
            setattr(self, name, self._spread(ints(table[name]), NOWHEN))
        self.paused = self._spread(flags(table["paused"]), False)
        self.paused_until = self._spread(ints(table["paused_until"]), NOWHEN)
        self.time = PausedTime(facts.pauses, facts.deal_ix("pauses"))

    entered_at: Integers
    opened_at: Integers
    last_activity_at: Integers
    last_change_at: Integers
    process_version: Integers

    def _spread(self, values: npt.NDArray[Any], none: Any) -> npt.NDArray[Any]:
        found = np.full(len(self.facts.deal_ids), none, dtype=values.dtype)
        found[self._place] = values
        return found

    @cached_property
    def stay(self) -> Integers:
        """The version of the event by which each deal's latest stay began."""
        version = np.zeros(len(self.facts.deal_ids), np.int64)
        # Rows are by deal and in order: the last one written stays.
        version[self.facts.deal_ix("stays")] = ints(self.facts.stays["entered_version"])
        return version

    @cached_property
    def pause(self) -> Integers:
        """The version of the event by which each deal was paused last."""
        version = np.zeros(len(self.facts.deal_ids), np.int64)
        begun = flags(self.facts.pauses["paused"])
        version[self.facts.deal_ix("pauses")[begun]] = ints(self.facts.pauses["version"])[begun]
        return version

    def groups(self) -> Iterator[tuple[Process, Stage, Integers]]:
        """The live deals that stand in one stage under one version, as places in `deal_ids`."""
        live = np.flatnonzero(self.live)
        rows = self.rows[live]
        law, stage, version = self.law.codes[rows], self.stage.codes[rows], self.process_version[live]
        order = np.lexsort((stage, version, law))
        marks = np.stack((law[order], version[order], stage[order]))
        edges = np.append(np.flatnonzero((np.diff(marks) != 0).any(axis=0)) + 1, len(order))
        for start, end in zip(np.append(0, edges[:-1]), edges, strict=True) if len(order) else ():
            name, number = self.law.vocabulary[marks[0, start]], int(marks[1, start])
            process = self.facts.processes.get((name, number))
            here = self.stage.vocabulary[marks[2, start]]
            described = next((each for each in process.stages if each.id == here), None) if process else None
            if process is not None and described is not None:
                yield process, described, live[order[start:end]]

    def waits(self, deals: Integers) -> "_Waits":
        """When these deals waited."""
        return _Waits(self.time, deals)


class _Waits:
    """Paused time of deals by row, as the law of elapsing time asks for it."""

    def __init__(self, time: PausedTime, deals: Integers) -> None:
        self._time, self._deals = time, deals
        since, until = time.holding(deals, np.full(len(deals), _ALL))
        self.endless = np.where((since != NOWHEN) & (until == FAR), since, FAR)
        known = until[(since != NOWHEN) & (until != FAR)]
        self.latest = max(int(known.max()) if len(known) else 0, int(time.last_over))
        self._any = np.isin(deals, time.deals)

    def between(self, rows: Integers, begin: Integers, end: Integers, measure: Any) -> npt.NDArray[Any]:
        """How much of [begin, end) these deals waited, in a measure."""
        found = np.zeros(len(rows))
        some = np.flatnonzero(self._any[rows])
        if len(some):
            deals = self._deals[rows[some]]
            stay = (deals, np.full(len(some), _ALL), begin[some], end[some])
            found[some] = self._time.between(stay, measure)
        return found


class _Never:
    """Nobody waits on purpose: an approver's time is not paused with the deal."""

    latest = 0

    def __init__(self, count: int) -> None:
        self.endless = np.full(count, FAR)

    def between(self, rows: Integers, begin: Integers, end: Integers, measure: Any) -> npt.NDArray[Any]:
        """Nothing."""
        return np.zeros(len(rows))


def _parts(crowd: _Crowd) -> Iterator[_Part]:
    told = _Told(crowd.facts)
    yield from _expiries(crowd)
    asked = _asked(crowd)
    for process, stage, deals in crowd.groups():
        waits, of = crowd.waits(deals), crowd.stay[deals]
        moments = {
            "service_level": _level(crowd, stage.service_level, (deals, waits), process.calendar),
            "stalled": _silent(crowd, stage.stalled_after, (deals, waits)),
        }
        for kind, at in moments.items():
            yield told.unless_later(_Part(kind, stage.id, deals, of, at))
        until = np.where(crowd.paused[deals] & (crowd.paused_until[deals] != NOWHEN), crowd.paused_until[deals], FAR)
        yield told.unless_later(_Part("pause", stage.id, deals, crowd.pause[deals], until))
        for rule in process.escalations:
            if rule.stages and stage.id not in rule.stages:
                continue
            if rule.when == "approval_waits":
                part = _waiting(rule, process, asked.where(np.isin(asked.deal, deals)))
            else:
                at = moments[rule.when]
                at = at if rule.after is None else used_up(_started(at), rule.after, process.calendar, waits)
                part = _Part("escalation", rule.id, deals, of, at)
            yield told.unless_said(part)


def _started(at: Integers) -> Integers:
    return np.where(at == FAR, NOWHEN, at)


def _level(crowd: _Crowd, level: Span | None, of: tuple[Integers, _Waits], calendar: Calendar) -> Integers:
    deals, waits = of
    if level is None:
        return np.full(len(deals), FAR)
    return used_up(crowd.entered_at[deals], level, calendar, waits)


def _silent(crowd: _Crowd, rule: Stalled | None, of: tuple[Integers, _Waits]) -> Integers:
    deals, waits = of
    if rule is None:
        return np.full(len(deals), FAR)
    clocks = {
        "stage_entered": crowd.entered_at, "last_activity": crowd.last_activity_at, "last_change": crowd.last_change_at,
    }  # fmt: skip
    since = clocks[rule.since][deals]
    if rule.since != "stage_entered":
        since = np.where(since == NOWHEN, crowd.opened_at[deals], since)
    # Not from before the deal came into the stage; of an entry that is not known nothing is said.
    return np.maximum(used_up(since, Span(amount=rule.days, unit="d"), Calendar(), waits), crowd.entered_at[deals])


def _waiting(rule: Escalation, process: Process, asked: _Part) -> _Part:
    assert rule.after is not None, "what an approval may wait for is said by every such escalation"
    at = used_up(asked.at, rule.after, process.calendar, _Never(len(asked.deal)))
    return _Part("escalation", rule.id, asked.deal, asked.of, at)


def _asked(crowd: _Crowd) -> _Part:
    """The approvals that are asked for; `at` is when."""
    table, deal = crowd.facts.approvals, crowd.facts.deal_ix("approvals")
    open_ones = np.flatnonzero(request_ends(crowd.facts) == FOREVER) if len(deal) else deal
    version, at = ints(table["version"])[open_ones], ints(table["at"])[open_ones]
    return _Part("escalation", "", deal[open_ones], version, at)


def _expiries(crowd: _Crowd) -> Iterator[_Part]:
    """Approvals and waivers that end by themselves, of deals that still wait for them, unless that was announced."""
    table, deal = crowd.facts.approvals, crowd.facts.deal_ix("approvals")
    ends, event = ints(table["expires_at"]), Words.of(table["event"])
    if not (ends != NOWHEN).any():
        return
    version, seen = ints(table["version"]), ints(table["seen_version"])
    over = event.is_any("expired")
    told = np.isin(keys(deal, version), keys(deal, seen)[over])
    status = np.full(len(crowd.rows), -1, np.int64)
    status[crowd._place] = crowd.status.codes
    there = Words(status, crowd.status.vocabulary).take(deal)
    reopens = there.is_any("won", "lost") & Words.of(table["target"]).is_any("reopen")
    standing = (ends != NOWHEN) & (grant_ends(crowd.facts) == FOREVER)
    rule = Words.of(table["rule"])
    rows = np.flatnonzero(standing & ~told & (there.is_any("open") | reopens))
    for code in np.unique(rule.codes[rows]):
        here = rows[rule.codes[rows] == code]
        yield _Part("expiry", rule.vocabulary[code], deal[here], version[here], ends[here])


class _Told:
    """What was announced: of which version of which deal, the latest moment."""

    def __init__(self, facts: Facts) -> None:
        table = facts.announcements
        announces, rule, at = Words.of(table["announces"]), Words.of(table["rule"]), ints(table["at"])
        marks = keys(facts.deal_ix("announcements"), ints(table["of"]))
        self._found: dict[str, tuple[Integers, Integers]] = {}
        for kind in announces.vocabulary:
            rows = np.flatnonzero(announces.is_any(kind))
            if kind != "escalation":
                self._found[kind] = _latest(marks[rows], at[rows])
                continue
            for code in np.unique(rule.codes[rows]):
                here = rows[rule.codes[rows] == code]
                self._found[f"escalation {rule.vocabulary[code]}"] = _latest(marks[here], at[here])

    def unless_later(self, part: _Part) -> _Part:
        """What comes, without what was announced for that moment or a later one."""
        return part.where((part.at != FAR) & (self._moment(part.kind, part) < part.at))

    def unless_said(self, part: _Part) -> _Part:
        """What comes, without what was announced at all."""
        return part.where((part.at != FAR) & (self._moment(f"escalation {part.about}", part) == NOWHEN))

    def _moment(self, kind: str, part: _Part) -> Integers:
        marks, at = self._found.get(kind, (np.zeros(0, np.int64), np.zeros(0, np.int64)))
        if not len(marks):
            return np.full(len(part.deal), NOWHEN)
        wanted = keys(part.deal, part.of)
        place = np.minimum(np.searchsorted(marks, wanted), len(marks) - 1)
        return np.where(marks[place] == wanted, at[place], NOWHEN)


def _latest(marks: Integers, at: Integers) -> tuple[Integers, Integers]:
    """The latest moment of each mark, by mark."""
    order = np.lexsort((at, marks))
    marks, at = marks[order], at[order]
    last = np.append(marks[1:] != marks[:-1], True)
    return marks[last], at[last]
