"""Sends the log on to somewhere else, in its order: what is sent is sent outside of any transaction, and noted after.

So an event is sent again where the note was lost, and none is ever left out. No writer waits while something is sent.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from pipeline_engine.errors import BadStore, BadValue
from pipeline_engine.store.following.follower import PAGE, StoredFollower
from pipeline_engine.store.following.model import Parked
from pipeline_engine.store.following.positions import Positions, parked_of
from pipeline_engine.store.following.readable import check_payload
from pipeline_engine.store.following.taking import NO_FAULT_OF_EVENTS, why_not_taken
from pipeline_engine.store.log import Log
from pipeline_engine.store.model import Progress, Row, quiet
from pipeline_engine.store.view_tables import ViewRows, ViewTable

_RESTORED = "it was put back to an earlier state, and what is sent of it now needs a source of another name"


class Sends(Protocol):
    """Where the log is sent to."""

    def stands_at(self, position: int) -> int:
        """Up to which position it has the log, asked where that is not certain; else the position that is noted."""
        ...

    def made_of(self, row: Row) -> Any:
        """What is sent of a row; None for nothing. What it raises means that the row is not as it should be."""
        ...

    def send(self, made: Sequence[Any], *, late: bool = False) -> int:
        """
        Send in this order; how many, from the first on, have arrived. Raises where none has.

        Args:
            late: What was put aside before, and is sent out of the order of the log.
        """
        ...


class Sender(StoredFollower):
    """A follower without tables: the position, and what was put aside, are all there is in the store."""

    def __init__(self, log: Log, name: str, sends: Sends, clock: Callable[[], datetime]) -> None:
        super().__init__(log, _NoTables(name, sends), clock)
        self._sends = sends
        # Up to where it has sent, where that is certain; and up to where everything is over there already.
        self._cursor: int | None = None
        self._there = 0

    def step(self) -> int:
        """Send the next batch; how many events of the log it was about, 0 at its end."""
        generation, position = self._at()
        # Certain again only where all went well.
        cursor, self._cursor = self._begins(position), None
        rows = self._log.rows(cursor, PAGE)
        if not rows:
            self._cursor = cursor
            return 0
        queue, told = self._sorted(rows, self._stopped(generation))
        sent = self._sends.send([made for _, made in queue]) if queue else 0
        last = rows[-1].position if sent == len(queue) else queue[sent][0] - 1
        told = [each for each in told if position < each.position <= last]
        if (last <= position or self._noted(generation, (position, last), told)) and sent == len(queue):
            self._cursor = last
        return len(rows)

    def _begins(self, position: int) -> int:
        """After which position to send: what was lost over there is sent again, what is there is only noted."""
        if self._cursor is not None:
            return self._cursor
        self._there = self._sends.stands_at(position)
        if self._there > position and self._there > self._log.position():
            raise BadStore(f"`{self.name}` has sent events up to {self._there:,}, which this log has not: {_RESTORED}")
        return min(self._there, position)

    def _stopped(self, generation: int) -> dict[str, int]:
        with self._log.views(writing=False) as views:
            return Positions(views).first_parked(self.name, generation)

    def _sorted(self, rows: Sequence[Row], waiting: dict[str, int]) -> tuple[list[tuple[int, Any]], list[Parked]]:
        """What is to be sent, by position, and what is put aside."""
        queue, told = list[tuple[int, Any]](), list[Parked]()
        for row in rows:
            first = waiting.get(row.stream)
            if first is not None and row.position > first:
                why = f"waits behind position {first} of its stream"
                told.append(parked_of(row, why, first, self._clock()))
                continue
            try:
                made = made_of(self._sends, row)
            except NO_FAULT_OF_EVENTS:
                raise
            except Exception as error:  # noqa: BLE001 - whatever an event is, it is put aside and told
                waiting[row.stream] = row.position
                told.append(parked_of(row, why_not_taken(error), None, self._clock()))
                continue
            if made is not None and row.position > self._there:
                queue.append((row.position, made))
        return queue, told

    def _noted(self, generation: int, step: tuple[int, int], told: Sequence[Parked]) -> bool:
        """Note up to where it was sent; False where another process was first, which sends too."""
        with self._log.views() as views:
            books = Positions(views)
            first = books.moved(self.name, generation, step, self._live)
            if first:
                books.park(self.name, generation, told)
        if first:
            self._know(generation, step[1])
        else:
            self._look_again()
        return first

    def _again(self, stream: str, *, release: bool) -> list[Parked]:
        if isinstance(self._sends, Elsewhere):
            self._sends.stands_at(0)
        return super()._again(stream, release=release)

    def rebuild(self, progress: Progress = quiet) -> int:
        """Nothing is sent from the first event again: whoever was sent it has it."""
        raise BadValue("view", self.name, "a view; what was sent stays where it was sent to")


def made_of(sends: Sends, row: Row) -> Any:
    """What is sent of a row; raises UnreadableEvent where it has no payload that this version reads."""
    check_payload(row)
    return sends.made_of(row)


class _NoTables:
    """What the books of a follower are asked for, and how what was put aside is sent after all."""

    shape = 1
    tables: Sequence[ViewTable] = ()

    def __init__(self, name: str, sends: Sends) -> None:
        self.name, self._sends = name, sends

    def take(self, rows: Sequence[Row], view: ViewRows) -> None:
        """Send rows that were put aside before; people wait for it, and it is seldom."""
        made = [found for row in rows if (found := made_of(self._sends, row)) is not None]
        while made:
            made = made[self._sends.send(made, late=True) :]


class Elsewhere:
    """Of a sender that runs in another process: its books can be looked at, and nothing can be sent."""

    def __init__(self, name: str) -> None:
        self._refused = BadValue("view", name, f"a view; what `{name}` sends needs its bus: `bus retry`, `bus release`")

    def stands_at(self, position: int) -> int:
        """Nothing is sent from here."""
        raise self._refused

    def made_of(self, row: Row) -> Any:
        """Nothing is sent from here."""
        raise self._refused

    def send(self, made: Sequence[Any], *, late: bool = False) -> int:
        """Nothing is sent from here."""
        raise self._refused
