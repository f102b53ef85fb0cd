"""Somebody reads on by position beside eight writers that take their time and change their minds: nothing is missed.

A position is drawn under the writers' lock, which is held until the commit; the control's writers draw theirs before.
"""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from random import Random
from threading import Event
from time import sleep

import pytest
from eventsourcing.persistence import StoredEvent

from pipeline_engine.store import Store
from pipeline_engine.store.log import Append, Command, NewRow
from pipeline_engine.store.postgres import PostgresLog
from tests.faults.server.orders import everything, gaps

WRITERS = 8
LONGEST_DELAY = 0.004


class ChangedItsMind(Exception):
    """A writer that rolls back."""


def write_locked(store: Store, stream: str, events: int, chance: Random) -> None:
    """Append so many events in transactions that take their time, of which one in five is rolled back."""
    version = 0
    while version < events:
        size = min(chance.choice([1, 1, 5, 30, 60]), events - version)
        batch = [StoredEvent(stream, version + nth, "Counted", b"") for nth in range(1, size + 1)]
        if size == 1 and chance.random() < 0.5:
            command = Command(f"{stream}/{version}", "d", stream, version + 1, version + 1, 0)
            store._log.append(batch, Append(command, {stream: version}))
            version += 1
        else:
            version += _dawdle(store, batch, version, chance)


def _dawdle(store: Store, batch: list[StoredEvent], version: int, chance: Random) -> int:
    try:
        with store._log.exclusive():
            store._log.append_many(map(NewRow.of, batch), {str(batch[0].originator_id): version})
            sleep(chance.uniform(0, LONGEST_DELAY))
            if chance.random() < 0.2:
                raise ChangedItsMind
    except ChangedItsMind:
        return 0
    return len(batch)


def write_unlocked(store: Store, stream: str, events: int, chance: Random) -> None:
    """The same events from a writer that draws its position first and asks for no lock."""
    draw = _unlocked_postgres if isinstance(store._log, PostgresLog) else _unlocked_sqlite
    for version in range(1, events + 1):
        draw(store, stream, version, chance.uniform(0, LONGEST_DELAY))


def _unlocked_postgres(store: Store, stream: str, version: int, delay: float) -> None:
    with store._log.server.get_connection() as connection, connection.transaction():  # type: ignore[attr-defined]  # below it
        connection.execute("INSERT INTO stored_events VALUES (%s, %s, 'Counted', '', default, 0)", (stream, version))
        sleep(delay)


_drawn = count(1_000_000)


def _unlocked_sqlite(store: Store, stream: str, version: int, delay: float) -> None:
    # SQLite itself lets one in at a time, so that only a position from elsewhere can be drawn too early.
    position = next(_drawn)
    sleep(delay)
    with sqlite3.connect(store._log.file.path, timeout=30) as connection:  # type: ignore[attr-defined]  # below it
        row = (position, stream, version, 0, "Counted", b"")
        connection.execute(
            "INSERT INTO stored_events (position, originator_id, originator_version, recorded_at, topic, state)"
            " VALUES (?, ?, ?, ?, ?, ?)", row,
        )  # fmt: skip
    connection.close()


Write = Callable[[Store, str, int, Random], None]


def missed(url: str, opened: Callable[..., Store], write: Write, events: int, seed: int) -> list[int]:
    """The positions that somebody who reads on never saw while the writers wrote that many events."""
    stores, reader, done = [opened(url) for _ in range(WRITERS)], opened(url), Event()

    def tail() -> list[int]:
        seen: list[int] = []
        last_look = False
        while not last_look:
            last_look = done.is_set()
            while rows := reader.rows(seen[-1] if seen else 0, 500):
                seen += [row.position for row in rows]
            sleep(0.0005)
        return seen

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        tailing = threads.submit(tail)
        writing = [
            threads.submit(write, store, f"deal:W-{nth}", events // WRITERS, Random(f"{seed}/{nth}"))
            for nth, store in enumerate(stores)
        ]
        try:
            for one in writing:
                one.result()
        finally:
            done.set()
        seen = tailing.result()
    rows = everything(reader)
    assert len(rows) == events // WRITERS * WRITERS
    assert gaps(rows) == []
    assert seen == sorted(set(seen))
    return sorted({row.position for row in rows} - set(seen))


@pytest.mark.slow
@pytest.mark.parametrize("events", [10_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_who_reads_on_beside_writers_that_dawdle_misses_nothing(
    lasting_url: str, opened: Callable[..., Store], seed: int, events: int
) -> None:
    """Every event is seen once and in order, while eight writers wait before they commit, or roll back."""
    assert missed(lasting_url, opened, write_locked, events, seed) == []


def test_control_beside_writers_that_draw_before_the_lock_events_are_missed(
    lasting_url: str, opened: Callable[..., Store], seed: int
) -> None:
    """Control: where positions are drawn before the lock, the same reader never sees some of the events."""
    assert missed(lasting_url, opened, write_unlocked, 400, seed) != []
