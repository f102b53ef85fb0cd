"""A decision on which streams there are: no version can check it, so no other writer may come between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from pipeline_engine.store import Decision, Reader, Request, Store
from tests.store.given import COUNT, Counted, draft

ROUNDS, WRITERS = 12, 4
DIGEST = "0" * 64


def first_comers(stores: list[Store], *, alone: bool) -> list[int]:
    """Per round, how many writers opened a stream because none was there; each has a stream of its own."""

    def claim(nth: int, number: int, start: Barrier) -> bool:
        store, prefix = stores[nth], f"claim:{number:02}-"

        def on(state: int | None, version: int, reader: Reader) -> Decision:
            there = list(store.streams(prefix))
            return Decision(() if there else (draft(Counted()),))

        start.wait()
        receipt = store.transact(f"{prefix}{nth}", Request(f"c-{number}-{nth}", DIGEST), COUNT, on, alone=alone)
        return receipt.last >= receipt.first

    with ThreadPoolExecutor(len(stores)) as threads:
        starts = [Barrier(len(stores)) for _ in range(ROUNDS)]
        rounds = [
            list(threads.map(lambda nth, n=number: claim(nth, n, starts[n]), range(len(stores))))
            for number in range(ROUNDS)
        ]
    return [sum(said) for said in rounds]


def test_who_decides_alone_sees_every_stream(store: Store) -> None:
    """Threads that share a store."""
    assert first_comers([store] * WRITERS, alone=True) == [1] * ROUNDS


def test_who_decides_alone_sees_every_stream_of_other_connections(
    lasting_url: str, opened: Callable[..., Store]
) -> None:
    """Stores that share a database."""
    assert first_comers([opened(lasting_url) for _ in range(WRITERS)], alone=True) == [1] * ROUNDS


def test_control_without_it_two_come_first(lasting_url: str, opened: Callable[..., Store]) -> None:
    """Control: decided as usual, the same race must let more than one through in some round."""
    assert max(first_comers([opened(lasting_url) for _ in range(WRITERS)], alone=False)) > 1
