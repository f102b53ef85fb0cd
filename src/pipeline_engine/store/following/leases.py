"""Leases: of several processes one does a piece of work, and another takes it over where that one falls silent.

A lease spares double work and no more: clocks differ, and whoever holds one may stand still without knowing. What is
done under it must come out the same when it is done twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from pipeline_engine.store.log import Log
from pipeline_engine.store.view_tables import ViewRows, ViewTable
from pipeline_engine.values import microseconds

LEASES = ViewTable("leases", (("name", "text"), ("holder", "text"), ("until", "bigint")), key=("name",))
# A clock that was set back by more than that leaves a lease that nobody need wait for.
LONGEST_SECONDS = 3600.0
_TAKE = """INSERT INTO {leases} AS l (name, holder, until) VALUES (?, ?, ?) ON CONFLICT (name)
    DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE l.holder = excluded.holder OR l.until <= ? OR l.until > ? RETURNING holder"""


class Lease:
    """The right of one holder to a piece of work for a while; safe to share between threads."""

    def __init__(self, log: Log, name: str, holder: str, clock: Callable[[], datetime]) -> None:
        """`holder` names this process or thread, and nobody else anywhere."""
        self._log, self._name, self._holder, self._clock = log, name, holder, clock

    def take(self, seconds: float) -> bool:
        """
        Take it, or go on holding it, for so many seconds from now; False where somebody else holds it.

        Raises:
            StoreUnreachable: Whether it is held cannot be known.
        """
        now = microseconds(self._clock())
        until, far = now + round(seconds * 1e6), now + round(LONGEST_SECONDS * 1e6)
        with self._rows() as rows:
            return bool(rows.ask(_TAKE, self._name, self._holder, until, now, far))

    def give_back(self) -> None:
        """Let somebody else take it at once; nothing where it is not held."""
        with self._rows() as rows:
            rows.ask("DELETE FROM {leases} WHERE name = ? AND holder = ?", self._name, self._holder)

    def holder(self) -> str | None:
        """Who holds it now; None where nobody does. Writes nothing."""
        with self._log.views(writing=False) as views:
            if not views.there(LEASES.name):
                return None
            query = "SELECT holder FROM {leases} WHERE name = ? AND until > ?"
            found = views.naming((LEASES,), 0).ask(query, self._name, microseconds(self._clock()))
            return str(found[0][0]) if found else None

    @contextmanager
    def _rows(self) -> Iterator[ViewRows]:
        with self._log.views() as views:
            if not views.there(LEASES.name):
                views.alone()
                views.make(LEASES, 0)
            yield views.naming((LEASES,), 0)
