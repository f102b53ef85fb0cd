"""Of several processes one holds a lease; who falls silent loses it."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

from pipeline_engine.store import Lease, Store
from tests.store.given import Clock


def test_one_holds_a_lease_at_a_time(store: Store, clock: Clock) -> None:
    """Another one has it only when the first gave it back; the holder may go on with it as often as it likes."""
    first, second = (store.lease("timers", name, clock) for name in ("process-1", "process-2"))
    assert first.take(30)
    assert first.take(30)
    assert not second.take(30)
    assert second.holder() == "process-1"
    second.give_back()
    assert second.holder() == "process-1"
    first.give_back()
    assert second.holder() is None
    assert second.take(30)


def test_who_falls_silent_loses_it(store: Store, clock: Clock) -> None:
    """From the moment it was taken until; not a moment before."""
    first, second = (store.lease("timers", name, clock) for name in ("process-1", "process-2"))
    assert first.take(30)
    clock.now += timedelta(seconds=30) - timedelta(microseconds=1)
    assert not second.take(30)
    clock.now += timedelta(microseconds=1)
    assert second.take(30)
    assert not first.take(30)


def test_leases_of_other_names_are_free(store: Store, clock: Clock) -> None:
    """Each piece of work has its own."""
    assert store.lease("timers", "process-1", clock).take(30)
    assert store.lease("relay", "process-2", clock).take(30)


def test_a_clock_that_was_far_ahead_keeps_nobody_waiting(store: Store, clock: Clock) -> None:
    """It was set back by a day: the lease that it left ends in a day, and is taken now."""
    assert store.lease("timers", "process-1", clock).take(30)
    clock.back(days=1)
    assert store.lease("timers", "process-2", clock).take(30)


def test_looking_makes_nothing(store: Store, clock: Clock) -> None:
    """Where nobody ever took one, nobody holds it."""
    assert store.lease("timers", "process-1", clock).holder() is None


def test_many_that_ask_at_once_are_told_the_same(lasting_url: str, opened: Callable[..., Store], clock: Clock) -> None:
    """One of eight connections has it, the first time too, when there is no table for it yet."""
    for round_ in range(3):
        barrier, got = Barrier(8), list[str]()

        def ask(lease: Lease, name: str, barrier: Barrier = barrier, got: list[str] = got) -> None:
            barrier.wait()
            if lease.take(30):
                got.append(name)

        names = [f"process-{nth}" for nth in range(8)]
        leases = [(opened(lasting_url).lease(f"work-{round_}", name, clock), name) for name in names]
        threads = [Thread(target=ask, args=each) for each in leases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 1
