"""Which deal or person something comes due for next: made of the facts once, then kept up with the log.

It only says where to look. Whether anything is due is decided on the stream itself.
"""

from collections.abc import Collection
from heapq import heapify, heappop, heappush
from threading import RLock

import numpy as np

from pipeline_engine.deal import CorrectionRecorded, Due, Watched, coming, evolve_watched, refold_watched
from pipeline_engine.engine.desk import Desk
from pipeline_engine.engine.follower import Follower
from pipeline_engine.engine.holders import PERSON
from pipeline_engine.errors import UnknownProcess, UnreadableEvent
from pipeline_engine.process import Process
from pipeline_engine.store import Fold, Store
from pipeline_engine.team import Person
from pipeline_engine.values import microseconds
from pipeline_engine.views import ahead

WATCHED: Fold[Watched] = Fold("watched", evolve_watched, rewrites=(CorrectionRecorded,), refold=refold_watched)
DEAL, PERSON_STREAM = "deal:", "person:"
_BATCH = 5_000
# Of more streams than that the facts tell it sooner than their folds one by one.
_MANY = 2_000


class Timetable:
    """When to look at which stream next, and who people are; safe to share between threads."""

    def __init__(self, store: Store, desk: Desk, follower: Follower) -> None:
        self._store, self._desk, self._follower = store, desk, follower
        self._lock, self._position = RLock(), -1
        self._next: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self.people: dict[str, Person] = {}

    @property
    def position(self) -> int:
        """Up to where the log is known."""
        return max(self._position, 0)

    def catch_up(self) -> None:
        """Be in step with the log; raises StoreUnreachable."""
        with self._lock:
            if self._position < 0:
                self._begin()
            changed: set[str] = set()
            while rows := self._store.rows_as_readable(self._position, _BATCH):
                changed.update(row.stream for row in rows if row.stream.startswith((DEAL, PERSON_STREAM)))
                self._position = rows[-1].position
                if len(changed) > _MANY:
                    self._begin()
                    changed.clear()
            for stream in changed:
                self.look(stream)

    def look(self, stream: str) -> None:
        """Look at one stream anew."""
        found = self.coming(stream)
        with self._lock:
            self._put(stream, microseconds(found[0].at) if found else None)

    def coming(self, stream: str) -> tuple[Due, ...]:
        """What comes due in a stream, the first in front; nothing where an event of it cannot be read."""
        try:
            if stream.startswith(PERSON_STREAM):
                return self._lent(stream)
            watched, _ = self._store.load(stream, WATCHED)
            return coming(watched, self.law(watched)) if watched is not None and watched.deal.opened else ()
        except (UnreadableEvent, UnknownProcess):
            # The views tell of it; what time would say of the deal is said once it can be read.
            return ()

    def _lent(self, stream: str) -> tuple[Due, ...]:
        person, _ = self._store.load(stream, PERSON)
        if person is not None:
            # Kept for escalations: whom each calls is not to be read from every person's stream each time.
            self.people[person.id] = person
        return loans_of(stream, person)

    def law(self, watched: Watched) -> Process:
        """The version of the process that a deal goes under."""
        return self._desk.judge(watched.deal.process, watched.deal.process_version).process

    def due(self, now: int, passed: Collection[str] = ()) -> str | None:
        """The stream in which something came due first, without those that are passed over; None where nothing did."""
        with self._lock:
            put_back: list[tuple[int, str]] = []
            found = None
            while self._heap and found is None and self._heap[0][0] <= now:
                at, stream = heappop(self._heap)
                if self._next.get(stream) != at:
                    continue
                put_back.append((at, stream))
                found = stream if stream not in passed else None
            for each in put_back:
                heappush(self._heap, each)
            return found

    def first(self) -> int | None:
        """The moment at which anything comes due next, µs since 1970; None where nothing does."""
        with self._lock:
            while self._heap and self._next.get(self._heap[0][1]) != self._heap[0][0]:
                heappop(self._heap)
            return self._heap[0][0] if self._heap else None

    def _put(self, stream: str, at: int | None) -> None:
        if at is None:
            self._next.pop(stream, None)
        elif self._next.get(stream) != at:
            self._next[stream] = at
            heappush(self._heap, (at, stream))

    def _begin(self) -> None:
        facts = self._follower.facts()
        found = ahead(facts)
        # In the order of time, so that the first row of a deal is the earliest.
        deals, rows = np.unique(found.deal, return_index=True)
        names = facts.deal_ids.take(deals).to_pylist() if len(deals) else []
        self._next = {f"{DEAL}{name}": int(at) for name, at in zip(names, found.at[rows], strict=True)}
        self._heap = [(at, stream) for stream, at in self._next.items()]
        heapify(self._heap)
        self._position = max(self._position, facts.position)
        for stream in self._store.streams(PERSON_STREAM):
            self.look(stream)


def loans_of(stream: str, person: Person | None) -> tuple[Due, ...]:
    """The ends of what is lent to somebody that were not announced."""
    loans = person.loans_unsaid() if person is not None else ()
    return tuple(Due(stream, "loan", 0, f"{loan.role} of {loan.lender}", loan.until) for loan in loans)
