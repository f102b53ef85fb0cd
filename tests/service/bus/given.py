"""A broker to break, what is said on it, and who listens."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast
from urllib.parse import urlsplit

import nats

from pipeline_engine import Engine
from pipeline_engine.service.bus import Bus, Channel, Channels, Delivery, Done, Message, connect
from pipeline_engine.service.bus.memory import MemoryBus
from tests.faults.server.wire import Wire
from tests.nats_server import NatsServer

PROCESS = """
process: b2b
currency: EUR
deal:
  amount: {type: money}
  close_date: {type: date}
  email: {type: text, personal: deal}
activities: [call]
observed: {by: [ops]}
stages:
  - id: lead
  - id: offer
    enter: [{require: [amount]}]
outcomes: {lost: {reasons: [price]}}
"""
PATIENCE_SECONDS = 30.0


def until(holds: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something holds; fails where it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.01)


@dataclass
class Broker:
    """A broker that a test may break, and the channels that are this test's alone."""

    url: str
    channels: Channels
    prefix: str

    def connected(self, **readers: tuple[Channel, Callable[[Delivery], Any]]) -> "Connection":
        """A connection to it, with readers by their names."""
        bus = connect(self.url)
        for name, (channel, take) in readers.items():
            bus.subscribe(channel, name, take)
        return Connection(bus)

    @contextmanager
    def listened(self, subject: str, heard: Callable[[bytes], None]) -> Iterator[None]:
        """Listen to what nobody keeps."""
        over, ready = Event(), Event()

        async def listening() -> None:
            """Until it is over."""
            client = await nats.connect(self.url)

            await client.subscribe(subject, cb=_hearing(heard))
            await client.flush()
            ready.set()
            while not over.is_set():
                await asyncio.sleep(0.01)
            await client.close()

        thread = Thread(target=lambda: asyncio.run(listening()))
        thread.start()
        assert ready.wait(PATIENCE_SECONDS)
        yield
        over.set()
        thread.join()

    def break_down(self) -> None:
        """It is gone without a word, and keeps what it said it has."""
        raise NotImplementedError

    def mend(self) -> None:
        """It is back."""
        raise NotImplementedError


@dataclass
class Connection:
    """One connection, which ends with the test."""

    bus: Bus

    def __enter__(self) -> Bus:
        self.bus.start()
        until(lambda: self.bus.failing() is None, "the bus connects")
        return self.bus

    def __exit__(self, *_: object) -> None:
        self.bus.stop()


def _hearing(heard: Callable[[bytes], None]) -> Callable[[Any], Any]:
    async def hear(message: Any) -> None:
        heard(message.data)

    return hear


class InMemory(Broker):
    """The bus of one process."""

    @contextmanager
    def listened(self, subject: str, heard: Callable[[bytes], None]) -> Iterator[None]:
        """Listen to what nobody keeps."""

        def listen(message: Message) -> None:
            if message.subject == subject:
                heard(message.body)

        self._broker.listeners.append(listen)
        yield
        self._broker.listeners.remove(listen)

    def break_down(self) -> None:
        """It takes nothing and gives nothing."""
        self._broker.down = "the bus is down"

    def mend(self) -> None:
        """It goes on."""
        with self._broker.changed:
            self._broker.down = None
            self._broker.changed.notify_all()

    @property
    def _broker(self) -> Any:
        return cast("MemoryBus", connect(self.url)).broker


@dataclass
class OnNats(Broker):
    """A NATS server of the test's own."""

    server: NatsServer = field(default_factory=lambda: NatsServer(Path()))

    def break_down(self) -> None:
        """It is killed."""
        self.server.kill()

    def mend(self) -> None:
        """It is started again on the same files."""
        self.server.start()


def wired(url: str) -> tuple[Wire, str]:
    """A wire to a NATS server, and the URL by way of it."""
    wire = Wire(url)
    return wire, f"nats://127.0.0.1:{urlsplit(wire.through).port}"


@contextmanager
def selling(url: str, folder: Path) -> Iterator[Engine]:
    """An engine with a process and people."""
    (folder / "b2b.yaml").write_text(PROCESS)
    (folder / "people.yaml").write_text("people: [{id: ops-1, roles: [ops]}, {id: rep-03, roles: [rep]}]\n")
    with Engine.open(url) as engine:
        engine.publish(folder / "b2b.yaml", by="ops-1")
        engine.apply_team(folder / "people.yaml", by="ops-1")
        yield engine


def command(kind: str, deal: str, command_id: str, /, **data: Any) -> bytes:
    """A command as a CloudEvent; `by` is rep-03 unless it is said."""
    said = {
        "specversion": "1.0", "id": command_id, "source": "crm.example", "type": f"pipeline_engine.command.{kind}",
        "subject": deal, "data": {"by": "rep-03", **data},
    }  # fmt: skip
    return json.dumps(said).encode()


@dataclass
class Inbox:
    """Keeps what it is delivered."""

    got: list[Delivery] = field(default_factory=list)

    def take(self, delivery: Delivery) -> Done:
        """Keep it."""
        self.got.append(delivery)
        return Done()

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was delivered, as JSON."""
        return [json.loads(each.body) for each in self.got]


def asked(channels: Channels, kind: str, body: bytes, message_id: str) -> Message:
    """A command's message."""
    return Message(channels.command(kind), message_id, body, {"content-type": "application/cloudevents+json"})


def versions_by_deal(events: list[dict[str, Any]]) -> Mapping[str, list[int]]:
    """The stream versions that came, by deal, in the order they came."""
    found: dict[str, list[int]] = {}
    for event in events:
        found.setdefault(event["subject"], []).append(event["streamversion"])
    return found
