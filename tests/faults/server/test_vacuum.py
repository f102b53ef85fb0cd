"""Commands go on while the server tidies up: VACUUM, ANALYZE and the making of an index beside them make nobody wait.

They hold a lock on the table that a table lock of the writers would wait for; an advisory lock does not.
"""

import sys
from collections.abc import Callable, Iterator
from threading import Event, Thread
from time import perf_counter

import psycopg
import pytest

from pipeline_engine.store import Store, StreamAppend
from tests.store.given import Counted, ask, draft

TIDYING = (
    "VACUUM stored_events",
    "ANALYZE stored_events",
    "VACUUM (FREEZE, ANALYZE) stored_events",
    "CREATE INDEX CONCURRENTLY tried ON stored_events (recorded_at)",
    "DROP INDEX CONCURRENTLY tried",
)
DEAD_ROWS = """INSERT INTO stored_events
    SELECT 'deal:dead', n, 'Counted', repeat('x', 200)::bytea, 1000000000 + n, 0 FROM generate_series(1, %s) AS n"""


@pytest.fixture
def raw(postgres_database: str) -> Iterator[psycopg.Connection]:
    """A plain connection to the database."""
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        yield connection


def test_a_command_does_not_wait_for_who_tidies_up(
    postgres_database: str, raw: psycopg.Connection, opened: Callable[..., Store]
) -> None:
    """With the lock held that VACUUM, ANALYZE and a concurrent index hold, commands and batches go through."""
    store = opened(f"{postgres_database}?lock_timeout=1")
    ask(store, "c-1")
    with raw.transaction():
        raw.execute("LOCK TABLE stored_events, command_log IN SHARE UPDATE EXCLUSIVE MODE")
        assert [ask(store, f"c-{number}").first for number in range(2, 12)] == list(range(2, 12))
        assert store.append_many([StreamAppend("deal:B-1", 0, (draft(Counted()),))]) == 12


def test_control_the_table_lock_of_the_library_waits(
    postgres_database: str, raw: psycopg.Connection, opened: Callable[..., Store]
) -> None:
    """Control: the table lock that the library's own writer takes is not to be had meanwhile."""
    opened(postgres_database)
    with raw.transaction(), psycopg.connect(postgres_database, autocommit=True) as other:
        raw.execute("LOCK TABLE stored_events IN SHARE UPDATE EXCLUSIVE MODE")
        other.execute("SET lock_timeout = '200ms'")
        with other.transaction(), pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("LOCK TABLE stored_events IN EXCLUSIVE MODE")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rounds", "events", "worst_seconds"), [(1, 50_000, 2.0), pytest.param(3, 1_000_000, 0.25, marks=pytest.mark.soak)]
)
def test_the_longest_write_while_the_server_tidies_up(
    postgres_database: str, raw: psycopg.Connection, opened: Callable[..., Store],
    rounds: int, events: int, worst_seconds: float,
) -> None:  # fmt: skip
    """A server that tidies up a log with dead rows in it holds up no command for long."""
    store, done, took = opened(postgres_database), Event(), list[float]()
    for first in range(0, events, 10_000):
        store.append_many([StreamAppend(f"deal:B-{first}", 0, (draft(Counted()),) * 10_000)])

    def write() -> None:
        while not done.is_set():
            began = perf_counter()
            ask(store, f"c-{len(took)}", stream=f"deal:S-{len(took) % 100}")
            took.append(perf_counter() - began)

    writing = Thread(target=write)
    writing.start()
    try:
        for _ in range(rounds):
            with raw.transaction(force_rollback=True):
                raw.execute(DEAD_ROWS, (events // 20,))
            for statement in TIDYING:
                raw.execute(statement)
    finally:
        done.set()
        writing.join()
    ordered = sorted(took)
    sys.stdout.write(f"{len(took)} writes, median {ordered[len(took) // 2]:.4f} s, worst {ordered[-1]:.4f} s\n")
    assert len(took) > 5
    assert ordered[-1] <= worst_seconds
