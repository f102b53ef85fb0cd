"""Views kept in the store on a disk that fails: no event is blamed for it, and in the end the view is whole."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from pipeline_engine.errors import StoreUnreachable
from pipeline_engine.store import Store
from tests.faults import vfs
from tests.faults.disk import Disk, under
from tests.faults.test_failing_disk import MODES
from tests.store.following.given import SEEN, count, expected, following, seen_by, sums_of
from tests.store.given import store_at

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(vfs.missing()), reason=vfs.missing())]
STREAMS, EVENTS = 40, 60
ONE_IN = {"read": 150, "full": 100}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk that does as it is told, under the files of this test."""
    with under(Disk(tmp_path)) as disk:
        yield disk


def tried(url: str) -> str:
    """Catch up in a store that is opened anew; what stood in the way, nothing where the view is whole."""
    try:
        with closing(store_at(url)) as store:
            following(store).catch_up()
    except StoreUnreachable as error:
        return str(error)
    return ""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("rounds", [2, pytest.param(15, marks=pytest.mark.soak)])
def test_a_view_on_a_disk_that_fails_now_and_then_comes_out_whole(disk: Disk, mode: str, rounds: int, seed: int):
    """A follower tries again until it is there; every event is in the view once, and none is put aside."""
    url, chance = f"sqlite:///{disk.folder}/sales.db", Random(seed)
    for round_ in range(rounds):
        with closing(store_at(url)) as store:
            for number in range(STREAMS):
                count(store, f"s{number}-{round_}", *range(EVENTS))
        disk.fault = replace(MODES[mode], now_and_then=chance, one_in=ONE_IN.get(mode, 20))
        said = list(iter(lambda: tried(url), ""))
        disk.fault = None
        assert not [error for error in said if "savepoint" in error or "transaction" in error]
        with closing(store_at(url)) as store:
            follower = following(store)
            assert (sums_of(follower), follower.parked()) == (expected(store), [])
            assert seen_by(follower) == list(range(1, store.position() + 1))


def fill(store: Store) -> None:
    """Put more rows down in one step than there is room for."""
    with store._log.views() as begun:
        begun.make(SEEN, 0)
        view = begun.naming([SEEN], 0)
        view.ask("PRAGMA max_page_count = 100")
        with view.apart():
            view.put(SEEN.replace, [(number, "s" * 1000, 1) for number in range(5000)])


def test_a_disk_that_fills_up_within_a_step_is_what_is_told(tmp_path: Path):
    """Where the disk is full in the middle of a step, that is told, and not what SQLite makes of taking it back."""
    with closing(store_at(f"sqlite:///{tmp_path}/sales.db")) as store:
        with pytest.raises(StoreUnreachable, match="is full"):
            fill(store)
        assert store.position() == 0
