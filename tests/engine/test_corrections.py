"""Corrections through the engine: what is carried on is what is folded anew, and what was known stays known."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline_engine.engine import Engine
from pipeline_engine.errors import (
    BadValue,
    CannotCorrect,
    CannotMerge,
    CommandIdReused,
    DealIsClosed,
    DealIsMerged,
    UnknownDeal,
)
from pipeline_engine.values import Money
from tests.engine.shop import MONDAY, PEOPLE, PROCESS, Clock, Shop

WHY = "the order says so"


@pytest.fixture
def corrected() -> Shop:
    """A shop in which managers may correct, with a deal of rep in contract."""
    clock = Clock()
    engine = Engine.open("memory://", clock=clock, clock_name="test")
    engine.publish_text(f"{PROCESS}corrections: {{by: [manager]}}\n", "shop.yaml", by="ops")
    shop = Shop(engine, clock)
    shop.people(PEOPLE)
    return shop.deal_in("contract")


def test_a_deal_is_folded_anew_where_it_was_corrected(corrected: Shop) -> None:
    """The state that the store carries on is that of a store which has never seen the deal."""
    corrected.ask("log", "D", "call")
    corrected.ask("correct_value", "D", 1, {"amount": "20"}, WHY, by="boss")
    held = corrected.engine.deal("D")
    assert held.fields["amount"] == Money.of(20, "EUR")
    corrected.ask("void", "D", 3, WHY, by="boss")
    corrected.ask("log", "D", "call")
    carried, fresh = corrected.engine.deal("D"), Engine(corrected.engine._store).deal("D")
    assert (carried.stage, len(carried.activities)) == ("offer", 2)
    corrected.engine._store._folds._states.clear()
    assert corrected.engine.deal("D") == carried == fresh


def test_a_correction_with_the_same_command_id_is_one(corrected: Shop) -> None:
    """Asked twice, recorded once; another correction under that id is refused."""
    first = corrected.ask("void", "D", 3, WHY, by="boss", command_id="c-1")
    again = corrected.ask("void", "D", 3, WHY, by="boss", command_id="c-1")
    assert (first.repeated, again.repeated) == (False, True)
    assert corrected.names().count("CorrectionRecorded") == 1
    with pytest.raises(CommandIdReused):
        corrected.ask("void", "D", 2, WHY, by="boss", command_id="c-1")


def test_views_know_what_was_known(corrected: Shop) -> None:
    """Before the correction was recorded a view shows the old, after it the new, of the same day."""
    corrected.clock.on(2)
    corrected.ask("correct_value", "D", 1, {"amount": "20"}, WHY, by="boss")
    corrected.ask("void", "D", 3, WHY, by="boss")
    before, day = MONDAY + timedelta(days=1), MONDAY + timedelta(days=1)
    for known_at, stage, amount in ((before, "contract", "10"), (None, "offer", "20")):
        seen = corrected.engine.health(process="shop", as_of=day, known_at=known_at).to_json()
        where = {one["stage"]: (one["open"], one["value"]) for one in seen["stages"] if one["open"]}
        assert where == {stage: (1, {"EUR": amount})}
        reached = corrected.engine.funnel(process="shop", as_of=day, known_at=known_at).to_json()["stages"]
        assert [one["reached"] for one in reached] == [1, 1, 1 if stage == "contract" else 0]
    listed = corrected.engine.deals()
    assert [(row.stage, row.value) for row in listed] == [("offer", Money.of(20, "EUR"))]


def test_what_an_attempt_was_judged_on_is_still_told(corrected: Shop) -> None:
    """The explanation of an earlier move is what it was, whatever turned out since."""
    moved = corrected.engine.timeline("D")[1]
    told = corrected.engine.explain(moved)
    corrected.ask("correct_value", "D", 1, {"mail": "nobody"}, WHY, by="boss")
    assert corrected.engine.explain(moved) == told
    assert corrected.engine.deal("D").fields["mail"] != told


def test_the_gate_judges_on_what_was_corrected(corrected: Shop) -> None:
    """A rule that would have said no then says no now; the deal is not moved by itself."""
    corrected.ask("void", "D", 3, WHY, by="boss")
    corrected.ask("void", "D", 2, WHY, by="boss")
    corrected.ask("correct_value", "D", 1, {"mail": "nobody"}, WHY, by="boss")
    assert not corrected.ask("move", to="offer").accepted


def test_a_corrected_value_ends_an_approval_and_the_refusal_says_so(corrected: Shop) -> None:
    """An approver who saw 2,000 is asked again for what it really was."""
    corrected.ask("void", "D", 3, WHY, by="boss")
    corrected.ask("set", "D", {"amount": "2000"})
    corrected.ask("approve", "D", "big", by="boss")
    corrected.ask("correct_value", "D", 5, {"amount": "5000"}, WHY, by="vp")
    refused = corrected.ask("move", to="contract")
    assert not refused.accepted
    assert "amount was corrected, on 2026-01-05" in refused.unmet[0].why


def test_an_event_of_another_deal_is_not_there(corrected: Shop) -> None:
    """A version is counted within its deal; the log's position is none."""
    corrected.ask("open_deal", "E", process="shop", owner="rep")
    with pytest.raises(CannotCorrect, match="deal `E` has no event 3; its events are 1 to 1"):
        corrected.ask("void", "E", 3, WHY, by="boss")


def test_a_closed_deal_is_corrected_by_two(corrected: Shop) -> None:
    """The first proposes, the second confirms; the sum of what was won is right then."""
    corrected.ask("win")
    proposal = corrected.ask("correct_value", "D", 1, {"amount": "30"}, WHY, by="boss").events[-1].version
    won = corrected.engine.deals(status="won")[0].value
    assert not corrected.ask("confirm_correction", "D", proposal, by="boss").accepted
    assert corrected.ask("confirm_correction", "D", proposal, by="vp").accepted
    assert (won, corrected.engine.deals(status="won")[0].value) == (Money.of(10, "EUR"), Money.of(30, "EUR"))


# ---- merging


def test_two_deals_are_one(corrected: Shop) -> None:
    """The merged deal is out of every count of open deals, and points to the one that goes on."""
    corrected.ask("open_deal", "E", process="shop", owner="rep-2")
    assert corrected.ask("merge", "E", "D", WHY, by="boss").accepted
    assert [row.id for row in corrected.engine.deals(status="open")] == ["D"]
    assert corrected.engine.health(process="shop").to_json()["open"] == 1
    assert corrected.ask("merge", "E", "D", WHY, by="boss").events == ()
    with pytest.raises(DealIsMerged, match="deal `E` was merged into `D`; ask there"):
        corrected.ask("log", "E", "call")


def test_no_way_leads_on_from_a_deal_that_was_merged(corrected: Shop) -> None:
    """It stands as `merged`, has no ways, and what the gate would say is what it says to a move."""
    corrected.ask("open_deal", "E", process="shop", owner="rep", by="rep")
    corrected.ask("merge", "D", "E", WHY, by="boss")
    engine = corrected.engine
    assert (engine.deal("D").stands, engine.deal("E").stands) == ("merged", "open")
    assert engine.next("D", "rep") == ()
    for to in ("won", "reopen", "contract"):
        with pytest.raises(DealIsMerged, match="ask there"):
            engine.preflight("D", to, by="rep")


def test_a_merge_that_was_none_is_void(corrected: Shop) -> None:
    """Two people find that the deals are two after all, and the deal is open again."""
    corrected.ask("open_deal", "E", process="shop", owner="rep")
    corrected.ask("merge", "E", "D", WHY)
    corrected.ask("void", "E", 2, WHY, by="boss")
    corrected.ask("confirm_correction", "E", 3, by="vp")
    assert [row.id for row in corrected.engine.deals(status="open")] == ["D", "E"]
    assert corrected.ask("log", "E", "call").accepted


def test_the_owner_of_both_may_merge_them(corrected: Shop) -> None:
    """A rep who opened a deal twice needs nobody; one who owns only one of them does."""
    corrected.ask("open_deal", "E", process="shop", owner="rep-2")
    with pytest.raises(CannotMerge, match="only manager or the owner of both deals may, and `rep` is neither"):
        corrected.ask("merge", "E", "D", WHY)
    corrected.ask("assign", "E", "rep")
    assert corrected.ask("merge", "E", "D", WHY).accepted


@pytest.mark.parametrize(
    ("deal", "into", "error", "said"),
    [
        ("E", "E", CannotMerge, "a deal is not merged into itself"),
        ("E", "nowhere", UnknownDeal, "there is no deal `nowhere`"),
        ("nowhere", "E", UnknownDeal, "there is no deal `nowhere`"),
        ("D", "M", CannotMerge, "cannot be merged into `M`: that one was merged into `D`"),
        ("E", "M", CannotMerge, "cannot be merged into `M`: that one was merged into `D`"),
        ("L", "E", DealIsClosed, "deal `L` is lost"),
        ("M", "E", DealIsMerged, "deal `M` was merged into `D`"),
    ],
)
def test_what_cannot_be_merged_is_named(corrected: Shop, deal: str, into: str, error: Any, said: str) -> None:
    """No circles, nothing into itself, nothing unknown, nothing that is decided or merged already."""
    corrected.ask("open_deal", "E", process="shop", owner="rep")
    corrected.ask("open_deal", "M", process="shop", owner="rep")
    corrected.deal_in("lost", "L")
    corrected.ask("merge", "M", "D", WHY, by="boss")
    with pytest.raises(error, match=said):
        corrected.ask("merge", deal, into, WHY, by="boss")


def test_a_merge_has_a_reason(corrected: Shop) -> None:
    """Whoever reads it later wants to know why."""
    corrected.ask("open_deal", "E", process="shop", owner="rep")
    with pytest.raises(BadValue, match="`reason` is missing"):
        corrected.ask("merge", "E", "D", " ", by="boss")


def test_corrections_outlive_the_engine(tmp_path: Path) -> None:
    """A store on disk is read again as it was left."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with Engine.open(url) as engine:
        engine.publish_text(f"{PROCESS}corrections: {{by: [manager]}}\n", "shop.yaml", by="ops")
        engine.open_deal("D", process="shop", owner="rep", fields={"amount": "10", "mail": "a@b"}, by="rep")
        engine.move("D", to="offer", by="rep")
        engine.void("D", 2, WHY, by="rep")
        left = engine.deal("D")
    with Engine.open(url) as engine:
        assert engine.deal("D") == left
        assert left.stage == "lead"
