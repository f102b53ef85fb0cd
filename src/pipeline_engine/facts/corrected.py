"""Ledgers as they stand by the corrections known at one instant: values and times as they really were.

Without corrections nothing is touched or copied.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.facts.arrays import NOWHEN, Ints, Words, ints
from pipeline_engine.facts.arrays import numbers as numbered
from pipeline_engine.facts.effect import Effect, Streams, effect_of, recorded
from pipeline_engine.facts.path import Processes
from pipeline_engine.facts.taken import Taken


def corrected(taken: Taken, processes: Processes, known_at: datetime | None) -> Taken:
    """The ledgers with every correction in effect that was recorded by then."""
    found = list(recorded(taken, known_at))
    if not found:
        return taken
    streams = Streams(taken, {each.deal for each in found})
    effect = effect_of(found, streams, taken)
    tables = {**taken.tables, "events": _timed(taken.tables["events"], effect.at)}
    tables["changes"] = _valued(taken, effect)
    tables["corrections"] = _touching(taken.tables["corrections"], effect.touched)
    tables["steps"] = _won_at(tables, (streams, effect), processes)
    void = taken.void.copy()
    void[list(effect.void)] = True
    return Taken(tables, void)


def _timed(events: pa.Table, at: Mapping[int, int]) -> pa.Table:
    if not at:
        return events
    numbers, moments = np.array(list(at), np.int64), np.array(list(at.values()), np.int64)
    times = ints(events["at"]).copy()
    times[numbers] = moments
    known = np.asarray(pc.is_valid(events["at"].combine_chunks()).to_numpy(zero_copy_only=False))
    known[numbers] = True
    precision = Words.of(events["precision"])
    words = list(dict.fromkeys((*precision.vocabulary, "instant")))
    codes = precision.codes.copy()
    codes[numbers] = words.index("instant")
    schema = events.schema
    events = _with(events, "at", pa.array(times, mask=~known).cast(schema.field("at").type))
    return _with(events, "precision", Words(codes, words).arrow().dictionary_encode())


def _with(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)


def _valued(taken: Taken, effect: Effect) -> pa.Table:
    """The changes with what corrections say in their place, and which correction says it."""
    changes, said = taken.tables["changes"], taken.tables["corrected"]
    rows, by = np.arange(changes.num_rows), np.full(changes.num_rows, -1, np.int64)
    for place, (row, version) in _places(changes, effect):
        rows[place], by[place] = changes.num_rows + row, version
    both = pa.concat_tables([changes, said]).unify_dictionaries().take(pa.array(rows)).combine_chunks()
    both = _with(both, "event", changes["event"].combine_chunks())
    return both.append_column("corrected_by", pa.array(by, mask=by < 0).cast(pa.int32()))


def _places(changes: pa.Table, effect: Effect) -> Iterator[tuple[int, tuple[int, int]]]:
    """The rows of the changes that are corrected, each with the row and the version of what is said instead."""
    numbers, names = ints(changes["event"]), changes["field"].combine_chunks()
    for (event, name), said in effect.values.items():
        first, last = np.searchsorted(numbers, event), np.searchsorted(numbers, event, side="right")
        yield from ((place, said) for place in range(int(first), int(last)) if names[place].as_py() == name)


def _touching(corrections: pa.Table, touched: Mapping[int, list[str]]) -> pa.Table:
    """The corrections with the fields that each of those in effect touches."""
    fields = corrections["fields"].to_pylist()
    for row, names in touched.items():
        fields[row] = names
    return _with(corrections, "fields", pa.array(fields, corrections.schema.field("fields").type))


def _won_at(tables: Mapping[str, pa.Table], by: tuple[Streams, Effect], processes: Processes) -> pa.Table:
    """The steps with what a deal was won at: where that was what its value field said, what the field says now."""
    steps, numbers = tables["steps"], ints(tables["steps"]["event"])
    units, currency = ints(steps["value"]).copy(), Words.of(steps["currency"])
    words, codes, changed = list(currency.vocabulary), currency.codes.copy(), False
    for deal in by[0].events:
        for event, before, now in _wins(deal, tables, by, (numbers, processes)):
            row = int(np.searchsorted(numbers, event))
            said = (int(units[row]), words[codes[row]]) if codes[row] >= 0 else _NOTHING
            if said == before != now and before != _NOTHING:
                changed, words = True, list(dict.fromkeys((*words, *([now[1]] if now[1] else []))))
                units[row] = NOWHEN if now[0] is None else now[0]
                codes[row] = -1 if now[1] is None else words.index(now[1])
    if not changed:
        return steps
    steps = _with(steps, "value", numbered(units, pa.int64()))
    return _with(steps, "currency", Words(codes, words).arrow().dictionary_encode())


_Worth = tuple[int | None, str | None]
_NOTHING: _Worth = (None, None)


def _wins(
    deal: int, tables: Mapping[str, pa.Table], by: tuple[Streams, Effect], known: tuple[Ints, Processes]
) -> Iterator[tuple[int, _Worth, _Worth]]:
    """Each win of a deal, with what its value field said then before and by the corrections."""
    streams, effect = by
    stream = [streams.events[deal][version] for version in sorted(streams.events[deal])]
    if not any(name == "DealWon" for _, name in stream):
        return
    before, now = dict[str, _Worth](), dict[str, _Worth]()
    field: str | None = None
    for event, name in stream:
        if name in ("DealOpened", "DealMigrated"):
            field = _value_field(event, tables["steps"], known)
        if name == "DealWon" and field is not None:
            yield event, before.get(field, _NOTHING), now.get(field, _NOTHING)
        for change in streams.changes.get(event, ()):
            before[change["field"]] = _money(change)
            if event not in effect.void:
                now[change["field"]] = _corrected_money(change, tables["corrected"], effect)


def _value_field(event: int, steps: pa.Table, known: tuple[Ints, Processes]) -> str | None:
    """The value field of the process that an opening or a migration leads to."""
    row = int(np.searchsorted(known[0], event))
    process = known[1].get((steps["process"][row].as_py(), steps["process_version"][row].as_py()))
    return process.value if process else None


def _money(change: Mapping[str, Any]) -> _Worth:
    return (change["integer"], change["currency"]) if change["kind"] == "money" else _NOTHING


def _corrected_money(change: Mapping[str, Any], said: pa.Table, effect: Effect) -> _Worth:
    corrected_by = effect.values.get((change["event"], change["field"]))
    return _money(change if corrected_by is None else said.slice(corrected_by[0], 1).to_pylist()[0])
