"""Row 9: a follower that does not get on shows within five seconds, in its own process and in everybody else's.

What hangs raises nothing and its thread is alive, so that only the time since it last looked tells. The control does
not look at that time, and must call the same follower well.
"""

import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pipeline_engine.store import Row, Runner, Store
from pipeline_engine.store.following import runner as running
from tests.faults.following.given import follower_of, now, seconds_until
from tests.faults.following.test_killed import follow
from tests.faults.server.wire import Wire
from tests.store.following.given import count

pytestmark = pytest.mark.slow
SHOWN_SECONDS = 5.0
BACK_SECONDS = 30.0
processes = multiprocessing.get_context("forkserver")


class Stall:
    """A store that is followed by way of something that can be made to hang, and one that looks on."""

    def __init__(self, followed: Store, watching: Store) -> None:
        self.followed, self.watching = followed, watching

    def begin(self) -> None:
        """From now on nothing is answered, and nothing is refused."""

    def end(self) -> None:
        """From now on all is as it was."""


class BlackHole(Stall):
    """A line that goes nowhere."""

    wire: Wire

    def begin(self) -> None:
        """Nothing comes through."""
        self.wire.dead = True

    def end(self) -> None:
        """The line is cut, so that others can be made."""
        self.wire.dead = False
        self.wire.cut()


class LockedOut(Stall):
    """An SQLite file whose lock somebody else keeps."""

    path: Path

    def begin(self) -> None:
        """Keep the lock."""
        self._other = sqlite3.connect(self.path, isolation_level=None)
        self._other.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        """Let go of it."""
        self._other.close()


@pytest.fixture(params=["a line that goes nowhere", "a lock that is kept"])
def stall(request: pytest.FixtureRequest, tmp_path: Path, opened: Callable[..., Store]) -> Stall:
    """Each way to hang without a word."""
    if request.param == "a lock that is kept":
        url = f"sqlite:///{tmp_path}/sales.db"
        locked = LockedOut(opened(url), opened(url))
        locked.path = tmp_path / "sales.db"
        return locked
    wire = request.getfixturevalue("wire")
    hole = BlackHole(opened(wire.through), opened(wire.url))
    hole.wire = wire
    return hole


@contextmanager
def hanging(stall: Stall) -> Iterator[Runner]:
    """A runner that got on, and hangs from now on."""
    count(stall.watching, "deal:D-1", 1, 2)
    with Runner([follower_of(stall.followed)], stall.followed.hints) as runner:
        assert seconds_until(runner.well, BACK_SECONDS) < BACK_SECONDS
        watched = follower_of(stall.watching)
        assert seconds_until(lambda: watched.standing().beat_by == runner.by, BACK_SECONDS) < BACK_SECONDS
        stall.begin()
        try:
            yield runner
        finally:
            stall.end()


def test_what_hangs_shows_in_its_own_process_and_in_the_books(stall: Stall) -> None:
    """Within five seconds nobody calls it well, nor ready; and when nothing hangs any more it is well by itself."""
    watched = follower_of(stall.watching)
    with hanging(stall) as runner:
        shown = seconds_until(lambda: not runner.well() and watched.standing().stalled(now()), SHOWN_SECONDS)
        assert shown < SHOWN_SECONDS
        (health,) = runner.health()
        assert (health.ok, health.failing, str(health.why).startswith("has hung for")) == (False, None, True)
        stall.end()
        count(stall.watching, "deal:D-1", 3)
        back = seconds_until(lambda: runner.well() and not watched.standing().stalled(now()), BACK_SECONDS)
        assert back < BACK_SECONDS
        assert seconds_until(lambda: watched.standing().lag == 0, BACK_SECONDS) < BACK_SECONDS


def test_control_who_does_not_look_at_the_time_sees_no_stall(stall: Stall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: nothing was raised and its thread is alive, so without the time it is called well."""
    monkeypatch.setattr(running, "STALLED_SECONDS", float("inf"))
    with hanging(stall) as runner:
        assert seconds_until(lambda: not runner.well(), SHOWN_SECONDS) == float("inf")
        assert all(thread.is_alive() for thread in runner._threads)


def test_one_that_was_killed_shows_in_the_books_and_one_that_was_stopped_is_not_missed(
    lasting_url: str, opened: Callable[..., Store]
) -> None:
    """Whoever stops says so; whoever is killed cannot."""
    store = opened(lasting_url)
    count(store, "deal:D-1", 1)
    follower = follower_of(store)
    with Runner([follower], store.hints):
        assert seconds_until(lambda: follower.standing().beat_at is not None, BACK_SECONDS) < BACK_SECONDS
    assert follower.standing().beat_at is None
    heard, saying = processes.Pipe(duplex=False)
    process = processes.Process(target=follow, args=(lasting_url, type(follower), saying))
    process.start()
    assert heard.poll(60)
    assert seconds_until(lambda: follower.standing().beat_at is not None, BACK_SECONDS) < BACK_SECONDS
    process.kill()
    process.join()
    assert seconds_until(lambda: follower.standing().stalled(now()), SHOWN_SECONDS) < SHOWN_SECONDS


def test_one_that_fails_says_why_in_the_books(lasting_url: str, opened: Callable[..., Store]) -> None:
    """Also whoever only looks at the store learns why a view does not get on, and that it does again."""
    store = opened(lasting_url)
    follower, watched = follower_of(store), follower_of(store)
    count(store, "deal:D-1", 1)
    follower._next = _broken  # type: ignore[method-assign]  # a fault in the program
    with closing(store), Runner([follower], store.hints) as runner:
        assert seconds_until(lambda: watched.standing().failing is not None, BACK_SECONDS) < BACK_SECONDS
        assert str(watched.standing().failing).startswith("ZeroDivisionError")
        assert not runner.well()
        del follower._next
        assert seconds_until(lambda: watched.standing().failing is None, BACK_SECONDS) < BACK_SECONDS
        assert seconds_until(runner.well, BACK_SECONDS) < BACK_SECONDS


def _broken(position: int) -> list[Row]:
    raise ZeroDivisionError(position)
