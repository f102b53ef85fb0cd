"""Waits for what others commit to an SQLite file, by looking every few milliseconds; closed where a process forks."""

import os
from collections import deque
from contextlib import suppress
from time import monotonic, sleep

from pipeline_engine.store.sqlite_file import Connection, File
from pipeline_engine.store.sqlite_forks import closed_before_forks

GLANCE_SECONDS = 0.02


class Glances:
    """Whether another connection, of whatever process, has committed since the last look; for one thread."""

    held = False

    def __init__(self, file: File) -> None:
        self._file, self._process = file, os.getpid()
        self._idle: deque[Connection] = deque()
        self._connections = 0
        closed_before_forks(self)
        self._seen = self._version()

    def wait(self, seconds: float) -> None:
        """Return at the next commit, at most so many seconds from now."""
        until = monotonic() + seconds
        while (found := self._version()) == self._seen and monotonic() < until:
            sleep(GLANCE_SECONDS)
        self._seen = found

    def _version(self) -> tuple[int, int]:
        # A connection counts commits for itself: another one, after a fork, is as good as news.
        connection = self._taken() or self._connected()
        try:
            return self._connections, int(connection.execute("PRAGMA data_version").fetchone()[0])
        finally:
            self._idle.append(connection)

    def _connected(self) -> Connection:
        self._connections += 1
        return self._file.connect()

    def _taken(self) -> Connection | None:
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def drop_idle(self) -> None:
        """Close the connection unless it is looked with at this moment."""
        while self._process == os.getpid() and (idle := self._taken()):
            idle.close()
