"""A broker of each kind: that of one process, and a real NATS."""

import asyncio
import logging
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import nats
import pytest

from pipeline_engine import Engine
from pipeline_engine.service.bus import Channels
from tests.faults import conftest as faults
from tests.nats_server import NatsServer
from tests.service.bus.given import Broker, InMemory, OnNats, selling

# Printed with what failed, and drawn again where the environment names it.
seed = faults.seed


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """One word that no other test has."""
    return f"t{sha256(request.node.nodeid.encode()).hexdigest()[:12]}"


@pytest.fixture(params=["memory", "nats"])
def broker(request: pytest.FixtureRequest, prefix: str) -> Iterator[Broker]:
    """A broker that nobody breaks: of NATS the one server of the whole run."""
    if request.param == "memory":
        yield InMemory(f"memory://{prefix}", Channels(prefix), prefix)
        return
    url = str(request.getfixturevalue("nats_url"))
    yield Broker(url, Channels(prefix), prefix)
    asyncio.run(_clear(url, Channels(prefix)))


@pytest.fixture(params=["memory", "nats"])
def breakable(request: pytest.FixtureRequest, prefix: str, tmp_path: Path) -> Iterator[Broker]:
    """A broker that is there to be broken."""
    if request.param == "memory":
        yield InMemory(f"memory://{prefix}", Channels(prefix), prefix)
        return
    server = NatsServer(tmp_path / "nats").start()
    yield OnNats(server.url, Channels(prefix), prefix, server)
    server.kill()


@pytest.fixture
def own_nats(tmp_path: Path, prefix: str) -> Iterator[OnNats]:
    """A NATS server of the test's own."""
    server = NatsServer(tmp_path / "nats").start()
    yield OnNats(server.url, Channels(prefix), prefix, server)
    server.kill()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine in memory, with a process and people."""
    with selling("memory://", tmp_path) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _quiet_nats() -> None:
    # The client tells its own log of every connection that a test breaks.
    logging.getLogger("nats").setLevel(logging.CRITICAL)


async def _clear(url: str, channels: Channels) -> None:
    client = await nats.connect(url)
    streams = client.jetstream()
    for channel in (channels.events, channels.commands, channels.dead):
        try:
            await streams.delete_stream(channel.name)
        except nats.js.errors.NotFoundError:
            continue
    await client.close()
