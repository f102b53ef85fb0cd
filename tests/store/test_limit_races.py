"""Two commands for one owner's last free slot: one of them gets it, on every database, however they come.

The control decides on the same counts without keeping other writers out, and must let somebody own too many.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Barrier
from time import sleep
from typing import Any, cast

import pytest

from pipeline_engine.deal import DealLost, DealOpened, Outcome
from pipeline_engine.engine import EVENTS, Engine
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.store import Draft, Receipt, Store, StreamAppend, open_store

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
A_MOMENT = 0.001  # between a decision and its append, so that another writer comes between if it can
PROCESS = """
process: b2b
currency: EUR
owning: {enter: [{owner_deals_at_most: 2}]}
stages:
  - id: lead
  - id: negotiation
    enter: [{owner_deals_at_most: 1}]
outcomes: {lost: {reasons: [price]}}
"""
Race = Callable[[Engine, int, str], Outcome]
Rounds = Callable[..., list[tuple[Outcome, Outcome]]]


class Interleaved:
    """A store whose decisions take a moment; one that is `heedless` keeps nobody out while it counts."""

    def __init__(self, url: str, heedless: bool) -> None:
        self._store = open_store(url, clock=lambda: MONDAY, clock_name="test", events=EVENTS)
        self._heedless = heedless

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def transact(self, stream: str, request: Any, fold: Any, decide: Any, *, alone: bool = False) -> Receipt:
        """As the store does, with a moment between."""

        def slowly(*given: Any) -> Any:
            decision = decide(*given)
            sleep(A_MOMENT)
            return decision

        return self._store.transact(stream, request, fold, slowly, alone=alone and not self._heedless)


def move(engine: Engine, number: int, deal: str) -> Outcome:
    """One of the owner's own deals asks for negotiation."""
    return engine.move(f"{deal}{number}", to="negotiation", by="manager-1")


def assign(engine: Engine, number: int, deal: str) -> Outcome:
    """A deal that nobody owns is given to the owner."""
    return engine.assign(f"free-{deal}{number}", f"rep-{number}", by="manager-1")


def open_another(engine: Engine, number: int, deal: str) -> Outcome:
    """A new deal is opened for the owner."""
    return engine.open_deal(f"new-{deal}{number}", process="b2b", owner=f"rep-{number}", by="manager-1")


def reopen(engine: Engine, number: int, deal: str) -> Outcome:
    """A deal of the owner that was lost is opened again."""
    return engine.reopen(f"lost-{deal}{number}", reason="they called", by="manager-1")


def history(number: int, owned: int) -> Iterator[StreamAppend]:
    """What one round begins with: the owner's open deals, others that nobody owns, and lost ones."""
    owner = f"rep-{number}"
    for deal in ("a", "b")[:owned]:
        yield appended(f"{deal}{number}", opened(owner))
    for deal in ("a", "b"):
        yield appended(f"free-{deal}{number}", opened(None))
        yield appended(f"lost-{deal}{number}", opened(owner), DealLost(from_stage="lead", reason="price"))


def opened(owner: str | None) -> DealOpened:
    """An opening that no gate was asked about."""
    return DealOpened(process="b2b", version=1, stage="lead", owner=owner, basis="source")


def appended(deal: str, *events: Event) -> StreamAppend:
    """A new deal's first events."""
    envelope = Envelope(at=MONDAY, actor="ops", command_id=f"given-{deal}")
    return StreamAppend(f"deal:{deal}", 0, tuple(Draft(envelope, event) for event in events))


@pytest.fixture
def rounds(lasting_url: str) -> Iterator[Rounds]:
    """Two engines with stores of their own race for the last slot of one owner a round."""
    with ExitStack() as stack:

        def run(first: Race, second: Race, number: int, *, owned: int, heedless: bool) -> list[tuple[Outcome, Outcome]]:
            stores = [cast("Store", Interleaved(lasting_url, heedless)) for _ in range(2)]
            engines = [stack.enter_context(Engine(store, lambda: MONDAY)) for store in stores]
            engines[0].publish_text(PROCESS, "b2b.yaml", by="ops")
            stores[0].append_many([part for nth in range(number) for part in history(nth, owned)])
            starts = [Barrier(2) for _ in range(number)]

            def all_rounds(side: int) -> list[Outcome]:
                done = []
                for nth in range(number):
                    starts[nth].wait()
                    done.append((first, second)[side](engines[side], nth, "ab"[side]))
                return done

            with ThreadPoolExecutor(2) as threads:
                left, right = threads.map(all_rounds, range(2))
            return list(zip(left, right, strict=True))

        yield run


def accepted(raced: list[tuple[Outcome, Outcome]]) -> Counter[int]:
    """In how many rounds none, one or both were accepted."""
    return Counter(sum(outcome.accepted for outcome in both) for both in raced)


PAIRS = [
    pytest.param(move, move, 2, id="move+move"),
    pytest.param(open_another, assign, 1, id="open+assign"),
    pytest.param(assign, assign, 1, id="assign+assign"),
    pytest.param(reopen, open_another, 1, id="reopen+open"),
]


@pytest.mark.parametrize(("first", "second", "owned"), PAIRS)
@pytest.mark.parametrize("number", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_one_of_two_gets_the_last_slot(rounds: Rounds, first: Race, second: Race, owned: int, number: int) -> None:
    """Never both, so nobody owns more than the limit; never neither, so no slot stays free."""
    assert accepted(rounds(first, second, number, owned=owned, heedless=False)) == {1: number}


@pytest.mark.parametrize(("first", "second", "owned"), PAIRS)
def test_control_without_keeping_others_out_somebody_owns_too_many(
    rounds: Rounds, first: Race, second: Race, owned: int
) -> None:
    """Control: the same race, counted before the lock and not again under it, must exceed the limit."""
    assert accepted(rounds(first, second, 50, owned=owned, heedless=True))[2] > 0
