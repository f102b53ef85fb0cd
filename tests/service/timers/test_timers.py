"""Somebody keeps time beside a service: punctually, one of several, through outages, and stops when asked."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest

from pipeline_engine.engine import Engine
from pipeline_engine.engine.keeper import LEASE_SECONDS
from pipeline_engine.errors import StoreUnreachable
from pipeline_engine.service.timers import Timers
from pipeline_engine.store import Standing
from tests.service.timers.given import Office, announcements

PATIENCE = 10.0
SPOIL = """INSERT INTO stored_events (originator_id, originator_version, recorded_at, topic, state)
    SELECT originator_id, max(originator_version) + 1, max(recorded_at), 'DealMoved', '{}'
    FROM stored_events WHERE originator_id = 'deal:D'"""


def until(holds: Callable[[], bool]) -> bool:
    """Wait until something holds, for a while; whether it does."""
    end = monotonic() + PATIENCE
    while not holds() and monotonic() < end:
        sleep(0.02)
    return holds()


def seen(office: Office, number: int) -> bool:
    """Whether time has said so much of the deal."""
    return len(announcements(office.engine, "deal:D")) == number


def standing(office: Office) -> Standing | None:
    """How the timekeeper stands by the books."""
    return next((each for each in office.engine.standings() if each.name == "timers"), None)


@pytest.fixture
def office(lasting_url: str) -> Iterator[Office]:
    """A store with a deal, on each database."""
    office = Office.opened(lasting_url)
    with office.engine:
        yield office.open()


def test_what_comes_due_is_said_while_it_runs(office: Office) -> None:
    """Without anybody asking: when its moment comes, and when an event makes something due at once."""
    with Timers(office.engine) as timers:
        assert until(lambda: timers.health().ok)
        assert seen(office, 0)
        office.clock.on(5)
        assert until(lambda: seen(office, 1))
        office.ask("approve", "D", "big", by="boss", expires_at=office.clock.now.replace(minute=1))
        office.clock.now = office.clock.now.replace(minute=2)
        assert until(lambda: seen(office, 2))
        assert until(lambda: (found := standing(office)) is not None and found.lag == 0)


def test_it_stops_at_once_and_nobody_misses_it(office: Office) -> None:
    """Within two seconds; the books show that it was stopped, and the lease is free."""
    with Timers(office.engine) as timers:
        assert until(lambda: (found := standing(office)) is not None and found.beat_at is not None)
        begin = monotonic()
        timers.stop()
    assert monotonic() - begin < 2
    found = standing(office)
    assert found is not None
    assert (found.beat_at, found.stalled(office.clock.now)) == (None, False)
    assert office.engine._store.lease("timers", "other", office.clock).holder() is None


def test_of_two_one_keeps_time_and_the_other_takes_over(office: Office) -> None:
    """The second waits, in good health; the first stops, and what comes due after is said."""
    first = Timers(office.engine)
    with first, Timers(office.engine) as second:
        assert until(lambda: first.health().ok and second.health().ok)
        first.stop()
        office.clock.on(5)
        assert until(lambda: seen(office, 1))


def test_whoever_falls_silent_is_taken_over_from(office: Office) -> None:
    """A keeper that was killed gave nothing back: its lease ends by itself."""
    assert office.engine._store.lease("timers", "killed", office.clock).take(LEASE_SECONDS)
    with Timers(office.engine) as timers:
        assert until(lambda: timers.health().ok)
        sleep(0.1)
        assert standing(office) is None
        office.clock.on(5)
        assert until(lambda: seen(office, 1))


def test_it_survives_an_outage_of_the_store(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the store cannot be reached it says so and tries again; then it goes on, and says what came due."""
    store, out = office.engine._store, Event()
    read = store.rows_as_readable

    def rows(*given: Any) -> Any:
        if out.is_set():
            raise StoreUnreachable("nobody answers")
        return read(*given)

    monkeypatch.setattr(store, "rows_as_readable", rows)
    with Timers(office.engine) as timers:
        assert until(lambda: timers.health().ok)
        out.set()
        assert until(lambda: not timers.health().ok)
        assert "nobody answers" in str(timers.health().why)
        office.clock.on(5)
        out.clear()
        assert until(lambda: seen(office, 1))
        assert until(lambda: timers.health().ok)


def test_a_deal_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    """Of a deal with an event that is none of ours nothing is said; of the others everything, before and after."""
    office = Office.opened(f"sqlite:///{tmp_path}/sales.db").open("D", "E")
    with office.engine, closing(sqlite3.connect(tmp_path / "sales.db")) as raw:
        office.engine.ring()
        with raw:
            raw.execute(SPOIL)
        again = Engine.open(f"sqlite:///{tmp_path}/sales.db", clock=office.clock, clock_name="test")
        office.clock.on(5)
        with again:
            assert [due.stream for due in again.ring().recorded] == ["deal:E"]
        office.clock.on(6)
        assert [due.stream for due in office.engine.ring().recorded] == ["deal:E"]
