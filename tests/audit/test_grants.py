"""Approvals and waivers as an auditor reads them: who gave what, for what, what became of it, and who may not."""

from typing import Any, Literal

import pytest

from pipeline_engine.audit import Approval, Ended, Waiver
from pipeline_engine.deal import ApprovalExpired, ApprovalReturned, CorrectionRecorded
from pipeline_engine.errors import UnknownRule
from pipeline_engine.values import Money, Personal
from tests.audit.given import OBSERVED, Beside, day


def waivers(shop: Beside, **asked: Any) -> list[Waiver]:
    """The rows, the latest first."""
    return list(shop.engine.audit_waivers(**asked).rows)


def approvals(shop: Beside, **asked: Any) -> list[Approval]:
    """The rows, the latest first."""
    return list(shop.engine.audit_approvals(**asked).rows)


def in_offer(shop: Beside, amount: str = "5000") -> Beside:
    """The deal stands in the offer stage on day 1, large enough to need a manager."""
    return shop.on(1, "set", {"mail": "a@b", "amount": amount}).on(1, "move", to="offer")


def test_a_waiver_tells_who_why_until_when_and_that_it_was_used(shop: Beside) -> None:
    """The manager waived the mail, and the move that it was for used it up."""
    shop.on(1, "waive", "reachable", "an old friend", by="boss", expires_at=day(9)).on(2, "move", to="offer")
    (row,) = waivers(shop)
    assert (row.event, row.rule, row.target, row.role, row.by) == ("given", "reachable", "offer", "manager", "boss")
    assert (row.deal, row.owner, row.process, row.at, row.expires_at) == ("D", "rep", "shop", day(1), day(9))
    assert (row.reason, row.ended, row.why) == ("an old friend", Ended("used", 3), None)


def test_who_may_not_waive_stands_beside_those_who_did(shop: Beside) -> None:
    """A rep tried, and a rule that nobody may waive was tried: both are kept with the reason they gave."""
    shop.on(1, "waive", "reachable", "please", by="rep-2").on(2, "waive", "big", "hurry", by="boss", to="contract")
    assert [(row.event, row.why, row.by, row.reason, row.ended) for row in waivers(shop)] == [
        ("refused", "not-waivable", "boss", "hurry", None), ("refused", "no-role", "rep-2", "please", None),
    ]  # fmt: skip
    found = shop.engine.audit_waivers()
    assert found.totals == {"refused": 2}
    assert {tally.name for tally in found.by_rule} == {"reachable", "big"}


def corrected(kind: Literal["value", "void"], version: int, **said: Any) -> CorrectionRecorded:
    """What an event said was not so."""
    return CorrectionRecorded(corrects=version, kind=kind, role="ops", reason=Personal("deal:D", "x"), **said)


@pytest.mark.parametrize(
    ("what", "ended"),
    [
        ("nothing", Ended("stands")), ("a field", Ended("lapsed", 4)), ("the move", Ended("used", 4)),
        ("its end", Ended("expired")), ("its end, then the move", Ended("expired")), ("a no", Ended("taken back", 4)),
        ("a correction", Ended("corrected", 4)), ("a change that is void", Ended("lapsed", 4)),
    ],
)  # fmt: skip
def test_what_became_of_an_approval(shop: Beside, what: str, ended: Ended) -> None:
    """It stands, or a field changed, a move used it, somebody took it back, or its time came first."""
    shop.on(1, "set", {"mail": "a@b", "amount": "5000"})
    shop.on(1, "approve", "big", by="boss", expires_at=day(5) if "end" in what else None)
    {
        "nothing": lambda: None,
        "a field": lambda: shop.on(2, "set", {"amount": "6000"}),
        "the move": lambda: shop.seen(2, "contract"),
        "its end": lambda: shop.clock.on(6),
        "its end, then the move": lambda: shop.seen(7, "contract"),
        "a correction": lambda: shop.put(2, corrected("value", 2, set={"amount": Money.of(1, "EUR")})),
        "a change that is void": lambda: shop.on(2, "set", {"amount": "6000"}).put(3, corrected("void", 4)),
        "a no": lambda: shop.on(2, "reject", "big", "not like this", by="vp"),
    }[what]()
    assert next(row for row in approvals(shop) if row.event == "granted").ended == ended


def test_who_granted_and_became_the_owner_no_longer_approves(shop: Beside) -> None:
    """Four eyes: the approval ends with the assignment."""
    in_offer(shop).on(2, "approve", "big", by="boss").on(3, "assign", "boss", by="vp")
    assert [row.ended for row in approvals(shop)] == [Ended("lapsed", 5)]


def test_how_long_an_approval_waited(shop: Beside) -> None:
    """From the first request to the answer, in days; without a request nobody waited."""
    in_offer(shop).on(2, "request", "big").on(4.5, "approve", "big", by="boss").on(5, "approve", "big", by="vp")
    rows = [(row.event, row.waited_days, row.by) for row in reversed(approvals(shop))]
    assert rows == [("requested", None, "rep"), ("granted", 2.5, "boss"), ("granted", None, "vp")]


def test_every_answer_is_listed_and_counted_by_rule_and_person(shop: Beside) -> None:
    """Asked, granted, rejected, returned, expired, and tried by who may not."""
    in_offer(shop).on(2, "request", "big").on(2, "approve", "big", by="rep-2").on(3, "reject", "big", "no", by="vp")
    back = ApprovalReturned(rule="big", target="contract", role="manager", reason=Personal("deal:D", "say more"))
    shop.put(4, back, ApprovalExpired(rule="big", target="contract", granted_version=3), by="boss")
    found = shop.engine.audit_approvals()
    assert [row.event for row in reversed(found.rows)] == ["requested", "refused", "rejected", "returned", "expired"]
    assert [row.reason for row in reversed(found.rows)] == [None, None, "no", "say more", None]
    assert {tally.name: tally.total for tally in found.by_person} == {"rep": 1, "rep-2": 1, "vp": 1, "boss": 2}
    assert [(tally.name, tally.total) for tally in found.by_rule] == [("big", 5)]


def test_waivers_are_no_approvals_and_a_rule_is_one_that_is_there(shop: Beside) -> None:
    """Each has a list of its own; a slip in the rule's name is an error."""
    shop.on(1, "waive", "reachable", "an old friend", by="boss")
    assert approvals(shop) == []
    assert waivers(shop, rule="big") == []
    with pytest.raises(UnknownRule, match="reachable"):
        waivers(shop, rule="reachabel")


def test_an_approval_that_a_migration_does_not_take_over_ended_by_it(shop: Beside) -> None:
    """The rule is another one in the version after."""
    in_offer(shop).on(2, "approve", "big", by="boss")
    stricter = OBSERVED.replace("deal.amount >= 1000", "deal.amount >= 500")
    shop.engine.publish_text(stricter, "shop.yaml", by="ops")
    shop.engine.migrate("shop", "3", why="smaller deals are large now", by="ops")
    assert [row.ended for row in approvals(shop)] == [Ended("migrated", 5)]


def test_a_request_that_a_move_ended_is_waited_for_no_longer(shop: Beside) -> None:
    """Asked on day 2, moved there by another system on day 3; what is answered on day 9 was asked for on day 8."""
    in_offer(shop).on(2, "request", "big").seen(3, "contract").seen(4, "offer")
    shop.on(8, "request", "big").on(9, "approve", "big", by="boss")
    assert [(row.event, row.waited_days) for row in approvals(shop)][:2] == [("granted", 1.0), ("requested", None)]


def test_a_request_that_a_migration_ended_is_waited_for_no_longer(shop: Beside) -> None:
    """The version after asks for something else under that name; it is asked for anew."""
    in_offer(shop).on(2, "request", "big")
    stricter = OBSERVED.replace("deal.amount >= 1000", "deal.amount >= 500")
    shop.engine.publish_text(stricter, "shop.yaml", by="ops")
    shop.engine.migrate("shop", "3", why="smaller deals are large now", by="ops")
    shop.on(9, "approve", "big", by="boss")
    assert [row.waited_days for row in approvals(shop)] == [None, None]
