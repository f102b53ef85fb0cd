"""Many deals at once: each on its own, or all or nothing, and asked twice recorded once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_engine.deal import AssignOwner, LoseDeal, MoveDeal, SetFields
from pipeline_engine.engine import MOST_TOGETHER, Bulked, Engine
from pipeline_engine.errors import BadValue, CommandIdReused
from tests.engine.shop import Clock, Shop

GOOD, BAD = {"amount": "10", "mail": "a@b"}, {"amount": "10"}
LIMITED = """
process: limited
currency: EUR
roles: [rep]
stages:
  - id: lead
  - {id: offer, enter: [{owner_deals_at_most: 2}]}
outcomes: {lost: {reasons: [price]}}
"""


@pytest.fixture
def deals(shop: Shop) -> Shop:
    """Four deals of rep in lead; the third lacks the mail that an offer needs."""
    for number in range(1, 5):
        shop.ask("open_deal", f"D-{number}", process="shop", owner="rep", fields=BAD if number == 3 else GOOD)
    return shop


IDS = ("D-1", "D-2", "D-3", "D-4")


def bulk(shop: Shop, kind: type, what: dict[str, Any], *, ids: tuple[str, ...] = IDS, **how: Any) -> list[Bulked]:
    """The same command for each of the deals, under one id."""
    named = {name: how.pop(name) for name in ("all_or_nothing", "dry_run") if name in how}
    commands = shop.engine.commands_for(kind, ids, what, **{"by": "rep", "command_id": "bulk-1", **how})
    return shop.engine.bulk(commands, **named)


def results(found: list[Bulked]) -> list[str]:
    """What became of each, in a word."""
    return [each.result for each in found]


def stages(shop: Shop) -> list[str]:
    """Where the deals stand."""
    return [shop.engine.deal(deal).stage for deal in IDS]


def test_each_on_its_own_a_refusal_stops_no_other(deals: Shop) -> None:
    """Three of four move on; the fourth says which rule was in the way."""
    found = bulk(deals, MoveDeal, {"target": "offer"})
    assert results(found) == ["done", "done", "refused", "done"]
    assert (found[2].rules, found[2].why) == (("reachable",), "needs a mail")
    assert stages(deals) == ["offer", "offer", "lead", "offer"]


def test_all_or_nothing_one_refusal_leaves_all_where_they_are(deals: Shop) -> None:
    """Nothing is half done; the refusal is recorded, and nothing of the others."""
    found = bulk(deals, MoveDeal, {"target": "offer"}, all_or_nothing=True)
    assert results(found) == ["not done", "not done", "refused", "not done"]
    assert found[2].rules == ("reachable",)
    assert stages(deals) == ["lead"] * 4
    assert [deals.names(deal)[-1] for deal in IDS] == ["DealOpened", "DealOpened", "MoveRefused", "DealOpened"]


def test_all_or_nothing_without_a_refusal_all_are_done(deals: Shop) -> None:
    """And every one of them at one moment of the log."""
    found = bulk(deals, SetFields, {"values": {"amount": "12"}}, all_or_nothing=True)
    assert results(found) == ["done"] * 4
    assert len({each.outcome.position for each in found if each.outcome}) == 1


@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_asked_twice_under_one_id_recorded_once(deals: Shop, all_or_nothing: bool) -> None:
    """Whoever lost the answer asks again and hears the same, refused or not."""
    for what in ({"target": "offer"}, {"target": "offer"}):
        found = bulk(deals, MoveDeal, what, all_or_nothing=all_or_nothing)
        position = deals.engine._store.position()
        expected = ["not done", "not done", "refused", "not done"] if all_or_nothing else ["done"] * 4
        assert results(found) == (expected if all_or_nothing else ["done", "done", "refused", "done"])
    assert deals.engine._store.position() == position
    assert deals.names("D-3").count("MoveRefused") == 1


def test_all_or_nothing_asked_again_after_it_was_done_is_recorded_once(deals: Shop) -> None:
    """The second answer is that of the first."""
    first, second = (bulk(deals, AssignOwner, {"owner": "rep-2"}, all_or_nothing=True) for _ in range(2))
    assert results(first) == results(second) == ["done"] * 4
    assert deals.names("D-1").count("OwnerAssigned") == 1


def test_a_bulk_that_was_refused_is_asked_anew_under_another_id(deals: Shop) -> None:
    """Once what was missing is there, a fresh id does it; the old one goes on saying no."""
    bulk(deals, MoveDeal, {"target": "offer"}, all_or_nothing=True)
    deals.ask("set", "D-3", {"mail": "c@d"})
    assert "refused" in results(bulk(deals, MoveDeal, {"target": "offer"}, all_or_nothing=True))
    again = bulk(deals, MoveDeal, {"target": "offer"}, all_or_nothing=True, command_id="bulk-2")
    assert results(again) == ["done"] * 4


def test_bad_input_in_one_of_all_leaves_no_trace_of_any(deals: Shop) -> None:
    """A deal that is not there: nothing is recorded, and once it is there the same id does all of it."""
    ids = (*IDS[:2], "D-9")
    before = deals.engine._store.position()
    found = bulk(deals, SetFields, {"values": {"amount": "12"}}, ids=ids, all_or_nothing=True)
    assert results(found) == ["not done", "not done", "wrong"]
    assert "`D-9`" in found[2].why
    assert deals.engine._store.position() == before
    deals.ask("open_deal", "D-9", process="shop", owner="rep")
    again = bulk(deals, SetFields, {"values": {"amount": "12"}}, ids=ids, all_or_nothing=True)
    assert results(again) == ["done"] * 3


def test_bad_input_on_its_own_stops_no_other(deals: Shop) -> None:
    """Each on its own, a deal that is not there is said to be wrong, and the rest is done."""
    found = bulk(deals, SetFields, {"values": {"amount": "12"}}, ids=("D-9", "D-1"))
    assert results(found) == ["wrong", "done"]


def test_a_dry_run_says_what_would_be_and_records_nothing(deals: Shop) -> None:
    """By both ways; the same asked for real afterwards comes to just that."""
    before = deals.engine._store.position()
    each = bulk(deals, MoveDeal, {"target": "offer"}, dry_run=True)
    together = bulk(deals, MoveDeal, {"target": "offer"}, dry_run=True, all_or_nothing=True)
    assert results(each) == ["done", "done", "refused", "done"]
    assert results(together) == ["not done", "not done", "refused", "not done"]
    assert each[2].rules == together[2].rules == ("reachable",)
    assert deals.engine._store.position() == before
    assert results(bulk(deals, MoveDeal, {"target": "offer"})) == results(each)


def test_what_is_so_already_is_nothing_to_do(deals: Shop) -> None:
    """A deal that stands there already is no refusal, and stops nobody."""
    deals.ask("move", "D-1", to="offer")
    found = bulk(deals, MoveDeal, {"target": "offer"}, ids=("D-1", "D-2"), all_or_nothing=True)
    assert results(found) == ["nothing to do", "done"]


def test_one_id_is_not_used_for_two_bulks(deals: Shop) -> None:
    """The same id with another request, or in the other way, is refused for all, and nothing is recorded."""
    bulk(deals, SetFields, {"values": {"amount": "12"}}, all_or_nothing=True)
    with pytest.raises(CommandIdReused):
        bulk(deals, SetFields, {"values": {"amount": "13"}}, all_or_nothing=True)
    assert set(results(bulk(deals, SetFields, {"values": {"amount": "12"}}))) == {"wrong"}


def test_all_or_nothing_is_bounded(deals: Shop) -> None:
    """What is decided in one transaction keeps others waiting, so it is not without end; and each deal comes once."""
    many = tuple(f"X-{number}" for number in range(MOST_TOGETHER + 1))
    with pytest.raises(BadValue, match="at most 10,000"):
        bulk(deals, LoseDeal, {"reason": "price"}, ids=many, all_or_nothing=True)
    with pytest.raises(BadValue, match="each stream once"):
        bulk(deals, LoseDeal, {"reason": "price"}, ids=("D-1", "D-1"), all_or_nothing=True)
    assert bulk(deals, LoseDeal, {"reason": "price"}, ids=(), all_or_nothing=True) == []


@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_nobody_gets_more_deals_by_moving_many_at_once(shop: Shop, all_or_nothing: bool) -> None:
    """An owner may have two deals in a stage: of three that are moved at once the third finds no slot free."""
    shop.engine.publish_text(LIMITED, "limited.yaml", by="ops")
    for deal in IDS[:3]:
        shop.ask("open_deal", deal, process="limited", owner="rep")
    found = bulk(shop, MoveDeal, {"target": "offer"}, ids=IDS[:3], all_or_nothing=all_or_nothing)
    assert [each.result for each in found][2] == "refused"
    assert sum(shop.engine.deal(deal).stage == "offer" for deal in IDS[:3]) == (0 if all_or_nothing else 2)
    if all_or_nothing:
        found = bulk(shop, MoveDeal, {"target": "offer"}, ids=IDS[:2], all_or_nothing=True, command_id="two")
        assert results(found) == ["done", "done"]


COMMANDS = st.lists(
    st.tuples(st.sampled_from(IDS), st.sampled_from(("offer", "contract", "lead", "lost", "boss"))),
    min_size=1, max_size=4, unique_by=lambda asked: asked[0],
)  # fmt: skip


def made(shop: Shop, asked: list[tuple[str, str]], command_id: str) -> Iterator[Any]:
    """Moves, losses and assignments, as they were drawn."""
    kinds: dict[str, tuple[type, dict[str, Any]]] = {
        "lost": (LoseDeal, {"reason": "price"}), "boss": (AssignOwner, {"owner": "boss"}),
    }  # fmt: skip
    for deal, word in asked:
        kind, what = kinds.get(word, (MoveDeal, {"target": word}))
        yield from shop.engine.commands_for(kind, [deal], what, by="rep", command_id=command_id)


@settings(max_examples=40, deadline=None)
@given(bulks=st.lists(COMMANDS, min_size=1, max_size=5))
def test_whatever_is_asked_nothing_is_half_done(bulks: list[list[tuple[str, str]]]) -> None:
    """Either every deal of a bulk is as asked, or none has changed but for a refusal; asked again nothing is added."""
    shop = Shop.opened()
    for number in range(1, 5):
        shop.ask("open_deal", f"D-{number}", process="shop", owner="rep", fields=BAD if number == 3 else GOOD)
    for number, asked in enumerate(bulks):
        before = {deal: shop.engine.deal(deal) for deal in IDS}
        dry = shop.engine.bulk(made(shop, asked, "dry"), all_or_nothing=True, dry_run=True)
        found = shop.engine.bulk(made(shop, asked, f"b-{number}"), all_or_nothing=True)
        assert results(dry) == results(found)
        position = shop.engine._store.position()
        after = {deal: shop.engine.deal(deal) for deal in IDS}
        if all(each.ok for each in found):
            assert all(each.result in ("done", "nothing to do") for each in found)
        else:
            assert {deal: each.solid_version for deal, each in after.items()} == {
                deal: each.solid_version for deal, each in before.items()
            }
            assert "done" not in results(found)
        again = shop.engine.bulk(made(shop, asked, f"b-{number}"), all_or_nothing=True)
        assert shop.engine._store.position() == position
        assert [each.ok for each in again] == [each.ok for each in found]
    shop.engine.close()


ROUNDS = 15


def race(url: str) -> list[int]:
    """Per round, how many deals an owner has in a stage after two engines moved two each, where two may be there."""
    shops = [Shop.opened(url, people=None), Shop(Engine.open(url, clock=Clock(), clock_name="test"), Clock())]
    shops[0].engine.publish_text(LIMITED, "limited.yaml", by="ops")
    found = []
    for number in range(ROUNDS):
        owner = f"rep-{number}"
        ids = [f"D-{number}-{nth}" for nth in range(4)]
        for deal in ids:
            shops[0].ask("open_deal", deal, process="limited", owner=owner, by=owner)
        start = Barrier(2)

        def moved(nth: int, ids: list[str] = ids, owner: str = owner, start: Barrier = start) -> list[Bulked]:
            engine = shops[nth].engine
            commands = list(engine.commands_for(MoveDeal, ids[nth * 2 :][:2], {"target": "offer"}, by=owner))
            start.wait()
            return engine.bulk(commands, all_or_nothing=True)

        with ThreadPoolExecutor(2) as threads:
            said = list(threads.map(moved, range(2)))
        assert sorted(all(each.ok for each in bulked) for bulked in said) == [False, True]
        found.append(sum(shops[0].engine.deal(deal).stage == "offer" for deal in ids))
    for shop in shops:
        shop.engine.close()
    return found


def test_two_bulks_that_race_for_the_last_slots_do_not_both_get_them(tmp_path: Path) -> None:
    """One is done whole, the other not at all, and nobody has more deals than they may."""
    assert race(f"sqlite:///{tmp_path}/sales.db") == [2] * ROUNDS


@pytest.mark.parametrize("other", [("D-1", "D-2"), ("D-1", "D-2", "D-3", "D-4"), ("D-1", "D-2", "D-3", "D-4", "D-5")])
def test_all_or_nothing_is_about_one_selection(deals: Shop, other: tuple[str, ...]) -> None:
    """Under the same id for fewer or more deals it would answer for some as the first, for others as new."""
    deals.ask("open_deal", "D-5", process="shop", owner="rep", fields=GOOD)
    first = ("D-1", "D-2", "D-4")
    assert results(bulk(deals, MoveDeal, {"target": "offer"}, ids=first, all_or_nothing=True)) == ["done"] * 3
    before = deals.engine._store.position()
    with pytest.raises(CommandIdReused):
        bulk(deals, MoveDeal, {"target": "offer"}, ids=other, all_or_nothing=True)
    assert deals.engine._store.position() == before
    again = bulk(deals, MoveDeal, {"target": "offer"}, ids=tuple(reversed(first)), all_or_nothing=True)
    assert results(again) == ["done"] * 3
