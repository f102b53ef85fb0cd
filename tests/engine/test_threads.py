"""One engine, many threads: every command is answered once, and all of it can be found again."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.engine.shop import Shop

pytestmark = pytest.mark.slow

THREADS, DEALS = 8, 50


@pytest.fixture(params=["memory", "sqlite"])
def crowded(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    """A shop in memory and in a file."""
    return Shop.opened("memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db")


def test_eight_threads_move_fifty_deals_each_and_all_are_accounted_for(crowded: Shop) -> None:
    """Nothing is lost, nothing is there twice, and views asked in between see a prefix of the log."""
    barrier = Barrier(THREADS)

    def work(number: int) -> list[int]:
        barrier.wait()
        seen = []
        for deal in range(DEALS):
            crowded.deal_in("offer", f"D-{number}-{deal}")
            if deal % 10 == 0:
                seen.append(crowded.engine.facts().position)
        return seen

    with ThreadPoolExecutor(THREADS) as pool:
        seen = list(pool.map(work, range(THREADS)))
    assert all(positions == sorted(positions) for positions in seen)
    assert len(crowded.engine.deals(stage="offer")) == THREADS * DEALS
    rows = [row for row in crowded.engine.store_rows() if row.stream.startswith("deal:")]
    assert Counter(row.name for row in rows) == {"DealOpened": THREADS * DEALS, "DealMoved": THREADS * DEALS}
    assert {(row.stream, row.version) for row in rows} == {
        (f"deal:D-{number}-{deal}", version) for number in range(THREADS) for deal in range(DEALS) for version in (1, 2)
    }
    assert crowded.engine.rebuild().digest() == crowded.engine.facts().digest()
    crowded.engine.close()


def test_eight_threads_on_one_deal_record_a_command_once(crowded: Shop) -> None:
    """All ask the same under the same ids: one of each is written, all hear the same answer."""
    crowded.deal_in("lead")
    barrier = Barrier(THREADS)

    def work(_: int) -> list[bool]:
        barrier.wait()
        asked = [crowded.ask("note", "D", f"note {number}", command_id=f"n-{number}") for number in range(10)]
        return [crowded.ask("move", to="offer", command_id="c-1").accepted, *(outcome.accepted for outcome in asked)]

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(all(said) for said in pool.map(work, range(THREADS)))
    assert Counter(crowded.names()) == {"DealOpened": 1, "DealMoved": 1, "NoteRecorded": 10}
    crowded.engine.close()


def test_threads_that_race_for_one_approval_use_it_once(crowded: Shop) -> None:
    """One move takes the deal to the contract; whoever came second finds it there already."""
    crowded.deal_in("offer", amount="5000").ask("approve", "D", "big", by="boss")
    barrier = Barrier(THREADS)

    def work(_: int) -> bool:
        barrier.wait()
        return crowded.ask("move", to="contract").accepted

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(work, range(THREADS)))
    assert crowded.names().count("DealMoved") == 2
    crowded.engine.close()
