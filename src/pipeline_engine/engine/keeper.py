"""Keeps time under a lease, as one of the followers of a store: whoever falls silent is taken over from."""

from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic
from typing import Protocol
from uuid import uuid4

from pipeline_engine.engine.timetable import Timetable
from pipeline_engine.store import Row, Standing, Store, ViewRows, ViewTable

NAME = "timers"
LEASE_SECONDS = 15.0
_RENEW = 3


class Ringing(Protocol):
    """What a look at the clock comes to, as far as a keeper needs to know."""

    @property
    def recorded(self) -> Sequence[object]:
        """What was recorded."""
        ...

    @property
    def more(self) -> bool:
        """Whether more is due."""
        ...


class _Nothing:
    """A view without tables: of a timekeeper the books only say how far it has read, and who runs it."""

    name, shape = NAME, 1
    tables: tuple[ViewTable, ...] = ()

    def take(self, rows: Sequence[Row], view: ViewRows) -> None:
        """There is nothing to keep."""


class Keeper:
    """Rings again and again; `step` by `step`, as a runner asks for it."""

    name = NAME

    def __init__(
        self, store: Store, clock: Callable[[], datetime], ring: Callable[[], Ringing], table: Timetable
    ) -> None:
        self._ring, self._table = ring, table
        self._books = store.follower(_Nothing(), clock)
        self._lease = store.lease(NAME, uuid4().hex, clock)
        self._held, self._asked_at = False, -LEASE_SECONDS

    @property
    def holds(self) -> bool:
        """Whether this one keeps time, and no other process."""
        return self._held

    def step(self) -> int:
        """Record what came due, where no other process keeps time; how much that was. Raises StoreUnreachable."""
        if not self._leased():
            return 0
        rung = self._ring()
        while self._books.position() < self._table.position and self._books.step():
            pass
        return len(rung.recorded) if rung.more else 0

    def standing(self) -> Standing:
        """How far it has read."""
        return self._books.standing()

    def beat(self, by: str, failing: str | None) -> None:
        """Say that this process keeps time; nothing where another one does."""
        if self._held:
            self._books.beat(by, failing)

    def rest(self, by: str) -> None:
        """Let another process keep time at once."""
        self._books.rest(by)
        self._lease.give_back()
        self._held, self._asked_at = False, -LEASE_SECONDS

    def _leased(self) -> bool:
        # Held, it is asked for again long before it ends; not held, it is looked at, which writes nothing.
        if self._held and monotonic() - self._asked_at < LEASE_SECONDS / _RENEW:
            return True
        if self._held or self._lease.holder() is None:
            self._held = self._lease.take(LEASE_SECONDS)
            self._asked_at = monotonic()
        return self._held
