"""Attempts: one row an opening, move, win, loss or reopening that was asked for, or came by import."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.facts.arrays import NOWHEN, Ints, Words, carried, flags, ints, keys, numbers, picked
from pipeline_engine.facts.columns import COUNT, SHORT, TIME
from pipeline_engine.facts.money import Worth, proposed_money
from pipeline_engine.facts.path import BEGIN, Lookup, Steps
from pipeline_engine.facts.selection import Selection
from pipeline_engine.facts.tables import ATTEMPTS


def attempts_of(
    selection: Selection, steps: Steps, owners: Lookup, worth: Worth, proposed: tuple[pa.Table, Ints]
) -> pa.Table:
    """The attempts in stream order; merges and migrations are none."""
    said_accepted = flags(steps.table["accepted"])
    row = np.flatnonzero(~steps.kind.is_any("merge", "migrate") & (steps.accepted | steps.void | ~said_accepted))
    event = steps.event[row]
    bounds = keys(steps.deal[row], selection.version[event])
    units, currency = _value(selection, steps, worth, proposed)
    columns: dict[str, pa.Array] = {
        **_where(selection, event),
        **_verdicts(steps, row),
        "kind": steps.kind.take(row).arrow(),
        "from_stage": _from(steps).take(pa.array(row)),
        "to_stage": _target(steps).take(pa.array(row)),
        "accepted": pa.array((steps.accepted | steps.void)[row]),
        "voided": pa.array(steps.void[row]),
        "basis": steps.column("basis").take(row).arrow(),
        "process": steps.process.take(row).arrow(),
        "process_version": numbers(steps.process_version[row], SHORT),
        "reason": steps.table["reason"].combine_chunks().take(pa.array(row)),
        "lost_reason": steps.column("lost_reason").take(row).arrow(),
        "owner": _owner(steps, row, owners.words("text", bounds)),
        "value": numbers(units[row], COUNT),
        "currency": currency.take(pa.array(row)),
    }
    return pa.Table.from_pydict(columns, schema=ATTEMPTS)


def _where(selection: Selection, event: Ints) -> dict[str, pa.Array]:
    events = selection.events
    return {
        "deal_id": selection.deal_ids.take(pa.array(selection.deal[event])),
        "version": numbers(selection.version[event], SHORT),
        "position": numbers(ints(events["position"])[event], COUNT),
        "at": numbers(selection.at[event], TIME),
        "recorded_at": numbers(ints(events["recorded_at"])[event], TIME),
        "actor": Words.of(events["actor"]).take(event).arrow(),
        "via": Words.of(events["via"]).take(event).arrow(),
    }


def _verdicts(steps: Steps, row: Ints) -> dict[str, pa.Array]:
    return {
        "digest": steps.column("digest").take(row).arrow(),
        "judged_at": numbers(ints(steps.table["judged_at"])[row], SHORT),
        "codes": steps.column("codes").take(row).arrow(),
        "now": numbers(ints(steps.table["now"])[row], TIME),
        "context": steps.table["context"].combine_chunks().take(pa.array(row)),
    }


def _from(steps: Steps) -> pa.Array:
    """The stage before; a reopening does not say it, so there it is the stage of the latest stay."""
    said = steps.column("from_stage").arrow()
    begins = steps.accepted & steps.kind.is_any(*BEGIN)
    latest = carried(begins)
    before = np.where(np.arange(len(latest)) > 0, np.roll(latest, 1), -1)
    same = picked(steps.deal, before, np.int64(-1)) == steps.deal
    stood = steps.to_stage.take(np.where(same & steps.kind.is_any("reopen"), before, -1)).arrow()
    return pc.coalesce(said, stood)


def _target(steps: Steps) -> pa.Array:
    reopen = pa.array(steps.kind.is_any("reopen"))
    return pc.if_else(reopen, "reopen", steps.to_stage.arrow())


def _owner(steps: Steps, row: Ints, known: pa.Array) -> pa.Array:
    opening = pa.array(steps.kind.take(row).is_any("open"))
    return pc.if_else(opening, steps.column("owner").take(row).arrow(), known)


def _value(selection: Selection, steps: Steps, worth: Worth, proposed: tuple[pa.Table, Ints]) -> tuple[Ints, pa.Array]:
    """A win's own amount, else what a refused opening proposed, else the value field's latest."""
    own, own_currency = ints(steps.table["value"]), steps.column("currency")
    asked, asked_currency = proposed_money(selection, steps, worth.fields, *proposed)
    known, known_currency = worth.at(keys(steps.deal, selection.version[steps.event]))
    refused_opening = steps.kind.is_any("open") & ~steps.accepted & ~steps.void
    rest = np.where(refused_opening, asked, known)
    currency = pc.if_else(pa.array(refused_opening), asked_currency.arrow(), known_currency.arrow())
    units = np.where(own != NOWHEN, own, rest)
    return units, pc.coalesce(own_currency.arrow(), currency)
