"""Who is asked, what approvers saw, and what has come to its end: the side of those who decide."""

from datetime import timedelta

import pytest

from pipeline_engine.deal import ApprovalGranted, ApprovalRefused, ApprovalReturned, WaiverRefused
from pipeline_engine.engine import Engine
from pipeline_engine.errors import NothingAsked
from pipeline_engine.values import Money
from tests.engine.shop import MONDAY, PEOPLE, PROCESS, Shop

LENDING = """
delegations:
  - {from: boss, to: rep-2, role: manager, until: 2026-01-08}
"""
QUICK = PROCESS.replace("approval: manager,", "approval: manager, answer_within: 1bd,").replace(
    "currency: EUR", "currency: EUR\ncalendar: {zone: UTC, week: mon-fri 09:00-17:00}"
)


@pytest.fixture
def shop() -> Shop:
    """A deal worth 5,000 in `offer`, whose owner asks a manager for the contract; boss lends rep-2 the role."""
    made = Shop.opened(people=PEOPLE + LENDING)
    made.deal_in("offer", amount="5000")
    made.ask("request", to="contract", rule="big")
    return made


def test_the_inbox_has_what_somebody_could_approve_now(shop: Shop) -> None:
    """With the deal's worth, the rule, who asked, and in whose stead they would act."""
    (own,) = shop.engine.inbox("boss")
    (lent,) = shop.engine.inbox("rep-2")
    assert (own.deal_id, own.rule, own.target, own.asked_by, own.value) == (
        "D", "big", "contract", "rep", Money.of(5000, "EUR"),
    )  # fmt: skip
    assert (own.in_stead_of, lent.in_stead_of) == (None, "boss")


def test_the_inbox_of_owner_asker_and_strangers_is_empty(shop: Shop) -> None:
    """Four eyes: what they may not give does not wait for them."""
    assert [shop.engine.inbox(who) for who in ("rep", "nobody")] == [[], []]


def test_an_answer_empties_the_inbox(shop: Shop) -> None:
    """Given back, it waits for nobody until somebody asks again."""
    shop.ask("return_approval", rule="big", reason="why so much?", by="boss")
    assert shop.engine.inbox("boss") == []
    shop.ask("request", rule="big")
    assert len(shop.engine.inbox("boss")) == 1


def test_a_closed_deal_waits_for_nobody(shop: Shop) -> None:
    """Lost is lost."""
    shop.ask("lose", "D", "price")
    assert shop.engine.inbox("boss") == []


def test_nothing_is_given_back_that_nobody_asked_for(shop: Shop) -> None:
    """There is nothing to give back, and the error says how one asks."""
    with pytest.raises(NothingAsked, match=r"deal request D big"):
        shop.ask("return_approval", rule="big", reason="no", to="offer", by="boss")


def test_what_was_given_can_be_given_back(shop: Shop) -> None:
    """A return after a yes takes the yes back."""
    shop.ask("approve", rule="big", by="boss")
    outcome = shop.ask("return_approval", rule="big", reason="wait", by="boss")
    assert isinstance(outcome.events[-1].event, ApprovalReturned)
    assert not shop.ask("move", to="contract").accepted


def test_who_may_not_approve_may_not_give_back(shop: Shop) -> None:
    """It is recorded as a try, and says what was tried."""
    event = shop.ask("return_approval", rule="big", reason="no", by="rep").events[-1].event
    assert isinstance(event, ApprovalRefused)
    assert (event.tried, event.why) == ("return", "no-role")


def test_an_approval_in_a_lent_role_says_in_whose_stead(shop: Shop) -> None:
    """The lender stands beside the name of whoever gave it, and the move passes."""
    recorded = shop.ask("approve", rule="big", by="rep-2").events[-1]
    assert (recorded.envelope.actor, recorded.envelope.on_behalf_of) == ("rep-2", "boss")
    assert shop.ask("move", to="contract").accepted


def test_a_loan_that_has_ended_serves_nobody(shop: Shop) -> None:
    """Whoever tries then is refused, and an auditor can read why."""
    shop.clock.on(3)
    event = shop.ask("approve", rule="big", by="rep-2").events[-1].event
    assert isinstance(event, ApprovalRefused)
    assert event.why == "delegation-ended"
    assert shop.engine.inbox("rep-2") == []


def test_nobody_acts_in_the_stead_of_who_lent_them_nothing(shop: Shop) -> None:
    """Naming somebody is not enough; a role of one's own does not help a foreign name either."""
    for verb, what in (("approve", {}), ("waive", {"reason": "for a friend"})):
        rule = "big" if verb == "approve" else "reachable"
        event = shop.ask(verb, rule=rule, by="boss", on_behalf_of="vp", **what).events[-1].event
        assert isinstance(event, (ApprovalRefused, WaiverRefused))
        assert event.why == "no-delegation"


def test_what_was_seen_and_what_changed_since(shop: Shop) -> None:
    """An approval seen at 5,000 shows that the deal is at 50,000 now, and serves no more."""
    shop.ask("approve", rule="big", by="boss")
    (before,) = shop.engine.approvals("D")
    shop.ask("set", "D", {"amount": "50000"})
    (after,) = shop.engine.approvals("D")
    assert (before.serves, dict(before.changed)) == (True, {})
    assert after.fields["amount"] == Money.of(5000, "EUR")
    assert dict(after.changed) == {"amount": Money.of(50000, "EUR")}
    assert (after.serves, after.ended) == (False, "amount has changed since, on 2026-01-05")


def test_a_waiver_says_why_it_does_not_serve_any_more(shop: Shop) -> None:
    """Until a moment, and then no more."""
    shop.ask("waive", rule="reachable", reason="known", by="vp", expires_at=MONDAY + timedelta(hours=1))
    assert shop.engine.approvals("D")[0].serves
    shop.clock.on(1)
    assert shop.engine.approvals("D")[0].ended == "it held until 2026-01-05"


def test_an_end_is_announced_once(shop: Shop) -> None:
    """The event only tells; asked again, there is nothing to tell."""
    shop.ask("approve", rule="big", by="boss", expires_at=MONDAY + timedelta(hours=1))
    assert shop.engine.announce_expiries(by="timer") == []
    shop.clock.on(1)
    (outcome,) = shop.engine.announce_expiries(by="timer")
    assert [type(each.event).__name__ for each in outcome.events] == ["ApprovalExpired"]
    assert shop.engine.announce_expiries(by="timer") == []
    assert shop.names().count("ApprovalExpired") == 1


def test_the_answer_is_due_when_the_process_says() -> None:
    """One working day from Friday noon is Monday noon; the one due first comes first."""
    shop = Shop(Engine.open("memory://", clock=(clock := Shop.opened().clock)), clock)
    shop.engine.publish_text(QUICK, "shop.yaml", by="ops")
    shop.people(PEOPLE)
    clock.on(4 + 3 / 24)
    shop.deal_in("offer", amount="5000").ask("request", rule="big")
    (awaited,) = shop.engine.inbox("boss")
    assert awaited.due == MONDAY + timedelta(days=7, hours=3)


def test_an_approval_given_in_time_is_there(shop: Shop) -> None:
    """The control of all this: the plain way works."""
    assert isinstance(shop.ask("approve", rule="big", by="boss").events[-1].event, ApprovalGranted)
    assert shop.ask("move", to="contract").accepted
