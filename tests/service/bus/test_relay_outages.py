"""What the relay comes through: brokers that go, hang, lose and are new, logs that were put back; the control loses."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipeline_engine import Engine
from pipeline_engine.errors import BadStore, BusUnreachable
from pipeline_engine.service.bus.relay import Relay
from pipeline_engine.store import Sender
from tests.service.bus.given import Broker, Inbox, OnNats, selling, until, wired
from tests.service.bus.sending import deal_rows, listening, positions, relaying, sell, sent_all, standing


def test_a_broker_that_is_away_is_told_and_nothing_is_lost(breakable: Broker, engine: Engine) -> None:
    """While it is away the health and the books say so and commands go on; then every event arrives, in order."""
    inbox = Inbox()
    with listening(breakable, inbox), relaying(engine, breakable) as service:
        sell(engine, 5)
        until(lambda: len(inbox.got) == 10, "the first are sent")
        breakable.break_down()
        for number in range(5):
            engine.log(f"D-{number}", "call", by="rep-03")
        until(lambda: not service.well() and standing(engine).failing, "the outage is told", 5.0)
        breakable.mend()
        until(lambda: len(set(positions(inbox))) == 15, "the rest is sent")
        until(service.well, "all is well again")
    assert list(dict.fromkeys(positions(inbox))) == deal_rows(engine)


def test_a_broker_that_hangs_is_told_within_five_seconds(own_nats: OnNats, engine: Engine) -> None:
    """A line that goes nowhere raises nothing; the relay says that it does not get on, and goes on where it can."""
    inbox, (wire, url) = Inbox(), wired(own_nats.url)
    with listening(own_nats, inbox), relaying(engine, own_nats, url) as service:
        sell(engine, 2)
        until(lambda: len(inbox.got) == 4, "the first are sent")
        until(service.well, "all is well")
        wire.dead = True
        engine.log("D-0", "call", by="rep-03")
        until(lambda: not service.well(), "the stall is told", 5.0)
        wire.dead = False
        wire.cut()
        engine.log("D-1", "call", by="rep-03")
        until(lambda: len(inbox.got) >= 6, "the rest is sent")
    wire.close()
    assert positions(inbox) == deal_rows(engine)


def test_two_that_send_at_once_leave_no_gap_and_no_disorder(own_nats: OnNats, tmp_path: Path) -> None:
    """Where the lease fails both send; the broker keeps each event once and in order all the same."""
    inbox, url = Inbox(), f"sqlite:///{tmp_path}/sales.db"
    with listening(own_nats, inbox), ExitStack() as stack:
        engine = stack.enter_context(selling(url, tmp_path))
        both = [engine, stack.enter_context(Engine.open(url))]
        buses = [stack.enter_context(own_nats.connected()) for _ in both]
        runners = [
            each.running([each.sender("bus", Relay(bus, own_nats.channels, "s"))])
            for each, bus in zip(both, buses, strict=True)
        ]
        for runner in runners:
            stack.enter_context(runner)
        sell(engine, 30, rounds=4)
        until(lambda: len(inbox.got) >= 150, "all is sent")
        assert positions(inbox) == deal_rows(engine)


def test_what_the_broker_lost_is_sent_again(own_nats: OnNats, engine: Engine, tmp_path: Path) -> None:
    """A broker that was put back to an earlier state has less than it acknowledged; the log has it all."""
    with relaying(engine, own_nats):
        sell(engine, 3)
        until(lambda: sent_all(engine), "all is sent")
    own_nats.break_down()
    shutil.copytree(own_nats.server.folder / "streams", tmp_path / "earlier")
    own_nats.mend()
    with relaying(engine, own_nats):
        engine.log("D-0", "call", by="rep-03")
        engine.log("D-1", "call", by="rep-03")
        until(lambda: sent_all(engine), "all is sent")
    own_nats.break_down()
    shutil.rmtree(own_nats.server.folder / "streams")
    shutil.move(tmp_path / "earlier", own_nats.server.folder / "streams")
    own_nats.mend()
    inbox = Inbox()
    with listening(own_nats, inbox), relaying(engine, own_nats):
        engine.log("D-2", "call", by="rep-03")
        until(lambda: len(inbox.got) >= 9, "all is there again")
    assert positions(inbox) == deal_rows(engine)


def test_a_new_broker_gets_the_whole_log(own_nats: OnNats, engine: Engine) -> None:
    """Whoever changes to another broker finds every event there, whatever was sent to the one before."""
    with relaying(engine, own_nats):
        sell(engine, 3)
        until(lambda: sent_all(engine), "all is sent")
    own_nats.break_down()
    shutil.rmtree(own_nats.server.folder / "streams")
    own_nats.mend()
    inbox = Inbox()
    with listening(own_nats, inbox), relaying(engine, own_nats):
        until(lambda: len(inbox.got) >= 6, "all is sent again")
    assert positions(inbox) == deal_rows(engine)


def test_a_log_that_was_put_back_does_not_pass_for_the_one_that_was_sent(broker: Broker, tmp_path: Path) -> None:
    """Restored from an older copy, its new events would have the ids of others: nothing is sent, and it is said why."""
    url, file = f"sqlite:///{tmp_path}/sales.db", tmp_path / "sales.db"
    with selling(url, tmp_path) as engine:
        sell(engine, 1)
        engine.back_up(tmp_path / "copy.db")
        for _ in range(3):
            engine.log("D-0", "call", by="rep-03")
        with relaying(engine, broker):
            until(lambda: sent_all(engine), "all is sent")
    for each in ("", "-wal", "-shm"):
        Path(f"{file}{each}").unlink(missing_ok=True)
    Engine.restore(tmp_path / "copy.db", url)
    with Engine.open(url) as engine, broker.connected() as bus:
        source = f"urn:pipeline-engine:{engine.log_name}"
        sender = engine.sender("bus-" + broker.prefix, Relay(bus, broker.channels, source))
        with pytest.raises(BadStore, match="put back to an earlier state"):
            sender.step()


class NotesFirst(Sender):
    """The control: it moves its position, and sends then."""

    def step(self) -> int:
        """Note a batch, and send it."""
        generation, position = self._at()
        rows = self._log.rows(position, 10)
        if rows and self._noted(generation, (position, rows[-1].position), ()):
            self._sends.send([made for row in rows if (made := self._sends.made_of(row)) is not None])
        return len(rows)


@pytest.mark.parametrize("careful", [True, False], ids=["noted after", "control: noted first"])
def test_a_broker_that_fails_at_any_moment_loses_nothing(
    broker: Broker, engine: Engine, careful: bool, seed: int
) -> None:
    """Every third time something breaks before, within or after what is sent; the control loses events by it."""
    inbox, chance = Inbox(), Random(seed)
    sell(engine, 25, rounds=4)
    with listening(broker, inbox), broker.connected() as bus:
        relay = Relay(Fails(bus, chance), broker.channels, "s")  # type: ignore[arg-type]  # what a relay asks of a bus
        sender = engine.sender("bus", relay)
        if not careful:
            sender.__class__ = NotesFirst
        steps = 0
        while not sent_all(engine):
            steps += 1
            try:
                sender.step()
            except BusUnreachable:
                continue
        until(lambda: len(inbox.got) >= (125 if careful else 1), "all is sent")
    assert (positions(inbox) == deal_rows(engine)) is careful


class Fails:
    """A bus on which something breaks every now and then: nothing, a part, or all of what is sent has arrived."""

    def __init__(self, bus: Any, chance: Random) -> None:
        self._bus, self._chance = bus, chance

    def last(self, channel: Any) -> Any:
        """As it is."""
        return self._bus.last(channel)

    def feed(self, channel: Any, messages: Any) -> int:
        """Some of them."""
        window = messages[: self._chance.randint(0, 10)]
        if window:
            self._bus.feed(channel, window)
        if not window or self._chance.random() < 0.3:
            raise BusUnreachable("the answer was lost")
        return len(window)
