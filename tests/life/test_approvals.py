"""Another person's word: who may give it, what it covers, and what ends it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline_engine.errors import BadMoment, DealIsClosed, Rejected, UnknownRule
from tests.life.office import DAY, HOUR, MINUTE, PEOPLE, SALES, Office, unmet

BOSSY = PEOPLE + "  - {id: rep-9, roles: [rep, manager], manager: manager-1}\n"
FINER = SALES.replace(
    "{id: big-deal, approval: manager, when: deal.amount >= limits.manager_from, void_if_changed: [discount]}",
    "{id: price, approval: {by: deal.discount, "
    "bands: [{up_to: 10%}, {up_to: 20%, from: manager}, {from: [manager, vp]}]}}",
)

IN_TURN = SALES.replace("roles: [rep", "backdate: {max: 5d}\nroles: [rep").replace(
    "approval: manager, when: deal.amount", "approval: [manager, vp], when: deal.amount"
)


def _waiting(office: Office, amount: str = "60000") -> Office:
    office.deal(stage="proposal", amount=amount)
    office.ok("request", "D-1", "big-deal")
    return office


def _refused(outcome: Any, office: Office, why: str) -> None:
    assert not outcome.accepted
    assert (type(office.last().event).__name__, office.last().event.why) == ("ApprovalRefused", why)


def test_nobody_approves_their_own_deal(office: Office) -> None:
    """The owner holds the role of a manager, and is refused all the same; the try is kept."""
    office.people(BOSSY)
    office.deal(owner="rep-9", stage="proposal", amount="60000")
    _refused(office.ask("approve", "D-1", "big-deal", by="rep-9"), office, "four-eyes")
    assert not office.ask("move", "D-1", "negotiation", by="rep-9").accepted
    assert [row.by for row in office.engine.audit_approvals(by="rep-9").rows] == ["rep-9"]


def test_who_asked_does_not_answer(office: Office) -> None:
    """A manager who asks for the approval of a rep's deal does not give it."""
    office.deal(stage="proposal", amount="60000")
    office.ok("request", "D-1", "big-deal", by="manager-2")
    _refused(office.ask("approve", "D-1", "big-deal", by="manager-2"), office, "four-eyes")


def test_who_asked_first_does_not_answer_when_somebody_else_asks_again(office: Office) -> None:
    """A second request does not wash the first asker clean."""
    office.deal(stage="proposal", amount="60000")
    office.ok("request", "D-1", "big-deal", by="manager-2")
    office.ok("return_approval", "D-1", "big-deal", "who signs?", by="manager-1")
    office.ok("request", "D-1", "big-deal", by="rep-1")
    _refused(office.ask("approve", "D-1", "big-deal", by="manager-2"), office, "four-eyes")


def test_a_deal_lent_to_a_colleague_for_a_minute_is_not_approved_by_its_owner(office: Office) -> None:
    """Given away, approved, taken back: then the word is the owner's own, and serves nothing."""
    office.people(BOSSY)
    office.deal(owner="rep-9", stage="proposal", amount="60000")
    office.ok("assign", "D-1", "rep-1", by="rep-9")
    office.ask("approve", "D-1", "big-deal", by="rep-9")
    office.ok("assign", "D-1", "rep-9", by="rep-1")
    assert unmet(office.ask("move", "D-1", "negotiation", by="rep-9")) == {"big-deal"}


def test_a_deal_handed_over_to_its_approver_needs_another_approver(office: Office) -> None:
    """The manager approved, then took the deal over: nobody approves for themselves."""
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-1")
    office.ok("hand_off", "D-1", "manager-1")
    office.ok("accept", "D-1", by="manager-1")
    assert unmet(office.ask("move", "D-1", "negotiation", by="manager-1")) == {"big-deal"}


def test_what_was_seen_at_50_000_does_not_serve_500_000(office: Office) -> None:
    """Approved, raised, refused; and coming back to 50,000 needs another look."""
    _waiting(office, "50000").ok("approve", "D-1", "big-deal", by="manager-1")
    office.ok("set", "D-1", {"amount": "500000"})
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}
    office.ok("set", "D-1", {"amount": "50000"})
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


def test_a_deal_made_small_and_large_again_needs_another_look(office: Office) -> None:
    """Under the limit nobody is asked, and the old word does not come back above it."""
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-1")
    office.ok("set", "D-1", {"amount": ""})
    assert not office.ask("move", "D-1", "negotiation").accepted
    office.ok("set", "D-1", {"amount": "60000"})
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


def test_a_discount_after_the_word_ends_it_and_a_region_does_not(office: Office) -> None:
    """`void_if_changed` names what else the word rests on; anything else may change."""
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-1")
    office.ok("set", "D-1", {"region": "EMEA"})
    assert office.engine.preflight("D-1", "negotiation", by="rep-1").allowed
    office.ok("set", "D-1", {"discount": "30"})
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


def test_an_approval_serves_one_move(office: Office) -> None:
    """Back and forth again: the second move takes a second word."""
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-1")
    office.ok("move", "D-1", "negotiation")
    office.ok("move", "D-1", "proposal", reason="they want another offer")
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


def test_an_approval_is_for_its_deal_and_its_target(office: Office) -> None:
    """The word on one deal says nothing of another one of the same size."""
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-1")
    office.deal("D-2", stage="proposal", amount="60000")
    assert unmet(office.ask("move", "D-2", "negotiation")) == {"big-deal"}


def test_an_approval_that_came_to_its_end_serves_nothing(office: Office) -> None:
    """Until Tuesday nine o'clock is not at nine o'clock; the gate compares, whether or not it was announced."""
    end = office.now + DAY
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-1", expires_at=end)
    office.clock.reach(end - timedelta(seconds=1))
    assert office.engine.preflight("D-1", "negotiation", by="rep-1").allowed
    office.clock.reach(end)
    assert not office.engine.preflight("D-1", "negotiation", by="rep-1").allowed
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


def test_the_end_of_an_approval_is_announced_once(office: Office) -> None:
    """However often it is asked for; an approval that stands is not announced."""
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-1", expires_at=office.now + DAY)
    office.ask("announce_expiries", by="ops-1")
    assert "ApprovalExpired" not in office.events()
    office.later(2 * DAY)
    for _ in range(2):
        office.ask("announce_expiries", by="ops-1")
    assert office.events().count("ApprovalExpired") == 1


def test_an_approval_cannot_be_over_before_it_is_given(office: Office) -> None:
    """An end in the past is a slip, and said so."""
    _waiting(office)
    with pytest.raises(Rejected):
        office.ask("approve", "D-1", "big-deal", by="manager-1", expires_at=office.now - DAY)


def test_a_lent_role_serves_until_its_end_and_says_whose_it_was(office: Office) -> None:
    """Lent for a week: good on Tuesday, in the lender's name; refused the week after."""
    office.ask("delegate", "manager-1", "rep-2", "manager", office.now + 7 * DAY, by="manager-1")
    _waiting(office).ok("approve", "D-1", "big-deal", by="rep-2")
    assert office.last().envelope.on_behalf_of == "manager-1"
    office.deal("D-2", stage="proposal", amount="60000")
    office.later(7 * DAY)
    outcome = office.ask("approve", "D-2", "big-deal", by="rep-2")
    assert not outcome.accepted
    assert office.last("D-2").event.why == "delegation-ended"


def test_an_answer_is_not_dated_back_to_when_a_loan_was_good(office: Office) -> None:
    """Whoever had a loan last week does not approve with it today by naming a time of last week."""
    late = SALES.replace("process: sales\n", "process: sales\nbackdate: {max: 9d}\n")
    office.engine.publish_text(late, "sales.yaml", by="ops-1")
    office.ask("delegate", "manager-1", "rep-2", "manager", office.now + 2 * DAY, by="manager-1")
    good = _waiting(office).now
    office.later(3 * DAY)
    _refused(office.ask("approve", "D-1", "big-deal", by="rep-2", at=good), office, "delegation-ended")


def test_a_loan_ended_before_its_time_is_named_as_ended(office: Office) -> None:
    """Ended by whom it belongs to; the refusal says that a loan has ended, for whoever asks later."""
    office.ask("delegate", "manager-1", "rep-2", "manager", office.now + 7 * DAY, by="manager-1")
    _waiting(office)
    office.ask("end_delegation", "manager-1", "rep-2", "manager", by="manager-1")
    _refused(office.ask("approve", "D-1", "big-deal", by="rep-2"), office, "delegation-ended")


def test_a_loan_ended_before_its_time_serves_no_longer(office: Office) -> None:
    """Ended by whom it belongs to, or given back by whoever had it."""
    for by in ("manager-1", "rep-2"):
        office.ask("delegate", "manager-1", "rep-2", "manager", office.now + 7 * DAY, by="manager-1")
        office.ask("end_delegation", "manager-1", "rep-2", "manager", by=by)
    _waiting(office)
    assert not office.ask("approve", "D-1", "big-deal", by="rep-2").accepted


def test_nobody_acts_for_who_lent_nothing(office: Office) -> None:
    """Naming a manager who lent nothing does not help, neither a rep nor another manager."""
    office.ask("delegate", "manager-1", "rep-2", "manager", office.now + 7 * DAY, by="manager-1")
    _waiting(office)
    for who, lender in (("rep-3", "manager-1"), ("rep-2", "manager-2"), ("manager-1", "manager-2")):
        _refused(office.ask("approve", "D-1", "big-deal", by=who, on_behalf_of=lender), office, "no-delegation")


def test_an_owner_lends_nobody_the_word_on_their_own_deal(office: Office) -> None:
    """The owner holds the role and lends it to a colleague: acting in the owner's stead is acting as the owner."""
    office.people(BOSSY)
    office.ask("delegate", "rep-9", "rep-2", "manager", office.now + 7 * DAY, by="rep-9")
    office.deal(owner="rep-9", stage="proposal", amount="60000")
    _refused(office.ask("approve", "D-1", "big-deal", by="rep-2"), office, "four-eyes")


def test_the_owner_borrows_no_word(office: Office) -> None:
    """A manager lends the role to the owner of the deal: still the owner."""
    office.ask("delegate", "manager-1", "rep-1", "manager", office.now + 7 * DAY, by="manager-1")
    _waiting(office)
    _refused(office.ask("approve", "D-1", "big-deal", by="rep-1"), office, "four-eyes")


def test_a_lent_role_is_not_lent_on(office: Office) -> None:
    """Neither by whom it is lent to, nor by anybody else; the tries are on the list of refusals."""
    end = office.now + 7 * DAY
    office.ask("delegate", "manager-1", "rep-2", "manager", end, by="manager-1")
    assert office.ask("delegate", "rep-2", "rep-3", "manager", end, by="rep-2").refused
    assert office.ask("delegate", "manager-1", "rep-3", "manager", end, by="rep-3").refused
    assert {row.by for row in office.engine.audit_refusals().rows} == {"rep-2", "rep-3"}
    _waiting(office)
    assert not office.ask("approve", "D-1", "big-deal", by="rep-3").accepted


def test_a_loan_that_would_be_over_before_it_begins_is_an_error(office: Office) -> None:
    """And so is lending to oneself, to a stranger, or from one."""
    for lender, to, until in (
        ("manager-1", "rep-2", office.now - DAY),
        ("manager-1", "manager-1", office.now + DAY),
        ("manager-1", "nobody-7", office.now + DAY),
        ("nobody-7", "rep-2", office.now + DAY),
    ):
        with pytest.raises(Rejected):
            office.ask("delegate", lender, to, "manager", until, by="manager-1")


def test_who_lost_the_role_approves_no_more_and_what_they_gave_stays(office: Office) -> None:
    """Roles come from the register, at the moment of the answer."""
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-2")
    office.deal("D-2", stage="proposal", amount="60000")
    office.people(PEOPLE.replace("{id: manager-2, roles: [manager]", "{id: manager-2, roles: [rep]"))
    assert not office.ask("approve", "D-2", "big-deal", by="manager-2").accepted
    assert office.ask("move", "D-1", "negotiation").accepted


def test_who_is_gone_lends_nothing(office: Office) -> None:
    """The lender left the people file: the loan is worth nothing."""
    office.ask("delegate", "manager-1", "rep-2", "manager", office.now + 7 * DAY, by="manager-1")
    _waiting(office)
    gone = PEOPLE.replace("  - {id: manager-1, roles: [manager], manager: vp-1}\n", "").replace(
        "manager-1", "manager-2"
    )
    office.people(gone)
    assert not office.ask("approve", "D-1", "big-deal", by="rep-2").accepted


def test_a_lender_who_lost_the_role_lends_nothing(office: Office) -> None:
    """The lender is still there, without the role."""
    office.ask("delegate", "manager-1", "rep-2", "manager", office.now + 7 * DAY, by="manager-1")
    _waiting(office)
    office.people(PEOPLE.replace("{id: manager-1, roles: [manager]", "{id: manager-1, roles: [rep]"))
    assert not office.ask("approve", "D-1", "big-deal", by="rep-2").accepted


def test_the_inbox_shows_what_somebody_could_answer_now(office: Office) -> None:
    """Both managers, not the owner, not a rep, not who asked; empty once it is answered."""
    _waiting(office)
    engine = office.engine
    for who, deals in (("manager-1", ["D-1"]), ("manager-2", ["D-1"]), ("rep-1", []), ("rep-2", []), ("vp-1", [])):
        assert [each.deal_id for each in engine.inbox(who)] == deals, who
    office.ok("approve", "D-1", "big-deal", by="manager-1")
    assert engine.inbox("manager-2") == []


def test_a_closed_or_merged_deal_waits_in_no_inbox(office: Office) -> None:
    """Nobody answers for a deal that is lost or is another one now."""
    _waiting(office)
    office.deal("D-2", stage="proposal", amount="60000")
    office.ok("request", "D-2", "big-deal")
    office.ok("lose", "D-1", "price")
    office.ok("merge", "D-2", office.deal("D-3"), reason="one customer")
    assert office.engine.inbox("manager-1") == []
    with pytest.raises(DealIsClosed):
        office.ask("approve", "D-1", "big-deal", by="manager-1")


def test_the_manager_who_owns_the_deal_now_has_it_in_no_inbox(office: Office) -> None:
    """Whoever could answer now: an owner never can."""
    _waiting(office).ok("assign", "D-1", "manager-1")
    assert office.engine.inbox("manager-1") == []
    assert len(office.engine.inbox("manager-2")) == 1


def test_everything_in_an_inbox_can_be_answered_by_its_reader(office: Office) -> None:
    """What is listed for somebody is approved by them without a refusal."""
    office.ask("delegate", "manager-2", "rep-2", "manager", office.now + 7 * DAY, by="manager-2")
    _waiting(office)
    for who in ("rep-2", "manager-1"):
        for awaited in office.engine.inbox(who):
            office.ok("approve", awaited.deal_id, awaited.rule, to=awaited.target, by=who)
            office.ok("reject", awaited.deal_id, awaited.rule, "again, please", to=awaited.target, by=who)
            office.ok("request", awaited.deal_id, awaited.rule, to=awaited.target)


@pytest.mark.parametrize("no", ["reject", "return_approval"])
def test_a_no_takes_back_what_was_given(office: Office, no: str) -> None:
    """A holder of the role says no after another one's yes."""
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-1")
    office.ok(no, "D-1", "big-deal", "I did not know of that", by="manager-2")
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


@pytest.mark.parametrize("no", ["reject", "return_approval"])
def test_a_no_of_somebody_without_the_role_ends_nothing(office: Office, no: str) -> None:
    """A rep cannot spoil a colleague's approval; the try is kept with what was tried."""
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-1")
    outcome = office.ask(no, "D-1", "big-deal", "no", by="rep-2")
    _refused(outcome, office, "no-role")
    assert office.last().event.tried == no.removesuffix("_approval")
    assert office.ask("move", "D-1", "negotiation").accepted


@pytest.mark.parametrize("no", ["reject", "return_approval"])
def test_a_no_needs_a_reason(office: Office, no: str) -> None:
    """Whoever asked has to know what to do."""
    _waiting(office)
    with pytest.raises(Rejected):
        office.ask(no, "D-1", "big-deal", " ", by="manager-1")


def test_the_owners_manager_is_who_they_report_to_now(office: Office) -> None:
    """Another manager is refused; and the word of the old boss does not serve the next owner."""
    office.deal(stage="negotiation", discount="25")
    outcome = office.ask("approve", "D-1", "own-boss", by="manager-2")
    assert not outcome.accepted
    office.ok("approve", "D-1", "own-boss", by="manager-1")
    office.ok("assign", "D-1", "rep-3")
    assert unmet(office.ask("win", "D-1", by="rep-3")) == {"own-boss"}
    office.ok("approve", "D-1", "own-boss", by="manager-2")
    assert office.ask("win", "D-1", by="rep-3").accepted


def test_a_new_boss_is_asked_anew(office: Office) -> None:
    """The owner reports to somebody else since the word was given: the old boss's word is not the new boss's."""
    office.deal(stage="negotiation", discount="25")
    office.ok("approve", "D-1", "own-boss", by="manager-1")
    office.people(
        PEOPLE.replace("id: rep-1, roles: [rep], manager: manager-1", "id: rep-1, roles: [rep], manager: manager-2")
    )
    assert not office.ask("approve", "D-1", "own-boss", by="manager-1").accepted


def test_an_approver_who_looked_at_another_deal_is_told(office: Office) -> None:
    """Seen at 60,000, and 500,000 by the time of the answer: nothing is recorded."""
    _waiting(office)
    seen = office.engine.deal("D-1").version
    office.ok("set", "D-1", {"amount": "500000"})
    with pytest.raises(Rejected, match="amount"):
        office.ask("approve", "D-1", "big-deal", by="manager-1", seen=seen)
    assert "ApprovalGranted" not in office.events()


@pytest.mark.parametrize("seen", [0, -1, 99])
def test_nobody_saw_what_is_not_there(office: Office, seen: int) -> None:
    """A version the deal never had cannot have been looked at."""
    _waiting(office)
    with pytest.raises(Rejected):
        office.ask("approve", "D-1", "big-deal", by="manager-1", seen=seen)


def test_the_approvers_view_names_what_changed_since(office: Office) -> None:
    """60,000 seen, 500,000 now; it no longer serves, and says why."""
    _waiting(office).ok("approve", "D-1", "big-deal", by="manager-1")
    (seen,) = office.engine.approvals("D-1")
    assert seen.serves
    office.ok("set", "D-1", {"amount": "500000"})
    (seen,) = office.engine.approvals("D-1")
    assert not seen.serves
    assert "amount" in seen.ended


def test_only_rules_of_the_process_that_ask_a_role_can_be_approved(office: Office) -> None:
    """A rule that is not there is an error with the nearest name; a check cannot be approved away."""
    _waiting(office)
    with pytest.raises(UnknownRule):
        office.ask("approve", "D-1", "big-dael", by="manager-1")
    with pytest.raises(Rejected):
        office.ask("approve", "D-1", "dated", to="proposal", by="manager-1")


def test_a_band_does_not_serve_the_next_one(office: Office) -> None:
    """The manager's word on 15 % does not serve 25 %, which takes the manager and then the vp."""
    office.engine.publish_text(FINER, "sales.yaml", by="ops-1")
    office.deal(stage="proposal", discount="15")
    office.ok("approve", "D-1", "price:manager:above-10%", by="manager-1")
    office.ok("set", "D-1", {"discount": "25"})
    assert len(unmet(office.ask("move", "D-1", "negotiation"))) == 2


def test_who_comes_second_in_order_cannot_come_first(office: Office) -> None:
    """The vp answers after the manager, and after a new word of the manager answers anew."""
    office.engine.publish_text(FINER, "sales.yaml", by="ops-1")
    office.deal(stage="proposal", discount="25")
    _refused(office.ask("approve", "D-1", "price:vp:above-20%", by="vp-1"), office, "out-of-order")
    office.ok("approve", "D-1", "price:manager:above-20%", by="manager-1")
    office.ok("approve", "D-1", "price:vp:above-20%", by="vp-1")
    office.ok("reject", "D-1", "price:manager:above-20%", "I was wrong", by="manager-1")
    office.ok("approve", "D-1", "price:manager:above-20%", by="manager-2")
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"price:vp:above-20%"}


def test_an_approval_asked_twice_with_one_id_is_recorded_once(office: Office) -> None:
    """And the id with another deal or by another person is an error."""
    _waiting(office)
    for _ in range(2):
        office.ask("approve", "D-1", "big-deal", by="manager-1", command_id="yes-1")
    assert office.events().count("ApprovalGranted") == 1
    with pytest.raises(Rejected):
        office.ask("approve", "D-1", "big-deal", by="manager-2", command_id="yes-1")


def test_an_answer_is_not_said_to_have_been_earlier(office: Office) -> None:
    """A process that lets no fact be recorded late lets no approval be either, nor one of tomorrow."""
    _waiting(office)
    for at in (office.now - DAY, office.now + DAY):
        with pytest.raises(Rejected):
            office.ask("approve", "D-1", "big-deal", by="manager-1", at=at)


def test_acting_for_a_manager_opens_no_stage(office: Office) -> None:
    """`on_behalf_of` on a move lends no role; roles come from the register only."""
    closed = SALES.replace("- id: negotiation\n", "- id: negotiation\n    by: [vp]\n")
    office.engine.publish_text(closed, "sales.yaml", by="ops-1")
    office.deal(stage="proposal")
    outcome = office.ask("move", "D-1", "negotiation", on_behalf_of="vp-1")
    assert unmet(outcome) == {"negotiation:by"}


def test_the_deal_lost_and_reopened_needs_the_word_anew_where_it_was_used(office: Office) -> None:
    """The word served the win; winning again after a reopening takes another."""
    office.deal(stage="negotiation", discount="25")
    office.ok("approve", "D-1", "own-boss", by="manager-1")
    office.ok("win", "D-1")
    office.ok("reopen", "D-1", reason="they cancelled")
    assert unmet(office.ask("win", "D-1")) == {"own-boss"}


def test_an_answer_due_in_two_working_days_is_late_on_the_third(office: Office) -> None:
    """The service level of an answer is told by the inbox, and refuses nobody."""
    due = SALES.replace("approval: manager, when", "approval: manager, answer_within: 2d, when")
    office.engine.publish_text(due, "sales.yaml", by="ops-1")
    asked = _waiting(office).now
    (awaited,) = office.engine.inbox("manager-1")
    assert awaited.due == asked + 2 * DAY
    office.later(5 * DAY)
    assert office.ask("approve", "D-1", "big-deal", by="manager-1").accepted


def test_a_store_without_people_runs_open_but_not_without_four_eyes(office: Office, tmp_path: Any) -> None:
    """Anybody may approve, except the owner and who asked."""
    alone = Office(tmp_path, people=None)
    alone.deal(stage="proposal", amount="60000")
    alone.ok("request", "D-1", "big-deal", by="rep-2")
    for who in ("rep-1", "rep-2"):
        assert not alone.ask("approve", "D-1", "big-deal", by=who).accepted
    assert alone.ask("approve", "D-1", "big-deal", by="anybody").accepted
    assert office.now <= alone.now + MINUTE


@pytest.fixture
def in_turn(tmp_path: Path) -> Office:
    """An office where a big deal needs the manager and then the VP, both given, and the manager's taken back."""
    office = Office(tmp_path, IN_TURN)
    office.deal(stage="proposal", amount="60000")
    office.later(HOUR)
    office.ok("approve", "D-1", "big-deal:manager", by="manager-1")
    office.later(HOUR)
    office.ok("approve", "D-1", "big-deal:vp", by="vp-1")
    office.later(HOUR)
    office.ok("reject", "D-1", "big-deal:manager", "not on these terms", by="manager-2")
    return office


def test_a_yes_dated_before_the_next_one_does_not_put_that_back_in_order(in_turn: Office) -> None:
    """The VP built on a yes that was taken back; a new one that claims to be older is not what the VP saw."""
    with pytest.raises(BadMoment, match=r"`big-deal:vp` was approved at .* after `big-deal:manager`"):
        in_turn.ask("approve", "D-1", "big-deal:manager", by="manager-1", at=in_turn.now - HOUR - 30 * MINUTE)
    assert unmet(in_turn.ask("move", "D-1", "negotiation")) == {"big-deal:manager", "big-deal:vp"}
    in_turn.ok("approve", "D-1", "big-deal:manager", by="manager-1", at=in_turn.now - 30 * MINUTE)
    assert unmet(in_turn.ask("move", "D-1", "negotiation")) == {"big-deal:vp"}
    in_turn.ok("approve", "D-1", "big-deal:vp", by="vp-1")
    in_turn.ok("move", "D-1", "negotiation")


def test_a_yes_dated_before_the_one_it_waits_for_is_out_of_order(in_turn: Office) -> None:
    """The gate would not count it, so it is not taken."""
    in_turn.ok("approve", "D-1", "big-deal:manager", by="manager-1")
    early = in_turn.ask("approve", "D-1", "big-deal:vp", by="vp-1", at=in_turn.now - HOUR)
    _refused(early, in_turn, "out-of-order")
