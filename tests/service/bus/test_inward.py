"""Commands that come in over the bus: through the same path as every other door, each answered for, none lost."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pipeline_engine import Engine
from pipeline_engine.errors import StoreUnreachable
from pipeline_engine.service.bus import Bus, BusOptions, BusService, Message, Patience
from pipeline_engine.service.bus.handling import REASON
from pipeline_engine.service.bus.port import MOST_BYTES
from tests.service.bus.given import Broker, Inbox, asked, command, until

QUICK = Patience(tries=4, first_seconds=0.02, longest_seconds=0.1)


@contextmanager
def serving(engine: Engine, broker: Broker, dead: Inbox) -> Iterator[Bus]:
    """The engine takes commands; the connection of somebody who sends some, and sees the dead letters."""
    options = BusOptions(prefix=broker.prefix, events=False, patience=QUICK)
    held = broker.connected(dead_reader=(broker.channels.dead, dead.take))
    with held as bus, BusService(engine, broker.url, options):
        yield bus


def send(bus: Bus, broker: Broker, kind: str, body: bytes, message_id: str) -> None:
    """One command."""
    bus.publish(broker.channels.commands, asked(broker.channels, kind, body, message_id))


def test_a_deal_is_opened_moved_and_won_over_the_bus(broker: Broker, engine: Engine) -> None:
    """Each command does what the engine's verb does, and stands in the log as come through the bus."""
    said: list[tuple[str, dict[str, Any]]] = [
        ("open", {"process": "b2b", "owner": "rep-03", "fields": {"amount": "12000.50"}}),
        ("set", {"values": {"close_date": "2026-02-27"}}),
        ("log", {"kind": "call", "with_whom": "Kim", "minutes": 5}),
        ("move", {"to": "offer"}),
        ("note", {"text": "they want it in writing"}),
        ("win", {}),
    ]
    dead = Inbox()
    with serving(engine, broker, dead) as bus:
        for number, (kind, data) in enumerate(said):
            send(bus, broker, kind, command(kind, "D-1", f"c-{number}", **data), f"m-{number}")
        until(lambda: len(_timeline(engine, "D-1")) == 6, "all is done")
    assert [(type(each.event).__name__, each.envelope.command_id) for each in engine.timeline("D-1")] == [
        ("DealOpened", "c-0"), ("FieldsChanged", "c-1"), ("ActivityLogged", "c-2"), ("DealMoved", "c-3"),
        ("NoteRecorded", "c-4"), ("DealWon", "c-5"),
    ]  # fmt: skip
    assert {each.envelope.via for each in engine.timeline("D-1")} == {"bus"}
    assert not dead.got


def test_a_command_that_comes_twice_is_recorded_once(broker: Broker, engine: Engine) -> None:
    """The id of the CloudEvent is the command id: also where the broker takes them for two messages."""
    dead = Inbox()
    with serving(engine, broker, dead) as bus:
        send(bus, broker, "open", command("open", "D-1", "c-1", process="b2b"), "m-0")
        for number in range(1, 6):
            send(bus, broker, "log", command("log", "D-1", "c-2", kind="call"), f"m-{number}")
        send(bus, broker, "log", command("log", "D-1", "c-2", kind="call", minutes=7), "m-6")
        until(lambda: dead.got, "the other request under the same id is refused")
    assert len(engine.timeline("D-1")) == 2
    assert dead.got[0].headers[REASON].startswith("CommandIdReused: ")


def test_a_refusal_is_an_outcome_and_no_failure(broker: Broker, engine: Engine) -> None:
    """What a rule refuses is recorded and answered; it is no dead letter and is not tried again."""
    dead, answers = Inbox(), list[dict[str, Any]]()
    with serving(engine, broker, dead) as bus, answered(broker, answers) as reply_to:
        send(bus, broker, "open", command("open", "D-1", "c-1", process="b2b"), "m-1")
        send(bus, broker, "move", naming(command("move", "D-1", "c-2", to="offer"), reply_to), "m-2")
        until(lambda: answers, "it is answered")
    (answer,) = answers
    assert (answer["type"], answer["subject"]) == ("pipeline_engine.reply", "D-1")
    told = answer["data"]
    assert (told["accepted"], [each["event"] for each in told["events"]]) == (False, ["MoveRefused"])
    assert [each["rule"] for each in told["verdicts"] if each["verdict"] != "pass"] == ["offer:require:amount"]
    assert not dead.got


def test_what_can_never_be_is_answered_too(broker: Broker, engine: Engine) -> None:
    """Who named a subject for the answer hears why it is a dead letter."""
    dead, answers = Inbox(), list[dict[str, Any]]()
    with serving(engine, broker, dead) as bus, answered(broker, answers) as reply_to:
        send(bus, broker, "move", naming(command("move", "D-9", "c-2", to="offer"), reply_to), "m-2")
        until(lambda: answers and dead.got, "it is answered")
    assert answers[0]["data"] == {"deal": "D-9", "accepted": False, "error": dead.got[0].headers[REASON]}


def test_what_another_system_did_comes_in_as_observed(broker: Broker, engine: Engine) -> None:
    """A move past the gate by another system is recorded as it happened, and told again it is recorded once."""
    dead = Inbox()
    move = {"to": "offer", "source": "crm", "key": "row-7", "at": "2026-03-02T09:00:00Z", "by": "ops-1"}
    with serving(engine, broker, dead) as bus:
        opened = command("open", "D-1", "c-1", process="b2b", at="2026-03-01T09:00:00Z")
        send(bus, broker, "open", opened, "m-1")
        for number in (2, 3):
            send(bus, broker, "observe", command("observe", "D-1", f"c-{number}", **move), f"m-{number}")
        send(bus, broker, "note", command("note", "D-1", "c-4", text="after"), "m-4")
        until(lambda: len(_timeline(engine, "D-1")) == 3 or dead.got, "all is done")
    assert engine.deal("D-1").stage == "offer"
    assert [type(each.event).__name__ for each in engine.timeline("D-1")] == ["DealOpened", "DealMoved", "NoteRecorded"]
    assert not dead.got


def cloudevent(**other: Any) -> bytes:
    """A good command but for one thing."""
    return json.dumps(json.loads(command("note", "D-1", "c-9", text="x")) | other).encode()


POISON = {
    "no JSON": (b"\xff\x00", "not UTF-8 from byte 0 on"),
    "half a text": (b'{"specversion": "1.0", "id": "\xc3(', "not UTF-8"),
    "nothing": (b"", "not JSON"),
    "not a number": (b'{"data": NaN}', "`NaN`, which is no JSON"),
    "half a character": (b'{"id": "\\ud800"}', "half a character"),
    "a name twice": (b'{"id": "a", "id": "b"}', "the member `id` twice"),
    "a list": (b"[]", "not a CloudEvent"),
    "no CloudEvent": (b'{"to": "offer"}', "not a CloudEvent"),
    "another specification": (cloudevent(specversion="0.3"), "not a CloudEvent"),
    "no id": (cloudevent(id=""), "`id` has to be"),
    "a long id": (cloudevent(id="x" * 300), "BadValue"),
    "a number for a deal": (cloudevent(subject=7), "`subject` has to be"),
    "an unknown type": (cloudevent(type="com.example.made"), "`type` has to be"),
    "an unknown kind": (cloudevent(type="pipeline_engine.command.notes"), "did you mean `note`?"),
    "another kind's subject": (cloudevent(type="pipeline_engine.command.win", data={"by": "a"}), "belongs on"),
    "other data": (cloudevent(data="x"), "`data` has to be"),
    "other content": (cloudevent(datacontenttype="text/xml"), "`datacontenttype` has to be"),
    "a wrong type": (cloudevent(data={"by": "rep-03", "text": 7}), "`data.text`: Input should be a valid string"),
    "an unknown member": (cloudevent(data={"by": "a", "text": "x", "sure": 1}), "`data.sure`: Extra inputs"),
    "nobody": (cloudevent(data={"text": "x"}), "`data.by`: Field required"),
    "an unknown deal": (cloudevent(subject="D-404"), "UnknownDeal"),
    "a moment without its zone": (cloudevent(data={"by": "a", "text": "x", "at": "2026-03-02"}), "`data.at`"),
    "a moment as a number": (cloudevent(data={"by": "a", "text": "x", "at": 1772442000}), "`data.at`"),
    "too deep": (b'{"data":' + b"[" * 100 + b"]" * 100 + b"}", "nested deeper than 32 levels"),
    "endless depth": (b"[" * 100_000, "nested deeper than 32 levels"),
    "too large": (cloudevent(data={"by": "a", "text": "x" * MOST_BYTES}), "larger than"),
    "an answer to where we may write": (cloudevent(replyto="$JS.API.STREAM.DELETE.X"), "`replyto` has to begin"),
    "an answer to everybody": (cloudevent(replyto="_INBOX.>"), "`replyto` has to begin"),
}


def test_what_is_no_command_is_a_dead_letter_with_its_reason(broker: Broker, engine: Engine) -> None:
    """Each kind of poison is put aside whole, with a reason; the good command behind it is done."""
    dead = Inbox()
    engine.open_deal("D-1", process="b2b", by="rep-03")
    with serving(engine, broker, dead) as bus:
        for number, (body, _) in enumerate(POISON.values()):
            send(bus, broker, "note", body, f"m-{number}")
        send(bus, broker, "note", command("note", "D-1", "good", text="x"), "m-good")
        until(lambda: len(_timeline(engine, "D-1")) == 2, "the good one is done")
        until(lambda: len(dead.got) == len(POISON), "all are put aside")
    for (name, (body, why)), letter in zip(POISON.items(), dead.got, strict=True):
        assert letter.body == body, name
        assert why in letter.headers[REASON], name


def test_an_unknown_subject_is_a_dead_letter(broker: Broker, engine: Engine) -> None:
    """A command on a subject that no kind has is not left lying."""
    dead = Inbox()
    with serving(engine, broker, dead) as bus:
        body = command("fly", "D-1", "c-1")
        bus.publish(broker.channels.commands, Message(broker.channels.command("fly"), "m-1", body))
        until(lambda: dead.got, "it is put aside")
    assert "no such kind" in dead.got[0].headers[REASON]


def test_a_dead_letter_can_be_sent_again(broker: Broker, engine: Engine) -> None:
    """Once the deal is there, the original bytes do what they asked."""
    dead = Inbox()
    with serving(engine, broker, dead) as bus:
        send(bus, broker, "log", command("log", "D-1", "c-1", kind="call"), "m-1")
        until(lambda: dead.got, "there is no such deal")
        engine.open_deal("D-1", process="b2b", by="rep-03")
        send(bus, broker, "log", dead.got[0].body, "again")
        until(lambda: len(_timeline(engine, "D-1")) == 2, "it is done")


@pytest.mark.parametrize("failures", [2, 100], ids=["heals", "does not heal"])
def test_an_outage_of_the_store_is_waited_for_and_not_for_ever(broker: Broker, engine: Engine, failures: int) -> None:
    """Commands are tried again in their order; after the last try they are dead letters, and others get their turn."""
    dead, away = Inbox(), Away(engine, failures)
    with serving(away, broker, dead) as bus:  # type: ignore[arg-type]  # an engine but for one verb
        send(bus, broker, "open", command("open", "D-1", "c-1", process="b2b"), "m-1")
        send(bus, broker, "note", command("note", "D-1", "c-2", text="x"), "m-2")
        until(lambda: dead.got or len(_timeline(engine, "D-1")) == 2, "it heals, or is given up")
    assert [each.headers[REASON] for each in dead.got[:1]] == (
        [] if failures == 2 else ["failed 4 times, the last time with StoreUnreachable"]
    )


class Away:
    """An engine whose store cannot be reached so many times."""

    def __init__(self, engine: Engine, failures: int) -> None:
        self._engine, self._left = engine, failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def through(self, via: str) -> "Away":
        """Behind another door."""
        return self

    def open_deal(self, *given: Any, **how: Any) -> Any:
        """It cannot be reached, or does what it is asked."""
        self._left -= 1
        if self._left >= 0:
            raise StoreUnreachable("the database is away")
        return self._engine.open_deal(*given, **how)


def naming(body: bytes, reply_to: str) -> bytes:
    """The same command, to be answered."""
    return json.dumps(json.loads(body) | {"replyto": reply_to}).encode()


@contextmanager
def answered(broker: Broker, answers: list[dict[str, Any]]) -> Iterator[str]:
    """Where answers are listened for."""
    with broker.listened(f"_INBOX.{broker.prefix}", lambda body: answers.append(json.loads(body))):
        yield f"_INBOX.{broker.prefix}"


def _timeline(engine: Engine, deal: str) -> list[Any]:
    return [row for row in engine.store_rows() if row.stream == f"deal:{deal}"]
