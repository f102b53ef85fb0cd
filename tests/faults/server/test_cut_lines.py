"""Lines that are cut, that go nowhere, or that lead to a server which must not be used any more.

Every call returns or raises within a bounded time, and what is true is found when the line is back.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from threading import Thread
from time import monotonic
from typing import TypeVar

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from pipeline_engine.errors import PipelineError, StoreUnreachable
from pipeline_engine.store import Decision, Reader, Request, Store, StreamAppend
from pipeline_engine.store.log import Append
from tests.faults.server.orders import Order, order, place, wrongs
from tests.faults.server.wire import Wire
from tests.faults.server.writers import Writers
from tests.store.given import COUNT, Counted, Meddled, appending, ask, draft, store_at

pytestmark = pytest.mark.slow

R = TypeVar("R")
ANSWER = 1  # second, where it is 40 by itself
BOUND = 2 * ANSWER + 4.0  # two calls without an answer, a connection that is tried in vain, two busy cores


@pytest.fixture
def briefly(wire: Wire, impatient: None) -> str:
    """The wire's URL, with short waits for answers and for connections."""
    return f"{wire.through}&lock_timeout=1&answer_timeout={ANSWER}"


@pytest.fixture
def raw(postgres_database: str) -> Iterator[psycopg.Connection]:
    """A plain connection to the database, by no wire."""
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        yield connection


KILL = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'pipeline_engine' AND (%s OR random() < 0.5)"""


def test_connections_that_are_cut_under_load_cost_nothing(
    postgres_database: str, raw: psycopg.Connection, opened: Callable[..., Store], seed: int
) -> None:
    """The server ends connections again and again, whatever they do: each order is told, and there once."""
    stores = [opened(postgres_database) for _ in range(3)]
    writers = Writers(stores, f"w{seed}")
    try:
        for _ in range(20):
            raw.execute(KILL, (False,))
            writers.wait_for(3)
    finally:
        writers.stop()
    assert writers.failed == []
    assert wrongs(stores[0], writers.asked, writers.told) == []


def test_idle_connections_that_are_dropped_are_not_noticed(wire: Wire, opened: Callable[..., Store]) -> None:
    """A firewall that forgets idle connections is no error: the next command goes over new ones."""
    store = opened(wire.through)
    for number in range(3):
        assert ask(store, f"c-{number}").first == number + 1
        wire.cut()
    assert store.load("deal:D-1", COUNT) == (3, 3)


def cut_while_alone(wire: Wire, raw: psycopg.Connection, times: int) -> Callable[..., Decision]:
    """A decision in whose middle its own connection is ended, the first times."""
    seen: list[int] = []

    def on(state: int | None, version: int, reader: Reader) -> Decision:
        seen.append(version)
        if len(seen) <= times:
            raw.execute(KILL, (True,))
        return Decision((draft(Counted()),))

    return on


def test_a_decision_whose_connection_is_cut_is_made_anew(
    wire: Wire, raw: psycopg.Connection, opened: Callable[..., Store]
) -> None:
    """Cut while other writers are kept out, nothing is there yet: it is decided again as if nothing had been."""
    store = opened(wire.through)
    receipt = store.transact("deal:D-1", Request("c-1", "d"), COUNT, cut_while_alone(wire, raw, 2), alone=True)
    assert (receipt.first, receipt.last, store.position()) == (1, 1, 1)


CALLS: dict[str, Callable[[Store], object]] = {
    "a command": lambda store: ask(store, "late"),
    "a command that keeps others out": lambda store: store.transact(
        "deal:D-1", Request("late", "d"), COUNT, appending(Counted(), command_id="late"), alone=True
    ),
    "several at once": lambda store: place(
        store, next(filter(lambda one: len(one.streams) > 1, map(_order, range(99))))
    ),
    "a batch": lambda store: store.append_many([StreamAppend("deal:B-1", 0, (draft(Counted()),))]),
    "a load": lambda store: store.load("deal:D-1", COUNT),
    "the log": lambda store: store.rows(0, 10),
    "the position": Store.position,
    "a receipt": lambda store: store.receipt("c-1"),
    "streams": lambda store: list(store.streams("deal:")),
}


def _order(number: int) -> Order:
    return order("late", number)


def soon(call: Callable[[], R]) -> R:
    """What a call returns once the line is back: new connections are tried every few seconds."""
    until = monotonic() + 10
    while True:
        try:
            return call()
        except StoreUnreachable:
            if monotonic() > until:
                raise


def how_it_ended(call: Callable[[Store], object], store: Store) -> tuple[type | None, bool]:
    """What a call raised, and whether it took no longer than it may."""
    began = monotonic()
    try:
        call(store)
    except PipelineError as error:
        return type(error), monotonic() - began < BOUND
    return None, monotonic() - began < BOUND


def test_a_line_that_goes_nowhere_is_told_in_time(wire: Wire, briefly: str, opened: Callable[..., Store]) -> None:
    """A server that takes requests and never answers is out of reach after a bounded time; then all is as it was."""
    store = opened(briefly)
    ask(store, "c-1")
    wire.dead = True
    with ThreadPoolExecutor(len(CALLS)) as threads:
        ended = dict(zip(CALLS, threads.map(lambda call: how_it_ended(call, store), CALLS.values()), strict=True))
    assert ended == dict.fromkeys(CALLS, (StoreUnreachable, True))
    wire.dead = False
    wire.cut()
    assert soon(lambda: ask(store, "c-2").first) == 2


def test_of_many_dead_lines_one_is_waited_for(wire: Wire, briefly: str, opened: Callable[..., Store]) -> None:
    """Where many connections are idle on a line that died, a call tries one of them and not one after the other."""
    store = opened(briefly)
    with ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(store._log.server.get_connection())  # type: ignore[attr-defined]  # the log below
    wire.dead = True
    assert how_it_ended(CALLS["a command that keeps others out"], store) == (StoreUnreachable, True)


class Dies(Meddled):
    """A log whose line goes nowhere from the first append on."""

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Asked of nobody."""
        self.wire.dead = True
        return self.log.append(events, append)

    wire: Wire


def test_a_command_in_whose_middle_the_line_dies_is_told_as_not_known(wire: Wire, briefly: str) -> None:
    """Whoever asked is told that it is not known whether it was recorded, and what to do; asked again, it is found."""
    log = Dies(briefly)
    log.wire = wire
    store = log.store()
    with pytest.raises(StoreUnreachable, match="ask again with the same id"):
        ask(store, "c-1")
    wire.dead = False
    wire.cut()
    assert soon(lambda: log.log.command("c-1")) is None
    log.close()


def test_a_line_that_goes_nowhere_is_told_when_a_store_is_opened(wire: Wire) -> None:
    """Also the first connection is waited for no longer than it takes."""
    wire.dead = True
    began = monotonic()
    with pytest.raises(StoreUnreachable):
        store_at(f"{wire.through}&connect_timeout=2")
    assert monotonic() - began < 2 + BOUND


def test_control_without_the_clock_a_dead_line_is_waited_for(
    wire: Wire, briefly: str, opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: where nobody looks at the clock, the same call is still waiting long after it should have ended."""
    monkeypatch.setattr("pipeline_engine.store.postgres_line._no_longer_than", lambda seconds, gen: gen)
    store = opened(briefly)
    ask(store, "c-1")
    wire.dead = True
    waiting = Thread(target=lambda: _quietly(store.position))
    waiting.start()
    waiting.join(2 * ANSWER + 1)
    assert waiting.is_alive()
    wire.dead = False
    wire.cut()
    waiting.join()


def _quietly(call: Callable[[], object]) -> None:
    with suppress(PipelineError):
        call()
