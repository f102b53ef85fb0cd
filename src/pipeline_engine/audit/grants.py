"""Approvals and waivers: asked for, given, refused, and what became of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline_engine.audit.answer import Answer, tallies, totals
from pipeline_engine.audit.endings import Ended, endings
from pipeline_engine.audit.sealed import text_of
from pipeline_engine.audit.wanted import Ints, Wanted, process_of
from pipeline_engine.facts import Facts, Instants, Open, Words, ints

_DAY = timedelta(days=1)
_WAIVERS = {"waived": "given", "waiver_refused": "refused"}
_APPROVALS = {name: name for name in ("requested", "granted", "rejected", "returned", "expired", "refused")}
_WENT = {"event": "went", "at": None, "position": None, "seen_version": None}
_ENDING = ("went", "ended")
_ANSWERS = ("granted", "rejected", "returned")
# In which field of its event the text of each stands.
_NOTES = ("requested", "granted")


@dataclass(frozen=True, slots=True)
class Approval:
    """
    One event around an approval.

    Args:
        event: requested, granted, rejected, returned, expired, or refused (somebody tried who may not).
        target: The stage, or won, lost, reopen.
        on_behalf_of: In whose stead, where the role was lent.
        why: Of a refused try: no-role, four-eyes, out-of-order, …
        seen_version: The version of the deal that was looked at.
        waited_days: From the request to this answer; None where nobody had asked, or nobody knows when.
        ended: Of a grant: stands, used, lapsed (a field changed), corrected (it was really
            something else), taken back, expired, migrated, or ended (otherwise).
    """

    deal: str
    version: int
    position: int
    at: datetime | None
    recorded_at: datetime
    event: str
    rule: str
    target: str
    role: str | None
    by: str
    on_behalf_of: str | None
    owner: str | None
    process: str | None
    why: str | None
    reason: str | None
    seen_version: int | None
    expires_at: datetime | None
    waited_days: float | None
    ended: Ended | None


@dataclass(frozen=True, slots=True)
class Waiver:
    """
    One waiver, or the try of somebody who may not.

    Args:
        event: given or refused.
        why: Of a refused try: no-role, four-eyes, not-waivable, …
        ended: Of one that was given: stands, used, lapsed, expired, migrated, or ended; None where it was refused.
    """

    deal: str
    version: int
    position: int
    at: datetime | None
    recorded_at: datetime
    event: str
    rule: str
    target: str
    role: str | None
    by: str
    on_behalf_of: str | None
    owner: str | None
    process: str | None
    why: str | None
    reason: str | None
    expires_at: datetime | None
    ended: Ended | None


def approvals(facts: Facts, wanted: Wanted, now: datetime, open_sealed: Open | None = None) -> Answer[Approval]:
    """Every event around an approval; whether a grant still stands is said for `now`. Raises as `bypasses`."""
    found = _Found(facts, wanted, _APPROVALS)
    waited = _waited(facts, found.table)
    rows = tuple(
        Approval(
            seen_version=row["seen_version"], waited_days=waited.get(row["position"]),
            ended=ended, event=_APPROVALS[row["event"]], **_shared(row, open_sealed),
        )
        for row, ended in found.page(now)
    )  # fmt: skip
    return found.answer(rows)


def waivers(facts: Facts, wanted: Wanted, now: datetime, open_sealed: Open | None = None) -> Answer[Waiver]:
    """Every waiver and every try to give one; whether one still stands is said for `now`. Raises as `bypasses`."""
    found = _Found(facts, wanted, _WAIVERS)
    page = found.page(now)
    rows = tuple(Waiver(ended=end, event=_WAIVERS[row["event"]], **_shared(row, open_sealed)) for row, end in page)
    return found.answer(rows)


class _Found:
    """The rows of `approvals` that are asked for, with what `happenings` holds of the same events."""

    def __init__(self, facts: Facts, wanted: Wanted, words: Mapping[str, str]) -> None:
        self._facts, self._wanted, self._words = facts, wanted.checked(facts), words
        self.table = _joined(facts)
        self._events, self._rules, self._actors = (Words.of(self.table[name]) for name in ("event", "rule", "actor"))
        mask = wanted.among(self.table) & self._events.is_any(*words)
        if wanted.rule is not None:
            mask &= self._rules.is_any(wanted.rule)
        self._rows: Ints = np.flatnonzero(mask).astype(np.int64)
        self._chosen, self._next = wanted.page(self._rows, ints(self.table["position"]))

    def page(self, now: datetime) -> Iterator[tuple[dict[str, Any], Ended | None]]:
        ends = Instants(self._facts).ends("approvals")[self._chosen]
        ended = endings(self._facts, self.table.take(pa.array(self._chosen)), ends, now)
        return zip(self.table.take(pa.array(self._chosen)).to_pylist(), ended, strict=True)

    def answer(self, rows: tuple[Any, ...]) -> Answer[Any]:
        events = [self._words[self._events.vocabulary[code]] for code in self._events.codes[self._rows].tolist()]
        rules, actors = (_texts(words, self._rows) for words in (self._rules, self._actors))
        return Answer(
            position=self._facts.position, found=len(self._rows), rows=rows, next=self._next, totals=totals(events),
            by_rule=tallies(zip(rules, events, strict=True)), by_person=tallies(zip(actors, events, strict=True)),
        )  # fmt: skip


def _texts(words: Words, rows: Ints) -> list[str]:
    return [words.vocabulary[code] for code in words.codes[rows].tolist()]


def _joined(facts: Facts) -> pa.Table:
    """Both tables have one row an event, in one order; `happenings` has those of other events besides."""
    besides, table = facts.happenings, facts.approvals
    at = {position: row for row, position in enumerate(besides["position"].to_pylist())}
    rows = pa.array([at[position] for position in table["position"].to_pylist()], pa.int64())
    for name in ("recorded_at", "owner", "on_behalf_of", "why", "reason"):
        table = table.append_column(name, besides[name].combine_chunks().take(rows))
    return table.append_column("process", process_of(facts, table))


def _shared(row: dict[str, Any], open_sealed: Open | None) -> dict[str, Any]:
    names = (
        "version", "position", "at", "recorded_at", "rule", "target", "role", "on_behalf_of", "owner", "process", "why",
        "expires_at",
    )  # fmt: skip
    said_in = "note" if row["event"] in _NOTES else "reason"
    texts = {"deal": row["deal_id"], "by": row["actor"], "reason": text_of(row, "reason", open_sealed, said_in)}
    return {name: row[name] for name in names} | texts


def _waited(facts: Facts, table: pa.Table) -> dict[int, float]:
    """By position of an answer the days since the first request that it answers."""
    asked: dict[tuple[str, str, str], dict[str, Any]] = {}
    waited: dict[int, float] = {}
    names = ["deal_id", "version", "rule", "target", "event", "at", "position", "seen_version"]
    for row in sorted([*table.select(names).to_pylist(), *_went_through(facts)], key=itemgetter("deal_id", "version")):
        about = row["deal_id"], row["rule"], row["target"]
        if row["event"] == "requested":
            asked.setdefault(about, row)
        elif row["event"] in _ENDING:
            asked = {key: each for key, each in asked.items() if not _ends(row, each)}
        elif row["event"] in _ANSWERS and (since := asked.pop(about, None)) and since["at"] and row["at"]:
            waited[row["position"]] = (row["at"] - since["at"]) / _DAY
    return waited


def _went_through(facts: Facts) -> Iterator[dict[str, Any]]:
    """The attempts that went through: each ends what was asked for its target, answered or not."""
    table = facts.attempts.filter(facts.attempts["accepted"])
    for row in table.select(["deal_id", "version", "to_stage"]).to_pylist():
        yield {"deal_id": row["deal_id"], "version": row["version"], "rule": None, "target": row["to_stage"]} | _WENT


def _ends(row: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether an attempt that went through, or a migration, ends a request."""
    if row["deal_id"] != asked["deal_id"]:
        return False
    return bool(row["target"] == asked["target"] if row["event"] == "went" else row["seen_version"] == asked["version"])
