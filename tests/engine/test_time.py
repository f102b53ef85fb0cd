"""Whose time counts: the command's own where it is named, the engine's clock else, never backwards for a stage."""

from datetime import datetime, timedelta, timezone

import pytest

from pipeline_engine.engine import StoryClock
from pipeline_engine.errors import BadMoment, BadValue
from tests.engine.shop import MONDAY, Shop


def test_a_command_without_a_time_happens_now(shop: Shop) -> None:
    """By the engine's clock."""
    shop.clock.on(2)
    (opened,) = shop.ask("open_deal", process="shop").events
    assert (opened.envelope.at, opened.recorded_at) == (shop.clock.now, shop.clock.now)


def test_a_time_in_another_zone_is_kept_in_utc(shop: Shop) -> None:
    """The same moment, one form."""
    moment = datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=2)))
    (opened,) = shop.ask("open_deal", process="shop", at=moment).events
    assert opened.envelope.at == moment
    assert opened.envelope.at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(shop: Shop) -> None:
    """Nobody guesses where the clock hung."""
    with pytest.raises(BadValue, match="zone"):
        shop.ask("open_deal", process="shop", at=MONDAY.replace(tzinfo=None))


@pytest.mark.parametrize(("verb", "args"), [("move", ("offer",)), ("note", ("x",)), ("set", ({"amount": "5"},))])
def test_the_future_is_refused(shop: Shop, verb: str, args: tuple[object, ...]) -> None:
    """Nothing has happened yet that will happen."""
    shop.deal_in("lead")
    with pytest.raises(BadMoment, match="in the future"):
        shop.ask(verb, "D", *args, at=MONDAY + timedelta(seconds=1))


def test_a_stage_event_before_the_last_one_is_refused(shop: Shop) -> None:
    """A deal cannot have moved before it moved; at the same moment it can."""
    shop.clock.on(1)
    shop.deal_in("offer")
    shop.clock.on(2)
    for verb, args in (("move", ("contract",)), ("lose", ("price",)), ("win", ())):
        with pytest.raises(BadMoment, match="before the deal's last stage event"):
            shop.ask(verb, "D", *args, at=MONDAY)
    assert shop.ask("move", to="contract", at=MONDAY + timedelta(days=1)).accepted


def test_a_fact_may_not_be_backdated_where_the_process_does_not_say_so(shop: Shop) -> None:
    """A process without `backdate` takes facts as they happen."""
    shop.deal_in("lead")
    shop.clock.on(1)
    with pytest.raises(BadMoment, match="backdate"):
        shop.ask("log", "D", "call", at=MONDAY)


def test_a_clock_that_was_set_back_moves_no_deal_backwards(shop: Shop) -> None:
    """Who asks without a time gets the deal's last moment at least; record times never go back."""
    shop.clock.on(5)
    shop.deal_in("offer")
    shop.clock.on(1)
    (moved,) = shop.ask("move", to="contract").events
    (opened,) = shop.ask("open_deal", "E", process="shop").events
    assert moved.envelope.at == MONDAY + timedelta(days=5)
    assert opened.envelope.at == MONDAY + timedelta(days=1)
    recorded = [row.recorded_at for row in shop.engine.store_rows()]
    assert recorded == sorted(recorded)


def test_preflight_under_a_clock_that_was_set_back_says_what_the_move_will_get(shop: Shop) -> None:
    """Both look at the same moment."""
    rule = "{id: fresh, check: now >= stage.entered_at}"
    stages = f"stages: [{{id: a}}, {{id: b, enter: [{rule}]}}]"
    text = f"process: timed\ncurrency: EUR\n{stages}\noutcomes: {{won: {{}}, lost: {{}}}}\n"
    shop.engine.publish_text(text, "timed.yaml", by="ops")
    shop.clock.on(5)
    shop.ask("open_deal", process="timed")
    shop.clock.on(1)
    said = shop.engine.preflight("D", "b", by="rep")
    assert said.allowed
    assert said.verdicts == shop.ask("move", to="b").verdicts


def test_a_clock_that_goes_on_between_two_askings_makes_no_other_request(shop: Shop) -> None:
    """What was answered is answered with its own time."""
    shop.deal_in("lead")
    first = shop.ask("move", to="offer", command_id="c-1")
    shop.clock.on(9)
    (moved,) = shop.ask("move", to="offer", command_id="c-1").events
    assert (moved.envelope.at, first.events) == (MONDAY, (moved,))


def test_a_story_clock_never_goes_back() -> None:
    """It stands where the last command was."""
    clock = StoryClock(MONDAY)
    clock.reach(MONDAY + timedelta(days=2))
    clock.reach(MONDAY)
    assert clock() == MONDAY + timedelta(days=2)


def test_views_answer_for_the_instant_they_are_asked_about(shop: Shop) -> None:
    """What happened later, or was recorded later, is not there."""
    shop.deal_in("lead")
    shop.clock.on(3)
    shop.ask("move", to="offer")
    stages = [shop.engine.facts(as_of=as_of).deals["stage"].to_pylist() for as_of in (MONDAY, shop.clock.now)]
    assert stages == [["lead"], ["offer"]]
    assert shop.engine.facts(known_at=MONDAY).deals["stage"].to_pylist() == ["lead"]
    assert shop.engine.rebuild().digest() == shop.engine.facts().digest()
