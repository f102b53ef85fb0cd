"""Every no as an auditor reads it: the gate's with its rules, and those to people who may not."""

from typing import Any

from pipeline_engine.audit import Refusal
from pipeline_engine.deal import AssignmentRefused, ChangeRefused, CorrectionRefused, Verdicts
from pipeline_engine.envelope import Envelope
from pipeline_engine.store import Draft, StreamAppend
from pipeline_engine.team import DelegationRefused
from tests.audit.given import OBSERVED, Beside, day


def told(shop: Beside, **asked: Any) -> list[Refusal]:
    """The rows, the latest first."""
    return list(shop.engine.audit_refusals(**asked).rows)


def test_a_refused_move_names_its_rules_and_when_the_deal_got_there_after_all(shop: Beside) -> None:
    """The offer was refused for a missing mail on day 1 and entered on day 4."""
    shop.on(1, "move", to="offer").on(3, "set", {"mail": "a@b"}).on(4, "move", to="offer")
    (row,) = told(shop)
    assert (row.tried, row.from_stage, row.target, row.by, row.owner) == ("move", "lead", "offer", "rep", "rep")
    assert (row.rules, row.later, row.at, row.why) == (("reachable",), day(4), day(1), None)


def test_a_deal_that_never_got_there_says_so(shop: Beside) -> None:
    """Another deal that did is no comfort."""
    shop.on(1, "move", to="offer")
    shop.on(1, "open_deal", deal="E", process="shop", owner="rep", fields={"mail": "a@b"})
    shop.on(2, "move", deal="E", to="offer")
    assert [row.later for row in told(shop)] == [None]


def test_wins_openings_and_losses_that_were_refused_are_told_as_such(shop: Beside) -> None:
    """Each by its own word; a deal whose opening was refused never was, and is listed all the same."""
    shop.on(1, "win").on(2, "open_deal", deal="E", process="shop", stage="contract", owner="rep-2")
    rows = {row.deal: row for row in told(shop)}
    assert (rows["D"].tried, rows["D"].target) == ("win", "won")
    assert (rows["E"].tried, rows["E"].target, rows["E"].owner) == ("open", "contract", "rep-2")
    assert "open:stage" in rows["E"].rules


def test_who_tried_what_they_may_not_is_listed_with_the_engines_word_for_it(shop: Beside) -> None:
    """To waive, to approve, to reject, to observe, to change a locked field, to correct, to own."""
    judged = Verdicts(process="shop", version=2, digest="d", judged_at=1, codes="", now=day(6))
    rules = shop.engine.process("shop").rules
    judged = judged.model_copy(update={"codes": "n" * (len(rules) - 1) + "f"})
    shop.on(1, "waive", "reachable", "please", by="rep-2").on(2, "approve", "big", by="rep-2")
    shop.on(2, "reject", "big", "no", by="rep-2").seen(3, "contract", by="rep")
    shop.put(4, ChangeRefused(fields=("amount", "mail"), stage="lead", why="locked"))
    shop.put(5, CorrectionRefused(corrects=1, kind="void", why="four-eyes"))
    shop.put(6, AssignmentRefused(owner="rep-2", verdicts=judged))
    assert [(row.tried, row.target, row.why, row.rules) for row in reversed(told(shop))] == [
        ("waive", "offer", "no-role", ("reachable",)), ("approve", "contract", "no-role", ("big",)),
        ("reject", "contract", "no-role", ("big",)), ("observe", "contract", "no-role", ()),
        ("change", "amount, mail", "locked", ()), ("correct", None, "four-eyes", ()),
        ("assign", "rep-2", None, (rules[-1].id,)),
    ]  # fmt: skip


def test_refusals_are_counted_by_rule_person_and_what_was_tried(shop: Beside) -> None:
    """The same no asked for twice was recorded once, and counts once."""
    shop.on(1, "move", to="offer").on(1, "move", to="offer").on(2, "move", to="contract").on(3, "win", by="rep-2")
    found = shop.engine.audit_refusals()
    assert found.totals == {"move": 2, "win": 1}
    assert {tally.name: dict(tally.counts) for tally in found.by_rule} == {
        "reachable": {"move": 2, "win": 1}, "moves:forward": {"move": 1}, "won:from": {"win": 1},
    }  # fmt: skip
    assert [(tally.name, tally.total) for tally in found.by_person] == [("rep", 2), ("rep-2", 1)]
    assert [row.target for row in told(shop, rule="moves:forward")] == ["contract"]
    assert [row.tried for row in told(shop, by="rep-2", until=day(3))] == ["win"]


def test_who_tried_to_publish_or_to_lend_a_role_and_may_not_is_on_the_list(shop: Beside) -> None:
    """They are about no deal; asking for a deal, an owner or a rule leaves them out."""
    shop.engine.publish_text(OBSERVED + "publishing: {by: [vp]}\n", "shop.yaml", by="ops", why="by one who may")
    shop.engine.publish_text(OBSERVED + "title: A\n", "shop.yaml", by="rep", why="mine")
    lent = DelegationRefused(lender="vp", role="vp", until=day(9), why="not-yours")
    envelope = Envelope(at=day(0), actor="rep", command_id="lend")
    store = shop.engine._store
    version = len(store.events("person:rep-2"))
    store.append_many([StreamAppend("person:rep-2", version, (Draft(envelope, lent),))])
    rows = [(row.deal, row.tried, row.target, row.by, row.why, row.process) for row in told(shop)]
    assert rows == [
        (None, "lend", "vp of vp to rep-2", "rep", "not-yours", None),
        (None, "publish", "shop", "rep", "no-role", "shop"),
    ]
    assert [row.tried for row in told(shop, process="shop")] == ["publish"]
    for asked in ({"deal": "D"}, {"owner": "rep"}, {"rule": "big"}, {"by": "vp"}, {"since": day(1)}):
        assert told(shop, **asked) == []
