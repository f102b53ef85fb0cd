"""Happenings: what an auditor asks for and no other table holds in full, one row an event."""

import pyarrow as pa

from pipeline_engine.facts.arrays import Ints, Words, ints, numbers
from pipeline_engine.facts.columns import COUNT, SHORT, TIME
from pipeline_engine.facts.path import Lookup
from pipeline_engine.facts.selection import Selection
from pipeline_engine.facts.tables import HAPPENINGS


def happenings_of(selection: Selection, owners: Lookup, rows: pa.Table, event: Ints) -> pa.Table:
    """The table, from the rows of the ledger and the event of each."""
    events = selection.events
    columns: dict[str, pa.Array] = {
        "deal_id": selection.deal_ids.take(pa.array(selection.deal[event])),
        "version": numbers(selection.version[event], SHORT),
        "position": numbers(ints(events["position"])[event], COUNT),
        "at": numbers(selection.at[event], TIME),
        "recorded_at": numbers(ints(events["recorded_at"])[event], TIME),
        "actor": Words.of(events["actor"]).take(event).arrow(),
        "via": Words.of(events["via"]).take(event).arrow(),
        "owner": owners.words("text", selection.keys(event)),
        "event": Words.of(rows["name"]).arrow(),
        **{name: Words.of(rows[name]).arrow() for name in ("on_behalf_of", "why")},
        **{name: rows[name].combine_chunks() for name in ("reason", "detail")},
    }
    return pa.Table.from_pydict(columns, schema=HAPPENINGS)
