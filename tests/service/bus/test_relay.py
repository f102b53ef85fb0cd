"""Every event of a deal goes out in the order of the log, whole but for what is personal, and once."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pipeline_engine import Engine
from pipeline_engine.documents import event_document
from pipeline_engine.errors import BadValue
from pipeline_engine.service.bus import BusService, Channels, Sharing
from pipeline_engine.service.bus.relay import LEASE_SECONDS, Leased
from pipeline_engine.store import Lease, PersonalValuesShared
from pipeline_engine.values import instant_text
from tests.service.bus.given import Broker, Inbox, InMemory, selling, until, versions_by_deal
from tests.service.bus.sending import deal_rows, listening, positions, relaying, sell, standing


def test_every_event_of_a_deal_goes_out_in_the_order_of_the_log(broker: Broker, engine: Engine) -> None:
    """What is there before the relay begins and what comes while it runs: each once, in order, on its subject."""
    inbox = Inbox()
    sell(engine, 20)
    with listening(broker, inbox), relaying(engine, broker) as service:
        until(lambda: len(inbox.got) == 40, "what was there is sent")
        engine.set("D-3", {"amount": "12000"}, by="rep-03")
        engine.move("D-3", to="offer", by="rep-03")
        until(lambda: len(inbox.got) == 42, "what comes is sent")
        until(service.well, "all is well")
    assert positions(inbox) == deal_rows(engine)
    assert all(each == list(range(1, len(each) + 1)) for each in versions_by_deal(inbox.events).values())
    assert inbox.got[-1].subject == broker.channels.event("DealMoved")
    assert inbox.got[-1].headers["content-type"] == "application/cloudevents+json"


def test_nothing_is_sent_where_nobody_can_ever_listen(engine: Engine) -> None:
    """A bus within one process that has no name and no reader costs nothing; with a reader it is sent to."""
    engine.open_deal("D-1", process="b2b", by="rep-03")
    with BusService(engine, "memory://") as unheard:
        assert unheard.well()
        assert engine.standings() == []
    inbox, heard = Inbox(), BusService(engine, "memory://")
    heard.bus.subscribe(heard.channels.events, "reader", inbox.take)
    with heard:
        until(lambda: len(inbox.got) == 1, "it is sent")


def test_every_kind_of_store_is_sent_from(prefix: str, lasting_url: str, tmp_path: Path) -> None:
    """The books and the lease are in the store's own database, whichever that is."""
    inbox, broker = Inbox(), InMemory(f"memory://{prefix}", Channels(prefix), prefix)
    with selling(lasting_url, tmp_path) as engine, listening(broker, inbox):
        sell(engine, 2)
        for _ in range(2):
            with relaying(engine, broker):
                engine.log("D-0", "call", by="rep-03")
                until(lambda: len(inbox.got) == len(deal_rows(engine)), "all is sent")
        assert positions(inbox) == deal_rows(engine)


def test_an_event_is_a_cloudevent_of_what_the_engine_tells(broker: Broker, engine: Engine) -> None:
    """Its data are the event's document; its id and source stay the same however often it is sent."""
    inbox = Inbox()
    engine.open_deal("D-1", process="b2b", owner="rep-03", fields={"amount": "12000"}, by="rep-03")
    with listening(broker, inbox), relaying(engine, broker):
        until(lambda: inbox.got, "it is sent")
    (event,), recorded = inbox.events, engine.timeline("D-1")[0]
    assert recorded.envelope.at is not None
    source = f"urn:pipeline-engine:{engine.log_name}"
    at = instant_text(recorded.envelope.at)
    assert event == {
        "specversion": "1.0", "id": f"{source}/{recorded.position}", "source": source,
        "type": "pipeline_engine.DealOpened", "subject": "D-1", "time": at, "datacontenttype": "application/json",
        "position": recorded.position, "streamversion": 1,
        "data": event_document(recorded),
    }  # fmt: skip


def test_what_is_personal_stays_here_and_is_named(broker: Broker, engine: Engine) -> None:
    """A personal field and free text are left out of what goes out; that there is something is said."""
    inbox = Inbox()
    sell(engine, 1)
    with listening(broker, inbox), relaying(engine, broker):
        until(lambda: len(inbox.got) == 2, "both are sent")
    opened, logged = (event["data"] for event in inbox.events)
    assert (opened["withheld"], opened["data"]["fields"]) == (["fields.email"], {})
    assert (logged["withheld"], logged["data"]) == (["with_whom"], {"kind": "call", "minutes": 5})
    assert not any(word in each.body for each in inbox.got for word in (b"kim", b"Kim", b"sealed"))


def test_what_is_personal_goes_out_where_somebody_asked_and_that_is_recorded(broker: Broker, engine: Engine) -> None:
    """Asked for with a name and a reason, it goes out opened; the asking is an event, once however often it starts."""
    inbox, sharing = Inbox(), Sharing(by="ops-1", reason="the warehouse bills by it")
    sell(engine, 1)
    with listening(broker, inbox):
        for _ in range(2):
            with relaying(engine, broker, sharing=sharing):
                until(lambda: len(inbox.got) == 2, "both are sent")
    assert inbox.events[0]["data"]["data"]["fields"]["email"]["personal"] == "kim@customer.example"
    said = [row for row in engine.store_rows() if row.name == PersonalValuesShared.__name__]
    assert len(said) == 1
    with pytest.raises(BadValue, match="reason"):
        relaying(engine, broker, sharing=Sharing(by="ops-1", reason=" ")).start()


def test_an_event_that_cannot_be_read_is_put_aside_and_sent_once_mended(broker: Broker, tmp_path: Path) -> None:
    """Other deals go on; the later ones of its deal wait behind it; what is mended is sent, and the rest after it."""
    inbox, file = Inbox(), tmp_path / "sales.db"
    with selling(f"sqlite:///{file}", tmp_path) as engine:
        sell(engine, 2)
        good = _damaged(file, "deal:D-0", 1)
        with listening(broker, inbox), relaying(engine, broker):
            until(lambda: len(inbox.got) == 2, "the other deal is sent")
            until(lambda: standing(engine).parked == 2, "it is put aside")
            aside = engine.parked("bus-" + broker.prefix)
            assert [(each.stream, each.version, each.behind is None) for each in aside] == [
                ("deal:D-0", 1, True), ("deal:D-0", 2, False),
            ]  # fmt: skip
            assert engine.retry("bus-" + broker.prefix, "deal:D-0")[0].why == aside[0].why
            _write(file, good)
            assert engine.retry("bus-" + broker.prefix, "deal:D-0") == []
            until(lambda: len(inbox.got) == 4, "the rest is sent")
        assert versions_by_deal(inbox.events) == {"D-0": [1, 2], "D-1": [1, 2]}


def test_whoever_has_no_bus_sees_what_is_put_aside_and_cannot_send_it(broker: Broker, tmp_path: Path) -> None:
    """Another process looks into the books; to send, it is told what it takes."""
    url, file = f"sqlite:///{tmp_path}/sales.db", tmp_path / "sales.db"
    with selling(url, tmp_path) as engine:
        sell(engine, 1)
        _damaged(file, "deal:D-0", 1)
        with relaying(engine, broker), Engine.open(url) as other:
            until(lambda: standing(other).parked == 2, "it is put aside")
            assert len(other.parked("bus-" + broker.prefix)) == 2
            with pytest.raises(BadValue, match="bus retry"):
                other.retry("bus-" + broker.prefix, "deal:D-0")


def test_one_process_sends_and_another_takes_over(broker: Broker, tmp_path: Path) -> None:
    """While one holds the lease the other does nothing; it goes on where that one let go."""
    inbox, url = Inbox(), f"sqlite:///{tmp_path}/sales.db"
    with listening(broker, inbox), selling(url, tmp_path) as engine, Engine.open(url) as other:
        first, second = relaying(engine, broker), relaying(other, broker)
        with first:
            until(lambda: standing(engine).beat_by, "the first sends")
            with second:
                sell(engine, 3)
                until(lambda: len(inbox.got) == 6, "all is sent")
                first.stop()
                other.log("D-1", "call", by="rep-03")
                until(lambda: len(inbox.got) == 7, "the other took over", LEASE_SECONDS * 2)
        assert positions(inbox) == deal_rows(engine)


def test_whoever_waits_for_its_turn_writes_seldom(engine: Engine) -> None:
    """However often a process is woken that may not send, it asks for the lease now and then only."""
    taken = engine.lease("send bus", "another")
    assert taken.take(60.0)
    asked = Asked(engine.lease("send bus", "this one"))
    waiting = Leased(engine.sender("bus", NeverSent()), asked)  # type: ignore[arg-type]  # a lease that counts
    assert [waiting.step() for _ in range(1000)] == [0] * 1000
    assert asked.times == 1


class Asked:
    """A lease that counts how often it is asked for."""

    def __init__(self, lease: Lease) -> None:
        self._lease, self.times = lease, 0

    def take(self, seconds: float) -> bool:
        """Take it, and count."""
        self.times += 1
        return self._lease.take(seconds)


class NeverSent:
    """Where nothing is ever to be sent to."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def _damaged(file: Path, stream: str, version: int) -> tuple[bytes, str, int]:
    """Write nonsense over a row; what stood there, and where."""
    place = stream, version
    with sqlite3.connect(file) as by_hand:
        query = "SELECT state FROM stored_events WHERE originator_id = ? AND originator_version = ?"
        (state,) = by_hand.execute(query, place).fetchone()
    tree = json.loads(state)
    tree["data"]["process"] = 7
    _write(file, (json.dumps(tree).encode(), *place))
    return state, *place


def _write(file: Path, row: tuple[bytes, str, int]) -> None:
    with sqlite3.connect(file) as by_hand:
        query = "UPDATE stored_events SET state = ? WHERE originator_id = ? AND originator_version = ?"
        by_hand.execute(query, row)
    by_hand.close()
