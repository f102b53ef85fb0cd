"""Asked twice, recorded once; and a command id means one request for ever."""

import json
from typing import Any

import pytest

from pipeline_engine.engine import Engine
from pipeline_engine.errors import CommandIdReused
from tests.engine.shop import PEOPLE, PROCESS, Clock, Shop

ONCE: list[tuple[str, str, tuple[Any, ...], dict[str, Any]]] = [
    ("lead", "set", ({"amount": "12", "mail": "c@d"},), {}),
    ("lead", "assign", ("rep-2",), {}),
    ("lead", "contact", ("anna", "buyer"), {}),
    ("lead", "log", ("call",), {}),
    ("lead", "note", ("x",), {}),
    ("lead", "next_step", ("x",), {}),
    ("lead", "move", ("offer",), {}),
    ("contract", "win", (), {}),
    ("offer", "lose", ("price",), {}),
    ("lost", "reopen", ("x",), {}),
    ("offer", "request", ("big",), {}),
    ("offer", "approve", ("big",), {"by": "boss"}),
    ("offer", "reject", ("big", "no"), {"by": "boss"}),
    ("lead", "waive", ("reachable", "x"), {"by": "boss"}),
    ("lead", "move", ("contract",), {}),
]


@pytest.mark.parametrize(("stage", "verb", "args", "more"), ONCE)
def test_the_same_command_twice_is_answered_by_the_first(
    shop: Shop, stage: str, verb: str, args: tuple[Any, ...], more: dict[str, Any]
) -> None:
    """Same id, same request, later: the same events and verdicts, and nothing new in the log."""
    first = shop.deal_in(stage).ask(verb, "D", *args, command_id="c-1", **more)
    before = shop.engine._store.position()
    shop.clock.on(3)
    again = shop.ask(verb, "D", *args, command_id="c-1", **more)
    assert shop.engine._store.position() == before
    assert (again.repeated, again.accepted, again.events) == (True, first.accepted, first.events)
    assert (again.verdicts, again.position) == (first.verdicts, first.position)


def test_an_opening_twice_is_one_deal(shop: Shop) -> None:
    """Without the command id it is another opening of a deal that is there."""
    for _ in range(2):
        outcome = shop.ask("open_deal", process="shop", owner="rep", fields={"amount": "1"}, command_id="c-1")
        assert outcome.accepted
    assert shop.names() == ["DealOpened"]


OTHERS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("move", ("contract",), {}),
    ("move", ("offer", "a reason"), {}),
    ("move", ("offer",), {"by": "rep-2"}),
    ("move", ("offer",), {"on_behalf_of": "rep-2"}),
    ("win", (), {}),
    ("set", ({"amount": "5"},), {}),
]


@pytest.mark.parametrize(("verb", "args", "more"), OTHERS)
def test_an_id_used_for_another_request_is_refused(
    shop: Shop, verb: str, args: tuple[Any, ...], more: dict[str, Any]
) -> None:
    """Another target, actor, verb or value under a known id: an error, and nothing happens."""
    shop.deal_in("lead").ask("move", to="offer", command_id="c-1")
    before = shop.engine._store.position()
    with pytest.raises(CommandIdReused, match="`c-1`"):
        shop.ask(verb, "D", *args, command_id="c-1", **more)
    assert shop.engine._store.position() == before


def test_an_id_used_for_another_deal_is_refused(shop: Shop) -> None:
    """Ids are one list for the whole store."""
    shop.deal_in("lead").deal_in("lead", "E").ask("move", to="offer", command_id="c-1")
    with pytest.raises(CommandIdReused):
        shop.ask("move", "E", to="offer", command_id="c-1")


def test_a_time_that_is_named_is_part_of_the_request(shop: Shop) -> None:
    """Without one the request is the same whenever it is asked; with one it is that time."""
    shop.deal_in("lead")
    moment = shop.clock.now
    shop.ask("move", to="offer", at=moment, command_id="c-1")
    assert shop.ask("move", to="offer", at=moment, command_id="c-1").repeated
    with pytest.raises(CommandIdReused):
        shop.ask("move", to="offer", command_id="c-1")


def test_fields_in_another_order_are_the_same_request(shop: Shop) -> None:
    """A mapping has no order: a client that retries may write it otherwise."""
    shop.deal_in("lead").ask("set", "D", {"amount": "5", "mail": "x@y"}, command_id="c-1")
    assert shop.ask("set", "D", {"mail": "x@y", "amount": "5"}, command_id="c-1").repeated
    shop.ask("open_deal", "E", process="shop", fields={"amount": "5", "mail": "x@y"}, command_id="c-2")
    again = shop.ask("open_deal", "E", process="shop", fields={"mail": "x@y", "amount": "5"}, command_id="c-2")
    assert again.repeated


def test_a_refusal_that_says_the_same_is_not_written_again(shop: Shop) -> None:
    """Another id, the same question to the same deal: the new id points to the first answer."""
    shop.ask("open_deal", process="shop", owner="rep")
    first = shop.ask("move", to="offer", command_id="c-1")
    again = shop.ask("move", to="offer", command_id="c-2")
    assert (again.accepted, again.repeated, again.events) == (False, True, first.events)
    assert shop.ask("move", to="offer", command_id="c-2").events == first.events
    shop.ask("set", "D", {"amount": "5"})
    fresh = shop.ask("move", to="offer", command_id="c-3")
    assert (fresh.accepted, fresh.repeated) == (False, False)
    assert shop.names().count("MoveRefused") == 2


def test_what_changes_nothing_is_accepted_and_no_event(shop: Shop) -> None:
    """The same owner, the same value, the stage it is in."""
    shop.deal_in("offer")
    before = shop.names()
    for verb, args in (("assign", ("rep",)), ("set", ({"amount": "10"},)), ("move", ("offer",))):
        outcome = shop.ask(verb, "D", *args)
        assert (outcome.accepted, outcome.events, outcome.verdicts) == (True, (), ())
    assert shop.names() == before


def test_publishing_twice_is_one_version(shop: Shop) -> None:
    """The digest in force again changes nothing, whoever publishes it under whichever id."""
    again = shop.engine.publish_text(PROCESS, "copy.yaml", "just to be sure", by="other")
    assert (again.process.version, again.new) == (1, False)
    assert len(shop.engine._store.events("process:shop")) == 1


def test_publishing_an_older_text_is_a_new_version_that_says_so(shop: Shop) -> None:
    """Going back is going on: version 3 is the same as version 1, and both stay."""
    stricter = PROCESS.replace("1000", "500")
    second = shop.engine.publish_text(stricter, "shop.yaml", by="ops")
    third = shop.engine.publish_text(PROCESS, "shop.yaml", by="ops")
    assert [(each.process.version, each.new, each.same_as) for each in (second, third)] == [
        (2, True, None), (3, True, 1),
    ]  # fmt: skip
    assert shop.engine.process("shop", 2).limits == shop.engine.process("shop", 1).limits
    assert shop.engine.process("shop").version == 3
    assert [published.in_force.version for published in shop.engine.processes()] == [3]


def test_a_publication_asked_twice_after_another_publishes_nothing(shop: Shop) -> None:
    """The retry of an old command is not a new decision to go back."""
    stricter = PROCESS.replace("1000", "500")
    shop.engine.publish_text(stricter, "shop.yaml", by="ops", command_id="p-1")
    shop.engine.publish_text(PROCESS, "shop.yaml", by="ops", command_id="p-2")
    again = shop.engine.publish_text(stricter, "shop.yaml", by="ops", command_id="p-1")
    assert (again.new, shop.engine.process("shop").version) == (False, 3)
    with pytest.raises(CommandIdReused):
        shop.engine.publish_text(PROCESS, "shop.yaml", by="ops", command_id="p-1")


def test_a_deal_keeps_the_version_it_was_opened_under(shop: Shop) -> None:
    """What is published later judges deals that are opened later."""
    shop.deal_in("offer", amount="700")
    shop.engine.publish_text(PROCESS.replace("1000", "500"), "shop.yaml", by="ops")
    shop.deal_in("offer", "E", amount="700")
    assert shop.ask("move", "D", to="contract").accepted
    assert not shop.ask("move", "E", to="contract").accepted


def test_applying_people_twice_changes_nothing(shop: Shop) -> None:
    """The second time says that nobody changed, and the log is as long as before."""
    before = shop.engine._store.position()
    applied = shop.people(PEOPLE)
    assert (applied.people, applied.changed, shop.engine._store.position()) == (4, {}, before)
    assert json.dumps(applied.changed) == "{}"


def test_a_store_that_is_opened_again_knows_what_was_asked(tmp_path: Any) -> None:
    """Command ids, facts and judgements outlive the engine."""
    url = f"sqlite:///{tmp_path}/shop.db"
    shop = Shop.opened(url).deal_in("lead")
    first = shop.ask("move", to="offer", command_id="c-1")
    said = (first.events, first.verdicts)
    shop.engine.close()
    with Engine.open(url, clock=Clock(), clock_name="test") as engine:
        again = engine.move("D", to="offer", by="rep", command_id="c-1")
        assert (again.repeated, (again.events, again.verdicts)) == (True, said)
        assert engine.deal("D").stage == "offer"
        assert [row.stage for row in engine.deals()] == ["offer"]
