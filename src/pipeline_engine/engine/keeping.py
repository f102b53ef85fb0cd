"""The facts in the store: taken from there, and saved there once enough is new."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from pipeline_engine.errors import BadStore, BadValue
from pipeline_engine.facts import KeptFacts, Last, Projector, as_kept, last_kept
from pipeline_engine.store import OUTAGE, Progress, SpoiledView, Standing, Store, StoredFollower, quiet

LEAST = 20_000
"""How many new events are worth a save."""
_CANNOT = (*OUTAGE, BadStore, BadValue)


class Taken(NamedTuple):
    """A projector that goes on from what is kept, and how many events were put aside before."""

    projector: Projector
    parked: int


class Keeping:
    """What is kept of the facts, seen from one process of many; as a follower it steps once there is enough."""

    name = KeptFacts.name

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self.follower: StoredFollower = store.follower(KeptFacts(), clock)

    def looked_up(self) -> tuple[int, dict[str, int]]:
        """Up to where they are kept, 0 where nothing is; and by stream the first event that was put aside."""
        try:
            with self.follower.kept() as kept:
                return (kept.position, kept.stopped) if kept else (0, {})
        except OUTAGE:
            # Who may not read what is kept may still read the log; where nothing can be read, the log tells.
            return 0, {}

    def taken(self) -> Taken | None:
        """
        What is kept, to go on from; None where nothing is.

        Raises:
            SpoiledView: It is not what was written, or is of another log.
        """
        try:
            with self.follower.kept() as kept:
                if kept is None:
                    return None
                last = last_kept(kept.view)
                found = Taken(as_kept(kept.view, kept.position, kept.stopped), kept.parked)
        except OUTAGE:
            return None
        self._check_log(found.projector.position, last)
        return found

    def _check_log(self, position: int, last: Last | None) -> None:
        if self._store.position() < position:
            raise SpoiledView("the log ends before them")
        if last is not None:
            rows = self._store.stored_rows(last.position - 1, 1)
            if [Last(row.position, row.stream, row.version, row.recorded_at) for row in rows] != [last]:
                raise SpoiledView("the log is another one")

    def wrong(self) -> str | None:
        """What is wrong with what is kept, all of which is read; None where nothing is."""
        try:
            self.taken()
        except SpoiledView as spoiled:
            return str(spoiled)
        return None

    def due(self, head: int, position: int) -> bool:
        """Whether there is enough between a position and the end of the log to be worth a save."""
        return head - position >= LEAST

    def save(self, progress: Progress = quiet, *, anew: bool = False) -> bool:
        """Keep everything up to the end of the log; False where that cannot be done, as where it may only be read."""
        try:
            if anew:
                self.follower.rebuild(progress)
            elif not self.follower.renew(progress):
                self.follower.catch_up(progress)
        except SpoiledView:
            return not anew and self.save(progress, anew=True)
        except _CANNOT:
            return False
        return True

    def step(self) -> int:
        """Take the next batch in once there is enough; how many events it was."""
        self.follower.renew()
        # Looked up, since asking the follower would begin it in the books.
        if not self.due(self._store.position(), self.looked_up()[0]):
            return 0
        return self.follower.step()

    def standing(self) -> Standing:
        """Where it stands."""
        return self.follower.standing()

    def beat(self, by: str, failing: str | None) -> None:
        """Say that a process runs it, and whether it gets on."""
        self.follower.beat(by, failing)

    def rest(self, by: str) -> None:
        """Say that this process does not run it any more."""
        self.follower.rest(by)
