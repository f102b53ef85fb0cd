"""Pausing, handing over, reopening and what else goes on beside a deal's way."""

from contextlib import suppress
from datetime import timedelta

import pytest

from pipeline_engine.errors import DealIsClosed, DealIsOpen, HandoffIsOpen, NoHandoff, NotTheirs, Rejected, UnknownDeal
from tests.life.office import DAY, HOUR, SALES, Office, unmet

SLOW = SALES.replace("{id: met, activities: {meeting: 1}}", "{stay_at_least: 5d}")


def test_only_who_was_asked_accepts_and_then_owns_the_deal(office: Office) -> None:
    """Not the owner, not a manager, not a third one; how long it waited is known."""
    asked = office.now + timedelta(minutes=2)
    office.deal()
    office.ok("hand_off", "D-1", "rep-2", "on leave")
    office.later(3 * DAY)
    for who in ("rep-1", "manager-1", "rep-3"):
        with pytest.raises(NotTheirs):
            office.ask("accept", "D-1", by=who)
    assert office.engine.deal("D-1").owner == "rep-1"
    office.ok("accept", "D-1", by="rep-2")
    (row,) = office.facts_of("handoffs")
    assert (row["from_owner"], row["to_owner"], row["outcome"]) == ("rep-1", "rep-2", "accepted")
    assert (row["asked_at"], (row["answered_at"] - row["asked_at"]).days) == (asked, 3)
    assert office.engine.deal("D-1").owner == "rep-2"


@pytest.mark.parametrize("who", ["rep-2", "rep-3", "manager-2", "ops-1"])
def test_nobody_hands_over_what_is_not_theirs(office: Office, who: str) -> None:
    """Neither a colleague nor another team's manager asks for it, also not for themselves."""
    office.deal()
    for to in {who, "rep-2"}:
        with pytest.raises(NotTheirs):
            office.ask("hand_off", "D-1", to, by=who)


def test_one_is_asked_at_a_time(office: Office) -> None:
    """The same again is nothing; another one waits until the first is taken back."""
    office.deal()
    office.ok("hand_off", "D-1", "rep-2")
    office.ask("hand_off", "D-1", "rep-2")
    assert office.events().count("HandoffRequested") == 1
    with pytest.raises(HandoffIsOpen):
        office.ask("hand_off", "D-1", "rep-3")
    office.ok("withdraw", "D-1")
    office.ok("hand_off", "D-1", "rep-3")
    with pytest.raises(NotTheirs):
        office.ask("accept", "D-1", by="rep-2")


def test_an_answered_or_overtaken_question_cannot_be_answered(office: Office) -> None:
    """Declined, accepted, or the deal was given to somebody else meanwhile."""
    office.deal()
    office.ok("hand_off", "D-1", "rep-2")
    office.ok("decline", "D-1", by="rep-2")
    with pytest.raises(NoHandoff):
        office.ask("accept", "D-1", by="rep-2")
    office.ok("hand_off", "D-1", "rep-2")
    office.ok("assign", "D-1", "rep-3", by="manager-1")
    with pytest.raises(NoHandoff):
        office.ask("accept", "D-1", by="rep-2")
    assert [row["outcome"] for row in office.facts_of("handoffs")] == ["declined", "overtaken"]
    assert office.engine.handed_over("rep-2") == []


def test_a_deal_is_not_handed_over_to_its_owner(office: Office) -> None:
    """It is theirs already."""
    office.deal()
    with suppress(Rejected):
        office.ask("hand_off", "D-1", "rep-1")
    assert office.events() == ["DealOpened"]


def test_a_merged_deal_is_handed_over_to_nobody(office: Office) -> None:
    """The question ends with the deal."""
    office.deal("D-1")
    office.deal("D-2")
    office.ok("hand_off", "D-2", "rep-2")
    office.ok("merge", "D-2", "D-1", reason="twice")
    assert office.engine.handed_over() == []
    with pytest.raises(Rejected):
        office.ask("accept", "D-2", by="rep-2")


def test_what_is_paused_counts_in_no_stay(office: Office) -> None:
    """Five days are asked: three days, a pause of ten, and one more are four."""
    office.engine.publish_text(SLOW, "sales.yaml", by="ops-1")
    office.deal(stage="qualified")
    office.later(3 * DAY)
    office.ok("pause", "D-1", "their budget")
    office.later(10 * DAY)
    assert not office.ask("move", "D-1", "proposal").accepted
    office.ok("resume", "D-1")
    office.later(DAY)
    assert not office.ask("move", "D-1", "proposal").accepted
    office.later(DAY)
    assert office.ask("move", "D-1", "proposal").accepted


def test_a_pause_is_over_at_its_end_whether_or_not_anybody_resumes(office: Office) -> None:
    """Paused for ten days from the first moment on: on day fifteen it has stayed five."""
    office.engine.publish_text(SLOW, "sales.yaml", by="ops-1")
    office.deal(stage="qualified")
    office.ok("pause", "D-1", "their budget", until=office.now + 10 * DAY)
    office.later(15 * DAY - HOUR)
    assert not office.ask("move", "D-1", "proposal").accepted
    office.later(HOUR)
    assert office.ask("move", "D-1", "proposal").accepted


def test_resuming_what_is_over_adds_no_pause(office: Office) -> None:
    """Resumed long after the pause had ended by itself: only the pause counts, not the time until somebody resumed."""
    office.engine.publish_text(SLOW, "sales.yaml", by="ops-1")
    office.deal(stage="qualified")
    office.ok("pause", "D-1", "their budget", until=office.now + DAY)
    office.later(7 * DAY)
    office.ask("resume", "D-1")
    assert office.ask("move", "D-1", "proposal").accepted


def test_paused_time_is_off_the_service_level(office: Office) -> None:
    """Twenty days in lead, eighteen of them paused: within five days."""
    office.deal()
    office.later(DAY)
    office.ok("pause", "D-1", "their budget")
    office.later(18 * DAY)
    office.ok("resume", "D-1")
    office.later(DAY)
    stays = office.facts_of("stays", as_of=office.now)
    assert stays[0]["paused_us"] == int((18 * DAY + timedelta(minutes=1)).total_seconds()) * 1_000_000
    lead = office.engine.health(as_of=office.now).to_json()["stages"][0]
    assert (lead["open"], lead["over_service_level"]) == (1, 0)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_pause_says_what_it_waits_for(office: Office, reason: str) -> None:
    """No reason, no pause; and none that is over before it begins, nor of a closed deal."""
    office.deal()
    with pytest.raises(Rejected):
        office.ask("pause", "D-1", reason)
    with pytest.raises(Rejected):
        office.ask("pause", "D-1", "budget", until=office.now - DAY)
    office.ok("lose", "D-1", "price")
    with pytest.raises(Rejected):
        office.ask("pause", "D-1", "budget")


def test_resuming_twice_is_nothing(office: Office) -> None:
    """One pause, one end."""
    office.deal()
    office.ok("pause", "D-1", "budget")
    for _ in range(2):
        office.ask("resume", "D-1")
    assert office.events().count("DealResumed") == 1


def test_a_void_pause_took_nothing_off(office: Office) -> None:
    """The pause did not happen, so the five days are full."""
    office.engine.publish_text(SLOW, "sales.yaml", by="ops-1")
    office.deal(stage="qualified")
    office.ok("pause", "D-1", "their budget")
    office.later(5 * DAY)
    assert not office.ask("move", "D-1", "proposal").accepted
    office.ok("void", "D-1", office.version("DealPaused"), reason="never agreed", by="ops-1")
    assert office.ask("move", "D-1", "proposal").accepted


def test_only_a_closed_deal_is_reopened_with_a_reason_where_it_stood(office: Office) -> None:
    """An open one is an error; without a reason the gate says no."""
    office.deal(stage="proposal")
    with pytest.raises(DealIsOpen):
        office.ask("reopen", "D-1", reason="why not")
    office.ok("lose", "D-1", "price")
    assert unmet(office.ask("reopen", "D-1")) == {"reopen:reason"}
    office.ok("reopen", "D-1", reason="they called")
    assert office.stands() == ("proposal", "open")


def test_the_last_next_step_holds_and_who_was_let_go_counts_no_more(office: Office) -> None:
    """Steps follow each other; an unlinked champion is none."""
    text = SALES.replace("{id: met, activities: {meeting: 1}}", "{id: met, contacts: {champion: 1}}")
    office.engine.publish_text(text, "sales.yaml", by="ops-1")
    office.deal(stage="qualified")
    office.ok("next_step", "D-1", "call", due=office.now + DAY)
    due = office.now + 2 * DAY
    office.ok("next_step", "D-1", "send the offer", due=due)
    assert office.engine.deal("D-1").next_step_due == due
    office.ok("contact", "D-1", "kim@customer.example", "champion")
    assert office.engine.preflight("D-1", "proposal", by="rep-1").allowed
    office.ok("unlink", "D-1", "kim@customer.example", "champion")
    assert unmet(office.ask("move", "D-1", "proposal")) == {"met"}


@pytest.mark.parametrize("digest", ["", "abc", "g" * 64, "a" * 63])
def test_a_document_is_attached_by_a_hash(office: Office, digest: str) -> None:
    """What is no SHA-256 proves nothing."""
    office.deal()
    with pytest.raises(Rejected):
        office.ask("attach", "D-1", "contract", digest)


def test_nothing_is_asked_of_a_deal_that_is_not_there(office: Office) -> None:
    """Each verb names it."""
    for verb, what in (("hand_off", ("rep-2",)), ("accept", ()), ("pause", ("x",)), ("resume", ()), ("withdraw", ())):
        with pytest.raises(UnknownDeal, match="D-7"):
            office.ask(verb, "D-7", *what)


def test_a_lost_deal_is_not_handed_over(office: Office) -> None:
    """There is nothing left to work on: nobody is asked to take it, and who was asked before does not take it then."""
    office.deal()
    office.ok("hand_off", "D-1", "rep-2")
    office.ok("lose", "D-1", "price")
    with pytest.raises(DealIsClosed):
        office.ask("accept", "D-1", by="rep-2")
    assert office.engine.deal("D-1").owner == "rep-1"
    office.ok("withdraw", "D-1")
    with pytest.raises(DealIsClosed):
        office.ask("hand_off", "D-1", "rep-2")


def test_a_lost_deal_that_is_opened_again_can_be_taken_over(office: Office) -> None:
    """Who was asked before it was lost may still say yes once it is open again; to say no is always possible."""
    for deal in ("D-1", "D-2"):
        office.deal(deal)
        office.ok("hand_off", deal, "rep-2")
        office.ok("lose", deal, "price")
    office.ok("decline", "D-2", by="rep-2")
    office.ok("reopen", "D-1", "they called")
    office.ok("accept", "D-1", by="rep-2")
    assert [office.engine.deal(deal).owner for deal in ("D-1", "D-2")] == ["rep-2", "rep-1"]


def test_a_won_deal_is_handed_over_to_who_looks_after_the_customer(office: Office) -> None:
    """After a win there is work to do, and another person may take it."""
    office.deal(stage="negotiation")
    office.ok("win", "D-1")
    office.ok("hand_off", "D-1", "rep-2")
    office.ok("accept", "D-1", by="rep-2")
    assert office.engine.deal("D-1").owner == "rep-2"
