"""Every change of a stage that no gate was asked for, with what the gate would have said at that moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.audit.answer import Answer, tallies, totals
from pipeline_engine.audit.other_ways import migrated_and_voided
from pipeline_engine.audit.sealed import text_of
from pipeline_engine.audit.wanted import Ints, Mask, Wanted
from pipeline_engine.facts import Facts, Open, Words, ints
from pipeline_engine.values import microseconds

Would = Literal["passed", "refused", "unknown", "not asked"]
WOULD: tuple[Would, ...] = ("passed", "refused", "unknown", "not asked")
NOT_ASKED = WOULD.index("not asked")
COLUMNS = (
    "deal_id", "version", "position", "at", "recorded_at", "kind", "from_stage", "to_stage", "basis", "actor", "via",
    "owner", "process", "process_version", "reason",
)  # fmt: skip


class Said(Protocol):
    """What the gate would have said of attempts that asked none; see `replay.GateThen`."""

    @property
    def table(self) -> pa.Table:
        """The attempts, as they were known when they were made."""

    @property
    def would(self) -> Any:
        """Per attempt a place in WOULD."""

    @property
    def place(self) -> Ints:
        """Per rule in the way its attempt, ascending."""

    @property
    def rule(self) -> Words:
        """Its id."""

    @property
    def fails(self) -> Mask:
        """Whether it says no; else it cannot say."""

    @property
    def because(self) -> Words:
        """What is missing, where it cannot say."""


@dataclass(frozen=True, slots=True)
class CannotSay:
    """A rule that could not be judged, and what it reads that was not there; without a rule, `stages` or `process`."""

    rule: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bypass:
    """
    One event past the gate.

    Args:
        kind: open, move, win, lose, reopen, migrate, or void (a correction took it back).
        basis: By what right: source, migration or correction.
        process: The deal's version then, `name@version`.
        would: What the gate would have said; `not asked` of what no gate judges.
        refused_by: The rules that say no; `cannot_say` those that could not be judged.
        source: Of what another system did: which one, and in `key` its own name for it.
    """

    deal: str
    version: int
    position: int
    at: datetime | None
    recorded_at: datetime
    kind: str
    from_stage: str | None
    to_stage: str | None
    basis: str
    by: str
    via: str
    owner: str | None
    process: str | None
    reason: str | None
    would: Would
    refused_by: tuple[str, ...]
    cannot_say: tuple[CannotSay, ...]
    source: str | None = None
    key: str | None = None


def bypasses(facts: Facts, said: Said, wanted: Wanted, open_sealed: Open | None = None) -> Answer[Bypass]:
    """
    The bypass ledger.

    Raises:
        UnknownDeal, UnknownProcess, UnknownRule: What is asked for is not there.
    """
    wanted.checked(facts)
    table, would = _together(facts, said)
    mask = wanted.among(table)
    if facts.known_at is not None:
        mask &= ints(table["recorded_at"]) <= microseconds(facts.known_at)
    if wanted.rule is not None:
        mask &= _of_rule(said, wanted.rule, table.num_rows)
    rows = np.flatnonzero(mask)
    chosen, after = wanted.page(rows, ints(table["position"]))
    actors, words = Words.of(table["actor"]), [WOULD[code] for code in would[rows].tolist()]
    return Answer(
        position=facts.position, found=len(rows), next=after, totals=totals(words),
        rows=tuple(_bypass(row, WOULD[would[place]], said, place, open_sealed) for place, row in _rows(table, chosen)),
        by_rule=tallies(_by_rule(said, mask)),
        by_person=tallies(zip((actors.vocabulary[code] for code in actors.codes[rows].tolist()), words, strict=True)),
    )  # fmt: skip


def _together(facts: Facts, said: Said) -> tuple[pa.Table, Ints]:
    """What was judged first, in the order of `said`, then what no gate judges; and the word of each."""
    judged = said.table.select(COLUMNS)
    others = migrated_and_voided(facts)
    fresh = pc.invert(pc.is_in(others["position"], value_set=judged["position"].combine_chunks()))
    others = others.filter(fresh).select(COLUMNS)
    would = np.concatenate([said.would.astype(np.int64), np.full(others.num_rows, NOT_ASKED, np.int64)])
    return pa.concat_tables([judged, others]).combine_chunks(), would


def _of_rule(said: Said, rule: str, count: int) -> Mask:
    mask = np.zeros(count, np.bool_)
    mask[said.place[said.rule.is_any(rule)]] = True
    return mask


def _by_rule(said: Said, mask: Mask) -> Iterator[tuple[str | None, str]]:
    asked = mask[said.place] & (said.rule.codes >= 0)
    for code, fails in zip(said.rule.codes[asked].tolist(), said.fails[asked].tolist(), strict=True):
        yield said.rule.vocabulary[code], "refused" if fails else "unknown"


def _rows(table: pa.Table, chosen: Ints) -> Iterator[tuple[int, dict[str, Any]]]:
    return zip(chosen.tolist(), table.take(pa.array(chosen)).to_pylist(), strict=True)


def _bypass(row: dict[str, Any], would: Would, said: Said, place: int, open_sealed: Open | None) -> Bypass:
    rules = list(_rules(said, place))
    name = "note" if row["kind"] == "lose" else "reason"
    return Bypass(
        deal=row["deal_id"], by=row["actor"], would=would,
        process=f"{row['process']}@{row['process_version']}" if row["process"] else None,
        reason=text_of(row, "reason", open_sealed, name),
        refused_by=tuple(rule for rule, fails, _ in rules if fails and rule is not None),
        cannot_say=tuple(CannotSay(rule, missing) for rule, fails, missing in rules if not fails),
        **{column: row[column] for column in _AS_THEY_ARE},
    )  # fmt: skip


_AS_THEY_ARE = (
    "version", "position", "at", "recorded_at", "kind", "from_stage", "to_stage", "basis", "via", "owner",
)  # fmt: skip


def _rules(said: Said, place: int) -> Iterator[tuple[str | None, bool, tuple[str, ...]]]:
    begin, end = np.searchsorted(said.place, [place, place + 1]).tolist()
    for row in range(begin, end):
        code, because = int(said.rule.codes[row]), said.because.vocabulary[int(said.because.codes[row])]
        yield said.rule.vocabulary[code] if code >= 0 else None, bool(said.fails[row]), tuple(because.split())
