"""What goes into the store and what comes out of it: drafts, decisions, receipts, rows, findings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from pipeline_engine.envelope import Envelope, Event, Recorded

S = TypeVar("S")
Progress = Callable[[int, int], None]
"""Told how much of how much is done."""
# Covariant, since a fold is only ever given what it made itself.
State = TypeVar("State", covariant=True)


def quiet(done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is to be appended; stream, version, position and record time come from the store."""

    envelope: Envelope
    event: Event


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command comes to: events to append, or the version of an earlier event that answers it already.

    With neither, nothing is appended and the command is remembered as answered.
    """

    drafts: tuple[Draft, ...] = ()
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Which command asks: its id (1 to 200 printable characters), and the SHA-256 in hex of the request."""

    command_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Which versions of the stream answer a command: `first` to `last`; none if `last < first`.

    A view that stands at `position` or later has seen the answer. `known`: the command id had been used
    before, with the same digest.
    """

    stream: str
    first: int
    last: int
    position: int
    known: bool


@dataclass(frozen=True, slots=True)
class Fold(Generic[State]):
    """How the events of a stream add up to a state.

    States are immutable: the store keeps them by (`name`, stream) and carries them on with what is new.

    Args:
        rewrites: Events that change what earlier ones add up to. At one of these the stream is read again from its
            beginning.
        refold: The state after such an event, from the state before it and the whole stream up to it.
    """

    name: str
    evolve: Callable[[State | None, Recorded], State]
    rewrites: tuple[type[Event], ...] = ()
    refold: "Callable[[State | None, Sequence[Recorded]], State] | None" = None


class Row(NamedTuple):
    """One stored event as it stands in the log; `recorded_at` counts microseconds since 1970-01-01 UTC."""

    position: int
    stream: str
    version: int
    recorded_at: int
    name: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class StreamAppend:
    """Events for one stream in a bulk append, on top of `expected_version` (0: the stream is new)."""

    stream: str
    expected_version: int
    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check of the store found, and what to do where it is not `ok`."""

    check: str
    ok: bool
    found: str
    advice: str = ""


class Reader(Protocol):
    """Reads other streams while deciding; what was read is checked again under the writers' lock."""

    def state(self, stream: str, fold: Fold[S]) -> tuple[S | None, int]:
        """The state of a stream and its version; None and 0 where it has no events."""
        ...
