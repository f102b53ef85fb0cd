"""One SQLite file: opened with care, written by one transaction at a time, safe against a power cut.

Everything here guards against a loss that was measured: a journal that is not synced, a foreign file that is
turned into ours, a connection that keeps a failed transaction open.
"""

import os
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, local

from eventsourcing.persistence import IntegrityError
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore

from pipeline_engine.errors import BadStore, PipelineError, StoreUnreachable

LOCK_TIMEOUT_SECONDS = 30
APPLICATION_ID = 0x50454E47
SYNCHRONOUS = {"normal": 1, "full": 2, "extra": 3}
KEPT_CONNECTIONS = 16


class File(SQLiteDatastore):
    """Connections to one file. Writers of this process queue for one lock, those of others for SQLite's."""

    def __init__(self, path: Path, synchronous: str) -> None:
        super().__init__(str(path), lock_timeout=LOCK_TIMEOUT_SECONDS, originator_id_type="text")
        self.path, self.synchronous = path, synchronous
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._idle: deque[sqlite3.Connection] = deque()
        self._writers, self._mine = Lock(), local()
        self._process = os.getpid()
        self._closed = False

    def connect(self) -> sqlite3.Connection:
        """A new connection, before any setting is made."""
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=LOCK_TIMEOUT_SECONDS)

    def _configured(self) -> sqlite3.Connection:
        connection = self.connect()
        connection.execute(f"PRAGMA synchronous={self.synchronous}")
        if connection.execute("PRAGMA synchronous").fetchone()[0] != SYNCHRONOUS[self.synchronous]:
            raise BadStore(f"`{self.path}` does not take synchronous={self.synchronous}; use a local disk")
        return connection

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for reads of one statement each; errors come out as ours."""
        if self._closed:
            raise StoreUnreachable(f"the store `{self.path}` is closed")
        if self._process != os.getpid():
            # A forked child must neither use nor close what it inherited: closing drops its parent's locks.
            _inherited.append(self._idle)
            self._begin_anew()
        connection = None
        try:
            connection = self._taken() or self._configured()
            yield connection
        except sqlite3.IntegrityError as error:
            raise IntegrityError(str(error)) from error
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error
        finally:
            self._put_back(connection)

    def _taken(self) -> sqlite3.Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _put_back(self, connection: sqlite3.Connection | None) -> None:
        if connection is None:
            return
        if connection.in_transaction or self._closed or len(self._idle) >= KEPT_CONNECTIONS:
            connection.close()
        else:
            self._idle.append(connection)

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """One transaction; a writing one holds the lock from its begin, and is rolled back where it fails."""
        held: SQLiteCursor | None = getattr(self._mine, "cursor", None)
        if commit and held:
            yield held
            return
        with self.connection() as connection:
            if not commit:
                cursor = connection.cursor()
                cursor.row_factory = sqlite3.Row
                yield SQLiteCursor(cursor)
                return
            with self._writers, _written(connection) as written:
                yield written

    @property
    def held(self) -> bool:
        """Whether this thread holds the writers' lock."""
        return getattr(self._mine, "cursor", None) is not None

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """One writing transaction that takes in every other one this thread begins."""
        with self.transaction(commit=True) as self._mine.cursor:
            try:
                yield
            finally:
                self._mine.cursor = None

    def close(self) -> None:
        """Close every idle connection; those in use are closed when they come back."""
        self._closed = True
        idle = getattr(self, "_idle", None)
        while idle and self._process == os.getpid():
            idle.pop().close()


@contextmanager
def _written(connection: sqlite3.Connection) -> Iterator[SQLiteCursor]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield SQLiteCursor(connection.cursor())
        connection.execute("COMMIT")
    finally:
        # Also where the commit itself failed: else the connection would keep the transaction, and the lock.
        if connection.in_transaction:
            connection.rollback()


_inherited: list[deque[sqlite3.Connection]] = []


def unusable(path: Path, error: sqlite3.Error) -> PipelineError:
    """What SQLite's error means for whoever opened this store."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return BadStore(f"`{path}` is not an SQLite file; name another file")
    if code == sqlite3.SQLITE_CORRUPT:
        return BadStore(f"`{path}` is damaged ({error}); restore it from a back-up")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreUnreachable(f"`{path}` was locked for {LOCK_TIMEOUT_SECONDS} s; try again")
    return StoreUnreachable(f"`{path}` cannot be read or written: {error}")
