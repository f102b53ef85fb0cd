"""The one way round a rule: by a named role, with a reason, counted, and for nothing but what it names."""

from datetime import timedelta

import pytest

from pipeline_engine.errors import Rejected, UnknownRule
from tests.life.office import DAY, PEOPLE, SALES, Office, unmet

BOSSY = PEOPLE + "  - {id: rep-9, roles: [rep, manager], manager: manager-1}\n"
LATE = "2026-01-01"


def _late(office: Office, deal_id: str = "D-1", owner: str = "rep-1") -> Office:
    """A deal in qualified whose close date lies behind, with a meeting held."""
    office.deal(deal_id, owner=owner, stage="qualified", close_date=LATE)
    office.ok("log", deal_id, "meeting", by=owner)
    return office


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_waiver_without_a_reason_is_none(office: Office, reason: str) -> None:
    """Nothing is recorded, and the rule holds."""
    _late(office)
    with pytest.raises(Rejected):
        office.ask("waive", "D-1", "dated", reason, by="manager-1")
    assert unmet(office.ask("move", "D-1", "proposal")) == {"dated"}


@pytest.mark.parametrize(
    ("who", "rule", "why"),
    [("rep-2", "dated", "no-role"), ("manager-1", "met", "not-waivable"), ("vp-1", "dated", "no-role")],
)
def test_who_may_not_waive_is_refused_and_recorded(office: Office, who: str, rule: str, why: str) -> None:
    """Somebody without the role, and a rule that nobody may waive; each try is one an auditor finds."""
    _late(office)
    assert not office.ask("waive", "D-1", rule, "they will sign", by=who).accepted
    assert (office.events()[-1], office.last().event.why) == ("WaiverRefused", why)
    assert [row.by for row in office.engine.audit_waivers(by=who).rows] == [who]


def test_nobody_waives_for_their_own_deal(office: Office) -> None:
    """The owner holds the role, and is refused; in a colleague's name too."""
    office.people(BOSSY)
    _late(office, owner="rep-9")
    office.ask("delegate", "rep-9", "rep-2", "manager", office.now + DAY, by="rep-9")
    for who in ("rep-9", "rep-2"):
        assert not office.ask("waive", "D-1", "dated", "they will sign", by=who).accepted
        assert office.last().event.why == "four-eyes"


def test_a_deal_lent_for_the_time_of_a_waiver_is_not_waived(office: Office) -> None:
    """Given away, waived, taken back: the waiver is the owner's own."""
    office.people(BOSSY)
    _late(office, owner="rep-9")
    office.ok("assign", "D-1", "rep-1", by="rep-9")
    office.ask("waive", "D-1", "dated", "they will sign", by="rep-9")
    office.ok("assign", "D-1", "rep-9", by="rep-1")
    assert unmet(office.ask("move", "D-1", "proposal", by="rep-9")) == {"dated"}


def test_a_waived_rule_is_judged_shown_and_counted(office: Office) -> None:
    """It is no pass: the verdict says waived, and the list names rule, person and reason."""
    _late(office).ok("waive", "D-1", "dated", "they will sign", by="manager-1")
    outcome = office.ok("move", "D-1", "proposal")
    assert {each.rule: each.verdict for each in outcome.verdicts}["dated"] == "waived"
    (row,) = office.engine.audit_waivers(rule="dated", by="manager-1").rows
    assert row.ended is not None
    assert (row.deal, row.reason, row.ended.how) == ("D-1", "they will sign", "used")
    assert office.engine.audit_waivers(rule="dated", since=office.now).found == 0
    assert office.engine.audit_waivers(rule="dated", until=office.now).found == 1
    assert office.engine.audit_waivers(rule="met").found == 0


def test_a_waiver_ends_when_what_its_rule_reads_changes(office: Office) -> None:
    """Waived for one date that lies behind, then another one is set."""
    _late(office).ok("waive", "D-1", "dated", "they will sign", by="manager-1")
    office.ok("set", "D-1", {"close_date": "2025-01-01"})
    assert unmet(office.ask("move", "D-1", "proposal")) == {"dated"}
    ended = office.engine.audit_waivers(rule="dated").rows[0].ended
    assert ended is not None
    assert ended.how == "lapsed"


def test_a_waiver_ends_by_a_correction_of_what_its_rule_reads(office: Office) -> None:
    """The date was really another: who waived has not seen that one."""
    _late(office).ok("waive", "D-1", "dated", "they will sign", by="manager-1")
    office.ok("correct_value", "D-1", 1, {"close_date": "2025-01-01"}, reason="a typo", by="ops-1")
    assert unmet(office.ask("move", "D-1", "proposal")) == {"dated"}


def test_a_waiver_serves_one_move(office: Office) -> None:
    """Back and forth again takes another waiver."""
    _late(office).ok("waive", "D-1", "dated", "they will sign", by="manager-1")
    office.ok("move", "D-1", "proposal")
    office.ok("move", "D-1", "qualified", reason="not yet")
    assert unmet(office.ask("move", "D-1", "proposal")) == {"dated"}


def test_a_waiver_that_came_to_its_end_serves_nothing(office: Office) -> None:
    """Good a second before its end, and not at it."""
    end = office.now + DAY
    _late(office).ok("waive", "D-1", "dated", "today only", by="manager-1", expires_at=end)
    office.clock.reach(end - timedelta(seconds=1))
    assert office.engine.preflight("D-1", "proposal", by="rep-1").allowed
    office.clock.reach(end)
    assert unmet(office.ask("move", "D-1", "proposal")) == {"dated"}


def test_a_waiver_over_before_it_is_given_is_an_error(office: Office) -> None:
    """An end in the past is a slip."""
    _late(office)
    with pytest.raises(Rejected):
        office.ask("waive", "D-1", "dated", "x", by="manager-1", expires_at=office.now - DAY)


def test_a_waiver_is_for_its_deal(office: Office) -> None:
    """The other deal of the same customer needs its own."""
    _late(office).ok("waive", "D-1", "dated", "they will sign", by="manager-1")
    _late(office, "D-2")
    assert unmet(office.ask("move", "D-2", "proposal")) == {"dated"}


def test_a_waived_skip_still_judges_the_stages_passed_over(office: Office) -> None:
    """The skip is waived; amount, date and meeting are asked all the same."""
    office.ok("open_deal", "D-1", process="sales", owner="rep-1", fields={})
    office.ok("waive", "D-1", "moves:forward", "an old customer", to="negotiation", by="manager-1")
    assert unmet(office.ask("move", "D-1", "negotiation")) >= {"qualified:require:amount", "dated", "met", "big-deal"}


def test_a_skip_waived_for_one_stage_does_not_serve_another(office: Office) -> None:
    """Waived to proposal, asked for negotiation."""
    office.deal()
    office.ok("log", "D-1", "meeting")
    office.ok("waive", "D-1", "moves:forward", "an old customer", to="proposal", by="manager-1")
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"moves:forward"}
    assert office.ask("move", "D-1", "proposal").accepted


def test_a_rule_waived_for_its_own_stage_does_not_serve_a_skip_beyond_it(office: Office) -> None:
    """An approval or a waiver names its target; a move that passes the stage over has another."""
    _late(office).ok("waive", "D-1", "dated", "they will sign", to="proposal", by="manager-1")
    office.ok("waive", "D-1", "moves:forward", "an old customer", to="negotiation", by="manager-1")
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"dated"}


def test_a_waiver_in_a_lent_role_names_the_lender_and_ends_with_the_loan(office: Office) -> None:
    """Good while the loan lasts, refused after."""
    office.ask("delegate", "manager-1", "rep-2", "manager", office.now + DAY, by="manager-1")
    _late(office).ok("waive", "D-1", "dated", "they will sign", by="rep-2")
    assert office.last().envelope.on_behalf_of == "manager-1"
    _late(office, "D-2").later(DAY)
    assert not office.ask("waive", "D-2", "dated", "they will sign", by="rep-2").accepted
    assert office.last("D-2").event.why == "delegation-ended"


def test_who_waived_and_takes_the_deal_over_has_waived_nothing(office: Office) -> None:
    """Nobody waives for themselves, also not beforehand."""
    _late(office).ok("waive", "D-1", "dated", "they will sign", by="manager-1")
    office.ok("assign", "D-1", "manager-1")
    assert unmet(office.ask("move", "D-1", "proposal", by="manager-1")) == {"dated"}


def test_a_way_back_without_a_reason_is_waived_by_nobody(office: Office) -> None:
    """The process names no role for it."""
    office.deal(stage="qualified")
    assert not office.ask("waive", "D-1", "moves:back", "laziness", to="lead", by="manager-1").accepted
    assert not office.ask("move", "D-1", "lead").accepted


def test_a_waiver_names_a_rule_that_is_there(office: Office) -> None:
    """A rule that the process does not have is an error and no event."""
    _late(office)
    before = office.events()
    with pytest.raises(UnknownRule):
        office.ask("waive", "D-1", "datde", "they will sign", by="manager-1")
    assert office.events() == before


def test_waiving_again_under_the_same_id_is_recorded_once(office: Office) -> None:
    """And counted once."""
    _late(office)
    for _ in range(2):
        office.ask("waive", "D-1", "dated", "they will sign", by="manager-1", command_id="w-1")
    assert office.engine.audit_waivers().found == 1


def test_a_waiver_of_an_approval_is_counted_as_a_waiver(office: Office) -> None:
    """Where the process lets a vp waive an approval, the move says waived, and four eyes hold."""
    text = SALES.replace("void_if_changed: [discount]}", "void_if_changed: [discount], waivable_by: vp}")
    office.engine.publish_text(text, "sales.yaml", by="ops-1")
    office.deal("D-1", owner="vp-1", stage="proposal", amount="60000")
    assert not office.ask("waive", "D-1", "big-deal", "mine", by="vp-1").accepted
    office.deal("D-2", stage="proposal", amount="60000")
    office.ok("waive", "D-2", "big-deal", "the board knows", by="vp-1")
    office.ok("set", "D-2", {"discount": "30"})
    assert unmet(office.ask("move", "D-2", "negotiation")) == {"big-deal"}


def test_who_asked_for_the_approval_does_not_waive_it(office: Office) -> None:
    """Four eyes, always: never the owner or the asker; refused the one way, not let in by the other."""
    text = SALES.replace("void_if_changed: [discount]}", "void_if_changed: [discount], waivable_by: vp}")
    office.engine.publish_text(text, "sales.yaml", by="ops-1")
    office.deal(stage="proposal", amount="60000")
    office.ok("request", "D-1", "big-deal", by="vp-1")
    assert not office.ask("waive", "D-1", "big-deal", "never mind", by="vp-1").accepted
