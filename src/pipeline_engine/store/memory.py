"""The store in memory: for tests and trials, gone with the process."""

import sqlite3
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice, takewhile
from threading import Condition
from typing import Any

from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.popo import POPOApplicationRecorder

from pipeline_engine.store.care.snapshot import MemorySnapshot
from pipeline_engine.store.log import FORMAT, Append, Clock, Command, Conflict, Header, NewRow
from pipeline_engine.store.model import Finding, Row
from pipeline_engine.store.view_tables import SqliteRows


class MemoryRecorder(POPOApplicationRecorder):
    """The library's recorder in memory, with record times, command log and version checks under its lock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.log: list[Row] = []
        self.by_stream: dict[str, list[Row]] = {}
        self.names: list[str] = []  # of the streams, in the order of code points, which is that of their UTF-8 bytes
        self.commands: dict[str, Command] = {}
        self.news = Condition()

    def _assert_uniqueness(
        self, stored_events: Sequence[StoredEvent], *, append: Append | None = None, **kwargs: Any
    ) -> None:
        super()._assert_uniqueness(stored_events, **kwargs)
        versions = append.versions if append else kwargs.get("versions", {})
        for stream, version in versions.items():
            if (found := len(self.by_stream.get(stream, ()))) != version:
                raise Conflict(f"stream `{stream}` is at version {found}, not {version}")
        for command in commands_of(append, kwargs):
            if command.command_id in self.commands:
                raise Conflict(f"command id `{command.command_id}` was used meanwhile")

    def _update_table(
        self, stored_events: Sequence[StoredEvent], *, append: Append | None = None, **kwargs: Any
    ) -> Sequence[int] | None:
        recorded_at = max(self._clock(), self.log[-1].recorded_at if self.log else 0)
        ids = super()._update_table(stored_events, **kwargs) or ()
        for position, event in zip(ids, stored_events, strict=True):
            stream = str(event.originator_id)
            row = Row(position, stream, event.originator_version, recorded_at, event.topic, event.state)
            self.log.append(row)
            if stream not in self.by_stream:
                insort(self.names, stream)
            self.by_stream.setdefault(stream, []).append(row)
        for command in commands_of(append, kwargs):
            self.commands[command.command_id] = command._replace(position=len(self.log))
        with self.news:
            self.news.notify_all()
        return ids


def commands_of(append: Append | None, others: Mapping[str, Any]) -> Sequence[Command]:
    """The command rows to be written with an append, one or those of a batch."""
    return (append.command,) if append else others.get("commands", ())


class MemoryLog:
    """The log over a recorder in memory."""

    def __init__(self, clock: Clock, clock_name: str, keys: str) -> None:
        self.header = Header(FORMAT, clock(), clock_name, keys)
        self.recorder = MemoryRecorder(clock)
        self._views = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)

    def begin(self, command_id: str, stream: str, after: int) -> tuple[Command | None, list[Row]]:
        """The command's row, and the stream's rows after a version."""
        with self.recorder._database_lock:
            return self.recorder.commands.get(command_id), self.stream_rows(stream, after)

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Append events and command row; raises Conflict."""
        return self._insert(events, append=append)

    def append_many(
        self, events: Iterable[NewRow], versions: Mapping[str, int], commands: Sequence[Command] = ()
    ) -> int:
        """Append a batch; raises Conflict."""
        return self._insert([StoredEvent(*event) for event in events], versions=versions, commands=commands)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the recorder's lock."""
        with self.recorder._database_lock:
            yield

    def _insert(self, events: Sequence[StoredEvent], **kwargs: Any) -> int:
        try:
            with self.recorder._database_lock:
                self.recorder.insert_events(events, **kwargs)
                return len(self.recorder.log)
        except IntegrityError:
            raise Conflict("a version of the stream is there already") from None

    def stream_rows(self, stream: str, after: int) -> list[Row]:
        """The rows of a stream after a version."""
        with self.recorder._database_lock:
            return self.recorder.by_stream.get(stream, [])[after:]

    def rows(self, after: int, limit: int) -> list[Row]:
        """Rows after a position."""
        with self.recorder._database_lock:
            return self.recorder.log[after : after + limit]

    def position(self) -> int:
        """The last position."""
        with self.recorder._database_lock:
            return len(self.recorder.log)

    def streams(self, prefix: str) -> Iterator[str]:
        """Stream ids, bytewise."""
        with self.recorder._database_lock:
            rest = islice(self.recorder.names, bisect_left(self.recorder.names, prefix), None)
            return iter(list(takewhile(lambda stream: stream.startswith(prefix), rest)))

    def command(self, command_id: str) -> Command | None:
        """The command's row."""
        return self.recorder.commands.get(command_id)

    @contextmanager
    def views(self, *, writing: bool = True) -> Iterator[SqliteRows]:
        """Tables in memory too; `exclusive` takes nothing of them back, and needs not: they follow the log."""
        with self.recorder._database_lock:
            if self._views.in_transaction:
                yield SqliteRows(self._views.cursor())
                return
            with _transaction(self._views):
                yield SqliteRows(self._views.cursor())

    @contextmanager
    def hints(self) -> Iterator[Callable[[float], None]]:
        """Told by whoever appends."""
        seen = [len(self.recorder.log)]

        def wait(seconds: float) -> None:
            with self.recorder.news:
                self.recorder.news.wait_for(lambda: len(self.recorder.log) != seen[0], seconds)
                seen[0] = len(self.recorder.log)

        yield wait

    @contextmanager
    def snapshot(self) -> Iterator[MemorySnapshot]:
        """Copies of the lists."""
        with self.recorder._database_lock:
            log, commands = list(self.recorder.log), list(self.recorder.commands.values())
        yield MemorySnapshot({key: str(value) for key, value in self.header._asdict().items()}, log, commands)

    def findings(self, *, deep: bool = False) -> list[Finding]:
        """Only that nothing of this lasts."""
        return [
            Finding(
                "durability",
                False,
                "kept in memory only",
                "use `sqlite:///file.db` or `postgresql://…` to keep it",
            )
        ]

    def mark_sealed(self, keys: str) -> str:
        """Write into the header what closes personal values from now on."""
        self.header = self.header._replace(keys=keys)
        return keys

    def close(self) -> None:
        """Let the tables of views go."""
        self._views.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        connection.rollback()
