"""Keeps the facts up with the log: begins with what is kept in the store, and catches up before a view answers."""

from datetime import datetime
from threading import RLock

from pipeline_engine.engine.keeping import Keeping, Taken
from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.facts import Facts, Projector
from pipeline_engine.store import Progress, SpoiledView, Store, quiet

BATCH = 20_000


class Follower:
    """Facts in memory, in step with a store; safe to share between threads."""

    def __init__(self, store: Store, keeping: Keeping) -> None:
        self._store, self.keeping, self._lock = store, keeping, RLock()
        self.forget()

    def forget(self) -> None:
        """Begin with what is kept the next time: it was mended or made anew."""
        with self._lock:
            self._projector: Projector | None = None
            self._parked = 0
            self._spoiled: str | None = None
            self._last: tuple[tuple[int, datetime | None, datetime | None], Facts] | None = None

    def notes(self) -> list[str]:
        """What whoever asked should be told beside the answer, a line each."""
        with self._lock:
            found = [f"the facts kept in the store are not believed: {self._spoiled}"] if self._spoiled else []
            left_out = self._parked + len(self._projector.aside) if self._projector else 0
            if left_out:
                events = "1 event" if left_out == 1 else f"{left_out:,} events"
                found.append(f"left out of this: {events}; `follow parked facts` tells which and why")
            return found

    def facts(self, as_of: datetime | None = None, known_at: datetime | None = None, *, whole: bool = False) -> Facts:
        """
        The facts at (`as_of`, `known_at`), after catching up with the log.

        Raises:
            UnreadableEvent: What is asked for is `whole`, and an event had to be left out.
        """
        with self._lock:
            projector = self._caught_up(quiet, whole)
            key = (projector.position, as_of, known_at)
            if self._last is None or self._last[0] != key:
                self._last = (key, projector.facts(as_of=as_of, known_at=known_at))
            return self._last[1]

    def lived(self, *, whole: bool = False) -> Facts:
        """The facts as they were lived, for judging attempts again, after catching up; raises as `facts` does."""
        with self._lock:
            projector = self._caught_up(quiet, whole)
            return projector.lived()

    def catch_up(self, progress: Progress = quiet) -> int:
        """Read on to the end of the log; the position reached."""
        with self._lock:
            return self._caught_up(progress).position

    def rebuild(self, progress: Progress = quiet) -> Facts:
        """Make the facts again from the first event: in the store, where there are enough to be kept, and here."""
        with self._lock:
            kept, _ = self.keeping.looked_up()
            saved = (kept or self.keeping.due(self._store.position(), 0)) and self.keeping.save(progress, anew=True)
            self.forget()
            if not saved:
                self._projector = Projector(lenient=True)
            self.catch_up(progress)
            return self.facts()

    def _caught_up(self, progress: Progress, whole: bool = False) -> Projector:
        end = self._store.position()
        projector = self._projector = self._begun(end, progress)
        left_out = len(projector.aside)
        while rows := self._store.rows_as_readable(projector.position, BATCH):
            projector.advance(rows)
            progress(projector.position, end)
        if len(projector.aside) > left_out:
            # So that whoever looks after the store is told of them.
            self.keeping.save()
        if whole:
            self._check_whole(projector)
        return projector

    def _begun(self, end: int, progress: Progress) -> Projector:
        """What to go on from: what is at hand, or what is kept where that is further on or was mended."""
        known = self._projector
        if known is not None and not self._mended(known):
            if not self.keeping.due(end, known.position):
                return known
        else:
            known = None
        if self.keeping.due(end, self.keeping.looked_up()[0]):
            self.keeping.save(progress)
        taken = self._taken()
        if taken is None or (known is not None and known.position >= taken.projector.position):
            return known or Projector(lenient=True)
        self._parked, self._last = taken.parked, None
        return taken.projector

    def _taken(self) -> Taken | None:
        try:
            return self.keeping.taken()
        except SpoiledView as spoiled:
            self._spoiled = str(spoiled)
        # Made anew; where that cannot be done, the log is read from its beginning.
        try:
            return self.keeping.taken() if self.keeping.save(anew=True) else None
        except SpoiledView:
            return None

    def _mended(self, projector: Projector) -> bool:
        """Whether something is put aside no longer that was when this was read."""
        if not projector.stopped:
            return False
        kept, stopped = self.keeping.looked_up()
        return any(stopped.get(stream) != at for stream, at in projector.stopped.items() if at <= kept)

    def _check_whole(self, projector: Projector) -> None:
        # What stood aside before this process began is in the books.
        for aside in [*(self.keeping.follower.parked(limit=1) if self._parked else ()), *projector.aside]:
            raise UnreadableEvent(aside.stream, aside.version, aside.position, aside.why)
