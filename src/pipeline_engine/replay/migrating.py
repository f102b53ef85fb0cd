"""Facts as they would be once open deals had gone on under another version: nothing is written.

A migration is thought to be one more event of each deal: stays and approvals have what the facts would have of it, and
a probe looks at a deal from just behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline_engine.facts import TABLES, Facts, Instants, Words, flags, ints
from pipeline_engine.process import Process, taken_over

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Key = tuple[str, int]
STRANDED = -1


@dataclass(frozen=True)
class Landings:
    """
    Where open deals go on.

    Args:
        rows: Rows of `facts.deals`.
        stage: The stage each stands in.
        place: Where the stage is in the new version in which it goes on, STRANDED where there is none.
        before: Which of `versions` each runs under.
    """

    rows: Ints
    stage: Words
    place: Ints
    before: Ints
    versions: tuple[Process, ...]
    after: Process

    @property
    def landed(self) -> Words:
        """The stage in which each goes on."""
        return Words(self.place, self.after.stage_ids)

    @property
    def mapped(self) -> Mask:
        """Those that go on in a stage of another name."""
        table = [self.after.stage_ids.index(w) if w in self.after.stage_ids else -2 for w in self.stage.vocabulary]
        same = np.array([*table, -2], np.int64)[self.stage.codes] == self.place
        return np.asarray((self.place != STRANDED) & ~same, dtype=np.bool_)


def open_deals(facts: Facts, process: str) -> tuple[Ints, Ints]:
    """Rows of `facts.deals` that are open under a process, and the version of each."""
    deals = facts.deals
    mine = Words.of(deals["status"]).is_any("open") & Words.of(deals["process"]).is_any(process)
    rows = np.flatnonzero(mine)
    return rows, ints(deals["process_version"])[rows]


def landings(facts: Facts, named: str, rows: Ints, versions: Ints, by: tuple[Process, Mapping[str, str]]) -> Landings:
    """Where these deals go on: in the stage that stands for theirs, else in the one of the same name."""
    after, mapping = by
    stage = Words.of(facts.deals["stage"]).take(rows)
    known = {stage_id: place for place, stage_id in enumerate(after.stage_ids)}
    table = [known.get(mapping.get(word, word), STRANDED) for word in stage.vocabulary]
    distinct = np.unique(versions)
    before = tuple(facts.processes[named, int(version)] for version in distinct)
    place = np.array([*table, STRANDED], np.int64)[stage.codes]
    return Landings(rows, stage, place, np.searchsorted(distinct, versions).astype(np.int64), before, after)


def ending(instants: Instants, landed: Landings) -> Ints:
    """Rows of `approvals` that stand, of deals that go on, and are not taken over: their rule is another one there."""
    facts, table = instants.facts, instants.facts.approvals
    event, rule, target = (Words.of(table[name]) for name in ("event", "rule", "target"))
    deal = facts.deal_ix("approvals")
    version = np.full(len(facts.deal_ids), -1, np.int64)
    of_deal = facts.deal_ix("deals")[landed.rows]
    goes_on = landed.place != STRANDED
    version[of_deal[goes_on]] = landed.before[goes_on]
    last = np.zeros(len(facts.deal_ids), np.int64)
    last[of_deal] = ints(facts.deals["version"])[landed.rows]
    stands = event.is_any("granted", "waived") & (version[deal] >= 0) & (instants.ends("approvals") > last[deal])
    rows = np.flatnonzero(stands)
    asked = np.stack([version[deal[rows]], rule.codes[rows], target.codes[rows]])
    distinct, group = np.unique(asked, axis=1, return_inverse=True)
    goes = np.array(
        [
            not taken_over(rule.vocabulary[r], target.vocabulary[t], landed.versions[v], landed.after)
            for v, r, t in distinct.T.tolist()
        ],
        np.bool_,
    )
    return rows[goes[group.ravel()]] if len(rows) else rows


def afterwards(instants: Instants, landed: Landings, now: int) -> tuple[Instants, Ints]:
    """The facts with the migrations thought to come, ready for probes; and the approvals that end with them."""
    facts, ends = instants.facts, ending(instants, landed)
    thought = replace(facts, stays=_stays(facts, landed, now), approvals=_approvals(facts, ends, now), _found={})
    return instants.over(thought), ends


def _stays(facts: Facts, landed: Landings, now: int) -> pa.Table:
    """With a stay of its own for every deal that goes on in a stage of another name."""
    moved = np.flatnonzero(landed.mapped)
    if not len(moved):
        return facts.stays
    rows, count = landed.rows[moved], len(moved)
    deals = facts.deals.take(pa.array(rows))
    known = {
        "deal_id": deals["deal_id"], "stage": landed.landed.take(moved).arrow(), "owner": deals["owner"],
        "process": pa.array([landed.after.name] * count), "entered": _moments(count, now),
        "entered_version": pa.array(ints(deals["version"]) + 1, pa.int32()), "basis": pa.array(["migration"] * count),
        "paused_since": _paused(deals, now), "paused_us": pa.array([0] * count), "anomaly": pa.array([False] * count),
    }  # fmt: skip
    both = pa.concat_tables([facts.stays, _table("stays", known, count)]).combine_chunks()
    deal = np.concatenate([facts.deal_ix("stays"), facts.deal_ix("deals")[rows]])
    order = np.lexsort((ints(both["entered_version"]), deal))
    return both.take(pa.array(order)).combine_chunks()


def _paused(deals: pa.Table, now: int) -> pa.Array:
    paused = flags(deals["paused"])
    return pa.array(np.full(len(paused), now, np.int64), mask=~paused).cast(TABLES["stays"].field("paused_since").type)


def _approvals(facts: Facts, ends: Ints, now: int) -> pa.Table:
    """With a row for everything that ends, as the facts would have it."""
    if not len(ends):
        return facts.approvals
    gone = facts.approvals.take(pa.array(ends))
    last = np.zeros(len(facts.deal_ids), np.int64)
    last[facts.deal_ix("deals")] = ints(facts.deals["version"])
    known = {
        "deal_id": gone["deal_id"], "event": pa.array(["ended"] * len(ends)), "seen_version": gone["version"],
        "version": pa.array(last[facts.deal_ix("approvals")[ends]] + 1, pa.int32()), "at": _moments(len(ends), now),
        "imported": pa.array([False] * len(ends)),
    }  # fmt: skip
    return pa.concat_tables([facts.approvals, _table("approvals", known, len(ends))]).combine_chunks()


def _moments(count: int, now: int) -> pa.Array:
    return pa.array(np.full(count, now, np.int64)).cast(TABLES["stays"].field("entered").type)


def _table(name: str, known: Mapping[str, pa.Array], count: int) -> pa.Table:
    """Rows of a fact table, with nulls in the columns that nobody will ask for."""
    schema = TABLES[name]
    columns = [known[f.name] if f.name in known else pa.nulls(count, f.type) for f in schema]
    made = [c.combine_chunks() if isinstance(c, pa.ChunkedArray) else c for c in columns]
    return pa.Table.from_arrays([c.cast(f.type) for c, f in zip(made, schema, strict=True)], schema=schema)
