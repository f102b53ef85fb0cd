"""Several who keep time, killed ones, and people who move deals meanwhile: everything is said once, nobody is refused.

The control keeps time without looking at what was said and without ids of its own making: it must say things twice.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from pipeline_engine.deal import DealOpened, Due, announcement
from pipeline_engine.engine import Engine, timekeeping
from pipeline_engine.envelope import Envelope
from pipeline_engine.store import Decision, Draft, Request, StreamAppend
from tests.service.timers.given import MONDAY, Clock, Office, announcements

IN_CI, IN_SOAK = 25, 2_000
Opened = Callable[..., Office]


@pytest.fixture
def opened(lasting_url: str) -> Iterator[Opened]:
    """Engines with stores of their own on one database."""
    with ExitStack() as stack:

        def open_one(clock: Clock | None = None) -> Office:
            office = Office.opened(lasting_url, clock)
            stack.enter_context(office.engine)
            return office

        yield open_one


def put(office: Office, number: int) -> None:
    """So many deals in the first stage."""
    envelope = Envelope(at=MONDAY, actor="rep", command_id="given")
    opening = DealOpened(process="timed", version=1, stage="lead", owner="rep", basis="source")
    office.engine._store.append_many(
        [StreamAppend(f"deal:D-{n}", 0, (Draft(envelope, opening),)) for n in range(number)]
    )


def said(engine: Engine, number: int) -> Counter[tuple[int, str, datetime | None]]:
    """How often each thing was said of each deal."""
    return Counter(
        (n, type(each.event).__name__ + getattr(each.event, "rule", ""), each.envelope.at)
        for n in range(number)
        for each in announcements(engine, f"deal:D-{n}")
    )


def at_once(offices: list[Office]) -> None:
    """All ring at the same time until nothing is due."""
    start = Barrier(len(offices))

    def rings(office: Office) -> None:
        start.wait()
        while office.engine.ring(20).more:
            pass

    with ThreadPoolExecutor(len(offices)) as pool:
        list(pool.map(rings, offices))


def two_keepers(opened: Opened, number: int) -> None:
    """Two keepers, each with a store of its own, and everything four times due: said once each."""
    first = opened()
    put(first, number)
    second = opened(first.clock)
    first.clock.on(9)
    at_once([first, second])
    counted = said(first.engine, number)
    assert (len(counted), set(counted.values())) == (4 * number, {1})


def test_two_who_keep_time_say_everything_once(opened: Opened) -> None:
    """0 of 100 said twice, on each database."""
    two_keepers(opened, IN_CI)


@pytest.mark.soak
def test_two_who_keep_time_say_everything_once_in_many_deals(opened: Opened) -> None:
    """The same of 8,000."""
    two_keepers(opened, IN_SOAK)


def _heedless(engine: Engine, due: Due, state: Any) -> Decision:
    """Announces without a look at what was announced."""
    law = engine._timetable.law(state)
    envelope = Envelope(at=due.at, actor="timekeeper", via="timer", command_id=uuid4().hex)
    return Decision((Draft(envelope, announcement(due, state, law)),))


def _by_chance(due: Due) -> Request:
    """An id that nobody else would come to."""
    return Request(uuid4().hex, "0" * 64)


def turn_by_turn(one: Office, other: Office) -> None:
    """Both have seen that something is due before either of them says so."""
    for office in (one, other):
        office.engine._timetable.catch_up()
    dues = [due for due in one.engine.coming_due() if due.at <= one.clock.now]
    for due in dues:
        for office in (one, other):
            office.engine._announced(due)


def test_either_guard_alone_keeps_things_from_being_said_twice(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the look at what was said, the id alone tells; without the id, the look alone does."""
    first = opened()
    put(first, 5)
    second = opened(first.clock)
    first.clock.on(5)
    monkeypatch.setattr(Engine, "_decided", _heedless)
    turn_by_turn(first, second)
    assert set(said(first.engine, 5).values()) == {1}
    monkeypatch.undo()
    monkeypatch.setattr(timekeeping, "_request", _by_chance)
    first.clock.on(6)
    turn_by_turn(first, second)
    assert set(said(first.engine, 5).values()) == {1}


def test_control_without_both_guards_things_are_said_twice(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: neither a look at what was said nor an id that comes of it: each is said by both."""
    first = opened()
    put(first, 5)
    second = opened(first.clock)
    first.clock.on(5)
    monkeypatch.setattr(Engine, "_decided", _heedless)
    monkeypatch.setattr(timekeeping, "_request", _by_chance)
    turn_by_turn(first, second)
    assert set(said(first.engine, 5).values()) == {2}


def test_whoever_moves_a_deal_is_never_refused_because_of_time(opened: Opened) -> None:
    """A keeper announces while people write in the same deals: every command goes through, nothing is said twice."""
    first = opened()
    put(first, IN_CI)
    other = opened(first.clock)
    first.clock.on(9)
    start = Barrier(2)

    def writes() -> list[bool]:
        start.wait()
        return [first.engine.log(f"D-{n}", "call", by="rep").accepted for n in range(IN_CI) for _ in range(2)]

    def rings() -> None:
        start.wait()
        while other.engine.ring(5).more:
            pass

    with ThreadPoolExecutor(2) as pool:
        wrote, rang = pool.submit(writes), pool.submit(rings)
        rang.result()
        assert wrote.result() == [True] * (2 * IN_CI)
    other.engine.ring()
    assert set(said(first.engine, IN_CI).values()) == {1}


def test_stopped_midway_the_next_one_goes_on(opened: Opened) -> None:
    """Whoever comes after a keeper that was stopped says the rest, once."""
    first = opened()
    put(first, 10)
    first.clock.on(9)
    assert len(first.engine.ring(7).recorded) == 7
    next_one = opened(first.clock)
    assert next_one.engine.ring().recorded != ()
    counted = said(first.engine, 10)
    assert (len(counted), set(counted.values())) == (40, {1})


def test_a_clock_that_is_set_back_says_nothing_again(opened: Opened) -> None:
    """An hour back nothing is due that was not, and what was said stays said; an hour forward it goes on."""
    office = opened()
    put(office, 3)
    office.clock.on(5)
    office.engine.ring()
    office.clock.on(5 - 1 / 24)
    assert office.engine.ring().recorded == ()
    office.clock.on(5 + 1 / 24)
    assert office.engine.ring().recorded == ()
    office.clock.on(6)
    assert len(office.engine.ring().recorded) == 3
    positions = [row.recorded_at for row in office.engine.store_rows()]
    assert positions == sorted(positions)


_RINGS = """
import sys
from datetime import datetime
from pipeline_engine.engine import Engine
now = datetime.fromisoformat(sys.argv[2])
with Engine.open(sys.argv[1], clock=lambda: now, clock_name="test") as engine:
    while True:
        rung = engine.ring(3)
        print(len(rung.recorded), flush=True)
        if not rung.more:
            break
"""


@pytest.mark.slow
def test_killed_between_batches_nothing_is_lost_or_said_twice(opened: Opened, lasting_url: str) -> None:
    """Keepers are killed with -9 one after the other while they announce; the last one says what is left."""
    number = 20
    office = opened()
    put(office, number)
    office.clock.on(9)
    killed = 0
    for batches in (1, 3):
        with killable(lasting_url, office.clock.now) as keeper:
            assert keeper.stdout is not None
            for _ in range(batches):
                keeper.stdout.readline()
            keeper.send_signal(signal.SIGKILL)
            killed += keeper.wait() == -signal.SIGKILL
    assert killed == 2
    while office.engine.ring().more:
        pass
    counted = said(office.engine, number)
    assert (len(counted), set(counted.values())) == (4 * number, {1})


def killable(url: str, now: datetime) -> "subprocess.Popen[str]":
    """Somebody who keeps time in a process of their own."""
    command = [sys.executable, "-c", _RINGS, url, now.isoformat()]
    source = str(Path(timekeeping.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": source}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
