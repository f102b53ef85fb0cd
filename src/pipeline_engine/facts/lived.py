"""The facts as they were lived: at each version of a deal what was known then, corrections only from where they stand.

What the gate had before it at an attempt is the history as it was recorded by then. So a deal that was corrected is
there several times: once as it is known now, and once for the time before each correction, as far as it went then.
Without corrections these are the facts as they are.
"""

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.facts.arrays import NOWHEN, Ints, Words, ints, keys
from pipeline_engine.facts.effect import recorded
from pipeline_engine.facts.snapshot import Lived
from pipeline_engine.facts.tables import TABLES
from pipeline_engine.facts.taken import Taken

_APART = "\x1f"  # stands in no deal's id


class Span(NamedTuple):
    """From which version, and up to which, a deal is what was known; and from when to when, NOWHEN at the ends."""

    start: int
    end: int
    since: int
    until: int


_ALWAYS = Span(0, 2**31 - 1, int(NOWHEN), int(NOWHEN))


def read_apart(taken: Taken) -> tuple[Taken, dict[str, Span]]:
    """
    The ledgers with every corrected deal once more for each time before a correction.

    Returns:
        Them, and for each such deal, by its name here, where it is what was known.
    """
    events = taken.tables["events"]
    deals, versions, times = Words.of(events["deal"]), ints(events["version"]), ints(events["recorded_at"])
    cuts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for each in recorded(taken, None):
        cuts[each.deal].append((each.version, int(times[each.event])))
    spans: dict[str, Span] = {}
    rows, names = [np.zeros(0, np.int64)], list[str]()
    for deal, ends in cuts.items():
        name, mine = deals.vocabulary[deal], np.flatnonzero(deals.codes == deal)
        begin = (_ALWAYS.start, _ALWAYS.since)
        for number, ((start, since), (end, until)) in enumerate(zip([begin, *ends], ends, strict=False)):
            spans[f"{name}{_APART}{number:06d}"] = Span(start, end, since, until)
            rows.append(mine[versions[mine] < end])
            names += [f"{name}{_APART}{number:06d}"] * len(rows[-1])
        spans[name] = Span(ends[-1][0], _ALWAYS.end, ends[-1][1], _ALWAYS.until)
    return _with_copies(taken, np.concatenate(rows), names), spans


def _with_copies(taken: Taken, rows: Ints, names: list[str]) -> Taken:
    """The ledgers with some events once more, for deals of other names."""
    tables, events = dict[str, pa.Table](), taken.tables["events"]
    copies = events.take(pa.array(rows)).set_column(0, "deal", pa.array(names, pa.string()).dictionary_encode())
    tables["events"] = _joined(events, copies)
    for name, table in taken.tables.items():
        if name != "events":
            numbers = ints(table["event"])
            first, last = np.searchsorted(numbers, rows), np.searchsorted(numbers, rows, side="right")
            sizes = last - first
            new = np.repeat(np.arange(len(rows)) + events.num_rows, sizes)
            within = np.arange(len(new)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            again = table.take(pa.array(np.repeat(first, sizes) + within)).set_column(0, "event", pa.array(new))
            tables[name] = _joined(table, again)
    return Taken(tables, np.zeros(tables["events"].num_rows, np.bool_))


def _joined(table: pa.Table, copies: pa.Table) -> pa.Table:
    return pa.concat_tables([table, copies.cast(table.schema)]).unify_dictionaries().combine_chunks()


def named_again(
    tables: dict[str, pa.Table], deal_ids: pa.StringArray, spans: dict[str, Span]
) -> tuple[dict[str, Any], dict[str, Ints]]:
    """
    The tables under the true names of their deals, and the index of each row's deal.

    Returns:
        Arguments for `Facts`, and per table the indices.
    """
    here = deal_ids.to_pylist()
    true = [name.partition(_APART)[0] for name in here]
    places = {name: place for place, name in enumerate(here)}
    bounds = np.array([spans.get(name, _ALWAYS) for name in here], np.int64).reshape(-1, 4)
    real = np.array([places[name] for name in true], np.int64)
    found = {name: _index(tables[name], deal_ids) for name in TABLES}
    names = pa.array(true, pa.string())
    named = {
        name: table.set_column(0, table.schema.field(0), names.take(pa.array(found[name])))
        for name, table in tables.items()
    }
    version = ints(tables["attempts"]["version"])
    start, end = bounds[found["attempts"], :2].T if len(version) else (version, version)
    rows = np.flatnonzero((version >= start) & (version < end))
    order = np.argsort(keys(real[found["attempts"][rows]], version[rows]), kind="stable")
    start, end, since, until = bounds.T
    lived = Lived(real, start, end, since, until, rows[order])
    return {**named, "deal_ids": names, "lived": lived}, found


def _index(table: pa.Table, deal_ids: pa.StringArray) -> Ints:
    found = pc.index_in(table["deal_id"].combine_chunks(), value_set=deal_ids)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
