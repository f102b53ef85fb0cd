"""Taking rows into a view: all at once where they are as they should be, else those that are, and the rest aside."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

import psycopg
from eventsourcing.persistence import PersistenceError

from pipeline_engine.errors import BusUnreachable, StoreUnreachable, UnreadableEvent
from pipeline_engine.store.following.model import Parked, Projection, SpoiledView
from pipeline_engine.store.following.positions import parked_of
from pipeline_engine.store.following.readable import check_payload
from pipeline_engine.store.model import Row
from pipeline_engine.store.view_tables import ViewRows

# The database itself failed, or what is kept in it, and not the event: nothing is put aside for that.
OUTAGE = (sqlite3.Error, psycopg.Error, PersistenceError, StoreUnreachable)
NO_FAULT_OF_EVENTS = (*OUTAGE, SpoiledView, BusUnreachable)


class Taking:
    """How one projection takes rows in."""

    def __init__(self, projection: Projection, clock: Callable[[], datetime]) -> None:
        self._projection, self._clock = projection, clock

    def take(self, rows: Sequence[Row], view: ViewRows, waiting: dict[str, int]) -> list[Parked]:
        """
        Take in what can be taken.

        Args:
            waiting: By stream the position of the first event that was put aside; new ones are entered.

        Returns:
            What could not be taken, and what waits behind it.
        """
        free = [row for row in rows if row.stream not in waiting]
        told = [self._behind(row, waiting[row.stream]) for row in rows if row.stream in waiting]
        why = self._refused(free, view)
        if why is None:
            return told
        if len(free) == 1:
            waiting[free[0].stream] = free[0].position
            return [*told, parked_of(free[0], why, None, self._clock())]
        half = len(free) // 2
        return [*told, *self.take(free[:half], view, waiting), *self.take(free[half:], view, waiting)]

    def _refused(self, rows: Sequence[Row], view: ViewRows) -> str | None:
        """Take the rows in, all or none; why that cannot be done, None where it was."""
        try:
            with view.apart():
                for row in rows:
                    check_payload(row)
                self._projection.take(rows, view)
        except NO_FAULT_OF_EVENTS:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an event makes of a view, it is put aside and told
            return why_not_taken(error)
        return None

    def _behind(self, row: Row, first: int) -> Parked:
        return parked_of(row, f"waits behind position {first} of its stream", first, self._clock())


def why_not_taken(error: Exception) -> str:
    """Why an event is put aside, in words that quote nothing of it."""
    if isinstance(error, UnreadableEvent):
        return error.why
    # Other errors may quote what the event holds.
    return f"cannot be taken: {type(error).__name__}"
