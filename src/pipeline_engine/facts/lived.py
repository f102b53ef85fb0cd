"""The facts as they were lived: at each version of a deal what was known then, corrections only from where they stand.

What the gate had before it at an attempt is the history as it was recorded by then. So a deal that was corrected is
there several times: once as it is known now, and once for the time before each correction, as far as it went then.
Without corrections these are the facts as they are.
"""

from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.facts.arrays import Ints, Words, ints, keys
from pipeline_engine.facts.effect import recorded
from pipeline_engine.facts.snapshot import Lived
from pipeline_engine.facts.tables import TABLES
from pipeline_engine.facts.taken import Taken

_APART = "\x1f"  # stands in no deal's id


def read_apart(taken: Taken) -> tuple[Taken, dict[str, tuple[int, int]]]:
    """
    The ledgers with every corrected deal once more for each time before a correction.

    Returns:
        Them, and for each such deal, by its name here, the versions from which and up to which it is what was known.
    """
    cuts: dict[int, list[int]] = defaultdict(list)
    for each in recorded(taken, None):
        cuts[each.deal].append(each.version)
    spans: dict[str, tuple[int, int]] = {}
    events = taken.tables["events"]
    deals, versions = Words.of(events["deal"]), ints(events["version"])
    rows, names = [np.zeros(0, np.int64)], list[str]()
    for deal, ends in cuts.items():
        name, mine = deals.vocabulary[deal], np.flatnonzero(deals.codes == deal)
        for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            spans[f"{name}{_APART}{number:06d}"] = (start, end)
            rows.append(mine[versions[mine] < end])
            names += [f"{name}{_APART}{number:06d}"] * len(rows[-1])
        spans[name] = (ends[-1], 2**31 - 1)
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
    tables: dict[str, pa.Table], deal_ids: pa.StringArray, spans: dict[str, tuple[int, int]]
) -> tuple[dict[str, Any], dict[str, Ints]]:
    """
    The tables under the true names of their deals, and the index of each row's deal.

    Returns:
        Arguments for `Facts`, and per table the indices.
    """
    here = deal_ids.to_pylist()
    true = [name.partition(_APART)[0] for name in here]
    places = {name: place for place, name in enumerate(here)}
    bounds = np.array([spans.get(name, (0, 2**31 - 1)) for name in here], np.int64).reshape(-1, 2)
    real = np.array([places[name] for name in true], np.int64)
    found = {name: _index(tables[name], deal_ids) for name in TABLES}
    names = pa.array(true, pa.string())
    named = {
        name: table.set_column(0, table.schema.field(0), names.take(pa.array(found[name])))
        for name, table in tables.items()
    }
    version = ints(tables["attempts"]["version"])
    start, end = bounds[found["attempts"]].T if len(version) else (version, version)
    rows = np.flatnonzero((version >= start) & (version < end))
    order = np.argsort(keys(real[found["attempts"][rows]], version[rows]), kind="stable")
    lived = Lived(real, bounds[:, 0], bounds[:, 1], rows[order])
    return {**named, "deal_ids": names, "lived": lived}, found


def _index(table: pa.Table, deal_ids: pa.StringArray) -> Ints:
    found = pc.index_in(table["deal_id"].combine_chunks(), value_set=deal_ids)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
