"""Acting in a role that somebody lends: whose eyes count, and until when."""

from datetime import timedelta

import pytest

from pipeline_engine.deal import ApprovalGranted, ApprovalRefused, RuleWaived, WaiverRefused
from pipeline_engine.engine import Engine
from tests.engine.shop import MONDAY, PEOPLE, PROCESS, Clock, Shop

LENT = """
delegations:
  - {from: boss, to: rep-2, role: manager, until: 2026-01-08}
"""
LENT_TWICE = f"{LENT}  - {{from: vp, to: rep-2, role: manager, until: 2026-01-09}}\n"
LATE = PROCESS.replace("currency: EUR", "currency: EUR\nbackdate: {max: 30d, by: [manager]}")
REOPENED = PROCESS.replace("  lost:", "  reopen: {enter: [{id: again, approval: manager}]}\n  lost:")


def shop_of(process: str = PROCESS, people: str = PEOPLE + LENT) -> Shop:
    """A deal worth 5,000 in `offer`, which needs a manager's approval for the contract."""
    clock = Clock()
    shop = Shop(Engine.open("memory://", clock=clock, clock_name="test"), clock)
    shop.engine.publish_text(process, "shop.yaml", by="ops")
    shop.people(people)
    return shop.deal_in("offer", amount="5000")


def refused_why(shop: Shop, verb: str, **what: object) -> str | None:
    """Why an approval or a waiver was refused; None where it was recorded."""
    event = shop.ask(verb, **what).events[-1].event  # type: ignore[arg-type]  # the verb says what it takes
    assert isinstance(event, (ApprovalGranted, ApprovalRefused, RuleWaived, WaiverRefused))
    return getattr(event, "why", None)


@pytest.mark.parametrize("way", ["assigned", "handed over"])
def test_what_was_approved_in_somebodys_stead_ends_when_the_deal_becomes_theirs(way: str) -> None:
    """Four eyes: nobody lets a deputy approve and then takes the deal over."""
    shop = shop_of()
    shop.ask("approve", rule="big", to="contract", by="rep-2")
    if way == "assigned":
        shop.ask("assign", "D", "boss")
    else:
        shop.ask("hand_off", "D", "boss")
        assert shop.ask("accept", by="boss").accepted
    assert not shop.ask("move", to="contract", by="boss").accepted
    assert shop.engine.approvals("D")[0].ended == "boss, who lent the role, owns the deal since 2026-01-05"


def test_what_was_waived_in_somebodys_stead_ends_when_the_deal_becomes_theirs() -> None:
    """The same holds for waivers; it says why."""
    shop = shop_of(people=PEOPLE + LENT)
    shop.ask("set", "D", {"mail": ""})
    assert refused_why(shop, "waive", rule="reachable", reason="known", to="offer", by="rep-2") is None
    shop.ask("assign", "D", "boss")
    assert shop.engine.approvals("D")[0].ended == "boss owns the deal"


def test_a_deal_that_goes_to_somebody_else_keeps_what_a_deputy_approved() -> None:
    """Control: it is the lender's owning it that ends it, not the change of owner."""
    shop = shop_of()
    shop.ask("approve", rule="big", to="contract", by="rep-2")
    shop.ask("assign", "D", "vp")
    assert shop.ask("move", to="contract", by="vp").accepted


@pytest.mark.parametrize(
    ("verb", "what"), [("approve", {"rule": "big"}), ("waive", {"rule": "reachable", "reason": "known"})]
)
def test_a_loan_that_is_over_is_not_had_again_by_naming_an_earlier_time(verb: str, what: dict[str, str]) -> None:
    """Who may not now may not have done it last week either: the loan counts by the engine's time."""
    shop = shop_of(LATE)
    shop.clock.on(2)
    assert refused_why(shop, verb, **what, to="contract", by="rep-2", at=MONDAY + timedelta(days=1)) is None
    shop.clock.on(3)
    with pytest.raises(Exception, match="only manager may backdate"):
        shop.ask(verb, **what, to="contract", by="rep-2", at=MONDAY + timedelta(days=1))
    assert refused_why(shop, verb, **what, to="contract", by="rep-2") == "delegation-ended"


def test_of_two_lenders_the_one_who_may_answer_is_taken() -> None:
    """One of them owns the deal; the other does not, and nobody has to say so."""
    shop = shop_of(people=PEOPLE + LENT_TWICE)
    shop.ask("assign", "D", "boss")
    shop.ask("request", rule="big", to="contract", by="boss")
    (awaited,) = shop.engine.inbox("rep-2")
    assert awaited.in_stead_of == "vp"
    assert refused_why(shop, "approve", rule="big", to="contract", by="rep-2") is None


def test_named_in_whose_stead_four_eyes_still_hold() -> None:
    """Who asks to act for the owner is refused, though another would do."""
    shop = shop_of(people=PEOPLE + LENT_TWICE)
    shop.ask("assign", "D", "boss")
    what = {"rule": "big", "to": "contract", "by": "rep-2"}
    assert refused_why(shop, "approve", **what, on_behalf_of="boss") == "four-eyes"
    assert refused_why(shop, "approve", **what, on_behalf_of="vp") is None


def test_who_could_help_is_not_somebody_in_the_owners_stead() -> None:
    """A refusal names people who would not be refused in turn."""
    shop = shop_of()

    def helpers(by: str) -> tuple[str, ...]:
        (judged,) = (each for each in shop.ask("move", to="contract", by=by).verdicts if each.rule == "big")
        return judged.helpers().approve

    assert helpers("rep") == ("boss", "rep-2", "vp")
    shop.ask("assign", "D", "boss")
    assert helpers("boss") == ("vp",)


def test_the_approval_of_a_reopening_waits_in_the_inbox() -> None:
    """The deal is closed, and this is the one thing that can still be asked of it."""
    shop = shop_of(REOPENED)
    shop.ask("request", rule="big", to="contract")
    shop.ask("lose", "D", "price")
    shop.ask("request", rule="again", to="reopen")
    assert [each.rule for each in shop.engine.inbox("boss")] == ["again"]
    shop.ask("approve", rule="again", to="reopen", by="boss", expires_at=MONDAY + timedelta(hours=1))
    assert shop.engine.inbox("boss") == []
    shop.clock.on(1)
    assert len(shop.engine.announce_expiries(by="timer")) == 1


def test_an_end_is_announced_though_it_is_asked_for_again() -> None:
    """What has come to its end has, whoever asks for more; a command id as long as may be names the whole round."""
    shop = shop_of()
    shop.ask("approve", rule="big", to="contract", by="boss", expires_at=MONDAY + timedelta(hours=1))
    shop.clock.on(1)
    shop.ask("request", rule="big", to="contract")
    assert len(shop.engine.announce_expiries(by="timer", command_id="c" * 200)) == 1
    assert shop.names().count("ApprovalExpired") == 1
