"""What corrections change, in the words of the ledgers: which event's time, which field's value, what did not happen.

The same laws as the deal's own history (deal/effective.py). Only the deals that were corrected are gone through one by
one.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.deal import CORRECTABLE
from pipeline_engine.envelope import stored_name
from pipeline_engine.facts.arrays import Words, ints
from pipeline_engine.facts.taken import Taken
from pipeline_engine.values import microseconds

_NAMES = {kind: frozenset(map(stored_name, events)) for kind, events in CORRECTABLE.items()}


class Correction(NamedTuple):
    """A recorded correction: its row and event number, its deal's number, and what it says."""

    row: int
    event: int
    deal: int
    version: int
    kind: str
    corrects: int
    really_at: int | None


@dataclass
class Effect:
    """What corrections change: times, values by (event, field), what did not happen, and which fields each touches."""

    at: dict[int, int] = field(default_factory=dict)
    values: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)
    void: set[int] = field(default_factory=set)
    touched: dict[int, list[str]] = field(default_factory=dict)


def recorded(taken: Taken, known_at: datetime | None) -> Iterator[Correction]:
    """The corrections that were recorded by a moment, in the order of the log."""
    table = taken.tables["corrections"]
    rows = np.flatnonzero(Words.of(table["happened"]).is_any("recorded"))
    if not len(rows):
        return
    events = taken.tables["events"]
    numbers = ints(table["event"])[rows]
    if known_at is not None:
        known = ints(events["recorded_at"])[numbers] <= microseconds(known_at)
        rows, numbers = rows[known], numbers[known]
    deal, version = Words.of(events["deal"]).codes[numbers].tolist(), ints(events["version"])[numbers].tolist()
    said = table.take(pa.array(rows)).select(["kind", "corrects", "really_at"]).to_pylist()
    for number, each in enumerate(said):
        yield Correction(
            int(rows[number]), int(numbers[number]), deal[number], version[number],
            each["kind"], each["corrects"], each["really_at"],
        )  # fmt: skip


class Streams:
    """The events of some deals by their version, each with its number and name; and the fields that each touches."""

    def __init__(self, taken: Taken, deals: set[int]) -> None:
        events = taken.tables["events"]
        codes = Words.of(events["deal"]).codes
        mine = np.flatnonzero(np.isin(codes, np.array(sorted(deals), np.int64)))
        names = Words.of(events["name"])
        versions = ints(events["version"])[mine].tolist()
        self.said = ints(taken.tables["corrected"]["event"])
        self.events: dict[int, dict[int, tuple[int, str]]] = defaultdict(dict)
        for number, deal, version, name in zip(
            mine.tolist(), codes[mine].tolist(), versions, names.codes[mine].tolist(), strict=True
        ):
            self.events[deal][version] = (number, names.vocabulary[name])
        changes = taken.tables["changes"]
        rows = np.flatnonzero(np.isin(ints(changes["event"]), mine))
        self.changes: dict[int, list[dict[str, Any]]] = defaultdict(list)
        columns = ["event", "field", "kind", "integer", "currency"]
        for row, each in zip(rows.tolist(), changes.take(pa.array(rows)).select(columns).to_pylist(), strict=True):
            self.changes[each["event"]].append({**each, "row": row})

    def fields(self, event: int) -> list[str]:
        """The fields an event sets or clears; not the owner."""
        return [each["field"] for each in self.changes.get(event, ()) if not each["field"].startswith("@")]


def effect_of(corrections: list[Correction], streams: Streams, taken: Taken) -> Effect:
    """What corrections come to, taken one after the other."""
    effect = Effect()
    for each in corrections:
        _take(each, streams, effect, taken)
    return effect


def _take(correction: Correction, streams: Streams, effect: Effect, taken: Taken) -> None:
    target, name = streams.events[correction.deal].get(correction.corrects, (-1, ""))
    effect.touched[correction.row] = []
    if name not in _NAMES.get(correction.kind, ()) or correction.corrects >= correction.version:
        return
    said = _said(taken, streams, correction.event)
    fields = [] if correction.kind == "time" else streams.fields(target)
    touched = [name for name in fields if name in said or correction.kind == "void"]
    effect.touched[correction.row] = touched
    if target in effect.void:
        return
    if correction.kind == "void":
        effect.void.update((target, *_plans(correction, name, (streams, effect), taken)))
    elif correction.kind == "time" and correction.really_at is not None:
        effect.at[target] = correction.really_at
    else:
        effect.values |= {(target, each): (said[each], correction.version) for each in touched}


def _said(taken: Taken, streams: Streams, event: int) -> dict[str, int]:
    """The rows in which a correction says what fields really were."""
    first, last = np.searchsorted(streams.said, event), np.searchsorted(streams.said, event, side="right")
    names = taken.tables["corrected"]["field"].slice(first, last - first).to_pylist()
    return {name: int(first) + place for place, name in enumerate(names)}


def _plans(correction: Correction, name: str, by: tuple[Streams, Effect], taken: Taken) -> list[int]:
    """What a win had planned and that was not there yet goes with it."""
    if name != "DealWon":
        return []
    streams, effect = by
    stream = streams.events[correction.deal]
    since = [stream[version][0] for version in stream if correction.corrects < version < correction.version]
    still = pa.array([number for number in since if number not in effect.void], pa.int64())
    table = taken.tables["follow_ups"]
    rows = table.filter(pc.is_in(table["event"], value_set=still)).select(["event", "follow_up", "opened"]).to_pylist()
    there = {row["follow_up"] for row in rows if row["opened"]}
    return [row["event"] for row in rows if not row["opened"] and row["follow_up"] not in there]
