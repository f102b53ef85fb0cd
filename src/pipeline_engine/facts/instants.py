"""How deals stood at any of their versions: what a rule reads, for a million probes at once.

instants = Instants(facts)
probes = instants.at_attempts()
amount = instants.value_before("amount", probes, clock="known_at")      # Values: one a probe
meetings = instants.count("activities", probes, kind="meeting")
given = instants.slices("approvals", probes)                            # rows of facts.approvals
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline_engine.facts.arrays import NOWHEN, Ints, Words, flags, ints, keys, last_within, picked
from pipeline_engine.facts.index import Clock, Index, Probes, Slices
from pipeline_engine.facts.pauses import PausedTime
from pipeline_engine.facts.snapshot import Facts
from pipeline_engine.facts.standing import contact_ends, grant_ends, tick_ends
from pipeline_engine.facts.values_before import FieldValues, Items, Open, Values

_KIND_COLUMN = {
    "activities": "kind", "approvals": "event", "contacts": "role", "documents": "name", "items": "item",
}  # fmt: skip
_EVIDENCE = ("changes", "activities", "approvals", "contacts", "documents", "items", "corrections")


class Instants:
    """
    The facts made ready for probes; indices are made when first asked for and kept. For one thread at a time.

    Args:
        open_sealed: Opens personal values; without it they stay sealed text.
    """

    def __init__(self, facts: Facts, open_sealed: Open | None = None) -> None:
        self.facts = facts
        self.changes: pa.Table = pa.concat_tables([facts.changes, facts.proposed]).combine_chunks()
        self._open = open_sealed
        self._fields = Words.of(self.changes["field"])
        self._values: dict[str, FieldValues] = {}
        self._indices: dict[tuple[str, str], Index] = {}
        self._ends: dict[str, Ints] = {}
        self._placed: dict[str, tuple[Ints, Ints, Ints]] = {}

    def over(self, facts: Facts) -> "Instants":
        """The same over facts that differ, but not in `changes`: values that were opened are not opened again."""
        made = Instants(facts, self._open)
        made._values = self._values
        return made

    def at_attempts(self) -> Probes:
        """
        One probe a row of `attempts`: what the gate had before it.

        An opening is judged with its own fields: an accepted one is probed just after itself, a refused one
        reads what it proposed. The owner of an opening stands in `attempts`.
        """
        attempts = self.facts.attempts
        opening = Words.of(attempts["kind"]).is_any("open")
        accepted, version = flags(attempts["accepted"]), ints(attempts["version"])
        return Probes(
            deal=self.facts.deal_ix("attempts"),
            version=version + (opening & accepted),
            at=ints(attempts["at"]),
            proposal=np.where(opening & ~accepted, version, -1),
        )

    def value_before(self, field: str, probes: Probes, clock: Clock = "version") -> Values:
        """The field as it was last set or cleared; `@owner` is the owner."""
        return self._of_field(field).at(self._last_change(field, probes, clock))

    def items_before(self, field: str, probes: Probes, clock: Clock = "version") -> Items:
        """The choices of a field of many; a single text is a list of one."""
        return self._of_field(field).items(self._last_change(field, probes, clock))

    def count(self, table: str, probes: Probes, clock: Clock = "version", *, kind: str = "") -> Ints:
        """Rows of one of the tables of `_KIND_COLUMN` that count: of one kind, event, role, …, or of all."""
        return np.where(probes.proposal < 0, self._index(table, kind).count(probes, clock), 0)

    def slices(self, table: str, probes: Probes, clock: Clock = "version", *, kind: str = "") -> Slices:
        """The same rows themselves; approvals, contacts and items also those that no longer stand (see `ends`)."""
        found = self._index(table, kind).slices(probes, clock)
        return Slices(found.offsets, np.where(probes.proposal < 0, found.sizes, 0), found.rows)

    def ends(self, table: str) -> Ints:
        """
        Per row of approvals, contacts or items the version that ended it, FOREVER without, 0 where it grants,
        links or ticks nothing.

        A row stands before version v where v ≤ its end.
        """
        if table not in self._ends:
            made = {"approvals": grant_ends, "items": tick_ends}.get(table)
            self._ends[table] = made(self.facts) if made else self._contact_ends()
        return self._ends[table]

    def stay_before(self, probes: Probes) -> Ints:
        """Row in `stays` of the stay begun last before each version, over or not; -1 before the opening."""
        stays = self.facts.stays
        entered = keys(self.facts.deal_ix("stays"), ints(stays["entered_version"]))
        found = last_within(entered, keys(probes.deal, probes.version))
        return np.where(probes.proposal < 0, found, -1)

    def deal_row(self, probes: Probes) -> Ints:
        """Row in `deals`; -1 where the deal was never opened."""
        return self.deal_rows()[probes.deal]

    def deal_rows(self) -> Ints:
        """Per deal its row in `deals`; -1 where it was never opened."""
        rows = np.full(len(self.facts.deal_ids), -1, np.int64)
        rows[self.facts.deal_ix("deals")] = np.arange(self.facts.deals.num_rows)
        return rows

    @cached_property
    def paused(self) -> PausedTime:
        """How long deals had waited on purpose, by any moment and before any version."""
        return PausedTime(self.facts.pauses, self.facts.deal_ix("pauses"))

    def evidence(self) -> Probes:
        """
        The moments at which something that a rule may read became known, in stream order.

        Those are changes, activities, approvals, contacts, documents, items and corrections. Each is a probe just after
        itself, at the time it was known (imported) or happened (our own); one an event.
        """
        parts = [self._place(table) for table in _EVIDENCE]
        deal, version, known = (np.concatenate([part[i] for part in parts]) for i in range(3))
        happened = np.concatenate([ints(self.facts.table(table)["at"]) for table in _EVIDENCE])
        _, first = np.unique(keys(deal, version), return_index=True)
        at = np.where(known == NOWHEN, happened, known)
        first = self._as_lived(deal, version, first)
        return Probes.of(deal[first], version[first] + 1, at[first])

    def after(self, evidence: Probes, probes: Probes) -> Slices:
        """Per probe the rows of `evidence()` at or after its version."""
        there, here = self._real(evidence.deal), self._real(probes.deal)
        marks = keys(there, evidence.version)
        begin = np.searchsorted(marks, keys(here, probes.version), side="right")
        end = np.searchsorted(marks, keys(here + 1, np.zeros(len(here), np.int64)))
        return Slices(begin.astype(np.int64), (end - begin).astype(np.int64), np.arange(len(marks)))

    def _real(self, deal: Ints) -> Ints:
        """The deals as they are known now."""
        return deal if self.facts.lived is None else self.facts.lived.real[deal]

    def _as_lived(self, deal: Ints, version: Ints, rows: Ints) -> Ints:
        """Of some rows those that were known just then, by deal as it is known now, then version."""
        lived = self.facts.lived
        if lived is None:
            return rows
        mine, at = deal[rows], version[rows]
        kept = rows[(at >= lived.start[mine]) & (at < lived.end[mine])]
        return kept[np.argsort(keys(lived.real[deal[kept]], version[kept]), kind="stable")]

    def _place(self, table: str) -> tuple[Ints, Ints, Ints]:
        """Deal, version and known time of every row of a table."""
        if table not in self._placed:
            rows = self.facts.table(table)
            self._placed[table] = (self.facts.deal_ix(table), ints(rows["version"]), ints(rows["known_at"]))
        return self._placed[table]

    def _index(self, table: str, kind: str) -> Index:
        if (table, kind) not in self._indices:
            column = "field" if table in ("changes", "proposed") else _KIND_COLUMN[table]
            rows = np.flatnonzero(Words.of(self.facts.table(table)[column]).is_any(kind)) if kind else None
            self._indices[table, kind] = Index(*self._place(table), rows)
        return self._indices[table, kind]

    def _of_field(self, field: str) -> FieldValues:
        if field not in self._values:
            rows = np.flatnonzero(self._fields.is_any(field))
            self._values[field] = FieldValues(self.changes, rows, self._open)
        return self._values[field]

    def _last_change(self, field: str, probes: Probes, clock: Clock) -> Ints:
        row = self._index("changes", field).last(probes, clock)
        if not (probes.proposal >= 0).any():
            return row
        asked = Probes.of(probes.deal, probes.proposal + 1, probes.at)
        found = self._index("proposed", field).last(asked, "version")
        mine = picked(self._place("proposed")[1], found, np.int64(-1)) == probes.proposal
        proposed = np.where(mine & (found >= 0), found + self.facts.changes.num_rows, -1)
        return np.where(probes.proposal >= 0, proposed, row)

    def _contact_ends(self) -> Ints:
        # Names are opened only where somebody was unlinked, so that there is something to compare.
        if self._open is None or flags(self.facts.contacts["linked"]).all():
            return contact_ends(self.facts)
        rows = self.facts.contacts.select(["contact", "deal_id", "version", "role", "linked"]).to_pylist()
        who = [self._open(r["contact"], f"deal:{r['deal_id']}", r["version"], "contact") for r in rows]
        return contact_ends(self.facts, pa.array(_told_apart(rows, who), pa.string()))


def _told_apart(rows: Sequence[Mapping[str, Any]], who: Sequence[str | None]) -> list[str]:
    """Names as they were opened; one whose key is gone is its sealed text, and ends the oldest such in its role."""
    erased: dict[tuple[str, str], deque[str]] = defaultdict(deque)
    told = list[str]()
    for row, name in zip(rows, who, strict=True):
        there = erased[row["deal_id"], row["role"]]
        if name is None and row["linked"]:
            there.append(row["contact"])
        elif name is None and there:
            name = there.popleft()
        told.append(name or row["contact"])
    return told
