"""What stored events add up to, pinned by digest: what a release changes in folding, reading or judging shows here.

After a golden row was added, `python -m tests.golden.folds` adds its digest.
"""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from pipeline_engine.deal import Deal, DealMoved
from pipeline_engine.engine import EVENTS
from pipeline_engine.engine.reads import DEAL
from pipeline_engine.envelope import Event, Recorded, stored_name
from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.facts import facts_of
from pipeline_engine.process import Judge
from pipeline_engine.store import IDENTITY, Draft, Row, Upcasters
from pipeline_engine.store.codec import Codec
from tests.golden.folds import CODEC, FOLDS, HERE, Digest, by_stream, digests, fold_of, recorded_digests, rows

Data = dict[str, Any]


def test_every_event_folds_to_the_recorded_digest() -> None:
    """After each event the deal, the person or the process is what it was when the digest was written down."""
    assert list(digests(by_stream(rows()))) == recorded_digests()


def test_every_kind_of_state_is_pinned_by_every_event_it_reads() -> None:
    """No event of a stream that has a state is without a digest."""
    pinned = {(digest.stream, digest.version) for digest in recorded_digests()}
    assert pinned == {(row.stream, row.version) for row in rows() if fold_of(row.stream) is not None}


def differing(made: list[Digest]) -> set[str]:
    """The names of the events at which digests part from what was recorded."""
    return {now.name for now, then in zip(made, recorded_digests(), strict=True) if now != then}


def _forgets_the_stay(deal: Deal | None, recorded: Recorded) -> Deal:
    after = DEAL.evolve(deal, recorded)
    return replace(after, entered_at=deal.entered_at) if deal and isinstance(recorded.event, DealMoved) else after


def test_control_a_fold_that_forgets_something_is_seen() -> None:
    """Control: a move that no longer begins a stay changes digests from the first move on, and none before."""
    changed = {**FOLDS, "deal": replace(DEAL, evolve=_forgets_the_stay)}
    made = list(digests(by_stream(rows()), changed))
    assert "DealMoved" in differing(made)
    first = next(n for n, (now, then) in enumerate(zip(made, recorded_digests(), strict=True)) if now != then)
    assert recorded_digests()[first].name == "DealMoved"


def test_control_a_rule_that_judges_otherwise_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: where a rule says something else of an old attempt, the attempt's line differs."""
    judged = Judge.verdict
    monkeypatch.setattr(Judge, "verdict", lambda self, number, frame: 1 - judged(self, number, frame))
    assert {"DealMoved", "MoveRefused", "OpeningRefused"} <= differing(list(digests(by_stream(rows()))))


def moved_elsewhere(kind: type[Event], name: str) -> type[Event]:
    """The class as it would be in a module of another name, under a name of its own."""
    home = ModuleType("somewhere.else_")
    fields = {"__module__": home.__name__, "STORED_AS": stored_name(kind), "__annotations__": {}}
    return type(name, (kind,), fields)


@pytest.mark.parametrize("kind", EVENTS.values(), ids=list(EVENTS))
def test_a_class_that_moved_and_was_renamed_keeps_its_stored_name(kind: type[Event]) -> None:
    """The registry maps stored names to classes: rows are read into the new class and written back the same."""
    name = stored_name(kind)
    elsewhere = moved_elsewhere(kind, "CalledOtherwise")
    codec = Codec({**EVENTS, stored_name(elsewhere): elsewhere}, IDENTITY)
    for row in (each for each in rows() if each.name == name):
        recorded = codec.decode(row)
        assert (type(recorded.event), codec.name_of(recorded.event)) == (elsewhere, row.name)
        assert codec.encode(row.stream, row.version, Draft(recorded.envelope, recorded.event)) == row.payload


def test_a_stored_name_is_not_inherited() -> None:
    """A class made from a renamed one is an event of its own, not stored under its parent's name."""
    parent = moved_elsewhere(DealMoved, "DealShifted")
    assert stored_name(parent) == "DealMoved"
    assert stored_name(type("DealLeapt", (parent,), {"__module__": __name__})) == "DealLeapt"


def test_no_row_names_a_place_in_the_code() -> None:
    """Names of modules and packages are nowhere in what is stored, so moving code breaks nothing."""
    assert b"pipeline_engine" not in (HERE / "rows.tsv").read_bytes()


def older(row: Row) -> Row:
    """A move as an imagined first release would have stored it: under another name, its stages called otherwise."""
    if row.name != "DealMoved":
        return row
    payload = row.payload.replace(b'"from_stage"', b'"left"').replace(b'"to_stage"', b'"entered"')
    return row._replace(name="StageChanged", payload=payload)


def _renamed(name: str, data: Data) -> tuple[str, Data]:
    return "DealMoved", {{"left": "from_stage", "entered": "to_stage"}.get(key, key): v for key, v in data.items()}


UPCAST = Upcasters(("StageChanged", _renamed))


def test_states_and_columns_read_an_older_shape_alike() -> None:
    """One upcaster serves the fold and the facts: both say what they say of the rows as they are stored today."""
    stored = [older(row) for row in rows()]
    codec = Codec(EVENTS, IDENTITY, UPCAST)
    assert [codec.decode(row) for row in stored] == [CODEC.decode(row) for row in rows()]
    now, then = facts_of(codec.upcasters.rows(stored)), facts_of(rows())
    assert {name: getattr(now, name) for name in TABLES} == {name: getattr(then, name) for name in TABLES}


TABLES = ("stays", "attempts", "changes", "deals", "happenings")


def test_control_columns_that_know_no_upcaster_lose_the_moves() -> None:
    """Control: read as they are stored, the older moves are events that no column understands."""
    bare = facts_of(older(row) for row in rows())
    assert bare.attempts.num_rows < facts_of(rows()).attempts.num_rows


def test_upcasting_changes_no_row() -> None:
    """What is read as of today stays stored as it was, and reading it twice says the same."""
    stored = [older(row) for row in rows()]
    before = list(stored)
    assert UPCAST.rows(stored) == UPCAST.rows(stored) == rows()
    assert stored == before


@pytest.mark.parametrize(
    "upcast",
    [
        lambda name, data: (name, {**data, "title": data["text"]}),
        lambda name, data: (name, {"heading": data["text"]}),
        lambda name, data: (name, data["nothing"]),
    ],
    ids=["copied", "renamed", "failed"],
)
def test_a_sealed_value_keeps_its_name(upcast: Callable[[str, Data], tuple[str, Data]]) -> None:
    """The name is sealed with the value: an upcaster that takes it elsewhere, or fails, makes the row unreadable."""
    steps = Upcasters(("NoteRecorded", upcast))
    note = next(row for row in rows() if row.name == "NoteRecorded")
    with pytest.raises(UnreadableEvent):
        Codec(EVENTS, IDENTITY, steps).decode(note)
    with pytest.raises(UnreadableEvent, match=f"position {note.position}"):
        facts_of(steps.rows([note]))
