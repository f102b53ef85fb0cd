"""One SQLite file: opened with care, written by one transaction at a time, safe against a power cut.

Everything here guards against a loss that was measured: a journal that is not synced, a foreign file that is
turned into ours, a connection that keeps a failed transaction open, a commit into a file that was deleted meanwhile.
"""

import os
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock, local
from time import time_ns

from eventsourcing.persistence import IntegrityError
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store.sqlite_errors import LOCK_TIMEOUT_SECONDS, replaced, undecided, unusable
from pipeline_engine.store.sqlite_forks import Tracked, closed_before_forks, opened

APPLICATION_ID = 0x50454E47
SYNCHRONOUS = {"normal": 1, "full": 2, "extra": 3}
KEPT_CONNECTIONS = 16
TICK_NANOSECONDS = 1_100_000_000
Identity = tuple[int, int]
"""Which file it is, whatever its name: device and inode. Of a folder: inode, and when its names last changed."""


class Connection(Tracked):
    """A connection that knows which write-ahead log it writes to, once it has written, and whether it is of use."""

    journal: Identity | None = None
    broken: bool = False
    seen: Identity | None = None
    """The state of the folder in which file and log were found to be there."""


class File(SQLiteDatastore):
    """Connections to one file. Writers of this process queue for one lock, those of others for SQLite's."""

    def __init__(self, path: Path, synchronous: str) -> None:
        super().__init__(str(path), lock_timeout=LOCK_TIMEOUT_SECONDS, originator_id_type="text")
        # Where it is does not change when this process goes to another folder.
        self.path, self.synchronous, (place, there) = path, synchronous, _placed(path)
        self._place, self._uri, self._whole = str(place), place.as_uri(), str(there)
        self._journal, self._folder, self._direct = f"{there}-wal", str(there.parent), str(there) == self._place
        self._identity: Identity | None = None
        self._seen: Identity | None = None
        closed_before_forks(self)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._idle: deque[Connection] = deque()
        self._writers, self._mine = Lock(), local()
        self._process = os.getpid()
        self._closed = False

    def connect(self, *, making: bool = False) -> Connection:
        """A new connection, before any setting is made; only who is `making` a store makes a file."""
        return opened(self._whole, self, partial(self._opened, making))

    def _opened(self, making: bool) -> Connection:
        return sqlite3.connect(
            f"{self._uri}?mode={'rwc' if making else 'rw'}", uri=True, factory=Connection,
            isolation_level=None, check_same_thread=False, timeout=LOCK_TIMEOUT_SECONDS,
        )  # fmt: skip

    def recognise(self) -> None:
        """Remember which file the store is in: from now on no other one at its place is taken for it."""
        self._identity = identity(self._place)

    def _check_place(self) -> None:
        # SQLite goes on with a file that was deleted or replaced: what it writes there is acknowledged, and lost.
        folder = self._folder_now()
        if self._direct and folder == self._seen:
            return
        if self._identity is not None and identity(self._place) != self._identity:
            raise replaced(self.path)
        self._seen = settled(folder)

    def _check_written(self, connection: Connection) -> None:
        self._check_place()
        # Looking at the log itself after each commit makes each sync a quarter slower: the kernel then has to write
        # down when it was changed. A folder that did not change still has in it what was found there.
        if connection.seen is not None and connection.seen == self._seen:
            return
        folder, found = self._folder_now(), identity(self._journal)
        connection.journal = connection.journal or found
        if found is None or found != connection.journal:
            # Closed, the connections bring what they wrote to the file; then a new one begins a new log.
            self.drop_idle()
            connection.broken = True
            raise replaced(Path(f"{self.path}-wal"))
        connection.seen = settled(folder)

    def _folder_now(self) -> Identity:
        try:
            found = os.stat(self._folder)  # noqa: PTH116 - as in `identity`
        except OSError:
            raise replaced(self.path) from None
        return found.st_ino, found.st_mtime_ns

    def _configured(self) -> Connection:
        self._check_place()
        connection = self.connect()
        connection.execute(f"PRAGMA synchronous={self.synchronous}")
        if connection.execute("PRAGMA synchronous").fetchone()[0] != SYNCHRONOUS[self.synchronous]:
            raise BadStore(f"`{self.path}` does not take synchronous={self.synchronous}; use a local disk")
        return connection

    @contextmanager
    def connection(self, *, looked: bool = False) -> Iterator[Connection]:
        """A connection for reads of one statement each; errors come out as ours."""
        if self._closed:
            raise StoreUnreachable(f"the store `{self.path}` is closed")
        if self._process != os.getpid():
            # A forked child has threads and locks of its own; connections it neither uses nor closes.
            _inherited.append(self._idle)
            self._begin_anew()
        if not looked:
            self._check_place()
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

    def _taken(self) -> Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _put_back(self, connection: Connection | None) -> None:
        if connection is None:
            return
        if connection.broken or connection.in_transaction or self._closed or len(self._idle) >= KEPT_CONNECTIONS:
            connection.close()
        else:
            self._idle.append(connection)

    @contextmanager
    def transaction(self, *, commit: bool, looked: bool = False) -> Iterator[SQLiteCursor]:
        """
        One transaction; a writing one holds the lock from its begin, and is rolled back where it fails.

        Args:
            looked: The file was read a moment ago; whether it is there is looked at after the commit only.
        """
        held: SQLiteCursor | None = getattr(self._mine, "cursor", None)
        if commit and held:
            yield held
            return
        with self.connection(looked=looked) as connection:
            if not commit:
                cursor = connection.cursor()
                cursor.row_factory = sqlite3.Row
                yield SQLiteCursor(cursor)
                return
            with self._writers, _written(connection, self.path) as written:
                yield written
            self._check_written(connection)

    def drop_idle(self) -> None:
        """Close what nobody uses."""
        while self._process == os.getpid() and (idle := self._taken()):
            idle.close()

    @property
    def place(self) -> Path:
        """Where the file is, whatever folder this process is in by now."""
        return Path(self._place)

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
        if getattr(self, "_idle", None):
            self.drop_idle()


def _placed(path: Path) -> tuple[Path, Path]:
    """Where a file is, by the name given and by that which no link leads to."""
    try:
        return path.absolute(), path.resolve()
    except (OSError, RuntimeError) as error:
        raise StoreUnreachable(f"`{path}` leads nowhere ({error}); name the file by its whole path") from None


def identity(place: str) -> Identity | None:
    """Which file is at a place; None where there is none. Raises StoreUnreachable where that cannot be told."""
    try:
        found = os.stat(place)  # noqa: PTH116 - on the way of every command, and Path.stat takes three times as long
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnreachable(f"`{place}` cannot be looked at ({error.strerror}); look after its folder") from None
    return found.st_dev, found.st_ino


def settled(folder: Identity) -> Identity | None:
    """The state of a folder, where a further change would show; None where it was changed just now."""
    # Two changes in one tick of the file system's clock look like one.
    return folder if time_ns() - folder[1] > TICK_NANOSECONDS else None


@contextmanager
def _written(connection: Connection, path: Path) -> Iterator[SQLiteCursor]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield SQLiteCursor(connection.cursor())
        _commit(connection, path)
    finally:
        # Also where the commit itself failed: else the connection would keep the transaction, and the lock.
        if connection.in_transaction:
            _roll_back(connection)


def _roll_back(connection: Connection) -> None:
    try:
        connection.rollback()
    except sqlite3.Error:
        # What went wrong before is what is told; closing takes back what was begun.
        connection.broken = True


def _commit(connection: Connection, path: Path) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise undecided(path, error) from error


_inherited: list[deque[Connection]] = []
