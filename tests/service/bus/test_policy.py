"""Nothing is acknowledged behind our back: every subscriber says what acknowledges its messages, and that is we."""

import ast
import asyncio
from pathlib import Path
from typing import Any

import pytest
from faststream import AckPolicy
from faststream._internal.constants import EMPTY
from faststream.nats import JStream, NatsBroker, PullSub

from pipeline_engine.errors import BadValue
from pipeline_engine.service import bus as room
from pipeline_engine.service.bus import BusOptions, BusService, Channels, Done, connect
from pipeline_engine.service.bus.addresses import shown_address
from pipeline_engine.service.bus.nats import NatsBus

SOURCES = Path(room.__file__).parent.parent.parent


def unsaid(broker: NatsBroker) -> list[Any]:
    """The subscribers of a broker whose messages somebody else than us acknowledges."""
    return [each for each in broker.subscribers if not _by_hand(each)]


def _by_hand(subscriber: Any) -> bool:
    # One that acknowledges first calls itself manual, and has the client do it.
    return subscriber.ack_policy is AckPolicy.MANUAL and subscriber.extra_options.get("manual_ack") is not False


def test_every_subscriber_says_who_acknowledges(engine):
    """Whatever the service reads, it acknowledges by hand: the library's default puts aside what failed once."""
    bus = connect("nats://localhost:4222")
    assert isinstance(bus, NatsBus)
    service = BusService(engine, "nats://localhost:4222", BusOptions(), bus)
    service.subscribe()
    bus.subscribe(Channels().events, "another", lambda delivery: Done())
    assert len(bus.broker.subscribers) == 2
    assert not unsaid(bus.broker)


def test_a_subscriber_that_says_nothing_is_found():
    """The control: the library's default, and one that acknowledges first, are each found."""
    broker = NatsBroker("nats://localhost:4222", logger=None)
    stream = JStream("S", declare=False)
    broker.subscriber("a", durable="a", stream=stream, pull_sub=PullSub())
    broker.subscriber("b", queue="b", stream=stream, ack_policy=AckPolicy.ACK_FIRST)
    broker.subscriber("c", durable="c", stream=stream, ack_policy=AckPolicy.MANUAL, pull_sub=PullSub())
    assert {each.subject.template for each in unsaid(broker)} == {"a", "b"}


def test_no_source_makes_a_subscriber_without_saying_it():
    """Every call of `.subscriber(…)` in the sources names its policy, whoever writes the next one."""
    calls = [
        (file.name, call.lineno, {each.arg for each in call.keywords})
        for file in sorted(SOURCES.rglob("*.py"))
        if ".subscriber(" in file.read_text()
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "subscriber"
    ]
    assert calls
    assert not [place for *place, said in calls if "ack_policy" not in said]


@pytest.mark.slow
@pytest.mark.parametrize("policy", [AckPolicy.ACK_FIRST, EMPTY], ids=["acknowledged first", "the default"])
def test_the_library_loses_what_fails_once_where_nobody_says(nats_url, prefix, policy):
    """The control that must lose: of 20 messages whose first handling fails, the library's own ways handle none."""
    handled = asyncio.run(_handled(nats_url, prefix, policy))
    assert handled == []


async def _handled(url: str, prefix: str, policy: Any) -> list[str]:
    seen, handled = set[str](), list[str]()
    broker, stream = NatsBroker(url, logger=None, apply_types=False), JStream(f"{prefix}X")
    if policy is AckPolicy.ACK_FIRST:
        subscriber: Any = broker.subscriber(f"{prefix}.x", stream=stream, queue="d", ack_policy=policy)
    else:
        subscriber = broker.subscriber(f"{prefix}.x", stream=stream, durable="d", pull_sub=PullSub(timeout=0.2))

    async def handle(body: str) -> None:
        if body not in seen:
            seen.add(body)
            raise ConnectionError("the database is away")
        handled.append(body)

    subscriber(handle)
    async with broker:
        await broker.start()
        for number in range(20):
            await broker.publish(f"n{number}", f"{prefix}.x", stream=f"{prefix}X")
        while len(seen) < 20:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        streams = broker.config.connection_state.stream
        await streams.delete_stream(f"{prefix}X")
    return handled


@pytest.mark.parametrize("url", ["amqp://localhost", "kafka://localhost", "localhost:4222", ""])
def test_an_address_of_no_bus_names_those_there_are(url):
    """One line says which addresses there are."""
    with pytest.raises(BadValue, match=r"memory://.*nats://HOST:4222"):
        connect(url)


def test_a_bus_whose_library_is_missing_says_what_to_install(monkeypatch):
    """The embedded engine needs no broker's library; whoever names one is told how to get it."""

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("pipeline_engine.service.bus.addresses.import_module", missing)
    with pytest.raises(BadValue, match=r'pip install "pipeline-engine\[service\]"'):
        connect("nats://localhost:4222")


@pytest.mark.parametrize("prefix", ["a.b", "a b", "*", ">", "ü", "x" * 300])
def test_a_prefix_is_one_word(engine, prefix):
    """A prefix that would reach into another tenant's subjects is refused."""
    with pytest.raises(BadValue, match="one word"):
        BusService(engine, "memory://", BusOptions(prefix=prefix))


def test_an_address_is_shown_without_its_secrets():
    """Neither the log nor a health check tells a password."""
    assert shown_address("nats://ops:secret@bus.example:4222?token=x") == "nats://bus.example:4222"
    assert shown_address("nats://o:s@a.example,o:s@b.example:4223") == "nats://a.example,nats://b.example:4223"
