"""The AsyncAPI document is true: what goes out and what comes in is what it says, and it is the same each time."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from pipeline_engine import Engine
from pipeline_engine.deal import DEAL_EVENTS
from pipeline_engine.envelope import stored_name
from pipeline_engine.service.bus import BusOptions, BusService, Channels, describe
from pipeline_engine.service.commands import COMMANDS
from tests.service.bus.given import Broker, Inbox, command, until

DOCUMENT = describe()


def references(tree: Any) -> Iterator[str]:
    """Everything that a document refers to."""
    if isinstance(tree, dict):
        yield from ([tree["$ref"]] if isinstance(tree.get("$ref"), str) else ())
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from references(part)


def found(reference: str) -> Any:
    """What a reference leads to; raises KeyError where that is nothing."""
    part: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def test_it_is_asyncapi_3_whose_every_reference_leads_somewhere() -> None:
    """A generator of clients finds all it needs in the one document."""
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert all(found(each) for each in set(references(DOCUMENT)))
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in ("send", "receive")
        channel = found(operation["channel"]["$ref"])
        assert {each["$ref"].rpartition("/")[2] for each in operation["messages"]} == set(channel["messages"])


def test_it_names_every_event_and_every_command() -> None:
    """An event or a command that somebody adds is in the document without anybody thinking of it."""
    assert set(DOCUMENT["channels"]["events"]["messages"]) == {stored_name(kind) for kind in DEAL_EVENTS}
    assert set(DOCUMENT["channels"]["commands"]["messages"]) == {f"command.{kind}" for kind in COMMANDS}


def test_it_is_the_same_each_time_and_names_the_prefix() -> None:
    """Made twice it is the same byte for byte; with a prefix its addresses have it."""
    assert json.dumps(describe()) == json.dumps(DOCUMENT)
    assert describe("north")["channels"]["dead"]["address"] == Channels("north").dead.subjects


def test_what_goes_out_is_what_it_says(engine: Engine, prefix: str) -> None:
    """Events as they are sent fit the schema of their message, with and without what is personal."""
    broker, inbox = Broker(f"memory://{prefix}", Channels(prefix), prefix), Inbox()
    fields = {"amount": "12000", "email": "kim@customer.example"}
    engine.open_deal("D-1", process="b2b", owner="rep-03", title="A title", fields=fields, by="rep-03")
    engine.log("D-1", "call", with_whom="Kim", by="rep-03")
    engine.note("D-1", "in writing", by="rep-03")
    engine.move("D-1", to="offer", by="rep-03")
    engine.win("D-1", by="rep-03")
    options = BusOptions(prefix=prefix, commands=False)
    with broker.connected(reader=(broker.channels.events, inbox.take)), BusService(engine, broker.url, options):
        until(lambda: len(inbox.got) == 5, "all is sent")
    for event in inbox.events:
        jsonschema.validate(event, whole(DOCUMENT["components"]["messages"][event["data"]["event"]]["payload"]))


@pytest.mark.parametrize(
    ("data", "good"),
    [({"to": "offer"}, True), ({"to": 7}, False), ({"too": "offer"}, False), ({"to": "offer", "by": None}, False)],
)
def test_what_comes_in_is_what_it_says(data: dict[str, Any], good: bool) -> None:
    """A client that checks against the document refuses what the bus would put aside."""
    schema = whole(DOCUMENT["components"]["messages"]["command.move"]["payload"])
    said = json.loads(command("move", "D-1", "c-1", **data))
    assert jsonschema.Draft202012Validator(schema).is_valid(said) is good


def whole(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with all it refers to."""
    return {**schema, "components": DOCUMENT["components"]}
