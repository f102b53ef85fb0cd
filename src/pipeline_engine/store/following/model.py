"""What follows the log: what it is told, what it says of itself, and what it had to put aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from pipeline_engine.store.model import Row
from pipeline_engine.store.view_tables import ViewRows, ViewTable

# A process that runs a follower says so every second, and a look at the log takes less than the rest.
SILENT_SECONDS = 4.0


class SpoiledView(Exception):
    """What is kept of a view is not what was written; it is to be made anew."""


@dataclass(frozen=True, slots=True)
class Aside:
    """
    An event that could not be taken, and is left out so that others go on.

    Args:
        why: What was wrong; quotes nothing of the event.
        behind: The position of the event of the same stream that this one comes after; None for that one itself.
    """

    position: int
    stream: str
    version: int
    name: str
    why: str
    behind: int | None


@dataclass(frozen=True, slots=True)
class Parked(Aside):
    """An event that a view put aside, and when."""

    parked_at: datetime


class Kept(NamedTuple):
    """
    The tables of a view at one moment, and where they stand.

    Args:
        position: The last position taken in.
        parked: How many events are put aside.
        stopped: By stream the position of the first event that is put aside.
    """

    view: ViewRows
    generation: int
    position: int
    parked: int
    stopped: dict[str, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """
    Where a follower stands.

    Args:
        position, head: The last position it took in, and that of the log.
        parked: How many events it had to put aside, with those that wait behind them.
        beat_at, beat_by: When a process that runs it last said so, and which; None where none does.
        failing: Why it does not get on at present; None where it does.
    """

    name: str
    position: int
    head: int
    parked: int = 0
    beat_at: datetime | None = None
    beat_by: str | None = None
    failing: str | None = None

    @property
    def lag(self) -> int:
        """How many positions it is behind the log."""
        return max(0, self.head - self.position)

    def silent_seconds(self, now: datetime) -> float | None:
        """For how long the process that runs it has said nothing; None where none runs it."""
        return None if self.beat_at is None else max(0.0, (now - self.beat_at).total_seconds())

    def stalled(self, now: datetime) -> bool:
        """Whether a process that runs it was killed, hangs or does not reach the store: it said nothing for too long.

        One that was stopped says so, and no process is missed where none ever ran it.
        """
        return (self.silent_seconds(now) or 0.0) >= SILENT_SECONDS


class Projection(Protocol):
    """
    A view in tables of the store's database, made of the log alone.

    `shape` is counted up where its tables or what is in them change: it is then made anew from the first event.
    """

    @property
    def name(self) -> str:
        """What its follower is called."""
        ...

    @property
    def shape(self) -> int:
        """Which form its tables have."""
        ...

    @property
    def tables(self) -> Sequence[ViewTable]:
        """Its tables."""
        ...

    def take(self, rows: Sequence[Row], view: ViewRows) -> None:
        """
        Bring the tables from before these rows to after them; rows come in position order.

        Nothing is remembered beside the tables, since what is written may be rolled back. What it raises, but for a
        database that fails, means that a row is not as it should be: then it is asked again row by row.
        """
        ...


class Follows(Protocol):
    """Whatever is kept in step with the log."""

    @property
    def name(self) -> str:
        """What it is called in `follow status`."""
        ...

    def step(self) -> int:
        """Take the next batch in, wholly or not at all; how many events it was, 0 at the end of the log."""
        ...

    def standing(self) -> Standing:
        """Where it stands."""
        ...

    def beat(self, by: str, failing: str | None) -> None:
        """Say that a process runs it, and whether it gets on."""
        ...

    def rest(self, by: str) -> None:
        """Say that this process does not run it any more, so that nobody misses it."""
        ...
