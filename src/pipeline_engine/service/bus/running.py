"""The bus beside an engine: events out and commands in, each where it is wanted, until it is stopped."""

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadValue, BusUnreachable
from pipeline_engine.service.bus.addresses import connect, shown_address
from pipeline_engine.service.bus.handling import Patience, patiently
from pipeline_engine.service.bus.inward import READER, Commands
from pipeline_engine.service.bus.port import Bus, Channels, is_subject
from pipeline_engine.service.bus.relay import Leased, Relay
from pipeline_engine.store import Health, Runner, Sender

CONNECT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Sharing:
    """That personal values go out too, who asked for it, and why."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class BusOptions:
    """
    How the bus is used.

    Args:
        prefix: One word before every subject, for tenants that share a broker.
        source: What events name as their source; else made from the log's own name. Two logs never share one.
        events, commands: Whether events go out, and commands come in.
        sharing: Personal values go out too; else they are left out and named.
        patience: How often a command is tried that could not be handled.
    """

    prefix: str = ""
    source: str = ""
    events: bool = True
    commands: bool = True
    sharing: Sharing | None = None
    patience: Patience | None = None


class BusService:
    """Events out and commands in on one connection, in threads of their own; `with` starts and stops it."""

    def __init__(self, engine: Engine, url: str, options: BusOptions | None = None, bus: Bus | None = None) -> None:
        """Raises BadValue where the address or an option cannot be."""
        self.options = options or BusOptions()
        if self.options.prefix and not (is_subject(self.options.prefix) and "." not in self.options.prefix):
            raise BadValue("prefix", self.options.prefix, "one word of letters, digits, `_` and `-`")
        self._engine, self._url = engine, url
        self.bus, self.channels = bus or connect(url), Channels(self.options.prefix)
        self.source = self.options.source or f"urn:pipeline-engine:{engine.log_name}"
        self._sender = self._made_sender()
        self._runner: Runner | None = None
        self._started = False

    def _made_sender(self) -> Sender:
        opened = self._engine.open_sealed if self.options.sharing else None
        return self._engine.sender(self.name, Relay(self.bus, self.channels, self.source, opened))

    def start(self) -> None:
        """Begin, once, without waiting for the broker: while it is away, the health says so."""
        if self._started:
            return
        self._started = True
        sharing = self.options.sharing
        if sharing is not None:
            self._engine.share_personal(self._sender.name, shown_address(self._url), sharing.reason, by=sharing.by)
        self.subscribe()
        self.bus.start()
        # Of a long log it would be minutes of work for nobody.
        if self.options.events and self.bus.may_be_heard(self.channels.events):
            holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
            lease = self._engine.lease(f"send {self._sender.name}", holder)
            self._runner = self._engine.running([Leased(self._sender, lease)])
            self._runner.__enter__()

    @property
    def name(self) -> str:
        """What the books of the store call what goes out."""
        return f"bus-{self.options.prefix}" if self.options.prefix else "bus"

    def subscribe(self) -> None:
        """Say what is read from the bus; `start` does."""
        if self.options.commands:
            handle = Commands(self._engine, self.bus, self.channels, self.source).handle
            take = patiently(self.bus, self.channels.dead, handle, self.options.patience)
            self.bus.subscribe(self.channels.commands, READER, take)

    def stop(self) -> None:
        """Finish what is at hand, let another process take over, and disconnect."""
        if self._runner is not None:
            self._runner.stop()
        self.bus.stop()

    def health(self) -> list[Health]:
        """Whether the broker is connected, and whether events get on."""
        failing = self.bus.failing()
        connected = Health("bus connection", failing is None, None, failing)
        return [connected, *(self._runner.health() if self._runner else ())]

    def well(self) -> bool:
        """Whether all is well."""
        return all(each.ok for each in self.health())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def run(engine: Engine, url: str, options: BusOptions | None = None) -> BusService:
    """The bus at an address beside an engine, started; `stop()` ends it before the engine is closed."""
    service = BusService(engine, url, options)
    service.start()
    return service


@contextmanager
def at_hand(engine: Engine, url: str, options: BusOptions | None = None) -> Iterator[BusService]:
    """The bus connected, and nothing sent or read by itself; raises BusUnreachable where it is not there soon."""
    service = BusService(engine, url, options)
    with reached(service.bus, url):
        yield service


@contextmanager
def reached(bus: Bus, url: str) -> Iterator[Bus]:
    """A bus, connected; raises BusUnreachable where that takes too long."""
    bus.start()
    try:
        until = monotonic() + CONNECT_SECONDS
        while (failing := bus.failing()) is not None:
            if monotonic() > until:
                raise BusUnreachable(f"the bus at `{shown_address(url)}` {failing}")
            sleep(0.02)
        yield bus
    finally:
        bus.stop()
