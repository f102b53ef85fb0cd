"""What every backend of the store can do: read the log, and append to it under one lock."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from eventsourcing.persistence import StoredEvent

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store.model import Finding, Row
from pipeline_engine.store.view_tables import ViewRows

FORMAT = 1
Clock = Callable[[], int]
"""The engine's clock in microseconds since 1970-01-01 UTC."""


class Conflict(Exception):
    """Another writer was first: a version is not the expected one, or the command id was used meanwhile."""


class OutcomeUnknown(Exception):
    """The connection broke while appending; whether it was recorded can only be looked up."""


class Command(NamedTuple):
    """A row of the command log; `digest` is that of the request as the codec marks it."""

    command_id: str
    digest: str
    stream: str
    first: int
    last: int
    position: int


class NewRow(NamedTuple):
    """An event on its way into the log in bulk, under the names of the library's StoredEvent but quicker to make."""

    originator_id: str
    originator_version: int
    topic: str
    state: bytes

    @classmethod
    def of(cls, event: StoredEvent) -> "NewRow":
        """The same of one that the library made."""
        return cls(str(event.originator_id), event.originator_version, event.topic, event.state)


class Append(NamedTuple):
    """Beside the events: the command row (`position` is filled in) and the versions that must hold."""

    command: Command
    versions: Mapping[str, int]


class Header(NamedTuple):
    """Who wrote the store first, and in which format."""

    format: int
    created_at: int
    clock: str
    keys: str


def newer(place: str, found: str) -> BadStore:
    """What to say of a store that a later version wrote."""
    known = f"this version reads format {FORMAT}"
    return BadStore(f"`{place}` has format {found}, {known}; use a newer pipeline_engine")


def read_header(place: str, values: Mapping[str, str]) -> Header:
    """The header of a store, from its rows; raises BadStore where it is damaged, or of a newer format."""
    found = values.get("format", "")
    if found.isdecimal() and int(found) > FORMAT:
        raise newer(place, found)
    try:
        return Header(int(found), int(values["created_at"]), values["clock"], values["keys"])
    except (KeyError, ValueError):
        advice = "`restore` brings a back-up into another one"
        raise BadStore(f"the header of the store in `{place}` is damaged; {advice}") from None


def missing(place: str) -> StoreUnreachable:
    """What to say where a store is looked for, and there is none."""
    named = "go to the folder that has it, or name it: `--store URL`, or PIPELINE_ENGINE_STORE in the environment"
    begun = "`process publish FILE`, `team apply FILE` and `import` begin one, `demo` shows a made-up one"
    return StoreUnreachable(f"there is no store {place}; {named}; {begun}")


class Snapshot(Protocol):
    """Everything a store keeps that cannot be made again from it, at one moment."""

    def head(self) -> int:
        """The position of the last event; 0 where there is none."""
        ...

    def header(self) -> dict[str, str]:
        """What the store says of itself."""
        ...

    def names(self) -> set[str]:
        """The stored names of its events."""
        ...

    def rows(self, upto: int | None = None) -> Iterator[list[Row]]:
        """The log in batches, in the order of positions, up to one."""
        ...

    def commands(self) -> Iterator[list[Command]]:
        """The command log in batches, in the byte order of ids."""
        ...


class Log(Protocol):
    """One backend; StoreUnreachable where it cannot be reached. One lock serialises every write."""

    header: Header

    def begin(self, command_id: str, stream: str, after: int) -> tuple[Command | None, list[Row]]:
        """What the command log says of an id, and the rows of a stream after a version."""
        ...

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """
        Append events and the command row, all or nothing.

        Returns:
            The position of the last event appended, or the log's position where there was none.

        Raises:
            Conflict: A version in `append.versions` no longer holds, or the command id is in the log.
            OutcomeUnknown: The connection broke; look the command id up.
        """
        ...

    def append_many(
        self, events: Iterable[NewRow], versions: Mapping[str, int], commands: Sequence[Command] = ()
    ) -> int:
        """
        Append a batch with the rows of its commands, all or nothing, and return the log's position.

        Events may come one after the other as they are asked for; what is raised on the way ends the transaction.
        Raises as `append` does; each command's `position` is filled in with that of the log.
        """
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold the writers' lock; what this thread appends meanwhile is committed at the end."""
        ...

    def stream_rows(self, stream: str, after: int) -> list[Row]:
        """The rows of a stream after a version, in version order."""
        ...

    def rows(self, after: int, limit: int) -> list[Row]:
        """Rows after a position, in position order, at most `limit`."""
        ...

    def position(self) -> int:
        """The position of the last event; 0 where there is none."""
        ...

    def streams(self, prefix: str) -> Iterator[str]:
        """The ids of the streams that begin with a prefix, bytewise."""
        ...

    def command(self, command_id: str) -> Command | None:
        """The row of the command log for an id."""
        ...

    def views(self, *, writing: bool = True) -> AbstractContextManager[ViewRows]:
        """One transaction on the tables of views; within `exclusive` it is part of that one."""
        ...

    def hints(self) -> AbstractContextManager[Callable[[float], None]]:
        """Something that waits for new events, at most so many seconds; for one thread."""
        ...

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Everything at one moment, to be read from end to end while others write on; not within `exclusive`."""
        ...

    def findings(self, *, deep: bool = False) -> list[Finding]:
        """Settings, format, integrity and positions, for `doctor`; `deep` reads every page."""
        ...

    def mark_sealed(self, keys: str) -> str:
        """Write into the header what closes personal values from now on, unless it says so already; what it says."""
        ...

    def close(self) -> None:
        """Give connections back; the log cannot be used afterwards."""
        ...
