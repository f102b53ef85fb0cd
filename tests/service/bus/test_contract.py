"""What every broker must do for us, on each of them: in order, at least once, until it is answered for."""

import time
from itertools import pairwise
from threading import Event

import pytest

from pipeline_engine.errors import BusUnreachable
from pipeline_engine.service.bus import Again, Delivery, Done, Hopeless, Message, Patience, patiently
from pipeline_engine.service.bus.handling import CUT, PLACE, REASON, SUBJECT, TRIES
from tests.service.bus.given import Broker, Inbox, until

QUICK = Patience(tries=4, first_seconds=0.02, longest_seconds=0.1)


def message(broker: Broker, number: int, body: bytes = b"{}") -> Message:
    """An event's message."""
    return Message(broker.channels.event("DealMoved"), f"m/{number}", body)


def test_what_is_published_is_read_in_its_order(broker: Broker) -> None:
    """A reader gets what was fed, whole and in the order it was fed, over more than one window."""
    inbox = Inbox()
    with broker.connected(reader=(broker.channels.events, inbox.take)) as bus:
        assert bus.feed(broker.channels.events, [message(broker, n, str(n).encode()) for n in range(300)]) == 300
        until(lambda: len(inbox.got) == 300, "all is read")
    assert [each.body for each in inbox.got] == [str(n).encode() for n in range(300)]
    assert {(each.subject, each.tries) for each in inbox.got} == {(broker.channels.event("DealMoved"), 1)}


def test_the_same_id_is_kept_once(broker: Broker) -> None:
    """A message that is published again under its id is read once."""
    inbox = Inbox()
    with broker.connected(reader=(broker.channels.events, inbox.take)) as bus:
        for number in (1, 1, 2, 1, 2, 3):
            bus.publish(broker.channels.events, message(broker, number, str(number).encode()))
        until(lambda: len(inbox.got) >= 3, "all is read")
    assert [each.body for each in inbox.got] == [b"1", b"2", b"3"]


def test_the_last_message_is_known_by_its_id(broker: Broker) -> None:
    """Whoever feeds a channel can ask up to where it is there."""
    with broker.connected() as bus:
        assert not bus.last(broker.channels.events)
        bus.feed(broker.channels.events, [message(broker, 1), message(broker, 2)])
        assert bus.last(broker.channels.events) == "m/2"


def test_each_name_reads_everything_and_those_of_one_name_share_it(broker: Broker) -> None:
    """Two readers of one name get each message once between them; one of another name gets all of them."""
    one, two, other = Inbox(), Inbox(), Inbox()
    events = broker.channels.events
    first = broker.connected(shared=(events, one.take), other=(events, other.take))
    with first as bus, broker.connected(shared=(events, two.take)):
        bus.feed(events, [message(broker, n, str(n).encode()) for n in range(40)])
        until(lambda: len(one.got) + len(two.got) >= 40 and len(other.got) >= 40, "all is read")
    assert sorted(int(each.body) for each in (*one.got, *two.got)) == list(range(40))
    assert [int(each.body) for each in other.got] == list(range(40))


def test_what_is_not_done_comes_again_before_what_is_behind_it(broker: Broker) -> None:
    """A message that is put back is delivered again after its delay, and none overtakes it."""
    seen: list[tuple[bytes, int]] = []
    moments: list[float] = []

    def take(delivery: Delivery) -> Again | Done:
        seen.append((delivery.body, delivery.tries))
        moments.append(time.monotonic())
        return Again(0.2) if delivery.body == b"1" and delivery.tries < 3 else Done()

    with broker.connected(reader=(broker.channels.events, take)) as bus:
        bus.feed(broker.channels.events, [message(broker, n, str(n).encode()) for n in range(3)])
        until(lambda: len(seen) >= 5, "all is read")
    assert seen == [(b"0", 1), (b"1", 1), (b"1", 2), (b"1", 3), (b"2", 1)]
    assert all(later - earlier >= 0.19 for earlier, later in pairwise(moments[1:4]))


def test_a_handler_that_fails_is_asked_again_and_each_message_is_handled(broker: Broker) -> None:
    """A handler that raises the first two times loses nothing: the defaults of the library lost every one of them."""
    handled: list[bytes] = []

    def handle(delivery: Delivery) -> None:
        if delivery.tries < 3:
            raise ConnectionError("the database is away")
        handled.append(delivery.body)

    held, dead = patiently_reading(broker, handle)
    with held as bus:
        bus.feed(broker.channels.events, [message(broker, n, str(n).encode()) for n in range(20)])
        until(lambda: len(handled) == 20, "all is handled")
    assert handled == [str(n).encode() for n in range(20)]
    assert not dead.got


def test_what_fails_for_ever_is_a_dead_letter_after_its_last_try(broker: Broker) -> None:
    """A dead letter has the original bytes, where it came from, how often it was tried, and why it is one."""

    def handle(delivery: Delivery) -> None:
        if delivery.body == b"bad":
            raise ConnectionError("secret of a customer")

    held, dead = patiently_reading(broker, handle)
    with held as bus:
        bus.feed(broker.channels.events, [message(broker, 1, b"bad"), message(broker, 2, b"good")])
        until(lambda: dead.got, "the dead letter is there")
    (letter,) = dead.got
    assert letter.body == b"bad"
    assert letter.headers[SUBJECT] == broker.channels.event("DealMoved")
    assert letter.headers[PLACE] == f"{broker.channels.events.name}/1"
    assert (letter.headers[TRIES], letter.headers[REASON]) == (
        "4",
        "failed 4 times, the last time with ConnectionError",
    )


def test_what_can_never_be_is_a_dead_letter_at_once(broker: Broker) -> None:
    """What is hopeless is not tried again, and those behind it go on."""
    tried: list[bytes] = []

    def handle(delivery: Delivery) -> None:
        tried.append(delivery.body)
        if delivery.body == b"\xff\x00 poison":
            raise Hopeless("no message\nof ours: ü")

    held, dead = patiently_reading(broker, handle)
    with held as bus:
        bus.feed(broker.channels.events, [message(broker, 1, b"\xff\x00 poison"), message(broker, 2, b"good")])
        until(lambda: dead.got and len(tried) >= 2, "the dead letter is there")
    assert tried == [b"\xff\x00 poison", b"good"]
    assert (dead.got[0].body, dead.got[0].headers[REASON]) == (b"\xff\x00 poison", "no message\\nof ours: ü")


def test_a_broker_that_dies_and_comes_back_loses_nothing_it_acknowledged(breakable: Broker) -> None:
    """Killed and started again on its files, it has what it said; readers and feeders come back by themselves."""
    inbox = Inbox()
    events = breakable.channels.events
    with breakable.connected(reader=(events, inbox.take)) as bus:
        bus.feed(events, [message(breakable, n, str(n).encode()) for n in range(50)])
        breakable.break_down()
        until(lambda: bus.failing() is not None, "the outage is told", 5.0)
        breakable.mend()
        until(lambda: bus.failing() is None, "it is connected again")
        assert bus.last(events) == "m/49"
        bus.feed(events, [message(breakable, n, str(n).encode()) for n in range(50, 60)])
        until(lambda: len({each.body for each in inbox.got}) == 60, "all is read")
    firsts = list(dict.fromkeys(int(each.body) for each in inbox.got))
    assert firsts == list(range(60))


def test_whoever_begins_while_the_broker_is_away_is_not_stopped(breakable: Broker) -> None:
    """A service starts without its broker, says so, refuses to publish, and is connected once the broker is there."""
    inbox, events = Inbox(), breakable.channels.events
    breakable.break_down()
    held = breakable.connected(reader=(events, inbox.take))
    held.bus.start()
    with pytest.raises(BusUnreachable):
        held.bus.publish(events, message(breakable, 1))
    assert held.bus.failing() is not None
    breakable.mend()
    until(lambda: held.bus.failing() is None, "it is connected")
    held.bus.publish(events, message(breakable, 2, b"2"))
    until(lambda: inbox.got, "it reads")
    held.bus.stop()
    assert [each.body for each in inbox.got] == [b"2"]


def test_what_is_as_large_as_the_broker_takes_stops_nobody(broker: Broker) -> None:
    """With its reason a dead letter may be too large for the broker: then what fits is kept, and it says so."""
    large = b"x" * (1024 * 1024 - 300)
    tried: list[int] = []

    def handle(delivery: Delivery) -> None:
        tried.append(len(delivery.body))
        if len(delivery.body) > 10:
            raise Hopeless("too large, and for " + "many, " * 100 + "reasons")

    held, dead = patiently_reading(broker, handle)
    with held as bus:
        bus.feed(broker.channels.events, [message(broker, 1, large), message(broker, 2, b"good")])
        until(lambda: dead.got and 4 in tried, "the good one is handled")
    (letter,) = dead.got
    assert letter.body == large[: len(letter.body)]
    assert letter.body == large or letter.headers[CUT] == f"{len(large)} bytes"


def test_what_is_at_hand_when_it_is_stopped_is_finished(broker: Broker) -> None:
    """A graceful stop lets the handler end and acknowledges: whoever reads on does not see that message again."""
    begun, handled, after = Event(), list[bytes](), Inbox()

    def take(delivery: Delivery) -> Done:
        begun.set()
        time.sleep(0.3)
        handled.append(delivery.body)
        return Done()

    with broker.connected(reader=(broker.channels.events, take)) as bus:
        bus.feed(broker.channels.events, [message(broker, 1, b"1")])
        assert begun.wait(5)
    assert handled == [b"1"]
    with broker.connected(reader=(broker.channels.events, after.take)) as bus:
        bus.feed(broker.channels.events, [message(broker, 2, b"2")])
        until(lambda: after.got, "the next is read")
    assert [each.body for each in after.got] == [b"2"]


def patiently_reading(broker: Broker, handle):
    """A connection that handles events with patience, and where its dead letters come."""
    dead = Inbox()
    held = broker.connected(dead_reader=(broker.channels.dead, dead.take))
    take = patiently(held.bus, broker.channels.dead, handle, QUICK)
    held.bus.subscribe(broker.channels.events, "reader", take)
    return held, dead
