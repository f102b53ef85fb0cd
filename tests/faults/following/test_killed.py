"""Row 9: whoever follows the log is killed at any moment, again and again, while a writer goes on.

In the end the view is what a replay from nothing makes, and each event is in it once. The controls write rows and
position in two transactions, and must be found to have taken events twice, or to have missed some.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from random import Random
from threading import Event
from time import sleep

import pytest

from pipeline_engine.store import Runner, Store, StoredFollower
from tests.faults.following.given import Busy, Careless, Hasty, follower_of, wrongs
from tests.store.given import store_at

pytestmark = pytest.mark.slow
LONGEST_LIFE = 0.15  # seconds from its first step on
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__])


def follow(url: str, kind: type[StoredFollower], said: Connection) -> None:
    """Follow from a process of its own until killed."""
    store = store_at(url)
    with Runner([follower_of(store, kind)], store.hints) as runner:
        # On a busy machine the first connection takes longer than most lives.
        while not runner.well():
            sleep(0.002)
        said.send("begun")
        Event().wait()


def lived(url: str, kind: type[StoredFollower], seconds: float) -> None:
    """One process that follows for so long, and is killed."""
    heard, saying = processes.Pipe(duplex=False)
    process = processes.Process(target=follow, args=(url, kind, saying))
    process.start()
    saying.close()
    assert heard.poll(60), "a follower never began"
    sleep(seconds)
    process.kill()
    process.join()
    assert process.exitcode == -9, "a follower ended by itself"


def after_kills(store: Store, url: str, kills: int, seed: int, kind: type[StoredFollower]) -> list[str]:
    """What is wrong with the view after so many kills."""
    chance = Random(seed)
    with Busy(store, seed):
        for _ in range(kills):
            lived(url, kind, chance.uniform(0, LONGEST_LIFE))
        assert follower_of(store).standing().position > 0
    return wrongs(store, follower_of(store))


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_a_follower_that_is_killed_takes_each_event_in_once(
    lasting_url: str, opened: Callable[..., Store], seed: int, kills: int
) -> None:
    """Rows and position go in one transaction, so whoever takes its place goes on where it was."""
    assert after_kills(opened(lasting_url), lasting_url, kills, seed, StoredFollower) == []


@pytest.mark.parametrize(("kind", "times"), [(Careless, 2), (Hasty, 0)])
def test_control_a_position_written_apart_is_found_out(
    lasting_url: str, opened: Callable[..., Store], seed: int, kind: type[StoredFollower], times: int
) -> None:
    """Control: with the position after the rows some events are taken in twice, with it before them some never."""
    found = after_kills(opened(lasting_url), lasting_url, 12, seed, kind)
    assert any(wrong.endswith(f"was taken in {times} times") for wrong in found)
