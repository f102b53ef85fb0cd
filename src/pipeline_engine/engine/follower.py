"""Keeps the facts up with the log: catches up by position before a view answers."""

from collections.abc import Callable
from datetime import datetime
from threading import RLock

from pipeline_engine.facts import Facts, Projector
from pipeline_engine.store import Store

BATCH = 20_000
Progress = Callable[[int, int], None]


def quiet(done: int, total: int) -> None:
    """Progress that nobody watches."""


class Follower:
    """Facts in memory, in step with a store; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, RLock()
        self._projector = Projector()
        self._last: tuple[tuple[int, datetime | None, datetime | None], Facts] | None = None

    def facts(self, as_of: datetime | None = None, known_at: datetime | None = None) -> Facts:
        """The facts at (`as_of`, `known_at`), after catching up with the log."""
        with self._lock:
            self.catch_up()
            key = (self._projector.position, as_of, known_at)
            if self._last is None or self._last[0] != key:
                self._last = (key, self._projector.facts(as_of=as_of, known_at=known_at))
            return self._last[1]

    def lived(self) -> Facts:
        """The facts as they were lived, for judging attempts again, after catching up with the log."""
        with self._lock:
            self.catch_up()
            return self._projector.lived() if self._projector.any_corrected else self.facts()

    def catch_up(self, progress: Progress = quiet) -> int:
        """Read on to the end of the log; the position reached."""
        with self._lock:
            end = self._store.position()
            while rows := self._store.rows(self._projector.position, BATCH):
                self._projector.advance(rows)
                progress(self._projector.position, end)
            return self._projector.position

    def rebuild(self, progress: Progress = quiet) -> Facts:
        """Throw the facts away and make them again from the first event."""
        with self._lock:
            self._projector, self._last = Projector(), None
            self.catch_up(progress)
            return self.facts()
