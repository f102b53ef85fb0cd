"""How much one person may carry, and what they must be able to do: by whichever door a deal comes to them."""

from pathlib import Path
from typing import Any

import pytest

from pipeline_engine.deal import AssignOwner, ConfirmCorrection, MoveDeal, WinDeal
from pipeline_engine.errors import CannotCorrect
from tests.life.office import DAY, PEOPLE, SALES, Office, unmet

TWO = SALES.replace("stages:\n", "owning: {enter: [{owner_deals_at_most: 2, waivable_by: manager}]}\nstages:\n", 1)
STAGE = SALES.replace("      - {id: met, activities", "      - owner_deals_at_most: 1\n      - {id: met, activities")
SKILL = SALES.replace(
    "stages:\n", "owning: {enter: [{owner_skills: [enterprise], when: deal.amount >= 50000}]}\nstages:\n", 1
)
ABLE = PEOPLE.replace(
    "{id: rep-2, roles: [rep], manager: manager-1}",
    "{id: rep-2, roles: [rep], manager: manager-1, skills: [{id: enterprise, until: 2026-03-04}]}",
)
OWN, IN_STAGE = "own:owner_deals_at_most:2", "proposal:owner_deals_at_most:1"


@pytest.fixture
def full(tmp_path: Path) -> Any:
    """An office in which nobody may own more than two deals; rep-1 owns two, rep-2 one."""
    office = Office(tmp_path, TWO)
    for deal, owner in (("D-1", "rep-1"), ("D-2", "rep-1"), ("D-3", "rep-2")):
        office.deal(deal, owner=owner)
    return office


@pytest.fixture
def narrow(tmp_path: Path) -> Any:
    """An office in which nobody may own more than one deal in proposal; rep-1 has one there and one before it."""
    office = Office(tmp_path, STAGE)
    office.deal("D-1", stage="proposal")
    office.deal("D-2", stage="qualified")
    office.ok("log", "D-2", "meeting")
    return office


def _carried(office: Office, owner: str = "rep-1") -> int:
    return len(office.engine.deals(owner=owner, status="open"))


def _open(office: Office, deal_id: str = "D-9", owner: str = "rep-1", by: str = "rep-1") -> Any:
    return office.ask("open_deal", deal_id, process="sales", owner=owner, fields={"amount": "1"}, by=by)


def test_a_third_deal_is_not_opened(full: Office) -> None:
    """By nobody for them, neither by themselves nor by a colleague."""
    for by in ("rep-1", "rep-2", "manager-1"):
        assert unmet(_open(full, by=by)) == {OWN}
    assert _carried(full) == 2


def test_a_third_deal_is_not_assigned(full: Office) -> None:
    """The refusal is an event of the deal; the deal stays whose it was."""
    assert unmet(full.ask("assign", "D-3", "rep-1", by="manager-1")) == {OWN}
    full.ask("assign", "D-3", "rep-1", by="manager-1")
    assert full.events("D-3").count("AssignmentRefused") == 1
    assert full.engine.deal("D-3").owner == "rep-2"


def test_a_third_deal_is_not_taken_over(full: Office) -> None:
    """Accepting a handover is judged like assigning; the question stays open."""
    full.ok("hand_off", "D-3", "rep-1", by="rep-2")
    assert unmet(full.ask("accept", "D-3", by="rep-1")) == {OWN}
    assert _carried(full) == 2
    full.ok("lose", "D-1", "price")
    assert full.ask("accept", "D-3", by="rep-1").accepted


def test_a_third_deal_is_not_reopened(full: Office) -> None:
    """Lost, its slot taken by another, and asked back."""
    full.ok("lose", "D-1", "price")
    assert _open(full).accepted
    assert unmet(full.ask("reopen", "D-1", reason="they called")) == {OWN}
    assert _carried(full) == 2


def test_a_bulk_takes_no_more_slots_than_there_are(full: Office) -> None:
    """One slot is free at rep-2: two deals at once get one of them in, and all or nothing none."""
    commands = list(full.engine.commands_for(AssignOwner, ["D-1", "D-2"], {"owner": "rep-2"}, by="manager-1"))
    assert [each.ok for each in full.engine.bulk(commands, all_or_nothing=True)].count(True) == 0
    assert _carried(full, "rep-2") == 1
    again = list(full.engine.commands_for(AssignOwner, ["D-1", "D-2"], {"owner": "rep-2"}, by="manager-1"))
    assert sorted(each.result for each in full.engine.bulk(again)) == ["done", "refused"]
    assert _carried(full, "rep-2") == 2


def test_two_full_desks_change_no_deals(full: Office) -> None:
    """Each would carry three for a moment, so neither way goes through."""
    _open(full, "D-4", owner="rep-2", by="rep-2")
    assert _carried(full, "rep-2") == 2
    for owner, deal in (("rep-2", "D-1"), ("rep-1", "D-3")):
        assert not full.ask("assign", deal, owner, by="manager-1").accepted
    assert (_carried(full), _carried(full, "rep-2")) == (2, 2)


def test_a_deal_that_is_open_again_by_a_correction_takes_a_slot(full: Office) -> None:
    """One lost, the loss void: two are carried, and a third is refused."""
    full.ok("lose", "D-1", "price")
    full.ok("void", "D-1", full.version("DealLost"), reason="a slip", by="ops-1")
    full.ok("confirm_correction", "D-1", full.version("CorrectionProposed"), by="ops-2")
    assert unmet(_open(full)) == {OWN}


@pytest.mark.parametrize(("verb", "how", "event"), [("lose", "price", "DealLost"), ("merge", "D-2", "DealMerged")])
def test_a_deal_comes_not_back_by_a_correction_where_no_slot_is_free(
    full: Office, verb: str, how: str, event: str
) -> None:
    """Lost or merged, its slot taken by another: as a reopening would be, the correction is refused, also when agreed.

    The owner has to have room first.
    """
    full.ok(verb, "D-1", how, *(["twice"] if verb == "merge" else []))
    full.ok("void", "D-1", full.version(event), reason="a slip", by="ops-1")
    assert _open(full).accepted
    with pytest.raises(CannotCorrect, match=OWN):
        full.ask("confirm_correction", "D-1", full.version("CorrectionProposed"), by="ops-2")
    with pytest.raises(CannotCorrect, match=OWN):
        full.ask("void", "D-1", full.version(event), reason="a slip", by="ops-2")
    assert _carried(full) == 2
    full.ok("lose", "D-9", "price")
    full.ok("confirm_correction", "D-1", full.version("CorrectionProposed"), by="ops-2")
    assert _carried(full) == 2


def test_a_win_that_was_none_needs_a_slot_in_its_stage(narrow: Office) -> None:
    """The limit of the stage it stands in counts like that of the owner."""
    narrow.ok("lose", "D-1", "price")
    narrow.ok("void", "D-1", narrow.version("DealLost"), reason="a slip", by="ops-1")
    narrow.ok("move", "D-2", "proposal")
    with pytest.raises(CannotCorrect, match=IN_STAGE):
        narrow.ask("confirm_correction", "D-1", narrow.version("CorrectionProposed"), by="ops-2")


@pytest.mark.parametrize("together", [False, True])
def test_two_losses_that_were_none_get_one_slot(full: Office, *, together: bool) -> None:
    """One slot is free: of two losses that are taken back at once one gets it, and all or nothing neither."""
    for deal in ("D-1", "D-2"):
        full.ok("lose", deal, "price")
        full.ok("void", deal, full.version("DealLost", deal), reason="a slip", by="ops-1")
    _open(full)
    version = full.version("CorrectionProposed", "D-1")
    agreed = list(full.engine.commands_for(ConfirmCorrection, ["D-1", "D-2"], {"version": version}, by="ops-2"))
    results = [each.result for each in full.engine.bulk(agreed, all_or_nothing=together)]
    assert results == (["not done", "wrong"] if together else ["done", "wrong"])
    assert _carried(full) == (1 if together else 2)


def test_a_merged_deal_gives_its_slot_back_and_a_paused_one_does_not(full: Office) -> None:
    """A paused deal is still somebody's; one that is another now is nobody's."""
    full.ok("pause", "D-1", "their budget")
    assert unmet(_open(full)) == {OWN}
    full.ok("merge", "D-2", "D-1", reason="twice")
    assert _open(full).accepted


def test_a_void_merge_takes_its_slot_again(full: Office) -> None:
    """Two again, once both have agreed that it was none."""
    full.ok("merge", "D-2", "D-1", reason="twice")
    full.ask("void", "D-2", full.version("DealMerged", "D-2"), reason="two customers", by="ops-1")
    full.ask("confirm_correction", "D-2", full.version("CorrectionProposed", "D-2"), by="ops-2")
    assert full.stands("D-2")[1] == "open"
    assert unmet(_open(full)) == {OWN}


def test_who_is_to_own_the_deal_does_not_waive_the_limit(full: Office) -> None:
    """A manager takes a third deal by a waiver of another manager, not by their own."""
    for deal in ("D-5", "D-6"):
        assert _open(full, deal, owner="manager-1", by="manager-1").accepted
    full.ok("waive", "D-3", OWN, "I can do it", to="lead", by="manager-1")
    assert unmet(full.ask("assign", "D-3", "manager-1", by="rep-2")) == {OWN}
    full.ok("waive", "D-3", OWN, "two weeks of holiday", to="lead", by="manager-2")
    assert full.ask("assign", "D-3", "manager-1", by="rep-2").accepted


def test_a_waived_limit_is_used_up_by_the_assignment(full: Office) -> None:
    """Away and back again takes another waiver."""
    full.ok("waive", "D-3", OWN, "holiday", to="lead", by="manager-2")
    full.ok("assign", "D-3", "rep-1", by="rep-2")
    full.ok("assign", "D-3", "rep-2")
    assert unmet(full.ask("assign", "D-3", "rep-1", by="rep-2")) == {OWN}


def test_one_deal_in_a_stage_is_one(narrow: Office) -> None:
    """A second one does not come in; once the first has gone on, it does."""
    assert unmet(narrow.ask("move", "D-2", "proposal")) == {IN_STAGE}
    narrow.ok("move", "D-1", "negotiation")
    assert narrow.ask("move", "D-2", "proposal").accepted


def test_moving_two_in_one_bulk_gets_one_in(narrow: Office) -> None:
    """The limit sees what the same bulk did before."""
    narrow.ok("move", "D-1", "negotiation")
    narrow.deal("D-3", stage="qualified")
    narrow.ok("log", "D-3", "meeting")
    commands = list(narrow.engine.commands_for(MoveDeal, ["D-2", "D-3"], {"target": "proposal"}, by="rep-1"))
    dry = [each.result for each in narrow.engine.bulk(commands, dry_run=True)]
    assert [each.result for each in narrow.engine.bulk(commands)] == ["done", "refused"]
    assert "done" in dry[0]


def test_a_deal_in_the_stage_does_not_come_by_another_owner(narrow: Office) -> None:
    """A colleague moves it into the stage and gives it over: the stage's limit is asked of the new owner."""
    narrow.deal("D-3", owner="rep-2", stage="proposal")
    assert unmet(narrow.ask("assign", "D-3", "rep-1", by="rep-2")) == {IN_STAGE}
    narrow.ok("hand_off", "D-3", "rep-1", by="rep-2")
    assert unmet(narrow.ask("accept", "D-3", by="rep-1")) == {IN_STAGE}


def test_a_deal_in_the_stage_does_not_come_back_by_reopening(narrow: Office) -> None:
    """Lost in proposal, its slot taken, asked back."""
    narrow.ok("lose", "D-1", "price")
    narrow.ok("move", "D-2", "proposal")
    assert unmet(narrow.ask("reopen", "D-1", reason="they called")) == {IN_STAGE}


def test_observed_moves_are_counted_and_never_refused(narrow: Office) -> None:
    """What another system did is a fact; the next one by the gate is refused."""
    narrow.ok("observe", "D-2", "proposal", source="crm", key="1", at=narrow.now, by="crm-sync")
    narrow.deal("D-3", stage="qualified")
    narrow.ok("log", "D-3", "meeting")
    outcome = narrow.ask("move", "D-3", "proposal")
    assert unmet(outcome) == {IN_STAGE}
    assert "2" in next(each.why for each in outcome.unmet)


def test_winning_frees_the_slot(narrow: Office) -> None:
    """Closed deals take none, and a closed one may be given to anybody."""
    narrow.ok("move", "D-1", "negotiation")
    narrow.engine.bulk(list(narrow.engine.commands_for(WinDeal, ["D-1"], {}, by="rep-1")))
    assert narrow.stands("D-1")[1] == "won"
    assert narrow.ask("move", "D-2", "proposal").accepted


def test_large_deals_go_to_who_has_learned_how(tmp_path: Path) -> None:
    """Opening, assigning and accepting; and the certificate counts until its end, not at it."""
    office = Office(tmp_path, SKILL, ABLE)
    rule = {"own:owner_skills:enterprise"}
    assert unmet(office.ask("open_deal", "D-1", process="sales", owner="rep-1", fields={"amount": "60000"})) == rule
    office.deal("D-1", owner="rep-2", amount="60000")
    assert unmet(office.ask("assign", "D-1", "rep-1", by="rep-2")) == rule
    office.ok("hand_off", "D-1", "rep-1", by="rep-2")
    assert unmet(office.ask("accept", "D-1", by="rep-1")) == rule
    office.later(2 * DAY)
    large = {"amount": "60000"}
    assert unmet(office.ask("open_deal", "D-2", process="sales", owner="rep-2", fields=large, by="rep-2")) == rule


def test_an_unknown_amount_does_not_walk_round_the_skill(tmp_path: Path) -> None:
    """An unknown condition makes the rule unknown, never skipped."""
    office = Office(tmp_path, SKILL, ABLE)
    outcome = office.ask("open_deal", "D-1", process="sales", owner="rep-1", fields={})
    assert [(each.rule, each.verdict) for each in outcome.unmet] == [("own:owner_skills:enterprise", "unknown")]


def test_an_approval_takes_the_training_of_who_gives_it(tmp_path: Path) -> None:
    """The role alone is not enough, and a lent role lends no skill."""
    text = SALES.replace("approval: manager, when", "approval: manager, skills: [discounts], when")
    people = PEOPLE.replace("{id: manager-1, roles: [manager]", "{id: manager-1, roles: [manager], skills: [discounts]")
    office = Office(tmp_path, text, people)
    office.deal(stage="proposal", amount="60000")
    office.ask("delegate", "manager-1", "rep-2", "manager", office.now + DAY, by="manager-1")
    for who in ("manager-2", "rep-2"):
        assert not office.ask("approve", "D-1", "big-deal", by=who).accepted
        assert office.last().event.why == "no-skill"
        assert office.engine.inbox(who) == []
    assert office.ask("approve", "D-1", "big-deal", by="manager-1").accepted


def test_a_refusal_is_explained_by_what_was_counted_then(full: Office) -> None:
    """Long after the slots are free, the refusal still says two."""
    refused = _open(full).events[0]
    full.ok("lose", "D-1", "price")
    full.ok("lose", "D-2", "price")
    (told,) = [each for each in full.engine.explain(refused) if each.rule == OWN]
    assert told.verdict == "fail"
    assert "2 open deals" in told.why
