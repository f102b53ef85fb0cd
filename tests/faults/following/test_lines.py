"""Row 9: the line of whoever follows the log is cut, ended by the server or goes nowhere, while a writer goes on.

Nothing is restarted: the follower comes back by itself, the view is what a replay from nothing makes, and each event is
in it once. The control forgets that a reply which was lost may have been a yes, and must be found out.
"""

from collections.abc import Callable
from random import Random
from threading import Timer
from time import sleep

import psycopg
import pytest

from pipeline_engine.store import Runner, Store, StoredFollower
from pipeline_engine.store.following import runner as running
from tests.faults.following.given import Busy, Careless, follower_of, seconds_until, wrongs
from tests.faults.server.wire import Fault, Wire

pytestmark = pytest.mark.slow
BACK_SECONDS = 30
A_WHILE = 0.3
DEAD_SECONDS = 2.0  # more than an answer is waited for
END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = ANY (%s)"


def cut(wire: Wire, raw: psycopg.Connection, chance: Random) -> None:
    """Both ends are gone at once."""
    wire.cut()


def ended(wire: Wire, raw: psycopg.Connection, chance: Random) -> None:
    """The server ends the connections, whatever they do."""
    with wire._lock:
        ports = [ends.server.getsockname()[1] for ends in wire._ends if ends.server.fileno() >= 0]
    raw.execute(END, (ports,))


def broken_off(wire: Wire, raw: psycopg.Connection, chance: Random) -> None:
    """One of the next requests does not arrive, or its answer does not come back, or only its first bytes."""
    wire.arm(Fault(chance.randrange(1, 12), answered=chance.random() < 0.7, kept_bytes=chance.choice([0, 3])))


def dead(wire: Wire, raw: psycopg.Connection, chance: Random) -> None:
    """Nothing comes through for a while, and nobody is told; then the line is another one."""
    wire.dead = True
    sleep(chance.uniform(0, 1.5))
    revived(wire)


def revived(wire: Wire) -> None:
    """What hung is cut; others can be made."""
    wire.dead = False
    wire.cut()


WAYS = [cut, ended, ended, broken_off, broken_off, broken_off, dead]


def come_back(follower: StoredFollower, position: int) -> bool:
    """Whether it gets past a position in time."""
    return seconds_until(lambda: follower.standing().position > position, BACK_SECONDS) < BACK_SECONDS


def after_faults(
    wire: Wire, stores: tuple[Store, Store], rounds: int, seed: int, kind: type[StoredFollower] = StoredFollower
) -> list[str]:
    """What is wrong with the view after so many faults of the line of the second of the stores."""
    (store, through), chance = stores, Random(seed)
    own = follower_of(store)
    with psycopg.connect(wire.url, autocommit=True) as raw, Runner([follower_of(through, kind)], through.hints):
        with Busy(store, seed):
            sleep(A_WHILE)
            for _ in range(rounds):
                before = own.standing().position
                chance.choice(WAYS)(wire, raw, chance)
                # What is not at work cannot be disturbed: the next fault comes when it has come back from this one.
                assert come_back(own, before), "it never came back"
                sleep(chance.uniform(0, 0.1))
        wire.arm(None)
        assert come_back(own, store.position() - 1), "it never came back"
    return wrongs(store, own)


@pytest.fixture
def through(wire: Wire, impatient: None, opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store behind the wire, with short waits for answers, and a runner that is soon back at work."""
    monkeypatch.setattr(running, "BACK_OFF_SECONDS", (0.02,))
    monkeypatch.setattr(running, "POLL_SECONDS", 0.1)
    return opened(f"{wire.through}&lock_timeout=1&answer_timeout=1")


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_a_follower_whose_line_fails_takes_each_event_in_once(
    wire: Wire, through: Store, opened: Callable[..., Store], seed: int, rounds: int
) -> None:
    """Whether a batch was taken in is what the books say, and not what somebody was told."""
    assert after_faults(wire, (opened(wire.url), through), rounds, seed) == []


def test_control_a_position_written_apart_is_found_out_on_a_line_that_fails(
    wire: Wire, through: Store, opened: Callable[..., Store], seed: int
) -> None:
    """Control: with the position in a transaction of its own, whose line goes nowhere, events are taken in twice."""

    class DeadBetween(Careless):
        died = False

        def between(self) -> None:
            if not self.died:
                self.died = wire.dead = True
                Timer(DEAD_SECONDS, lambda: revived(wire)).start()

    found = after_faults(wire, (opened(wire.url), through), 0, seed, DeadBetween)
    assert any(wrong.endswith("was taken in 2 times") for wrong in found)
