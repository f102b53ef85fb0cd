"""The library's own cases, run against our recorders.

Not run: AggregateRecorderTestCase, since it wants `insert_events` to return None, and ours returns positions, as
every application recorder does; the cases for tracking, process recorders and factories, since there are none.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest

from pipeline_engine.store.log import Log
from pipeline_engine.store.memory import MemoryLog
from pipeline_engine.store.postgres import PostgresLog
from pipeline_engine.store.sqlite import SqliteLog
from pipeline_engine.store.sqlite_file import File

# The library's cases import its cipher, which wants a package that nothing here uses.
_cipher = ModuleType("eventsourcing.cipher")
_cipher.AESCipher = None  # type: ignore[attr-defined]  # only imported, never called by the cases below
with patch.dict(sys.modules, {"eventsourcing.cipher": _cipher}):
    from eventsourcing.tests import persistence as library


class _Given:
    """An empty log for each case, and text ids as the streams have."""

    log: Log

    @pytest.fixture(autouse=True)
    def _open_log(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
        self.log = self.opened(request, tmp_path)
        yield
        self.log.close()

    def opened(self, request: pytest.FixtureRequest, tmp_path: Path) -> Log:
        """The log, empty."""
        raise NotImplementedError

    def new_originator_id(self) -> str:
        """A stream of its own."""
        return f"deal:{uuid4()}"

    def create_recorder(self) -> Any:
        """The recorder beneath the log."""
        return self.log.recorder  # type: ignore[attr-defined]  # every log of ours has one


class _InMemory(_Given):
    def opened(self, request: pytest.FixtureRequest, tmp_path: Path) -> Log:
        """In memory."""
        return MemoryLog(_no_time, "test", "identity")


class _OnSqlite(_Given):
    def opened(self, request: pytest.FixtureRequest, tmp_path: Path) -> Log:
        """In a file."""
        return SqliteLog(File(tmp_path / "sales.db", "full"), _no_time, "test", "identity")


class _OnPostgres(_Given):
    def opened(self, request: pytest.FixtureRequest, tmp_path: Path) -> Log:
        """On a server."""
        return PostgresLog(request.getfixturevalue("postgres_schema"), _no_time, "test", "identity")


def _no_time() -> int:
    return 0


class TestApplicationRecorderInMemory(_InMemory, library.ApplicationRecorderTestCase[Any]):
    """Insert, select, notifications and concurrent writers, in memory."""


class TestApplicationRecorderOnSqlite(_OnSqlite, library.ApplicationRecorderTestCase[Any]):
    """Insert, select, notifications and concurrent writers, in a file."""


class TestApplicationRecorderOnPostgres(_OnPostgres, library.ApplicationRecorderTestCase[Any]):
    """Insert, select, notifications, subscription and concurrent writers, on a server."""

    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = False

    def test_insert_subscribe(self) -> None:
        """A subscriber of the library is woken by our append too."""
        self.optional_test_insert_subscribe()


class TestNonInterleavingOnSqlite(_OnSqlite, library.NonInterleavingNotificationIDsBaseCase):
    """The positions of one append are never mixed with those of another, in a file."""


class TestNonInterleavingOnPostgres(_OnPostgres, library.NonInterleavingNotificationIDsBaseCase):
    """The positions of one append are never mixed with those of another, on a server."""
