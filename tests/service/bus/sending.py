"""A relay at work: an engine that sells, a broker it sends to, and somebody who listens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline_engine import Engine
from pipeline_engine.service.bus import BusOptions, BusService
from pipeline_engine.store import Standing
from tests.service.bus.given import Broker, Inbox


def relaying(engine: Engine, broker: Broker, url: str = "", **options: Any) -> BusService:
    """The relay of an engine to a broker, and nothing that comes in."""
    return BusService(engine, url or broker.url, BusOptions(prefix=broker.prefix, commands=False, **options))


def sell(engine: Engine, deals: int, rounds: int = 1) -> int:
    """So many deals, each opened and with so many calls; the position of the log afterwards."""
    for number in range(deals):
        fields = {"email": "kim@customer.example"}
        engine.open_deal(f"D-{number}", process="b2b", owner="rep-03", fields=fields, by="rep-03")
    outcome = None
    for _ in range(rounds):
        for number in range(deals):
            outcome = engine.log(f"D-{number}", "call", with_whom="Kim", minutes=5, by="rep-03")
    return outcome.position if outcome else 0


def deal_rows(engine: Engine) -> list[int]:
    """The positions of every event of a deal, in the order of the log."""
    return [row.position for row in engine.store_rows() if row.stream.startswith("deal:")]


def positions(inbox: Inbox) -> list[int]:
    """The positions that came."""
    return [event["position"] for event in inbox.events]


def standing(engine: Engine) -> Standing:
    """Where the relay stands, before it began too."""
    return next(iter(engine.standings()), Standing("bus", -1, 0, failing="has not begun"))


def sent_all(engine: Engine) -> bool:
    """Whether the relay is at the end of the log."""
    found = standing(engine)
    return found.failing is None and found.position == found.head


@contextmanager
def listening(broker: Broker, inbox: Inbox) -> Iterator[None]:
    """Somebody reads the events."""
    with broker.connected(reader=(broker.channels.events, inbox.take)):
        yield
