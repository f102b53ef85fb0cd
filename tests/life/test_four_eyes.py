"""Four eyes over a deal's life: nobody decides alone by giving it away, owning nothing, or asking for another."""

from typing import Any

import pytest

from tests.life.office import DAY, SALES, Office

WAIVABLE = SALES.replace("id: big-deal,", "id: big-deal, waivable_by: manager,")
BIG = {"amount": "900000", "close_date": "2027-01-31"}


def _why(outcome: Any, office: Office) -> str:
    assert not outcome.accepted
    return str(office.last().event.why)


def _opened_alone(office: Office, owner: str | None = None) -> None:
    """A deal that manager-1 opens and brings to proposal, all alone."""
    office.ok("open_deal", "D-1", process="sales", owner=owner, fields=BIG, by="manager-1")
    office.ok("move", "D-1", "qualified", by="manager-1")
    office.ok("log", "D-1", "meeting", by="manager-1")
    office.ok("move", "D-1", "proposal", by="manager-1")


@pytest.mark.parametrize("how", ["assigned", "handed over"])
def test_who_gave_the_deal_away_does_not_approve_it_a_minute_later(office: Office, how: str) -> None:
    """Given away, approved, moved and taken back by one person: the approval is refused, whoever owns it by then."""
    office.deal(owner="manager-1", stage="proposal", amount="900000")
    if how == "assigned":
        office.ok("assign", "D-1", "rep-1", by="manager-1")
    else:
        office.ok("hand_off", "D-1", "rep-1", by="manager-1")
        office.ok("accept", "D-1", by="rep-1")
    assert _why(office.ask("approve", "D-1", "big-deal", by="manager-1"), office) == "four-eyes"
    assert not office.ask("move", "D-1", "negotiation", by="manager-1").accepted


def test_a_deal_given_away_by_way_of_two_colleagues_is_still_theirs(office: Office) -> None:
    """From one to another and on to a third: neither of the two who had it decides."""
    office.deal(owner="manager-1", stage="proposal", amount="900000")
    office.ok("assign", "D-1", "manager-2", by="manager-1")
    office.ok("assign", "D-1", "rep-1", by="manager-2")
    for who in ("manager-1", "manager-2"):
        assert _why(office.ask("approve", "D-1", "big-deal", by=who), office) == "four-eyes"


def test_a_step_back_and_forth_by_their_own_hand_makes_nobody_a_second_person(office: Office) -> None:
    """Only somebody else who moves the deal on makes its former owner free to decide."""
    office.deal(owner="manager-1", stage="proposal", amount="900000")
    office.ok("assign", "D-1", "rep-1", by="manager-1")
    office.ok("move", "D-1", "qualified", reason="once more", by="manager-1")
    office.ok("move", "D-1", "proposal", by="rep-2", on_behalf_of="manager-1")
    assert _why(office.ask("approve", "D-1", "big-deal", by="manager-1"), office) == "four-eyes"
    office.ok("move", "D-1", "qualified", reason="once more", by="rep-1")
    office.ok("move", "D-1", "proposal", by="rep-1")
    office.ok("approve", "D-1", "big-deal", by="manager-1")


def test_what_another_system_did_makes_nobody_a_second_person(office: Office) -> None:
    """Who had the deal may have moved it there as well: only a step through the gate tells two people apart."""
    office.deal(owner="manager-1", stage="qualified", amount="900000")
    office.ok("assign", "D-1", "rep-1", by="manager-1")
    office.ok("observe", "D-1", "proposal", source="crm", key="1", at=office.now, by="crm-sync")
    assert _why(office.ask("approve", "D-1", "big-deal", by="manager-1"), office) == "four-eyes"


def test_a_step_that_is_taken_away_makes_nobody_a_second_person(office: Office) -> None:
    """The colleague's move is void: then nobody else has moved the deal, and its former owner is barred again."""
    office.deal(owner="manager-1", stage="qualified", amount="900000")
    office.ok("assign", "D-1", "rep-1", by="manager-1")
    office.ok("log", "D-1", "meeting")
    office.ok("move", "D-1", "proposal")
    office.ok("void", "D-1", office.version("DealMoved"), reason="a slip", by="ops-1")
    outcome = office.ask("approve", "D-1", "big-deal", to="negotiation", by="manager-1")
    assert _why(outcome, office) == "four-eyes"


def test_who_passed_a_new_deal_on_approves_it_once_its_owner_has_moved_it(office: Office) -> None:
    """A manager who opens or holds deals until reps take them decides about them like any manager."""
    office.deal("D-1", owner="manager-1", amount="900000")
    office.ok("assign", "D-1", "rep-1", by="manager-1")
    office.ok("open_deal", "D-2", process="sales", owner="rep-1", fields=BIG, by="manager-1")
    for deal in ("D-1", "D-2"):
        office.ok("move", deal, "qualified")
        office.ok("log", deal, "meeting")
        office.ok("move", deal, "proposal")
        office.ok("approve", deal, "big-deal", by="manager-1")
        office.ok("move", deal, "negotiation")


def test_nobody_decides_alone_about_a_deal_that_nobody_owns(office: Office) -> None:
    """Opened, moved, approved and taken by one person: whoever opened it stands for its owner."""
    _opened_alone(office)
    assert _why(office.ask("approve", "D-1", "big-deal", by="manager-1"), office) == "four-eyes"
    office.ok("request", "D-1", "big-deal", by="rep-1")
    assert _why(office.ask("approve", "D-1", "big-deal", by="manager-1"), office) == "four-eyes"
    office.ok("approve", "D-1", "big-deal", by="manager-2")


def test_who_moves_what_nobody_owns_stands_for_its_owner(office: Office) -> None:
    """A web form opened it, one person brings it along: they do not approve it, nor once it is given to somebody."""
    office.ok("open_deal", "D-1", process="sales", fields=BIG, by="crm-sync")
    office.ok("move", "D-1", "qualified", by="manager-1")
    office.ok("log", "D-1", "meeting", by="manager-1")
    office.ok("move", "D-1", "proposal", by="manager-1")
    assert _why(office.ask("approve", "D-1", "big-deal", by="manager-1"), office) == "four-eyes"
    office.ok("assign", "D-1", "rep-1", by="manager-1")
    assert _why(office.ask("approve", "D-1", "big-deal", by="manager-1"), office) == "four-eyes"


def test_a_deal_opened_in_a_colleagues_name_is_not_approved_by_who_does_it_all(office: Office) -> None:
    """The owner has done nothing yet; once they ask or move, there are two."""
    _opened_alone(office, owner="rep-1")
    assert _why(office.ask("approve", "D-1", "big-deal", by="manager-1"), office) == "four-eyes"
    office.ok("request", "D-1", "big-deal", by="rep-1")
    office.ok("approve", "D-1", "big-deal", by="manager-1")


def test_nobody_asks_in_anothers_name_and_then_has_that_one_answer(office: Office) -> None:
    """Asked for manager-1 by an assistant: manager-1 asked, and does not answer; neither does the assistant."""
    office.deal(stage="proposal", amount="900000")
    office.ok("request", "D-1", "big-deal", by="manager-2", on_behalf_of="manager-1")
    for who in ("manager-1", "manager-2"):
        assert _why(office.ask("approve", "D-1", "big-deal", by=who), office) == "four-eyes"
    office.ask("delegate", "manager-1", "rep-2", "manager", office.now + DAY, by="manager-1")
    assert _why(office.ask("approve", "D-1", "big-deal", by="rep-2"), office) == "four-eyes"


@pytest.mark.parametrize("verb", ["waive", "reject"])
def test_a_waiver_and_a_no_are_held_to_the_same(tmp_path: Any, verb: str) -> None:
    """What may not be approved may not be waived, nor turned down, by the same person."""
    office = Office(tmp_path, process=WAIVABLE)
    office.deal(owner="manager-1", stage="proposal", amount="900000")
    office.ok("assign", "D-1", "rep-1", by="manager-1")
    assert _why(office.ask(verb, "D-1", "big-deal", "because", by="manager-1"), office) == "four-eyes"


def test_who_could_help_leaves_out_whoever_is_barred(office: Office) -> None:
    """The list of approvers names nobody whom the engine would then refuse, and their inbox stays empty."""
    office.deal(owner="manager-1", stage="proposal", amount="900000")
    office.ok("assign", "D-1", "rep-1", by="manager-1")
    office.ok("request", "D-1", "big-deal")
    refused = office.ask("move", "D-1", "negotiation")
    assert [each.helpers().approve for each in refused.unmet] == [("manager-2",)]
    assert office.engine.inbox("manager-1") == []
    assert [each.deal_id for each in office.engine.inbox("manager-2")] == ["D-1"]


def test_whose_role_proposed_a_correction_does_not_confirm_it(office: Office) -> None:
    """Proposed in a lent role, confirmed by the lender: that is one pair of eyes twice."""
    office.deal(stage="proposal")
    office.ok("lose", "D-1", "price")
    office.ask("delegate", "ops-1", "rep-2", "ops", office.now + DAY, by="ops-1")
    office.ok("correct_value", "D-1", 1, {"amount": "9000"}, reason="the offer says so", by="rep-2")
    proposal = office.version("CorrectionProposed")
    assert _why(office.ask("confirm_correction", "D-1", proposal, by="ops-1"), office) == "four-eyes"
    office.ok("confirm_correction", "D-1", proposal, by="ops-2")


def test_a_closed_deal_is_not_opened_rewritten_and_closed_again_by_one_person(office: Office) -> None:
    """Reopened, corrected, and the reopening taken away: the deal is closed by that, so a second person confirms it."""
    office.deal(stage="proposal", amount="900000")
    office.ok("lose", "D-1", "price")
    office.later()
    office.ok("reopen", "D-1", "they called", by="ops-1")
    office.ok("correct_value", "D-1", 1, {"amount": "1"}, reason="a slip", by="ops-1")
    office.ok("void", "D-1", office.version("DealReopened"), reason="a slip", by="ops-1")
    assert (type(office.last().event).__name__, office.stands()) == ("CorrectionProposed", ("proposal", "open"))
    proposal = office.version("CorrectionProposed")
    assert _why(office.ask("confirm_correction", "D-1", proposal, by="ops-1"), office) == "four-eyes"
    office.ok("confirm_correction", "D-1", proposal, by="ops-2")
    assert office.stands() == ("proposal", "lost")


def test_what_another_system_opened_again_is_closed_again_by_two(office: Office) -> None:
    """A reopening that was observed by mistake is taken away by two people too."""
    office.deal(stage="proposal")
    office.ok("lose", "D-1", "price")
    office.ok("observe", "D-1", "reopen", source="crm", key="1", at=office.now, by="crm-sync")
    office.ok("void", "D-1", office.version("DealReopened"), reason="a slip", by="ops-1")
    assert office.stands() == ("proposal", "open")
