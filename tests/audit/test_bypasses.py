"""The bypass ledger: what went past the gate, by what right, and what the gate would have said."""

from typing import Any

import pytest

from pipeline_engine.audit import Bypass, CannotSay
from pipeline_engine.deal import CorrectionRecorded, DealMigrated
from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadValue, UnknownDeal, UnknownProcess, UnknownRule
from pipeline_engine.values import Personal
from tests.audit.given import OBSERVED, Beside, day


def told(shop: Beside, **asked: Any) -> list[Bypass]:
    """The rows, the latest first."""
    return list(shop.engine.audit_bypasses(**asked).rows)


def test_what_was_asked_of_the_gate_is_no_bypass(shop: Beside) -> None:
    """Accepted, refused and waived moves have verdicts; they stand elsewhere."""
    shop.on(1, "move", to="offer").on(1, "set", {"mail": "a@b"}).on(1, "move", to="offer")
    found = shop.engine.audit_bypasses()
    assert (found.found, found.rows, found.totals) == (0, (), {})


def test_an_observed_move_says_which_rules_would_have_refused_it(shop: Beside) -> None:
    """The deal lacks the mail that an offer needs, and leaps to a contract: the gate would have said both."""
    shop.on(1, "set", {"mail": "none"}).seen(2, "contract", reason="signed already")
    (row,) = told(shop)
    assert (row.deal, row.version, row.kind, row.from_stage, row.to_stage) == ("D", 3, "move", "lead", "contract")
    assert (row.at, row.basis, row.by, row.owner, row.process) == (day(2), "source", "crm-sync", "rep", "shop@2")
    assert (row.would, row.refused_by, row.reason) == ("refused", ("moves:forward", "reachable"), "signed already")
    assert row.cannot_say == ()


def test_what_fits_every_rule_would_have_passed(shop: Beside) -> None:
    """The same move with all in order; and the gate looks at what was there before the move, not at what came after."""
    shop.on(1, "set", {"mail": "a@b"}).seen(2, "offer").on(3, "set", {"mail": ""})
    assert [(row.would, row.refused_by) for row in told(shop)] == [("passed", ())]


def test_where_a_fact_is_missing_the_gate_cannot_say_and_the_ledger_says_what_was_missing(shop: Beside) -> None:
    """Nobody recorded a mail: the answer is not a guess in either direction."""
    shop.seen(2, "offer")
    (row,) = told(shop)
    assert (row.would, row.cannot_say) == ("unknown", (CannotSay("reachable", ("deal.mail",)),))


def test_a_waiver_that_stood_would_have_let_it_pass(shop: Beside) -> None:
    """The manager had waived the mail before the other system moved the deal."""
    shop.on(1, "waive", "reachable", "an old friend", by="boss").seen(2, "offer")
    assert [row.would for row in told(shop)] == ["passed"]


def test_an_approval_that_nobody_gave_is_a_refusal(shop: Beside) -> None:
    """A large deal was taken to a contract elsewhere, and no manager here was asked."""
    shop.on(1, "set", {"mail": "a@b", "amount": "5000"}).seen(2, "offer").seen(3, "contract")
    assert [(row.would, row.refused_by) for row in told(shop)] == [("refused", ("big",)), ("passed", ())]


def test_wins_losses_and_reopenings_are_judged_too(shop: Beside) -> None:
    """A win from the first stage; a reopening of which the source told no reason; a loss, which asks for nothing."""
    shop.seen(1, "won").seen(2, "reopen").seen(3, "lost", reason="price")
    rows = [(row.kind, row.to_stage, row.would, row.refused_by) for row in reversed(told(shop))]
    assert rows[0][:3] == ("win", "won", "refused")
    assert "won:from" in rows[0][3]
    assert rows[1] == ("reopen", "reopen", "unknown", ())
    assert rows[2] == ("lose", "lost", "passed", ())


def test_each_is_judged_by_the_version_its_deal_was_under_then(shop: Beside) -> None:
    """A stricter version published since changes nothing for deals that were opened before it."""
    shop.on(1, "set", {"mail": "a@b"}).seen(2, "offer")
    stricter = OBSERVED.replace("deal.mail.contains('@')", "deal.mail.contains('#')")
    shop.engine.publish_text(stricter, "shop.yaml", by="ops")
    shop.on(3, "open_deal", deal="E", process="shop", owner="rep", fields={"mail": "a@b"})
    shop.seen(4, "offer", deal="E")
    assert [(row.deal, row.process, row.would) for row in told(shop)] == [
        ("E", "shop@3", "refused"), ("D", "shop@2", "passed"),
    ]  # fmt: skip


def test_a_migration_stands_in_the_ledger_and_no_gate_judges_it(shop: Beside) -> None:
    """A deal that another version put into another stage went there by the right of the migration."""
    moved = DealMigrated(process="shop", version=1, from_version=2, from_stage="lead", to_stage="offer")
    (row,) = told(shop.put(1, moved))
    assert (row.kind, row.basis, row.would, row.process) == ("migrate", "migration", "not asked", "shop@1")
    assert (row.from_stage, row.to_stage, row.by) == ("lead", "offer", "ops")


def test_a_correction_that_took_a_move_back_stands_in_the_ledger(shop: Beside) -> None:
    """A void of a stage event puts the deal back where it was; corrections of values and times change no stage."""
    shop.on(1, "set", {"mail": "a@b"}).on(2, "move", to="offer")
    reason = Personal("deal:D", "it was another deal")
    shop.put(3, CorrectionRecorded(corrects=2, kind="value", cleared=("mail",), role="ops", reason=reason))
    shop.put(4, CorrectionRecorded(corrects=3, kind="void", role="ops", reason=reason))
    (row,) = told(shop)
    assert (row.kind, row.basis, row.would, row.version) == ("void", "correction", "not asked", 5)
    assert (row.from_stage, row.to_stage, row.reason) == ("offer", "lead", "it was another deal")


def test_totals_count_all_by_answer_rule_and_person(shop: Beside) -> None:
    """The page is short, the totals are not."""
    shop.on(1, "set", {"mail": "a@b"}).seen(2, "offer").seen(3, "lead").seen(4, "contract")
    found = shop.engine.audit_bypasses(limit=1)
    assert (found.found, len(found.rows)) == (3, 1)
    assert found.totals == {"passed": 1, "refused": 1, "unknown": 1}
    assert {tally.name: dict(tally.counts) for tally in found.by_rule} == {
        "moves:back": {"unknown": 1}, "moves:forward": {"refused": 1},
    }  # fmt: skip
    assert [(tally.name, tally.total) for tally in found.by_person] == [("crm-sync", 3)]


def test_pages_follow_one_another_without_gap_or_overlap(shop: Beside) -> None:
    """Each page says where the next one begins, the last one says that there is none."""
    for number, to in enumerate(["offer", "contract"] * 5):
        shop.seen(number, to)
    pages, before = list[int](), None
    while True:
        found = shop.engine.audit_bypasses(limit=3, before=before)
        pages += [row.position for row in found.rows]
        before = found.next
        if before is None:
            break
    assert pages == sorted(pages, reverse=True)
    assert len(pages) == len(set(pages)) == shop.engine.audit_bypasses().found == 10


@pytest.mark.parametrize(
    ("asked", "deals"),
    [
        ({}, "EDD"), ({"deal": "D"}, "DD"), ({"owner": "rep-2"}, "E"), ({"by": "crm-sync"}, "EDD"), ({"by": "rep"}, ""),
        ({"rule": "reachable"}, "ED"), ({"since": day(3)}, "ED"), ({"until": day(3)}, "DD"),
        ({"since": day(3), "until": day(3)}, "D"), ({"process": "shop"}, "EDD"),
    ],
)  # fmt: skip
def test_an_auditor_asks_for_some_of_them(shop: Beside, asked: dict[str, Any], deals: str) -> None:
    """By deal, owner at the time, who did it, rule, time and process."""
    shop.on(1, "open_deal", deal="E", process="shop", owner="rep-2")
    shop.seen(2, "offer").seen(3, "lead").seen(4, "offer", deal="E")
    found = shop.engine.audit_bypasses(**asked)
    assert ("".join(row.deal for row in found.rows), found.found) == (deals, len(deals))


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"deal": "gone"}, UnknownDeal), ({"process": "gone"}, UnknownProcess), ({"rule": "gone"}, UnknownRule),
        ({"limit": 0}, BadValue), ({"limit": 100_001}, BadValue),
    ],
)  # fmt: skip
def test_a_slip_is_an_error_and_no_empty_list(shop: Beside, asked: dict[str, Any], error: type[Exception]) -> None:
    """Whoever asks for a rule that is not there must not read that nobody walked round it."""
    with pytest.raises(error):
        shop.engine.audit_bypasses(**asked)


def test_a_store_without_deals_has_an_empty_ledger() -> None:
    """Nothing went past a gate that is not there."""
    with Engine.open("memory://") as engine:
        assert engine.audit_bypasses().to_json()["found"] == 0


def test_moves_told_of_the_past_are_judged_at_their_own_time(shop: Beside) -> None:
    """What a rule of time reads is when it happened there, not when it was told here."""
    slow = OBSERVED.replace("      - {id: reachable", "      - {stay_at_least: 2d}\n      - {id: reachable")
    shop.engine.publish_text(slow, "shop.yaml", by="ops")
    for deal, number in (("E", 1.5), ("F", 3.0)):
        shop.on(0, "open_deal", deal=deal, process="shop", owner="rep", fields={"mail": "a@b"})
        shop.on(9, "observe", deal=deal, by="crm-sync", to="offer", source="crm", key="1", at=day(number))
    assert {row.deal: row.refused_by for row in told(shop)} == {"E": ("offer:stay_at_least:2d",), "F": ()}


def test_a_move_that_was_really_taken_back_and_deals_that_really_migrated_stand_in_the_ledger(shop: Beside) -> None:
    """The same by the verbs themselves: who may correct takes a move back, ops lets the deals go on under version 3."""
    correctable = OBSERVED + "corrections: {by: [vp]}\n"
    shop.engine.publish_text(correctable, "shop.yaml", by="ops")
    shop.on(0, "open_deal", deal="E", process="shop", owner="rep", fields={"mail": "a@b"})
    shop.on(2, "move", deal="E", to="offer").on(2, "void", 2, "it was another deal", deal="E", by="vp")
    renamed = correctable.replace("- id: offer", "- id: quote")
    shop.engine.publish_text(renamed, "shop.yaml", by="ops")
    shop.on(3, "move", deal="E", to="offer")
    shop.engine.migrate("shop", "4", {"offer": "quote"}, why="offers are called quotes", by="ops")
    rows = {(row.deal, row.kind): row for row in told(shop)}
    assert (rows["E", "void"].from_stage, rows["E", "void"].to_stage, rows["E", "void"].by) == ("offer", "lead", "vp")
    moved = rows["E", "migrate"]
    assert (moved.from_stage, moved.to_stage, moved.process, moved.would) == ("offer", "quote", "shop@4", "not asked")
    assert shop.engine.audit_bypasses().totals == {"not asked": 3}  # deal D migrated too, in the stage it was in


def test_a_move_past_the_gate_after_a_migration_is_judged_by_the_version_of_then(shop: Beside) -> None:
    """Before it by the old rules, after it by the new ones."""
    shop.on(0, "set", {"mail": "a@b"}).seen(1, "offer").seen(2, "lead")
    stricter = OBSERVED.replace("deal.mail.contains('@')", "deal.mail.contains('#')")
    shop.engine.publish_text(stricter, "shop.yaml", by="ops")
    shop.clock.on(3)
    shop.engine.migrate("shop", "3", why="mails have a mark now", by="ops")
    shop.seen(4, "offer")
    rows = [(row.process, row.would) for row in told(shop) if row.to_stage == "offer"]
    assert rows == [("shop@3", "refused"), ("shop@2", "passed")]


def test_what_was_corrected_later_is_not_what_the_gate_would_have_seen(shop: Beside) -> None:
    """The mail was there when the other system moved the deal; that it never was came out a day after."""
    shop.engine.publish_text(OBSERVED + "corrections: {by: [vp]}\n", "shop.yaml", by="ops")
    shop.on(0, "open_deal", deal="E", process="shop", owner="rep", fields={"mail": "a@b"})
    shop.seen(2, "offer", deal="E").on(3, "correct_value", 1, {"mail": "none"}, "a slip", deal="E", by="vp")
    shop.seen(4, "lead", deal="E").seen(5, "offer", deal="E")
    rows = [(row.at, row.would) for row in told(shop, deal="E") if row.to_stage == "offer"]
    assert rows == [(day(5), "refused"), (day(2), "passed")]
    assert shop.engine.audit_bypasses(deal="E", known_at=day(2)).found == 1
