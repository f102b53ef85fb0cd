"""Forking with an SQLite file open: its connections are closed before, and a child that has some all the same is told.

SQLite remembers in the process which locks it holds on a file. A forked child inherits that memory and not the locks:
what it commits may go into a log that its parent deletes, and is lost although it was acknowledged (measured; closing
an inherited connection is no way out either, says SQLite). So nothing may be open while a process forks.
"""

import os
import sqlite3
from collections.abc import Callable
from threading import RLock
from time import monotonic, sleep
from typing import Protocol, TypeVar
from weakref import WeakSet

from pipeline_engine.errors import StoreUnreachable

PATIENCE_SECONDS = 5.0


class Tracked(sqlite3.Connection):
    """A connection of which it is known whether it is open, and to which file."""

    place = ""

    def close(self) -> None:
        """Close it."""
        super().close()
        _open.discard(self)


class Pooled(Protocol):
    """What keeps idle connections."""

    @property
    def held(self) -> bool:
        """Whether this thread is in the midst of a writing transaction."""
        ...

    def drop_idle(self) -> None:
        """Close what nobody uses."""
        ...


C = TypeVar("C", bound=Tracked)
_open: "WeakSet[Tracked]" = WeakSet()
_pools: "WeakSet[Pooled]" = WeakSet()
_inherited: list[Tracked] = []
_spoiled: set[str] = set()
_gate = RLock()


def closed_before_forks(pool: Pooled) -> None:
    """Have the idle connections closed before this process forks; does not keep the pool alive."""
    _pools.add(pool)


def opened(place: str, pool: Pooled, connect: Callable[[], C]) -> C:
    """
    A new connection to the file at a place; not while this process forks.

    Raises:
        StoreUnreachable: This process was forked while its parent had the file open.
    """
    if place in _spoiled:
        raise StoreUnreachable(f"`{place}` was in use when this process was forked; use it from a process started anew")
    if pool.held:
        # Whoever forks waits for the end of this transaction.
        return _noted(connect(), place)
    with _gate:
        return _noted(connect(), place)


def _noted(connection: C, place: str) -> C:
    connection.place = place
    _open.add(connection)
    return connection


def _before() -> None:
    _gate.acquire()
    until = monotonic() + PATIENCE_SECONDS
    while True:
        pools = list(_pools)
        for pool in pools:
            pool.drop_idle()
        if not _open or monotonic() > until or any(pool.held for pool in pools):
            return
        sleep(0.001)


def _in_child() -> None:
    _gate.release()
    _inherited.extend(_open)
    _spoiled.update(connection.place for connection in _inherited)
    _open.clear()


os.register_at_fork(before=_before, after_in_parent=_gate.release, after_in_child=_in_child)
