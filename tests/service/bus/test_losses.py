"""Rows 12 and 13 of what must be survived: outages, duplicates, disorder, handlers that fail, and poison; nothing lost.

Each control acknowledges what it did not do, and must lose by it.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import pytest

from pipeline_engine import Engine
from pipeline_engine.errors import BusUnreachable, StoreUnreachable
from pipeline_engine.service.bus import Bus, BusOptions, BusService, Channel, Delivery, Done, Message, Patience
from pipeline_engine.service.bus import running as running_room
from pipeline_engine.service.bus.handling import REASON
from tests.service.bus.given import Broker, Inbox, asked, command, selling, until, versions_by_deal

pytestmark = pytest.mark.slow

DEALS = 40
EAGER = Patience(tries=1000, first_seconds=0.005, longest_seconds=0.02)
SIZES = [pytest.param(1_000, id="1000"), pytest.param(10_000, id="10000", marks=pytest.mark.soak)]


class Unsteady:
    """An engine whose store fails every now and then: before what is asked is recorded, or just after."""

    def __init__(self, engine: Engine, chance: Random) -> None:
        self._engine, self._chance = engine, chance

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def through(self, via: str) -> "Unsteady":
        """Behind another door."""
        return self

    def log(self, *given: Any, **how: Any) -> Any:
        """What was asked, with an outage before or after it."""
        fate = self._chance.random()
        if fate < 0.05:
            raise StoreUnreachable("before")
        outcome = self._engine.log(*given, **how)
        if fate < 0.1:
            raise StoreUnreachable("after")
        return outcome


def heedless(bus: Bus, dead: Channel, handle: Callable[[Delivery], None], patience: Any = None) -> Any:
    """The control: whatever becomes of a message, it is acknowledged."""

    def take(delivery: Delivery) -> Done:
        try:
            handle(delivery)
        except Exception:  # noqa: BLE001 - that is what is wrong with it
            return Done()
        return Done()

    return take


def publish(bus: Bus, broker: Broker, messages: list[Message], pause: float) -> None:
    """Publish each until the broker has it."""
    for message in messages:
        while True:
            try:
                bus.publish(broker.channels.commands, message)
                break
            except BusUnreachable:
                time.sleep(0.05)
        time.sleep(pause)


@contextmanager
def breaking(broker: Broker, times: int, chance: Random) -> Iterator[None]:
    """The broker goes down and comes back, at some moments."""

    def run() -> None:
        for _ in range(times):
            time.sleep(chance.uniform(0.3, 0.8))
            broker.break_down()
            time.sleep(chance.uniform(0.1, 0.3))
            broker.mend()

    thread = Thread(target=run)
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("careful", [True, False], ids=["ours", "control"])
def test_commands_and_events_survive_whatever_breaks(
    breakable: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, careful: bool, seed: int
) -> None:
    """Sent twice, out of order, to a broker that dies, for a store that fails: each done once, each event out once."""
    chance, inbox, dead = Random(seed), Inbox(), Inbox()
    if not careful:
        monkeypatch.setattr(running_room, "patiently", heedless)
    bodies = [command("log", f"D-{n % DEALS}", f"c-{n}", kind="call") for n in range(size)]
    sent = [asked(breakable.channels, "log", body, f"m-{n}") for n, body in enumerate(bodies)]
    sent += [asked(breakable.channels, "log", bodies[n], f"again-{n}") for n in chance.sample(range(size), size // 5)]
    chance.shuffle(sent)
    readers = {"reader": (breakable.channels.events, inbox.take), "dead_reader": (breakable.channels.dead, dead.take)}
    options = BusOptions(prefix=breakable.prefix, patience=EAGER)
    with selling("memory://", tmp_path) as engine, breakable.connected(**readers) as bus:
        for number in range(DEALS):
            engine.open_deal(f"D-{number}", process="b2b", by="rep-03")
        with BusService(Unsteady(engine, chance), breakable.url, options):  # type: ignore[arg-type]  # all but one verb
            with breaking(breakable, 0 if not careful else 1 if size <= 1_000 else 5, chance):
                publish(bus, breakable, sent, 0.0005)
            until(lambda: _idle(engine, inbox, careful, size), "all is done", 120.0 + size / 50)
        done = Counter(each.command_id for each in _logged(engine))
    assert max(done.values()) == 1, "an effect happened twice"
    assert (len(done) == size) is careful, f"{size - len(done)} of {size} lost"
    assert not dead.got
    in_order = {deal: list(dict.fromkeys(came)) for deal, came in versions_by_deal(inbox.events).items()}
    assert all(came == list(range(1, len(came) + 1)) for came in in_order.values())
    assert sum(map(len, in_order.values())) == len(done) + DEALS


def _logged(engine: Engine) -> list[Any]:
    found = (engine.timeline(f"D-{number}")[1:] for number in range(DEALS))
    return [each.envelope for timeline in found for each in timeline]


def _idle(engine: Engine, inbox: Inbox, careful: bool, size: int) -> bool:
    """Whether nothing more comes: all is there, or, where some is lost, nothing has come for a while."""
    end = sum(1 for row in engine.store_rows() if row.stream.startswith("deal:"))
    seen = len({each.body for each in inbox.got})
    if careful:
        return seen == end == size + DEALS
    time.sleep(1.0)
    return seen == end == sum(1 for row in engine.store_rows() if row.stream.startswith("deal:"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("careful", [True, False], ids=["ours", "control"])
def test_one_in_a_hundred_is_poison(
    broker: Broker, engine: Engine, monkeypatch: pytest.MonkeyPatch, size: int, careful: bool, seed: int
) -> None:
    """All good commands are done, each bad one is put aside whole with its reason, and can be sent again."""
    chance, dead = Random(seed), Inbox()
    if not careful:
        monkeypatch.setattr(running_room, "patiently", heedless)
    bad = set(chance.sample(range(size), size // 100))
    for number in range(DEALS):
        engine.open_deal(f"D-{number}", process="b2b", by="rep-03")
    options = BusOptions(prefix=broker.prefix, events=False, patience=EAGER)
    held = broker.connected(dead_reader=(broker.channels.dead, dead.take))
    with held as bus, BusService(engine, broker.url, options):
        for number in range(size):
            body = _poison(number) if number in bad else command(*_note(number), kind="call")
            bus.publish(broker.channels.commands, asked(broker.channels, "log", body, f"m-{number}"))
        until(lambda: len(_logged(engine)) == size - len(bad), "all good ones are done", 60.0 + size / 50)
        until(lambda: not careful or len(dead.got) == len(bad), "all bad ones are put aside")
    assert (len(dead.got) == len(bad)) is careful
    assert all(each.headers[REASON] for each in dead.got)
    assert {each.body for each in dead.got} == ({_poison(number) for number in bad} if careful else set())


def _note(number: int) -> tuple[str, str, str]:
    return "log", f"D-{number % DEALS}", f"c-{number}"


def _poison(number: int) -> bytes:
    kinds = (b"\xff%d", b'{"id": "%d"}', b'{"specversion": "1.0", "id": "%d"', b"%d")
    return kinds[number % len(kinds)] % number


@pytest.mark.parametrize("size", SIZES)
def test_one_event_in_a_hundred_cannot_be_read(broker: Broker, tmp_path: Path, size: int, seed: int) -> None:
    """Every event that can be read goes out, each other one is put aside with a reason, and goes out once mended."""
    chance, inbox, file = Random(seed), Inbox(), tmp_path / "sales.db"
    bad = {f"D-{number}" for number in chance.sample(range(size), size // 100)}
    with selling(f"sqlite:///{file}?synchronous=normal", tmp_path) as engine:
        for number in range(size):
            engine.open_deal(f"D-{number}", process="b2b", by="rep-03")
        good = _spoil(file, bad)
        options = BusOptions(prefix=broker.prefix, commands=False)
        held, name = broker.connected(reader=(broker.channels.events, inbox.take)), f"bus-{broker.prefix}"
        with held, BusService(engine, broker.url, options):
            until(lambda: len(inbox.got) == size - len(bad), "all that can be read is sent", 60.0 + size / 50)
            until(lambda: len(engine.parked(name)) == len(bad), "the others are put aside")
            assert {each.stream for each in engine.parked(name)} == {f"deal:{deal}" for deal in bad}
            assert all(each.why for each in engine.parked(name))
            _mend(file, good)
            assert [engine.retry(name, f"deal:{deal}") for deal in sorted(bad)] == [[]] * len(bad)
            until(lambda: len(inbox.got) == size, "the mended ones are sent")
    assert sorted(event["subject"] for event in inbox.events) == sorted(f"D-{number}" for number in range(size))


def _spoil(file: Path, deals: set[str]) -> dict[str, bytes]:
    good = {}
    with sqlite3.connect(file) as by_hand:
        for deal in sorted(deals):
            place = (f"deal:{deal}",)
            (state,) = by_hand.execute("SELECT state FROM stored_events WHERE originator_id = ?", place).fetchone()
            tree = json.loads(state)
            tree["data"]["stage"] = 7
            query = "UPDATE stored_events SET state = ? WHERE originator_id = ?"
            by_hand.execute(query, (json.dumps(tree).encode(), *place))
            good[deal] = state
    by_hand.close()
    return good


def _mend(file: Path, good: dict[str, bytes]) -> None:
    with sqlite3.connect(file) as by_hand:
        query = "UPDATE stored_events SET state = ? WHERE originator_id = ?"
        by_hand.executemany(query, [(state, f"deal:{deal}") for deal, state in good.items()])
    by_hand.close()
