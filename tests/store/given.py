"""Small events, a fold and stores for these tests; the store knows nothing of deals, and neither do they."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from pipeline_engine.envelope import Envelope, Event, Recorded, StoredText, StoredValue
from pipeline_engine.store import IDENTITY, Decision, Draft, Fold, Reader, Receipt, Request, Store, open_store
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.log import Log
from pipeline_engine.store.opening import log_at
from pipeline_engine.values import Personal, microseconds

FRIDAY = datetime(2026, 1, 30, 9, 0, tzinfo=UTC)


class Opened(Event):
    """Something was opened."""

    title: StoredText | None = None
    fields: dict[str, StoredValue] = {}


class Counted(Event):
    """Something went up by `by`."""

    by: int = 1


class Noted(Event):
    """A note, and who may see it."""

    text: StoredText
    readers: tuple[str, ...] = ()


EVENTS: dict[str, type[Event]] = {kind.__name__: kind for kind in (Opened, Counted, Noted)}


def _count(state: int | None, recorded: Recorded) -> int:
    return (state or 0) + (recorded.event.by if isinstance(recorded.event, Counted) else 0)


COUNT = Fold("count", _count)


class Clock:
    """A clock that stands still unless it is told otherwise."""

    def __init__(self, now: datetime = FRIDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now

    def back(self, **by: float) -> None:
        """Set it back."""
        self.now -= timedelta(**by)


def store_at(url: str, clock: Callable[[], datetime] | None = None, **options: Any) -> Store:
    """The store at a URL, for the events of these tests."""
    return open_store(url, clock=clock or Clock(), **{"events": EVENTS, **options})


@contextmanager
def opening() -> Iterator[Callable[..., Store]]:
    """Opens stores, and closes them in the end."""
    with ExitStack() as stores:

        def open_one(url: str, clock: Callable[[], datetime] | None = None, **options: Any) -> Store:
            store = store_at(url, clock, **options)
            stores.callback(store.close)
            return store

        yield open_one


class Meddled:
    """A log that does what another one does, but for what a test changes."""

    def __init__(self, url: str) -> None:
        self.log: Log = log_at(url, lambda: microseconds(FRIDAY), "test", "identity")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)

    def store(self) -> Store:
        """A store over this log."""
        return Store(cast("Log", self), Codec(EVENTS, IDENTITY), "test")


def draft(event: Event, command_id: str = "c-1") -> Draft:
    """An event in an envelope that says little."""
    return Draft(Envelope(at=FRIDAY, actor="rep-03", command_id=command_id), event)


def personal(text: str) -> Personal:
    """Text about the subject `deal:D-1`."""
    return Personal("deal:D-1", text)


Decide = Callable[[int | None, int, Reader], Decision]


def appending(*events: Event, command_id: str = "c-1") -> Decide:
    """A decision that appends these events, whatever it finds."""
    return lambda state, version, reader: Decision(tuple(draft(event, command_id) for event in events))


def ask(
    store: Store,
    command_id: str,
    decide: Decide | None = None,
    *,
    stream: str = "deal:D-1",
    digest: str = "d",
) -> Receipt:
    """Ask for a command on a stream of counts; without a decision one is counted."""
    decide = decide or appending(Counted(), command_id=command_id)
    return store.transact(stream, Request(command_id, digest), COUNT, decide)


def count_many(url: str, who: str, number: int) -> None:
    """Ask for many commands on one stream, from a process of its own."""
    store = store_at(url)
    for nth in range(number):
        ask(store, f"{who}-{nth}")
    store.close()
