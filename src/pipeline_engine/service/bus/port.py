"""What a bus is to us, whatever broker is behind it: publish until acknowledged, and read with an answer for each.

No adapter acknowledges by itself. Whoever reads says what became of a message, and one of three answers it must be:
done, again after a while, or (made of these two in handling.py) put aside as a dead letter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

MOST_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Channel:
    """
    A lane of the bus, kept by the broker in the order of arrival.

    Args:
        name: What the broker calls it.
        subjects: Which subjects are in it; `*` stands for one word.
        until_done: Whether a message is gone once it was handled; else all readers find it, as the broker's limits are.
    """

    name: str
    subjects: str
    until_done: bool = False


class Channels:
    """The three channels of one tenant; ids are never part of a subject, since subjects become labels of metrics."""

    def __init__(self, prefix: str = "") -> None:
        lane, name = (f"{prefix}." if prefix else ""), (f"{prefix}_" if prefix else "")
        self.root = f"{lane}pipeline_engine"
        self.events = Channel(f"{name}PIPELINE_ENGINE_EVENTS", f"{self.root}.events.*")
        self.commands = Channel(f"{name}PIPELINE_ENGINE_COMMANDS", f"{self.root}.commands.*", until_done=True)
        self.dead = Channel(f"{name}PIPELINE_ENGINE_DEAD", f"{self.root}.dead")

    def event(self, name: str) -> str:
        """The subject of events of a name."""
        return f"{self.root}.events.{name}"

    def command(self, kind: str) -> str:
        """The subject of commands of a kind."""
        return f"{self.root}.commands.{kind}"

    def may_answer_to(self, subject: str) -> bool:
        """Whether an answer may go there: an asker must not have us publish wherever we are allowed to."""
        return subject.startswith(("_INBOX.", f"{self.root}.replies.")) and is_subject(subject)


def is_subject(text: str) -> bool:
    """Whether it is one subject, without wildcards, that every broker takes."""
    return len(text) <= 200 and all(part.isascii() and part.replace("_", "").replace("-", "").isalnum()
                                    for part in text.removeprefix("_").split("."))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """What is published; the broker keeps one of those with the same id that come within its window."""

    subject: str
    id: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    A message that was read.

    Args:
        place: Which message of which channel it is, the same each time it is delivered.
        tries: The how-manieth delivery this is, from 1.
    """

    subject: str
    body: bytes
    headers: Mapping[str, str]
    place: str
    tries: int


@dataclass(frozen=True, slots=True)
class Done:
    """It is handled: acknowledge it."""


@dataclass(frozen=True, slots=True)
class Again:
    """It is not: deliver it again after so many seconds, and nothing that is behind it before."""

    seconds: float


Answer = Done | Again
Take = Callable[[Delivery], Answer]


class Bus(Protocol):
    """A connection to a broker, safe to share between threads; each call but `start` may raise BusUnreachable."""

    def start(self) -> None:
        """Begin to connect, without waiting for it; comes back by itself after every outage."""
        ...

    def stop(self) -> None:
        """Finish what is being handled and let go."""
        ...

    def publish(self, channel: Channel, message: Message) -> None:
        """Publish one message; returns once the broker has it."""
        ...

    def feed(self, channel: Channel, messages: Sequence[Message]) -> int:
        """
        Publish messages so that they stand in the channel in this order, whatever breaks on the way.

        One feeder a channel at a time: of two the broker refuses one.

        Returns:
            How many of them, from the first on, the broker has: at least one.

        Raises:
            BusUnreachable: It has said of none that it has it; some it may have all the same.
        """
        ...

    def last(self, channel: Channel) -> str | None:
        """
        The id of the last message of a channel.

        Returns:
            An empty text where there never was one; None where nobody can tell: it is gone, or has no id.
        """
        ...

    def peek(self, channel: Channel, limit: int) -> list[Delivery]:
        """The last messages of a channel, oldest first, which stay where they are."""
        ...

    def answer(self, message: Message) -> None:
        """Send to whoever listens now; nobody keeps it."""
        ...

    def subscribe(self, channel: Channel, reader: str, take: Take) -> None:
        """
        Read a channel from now on, one message after the other, each until it is done.

        All that read under one name share the messages; each name reads all of them. To be called before `start`.
        """
        ...

    def may_be_heard(self, channel: Channel) -> bool:
        """Whether anybody can read a channel; False only where it is certain that nobody ever will."""
        ...

    def failing(self) -> str | None:
        """Why it is not connected; None where it is."""
        ...
