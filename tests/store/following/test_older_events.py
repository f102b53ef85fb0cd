"""Events of an older shape: views, rows and states read them through the same upcasters, and the bytes stay."""

from typing import Any

from pipeline_engine.store import IDENTITY, Store, Upcasters
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.log import NewRow
from pipeline_engine.store.opening import log_at
from pipeline_engine.values import microseconds
from tests.store.following.given import following, seen_by, sums_of
from tests.store.given import COUNT, EVENTS, FRIDAY

OLD = b'{"at":"2026-01-30T09:00:00Z","actor":"rep-03","command_id":"c-1","data":{"amount":%d}}'


def _raised(name: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "Counted", {"by": data["amount"]}


def store_with(url: str, *payloads: bytes) -> Store:
    """A store in which an earlier release left events it called `Raised`."""
    log = log_at(url, lambda: microseconds(FRIDAY), "test", "identity")
    log.append_many([NewRow("deal:D-1", n, "Raised", payload) for n, payload in enumerate(payloads, 1)], {})
    return Store(log, Codec(EVENTS, IDENTITY, Upcasters(("Raised", _raised))), "test")


def test_a_view_a_row_and_a_state_say_the_same_of_an_old_event(url: str) -> None:
    """What the fold reads, the view and the columns read; what is stored stays as it was."""
    store = store_with(url, OLD % 3, OLD % 4)
    follower = following(store)
    follower.catch_up()
    assert (store.load("deal:D-1", COUNT), sums_of(follower)) == ((7, 2), {"deal:D-1": 7})
    read = [(row.name, row.payload.partition(b'"data":')[2]) for row in store.rows(0, 9)]
    assert read == [("Counted", b'{"by":3}}'), ("Counted", b'{"by":4}}')]
    assert [(row.name, row.payload) for row in store.stored_rows(0, 9)] == [("Raised", OLD % 3), ("Raised", OLD % 4)]
    store.close()


def test_an_old_event_that_no_upcaster_can_read_is_put_aside(url: str) -> None:
    """It is unreadable where it stands; the follower parks it and the rows before it are taken."""
    store = store_with(url, OLD % 3, OLD.replace(b"amount", b"number") % 4)
    follower = following(store)
    follower.catch_up()
    assert (seen_by(follower), follower.standing().parked) == ([1], 1)
    assert store.rows(1, 1)[0].payload == b""
    store.close()
