"""A log as this release would have written it, for who reads rows of it; what it cannot read has an empty payload."""

from collections.abc import Callable
from typing import Any, cast

from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.store.log import Log
from pipeline_engine.store.model import Row

Reading = Callable[[list[Row]], list[Row]]


def as_readable(log: Log, reading: Reading) -> Log:
    """The log, whose rows come through `reading`."""
    return cast("Log", _Readable(log, reading))


class _Readable:
    def __init__(self, log: Log, reading: Reading) -> None:
        self._log, self._reading = log, reading

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def rows(self, after: int, limit: int) -> list[Row]:
        """Rows after a position."""
        return self._reading(self._log.rows(after, limit))

    def stream_rows(self, stream: str, after: int) -> list[Row]:
        """The rows of a stream after a version."""
        return self._reading(self._log.stream_rows(stream, after))


def check_payload(row: Row) -> None:
    """Raises UnreadableEvent for a row that has no payload, since it could not be read."""
    if not row.payload:
        raise UnreadableEvent(row.stream, row.version, row.position, "no event that this version can read")
