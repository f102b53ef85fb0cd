"""What is decided about views that follow the log: who let one go on without an event, and why, is in the log."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_engine.engine import EVENTS, Engine
from pipeline_engine.errors import BadValue
from pipeline_engine.store import FOLLOWING_STREAM, Store, ViewReleased, open_store

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
LIMITED = """
process: few
currency: EUR
stages: [{id: lead}, {id: offer, enter: [{owner_deals_at_most: 3}]}]
outcomes: {lost: {reasons: [price]}}
"""
SPOIL = """INSERT INTO stored_events (originator_id, originator_version, recorded_at, topic, state)
    SELECT originator_id, max(originator_version) + 1, max(recorded_at), 'DealMoved', '{}'
    FROM stored_events WHERE originator_id = 'deal:D-2'"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store that a counting rule asked once, and in which an event of `D-2` is none of ours."""
    store = open_store(f"sqlite:///{tmp_path}/sales.db", clock=lambda: MONDAY, events=EVENTS)
    engine = Engine(store, lambda: MONDAY)
    engine.publish_text(LIMITED, "few.yaml", by="ops-1")
    for deal in ("D-1", "D-2"):
        engine.open_deal(deal, process="few", owner="rep-03", by="rep-03")
    engine.move("D-1", to="offer", by="rep-03")
    with closing(sqlite3.connect(tmp_path / "sales.db")) as raw, raw:
        raw.execute(SPOIL)
    return store


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    """An engine on it, whose view has put that event aside."""
    with Engine(store, lambda: MONDAY) as engine:
        engine._follower_of("holdings").catch_up()
        assert [each.stream for each in engine.parked("holdings")] == ["deal:D-2"]
        yield engine


def test_that_a_view_goes_on_without_an_event_is_an_event(engine: Engine, store: Store) -> None:
    """Which event, what was wrong with it, who let it go and why."""
    (aside,) = engine.parked("holdings")
    assert engine.release("holdings", "deal:D-2", "never was a deal", by="ops-1") == []
    (recorded,) = store.events(FOLLOWING_STREAM)
    said = recorded.event
    assert isinstance(said, ViewReleased)
    assert (said.view, said.stream, said.version, said.position) == ("holdings", "deal:D-2", 2, aside.position)
    assert (said.wrong, said.reason.value, recorded.envelope.actor) == (aside.why, "never was a deal", "ops-1")


def test_asked_twice_it_is_let_go_once(engine: Engine, store: Store) -> None:
    """The same id is answered by what was done first, although nothing is put aside any more."""
    for _ in range(2):
        assert engine.release("holdings", "deal:D-2", "never was a deal", by="ops-1", command_id="c-1") == []
    assert len(store.events(FOLLOWING_STREAM)) == 1


def test_what_is_not_let_go_is_not_recorded(engine: Engine, store: Store) -> None:
    """Nothing is aside of that stream, no reason, nobody who asks, no such view: no event, and what is aside stays."""
    for stream, reason, by in (("deal:D-1", "why", "ops-1"), ("deal:D-2", " ", "ops-1"), ("deal:D-2", "why", None)):
        with pytest.raises(BadValue):
            engine.release("holdings", stream, reason, by=by)
    with pytest.raises(BadValue, match="one of: holdings"):
        engine.release("nothing", "deal:D-2", "why", by="ops-1")
    assert (store.events(FOLLOWING_STREAM), len(engine.parked("holdings"))) == ([], 1)


def test_made_anew_a_view_tries_what_it_was_let_off(engine: Engine) -> None:
    """Who let it go did so for the tables of then; the event is still in the log, and still not readable."""
    engine.release("holdings", "deal:D-2", "never was a deal", by="ops-1")
    engine.rebuild_view("holdings")
    assert [each.stream for each in engine.parked("holdings")] == ["deal:D-2"]
