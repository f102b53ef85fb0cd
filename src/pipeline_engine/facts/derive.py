"""From ledgers to facts: everything that is known at one instant, derived in one pass."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline_engine.facts import tables
from pipeline_engine.facts.arrays import NOWHEN, Ints, Words, flags, ints, numbers
from pipeline_engine.facts.attempts import attempts_of
from pipeline_engine.facts.columns import COUNT, SHORT, TIME
from pipeline_engine.facts.corrected import corrected
from pipeline_engine.facts.deals import deals_of
from pipeline_engine.facts.handoffs import handoffs_of
from pipeline_engine.facts.happenings import happenings_of
from pipeline_engine.facts.intake import OWNER, Intake
from pipeline_engine.facts.money import Worth
from pipeline_engine.facts.path import Lookup, Processes, path_of, steps_of
from pipeline_engine.facts.pauses import pauses_of, stay_pauses
from pipeline_engine.facts.selection import Selection, select
from pipeline_engine.facts.stays import stays_of
from pipeline_engine.facts.taken import Taken

# Tables whose rows are those of the ledger of the same name.
_SINGLE_FACTS = (
    "activities", "approvals", "contacts", "documents", "items", "follow_ups", "corrections", "announcements",
)  # fmt: skip


def derive(
    taken: Intake, processes: Processes, as_of: datetime | None, known_at: datetime | None
) -> tuple[dict[str, pa.Table], Selection]:
    """All fact tables by name, and the selection of events they rest on."""
    return derived_of(corrected(Taken.of(taken), processes, known_at), processes, as_of, known_at)


def derived_of(
    intake: Taken, processes: Processes, as_of: datetime | None, known_at: datetime | None
) -> tuple[dict[str, pa.Table], Selection]:
    """The same, of ledgers in which corrections have taken effect."""
    selection = select(intake, as_of, known_at)
    changes, changed = selection.rows(intake.changes.table())
    proposed, proposing = selection.rows(intake.proposed.table())
    steps = steps_of(selection, intake.steps.table())
    path = path_of(steps, processes)
    waited, waiting = selection.rows(intake.pauses.table())
    pauses = pauses_of(selection, waited, waiting)
    stood = stay_pauses(selection, path, pauses, waiting)
    owners = Lookup(selection, changes, changed, Words.of(changes["field"]).is_any(OWNER))
    worth = Worth(selection, steps, processes, changes, changed)
    derived = {
        "deals": deals_of(selection, steps, path, stood, (owners, worth)),
        "stays": stays_of(selection, steps, path, owners, stood),
        "pauses": pauses,
        "attempts": attempts_of(selection, steps, owners, worth, (proposed, proposing)),
        "handoffs": handoffs_of(selection, *selection.rows(intake.handoffs.table()), owners),
        "changes": _facts(selection, "changes", changes, changed),
        "proposed": _facts(selection, "proposed", proposed, proposing),
    }
    for name in _SINGLE_FACTS:
        derived[name] = _facts(selection, name, *selection.rows(getattr(intake, name).table()))
    derived["happenings"] = happenings_of(selection, owners, *selection.rows(intake.happenings.table()))
    return derived, selection


def _facts(selection: Selection, name: str, rows: pa.Table, event: Ints) -> pa.Table:
    """A table of single facts: where and when from the events, the rest as the ledger has it."""
    schema = tables.TABLES[name]
    columns: Mapping[str, Any] = {
        **_where(selection, event),
        **{c: rows[c].combine_chunks() for c in rows.column_names},
    }
    if name in ("approvals", "corrections"):
        columns = {**columns, "event": columns["happened"]}
    if "corrected_by" in schema.names and "corrected_by" not in columns:
        columns = {**columns, "corrected_by": pa.nulls(len(rows), SHORT)}
    made = {field.name: _cast(columns[field.name], field.type) for field in schema}
    return pa.Table.from_pydict(made, schema=schema)


def _cast(column: Any, kind: pa.DataType) -> pa.Array:
    return column if column.type == kind else column.cast(kind)


def _where(selection: Selection, event: Ints) -> dict[str, pa.Array]:
    events = selection.events
    imported = flags(events["imported"])[event]
    at, noted = selection.at[event], ints(events["source_at"])[event]
    known = np.where(imported, np.where(noted != NOWHEN, noted, at), NOWHEN)
    return {
        "deal_id": selection.deal_ids.take(pa.array(selection.deal[event])),
        "version": numbers(selection.version[event], SHORT),
        "position": numbers(ints(events["position"])[event], COUNT),
        "at": numbers(at, TIME),
        "known_at": numbers(known, TIME),
        "actor": Words.of(events["actor"]).take(event).arrow(),
        "imported": pa.array(imported),
    }
