"""What really was: values, times and what did not happen, by whom, and what was known before."""

from datetime import datetime
from typing import Any

import pytest

from pipeline_engine.deal import LoseDeal, MergeDeal
from pipeline_engine.errors import CannotCorrect, CannotMerge, DealIsMerged, Rejected, UnknownDeal, UnknownField
from tests.life.office import DAY, HOUR, SALES, Office, unmet

TABLES = [
    "deals",
    "stays",
    "attempts",
    "changes",
    "proposed",
    "activities",
    "approvals",
    "contacts",
    "documents",
    "items",
    "follow_ups",
    "handoffs",
    "pauses",
    "happenings",
    "corrections",
]


def test_who_approved_the_small_amount_has_not_approved_the_corrected_one(office: Office) -> None:
    """An approval seen at 50,000 does not serve a deal that was really worth 500,000."""
    office.deal(stage="proposal", amount="50000")
    office.ok("approve", "D-1", "big-deal", by="manager-1")
    office.ok("correct_value", "D-1", 1, {"amount": "500000"}, reason="a nought was missing", by="ops-1")
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


def test_correcting_back_does_not_bring_an_approval_back(office: Office) -> None:
    """What lapsed by a correction has lapsed, also where the value is set right once more."""
    office.deal(stage="proposal", amount="50000")
    office.ok("approve", "D-1", "big-deal", by="manager-1")
    office.ok("correct_value", "D-1", 1, {"amount": "500000"}, reason="a slip", by="ops-1")
    office.ok("correct_value", "D-1", 1, {"amount": "50000"}, reason="no, it was right", by="ops-1")
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


def test_voiding_the_change_that_ended_an_approval_does_not_bring_it_back(office: Office) -> None:
    """Approved at 50,000, set to 60,000, and the change is taken back: somebody has to look again."""
    office.deal(stage="proposal", amount="50000")
    office.ok("approve", "D-1", "big-deal", by="manager-1")
    office.ok("set", "D-1", {"amount": "60000"})
    office.ok("void", "D-1", office.version("FieldsChanged"), reason="a slip", by="ops-1")
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


def test_a_void_move_gives_no_approval_back(office: Office) -> None:
    """The approval was used by the move; going the same way again takes a new one."""
    office.deal(stage="proposal", amount="60000")
    office.ok("approve", "D-1", "big-deal", by="manager-1")
    office.ok("move", "D-1", "negotiation")
    office.ok("void", "D-1", office.version("DealMoved"), reason="meant for D-2", by="ops-1")
    assert office.stands() == ("proposal", "open")
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


def test_a_corrected_value_moves_no_deal(office: Office) -> None:
    """A correction makes a fact right; only the gate moves the deal."""
    office.ok("open_deal", "D-1", process="sales", owner="rep-1", fields={"region": "NA"})
    assert not office.ask("move", "D-1", "qualified").accepted
    office.ok("set", "D-1", {"amount": "1"})
    office.ok(
        "correct_value", "D-1", office.version("FieldsChanged"), {"amount": "900"}, reason="typed wrong", by="ops-1"
    )
    assert office.stands() == ("lead", "open")


def test_a_rep_corrects_nothing_and_the_try_is_kept(office: Office) -> None:
    """Only ops and managers may correct here; who tries stands in the audit."""
    office.deal()
    outcome = office.ask("correct_value", "D-1", 1, {"amount": "49000"}, reason="cheaper", by="rep-1")
    assert not outcome.accepted
    assert office.last().event.why == "no-role"
    assert [row.by for row in office.engine.audit_corrections(by="rep-1").rows] == ["rep-1"]


def test_a_move_under_a_later_one_cannot_be_void(office: Office) -> None:
    """Later stage events depend on it: first the last one, then the one before."""
    office.deal(stage="proposal")
    first = office.version("DealMoved") - 2
    with pytest.raises(CannotCorrect):
        office.ask("void", "D-1", first, reason="never was", by="ops-1")
    office.ok("void", "D-1", office.version("DealMoved"), reason="never was", by="ops-1")
    office.ok("void", "D-1", first, reason="never was", by="ops-1")
    assert office.stands() == ("lead", "open")


def test_a_move_before_a_migration_to_another_stage_cannot_be_void(office: Office) -> None:
    """The migration took the deal from where the move had put it; it depends on the move."""
    office.deal(stage="qualified")
    office.engine.publish_text(_renamed(), "sales.yaml", by="ops-1")
    office.engine.migrate("sales", "2", {"qualified": "scoped"}, why="a better word", by="ops-1")
    with pytest.raises(CannotCorrect):
        office.ask("void", "D-1", office.version("DealMoved"), reason="never was", by="ops-1")


def test_a_step_back_cannot_be_taken_away(office: Office) -> None:
    """Without it the deal would stand further on, and no gate was asked."""
    office.deal(stage="proposal")
    office.ok("move", "D-1", "qualified", reason="no budget yet")
    with pytest.raises(CannotCorrect):
        office.ask("void", "D-1", office.version("DealMoved"), reason="a slip", by="ops-1")
    assert office.stands() == ("qualified", "open")


def test_the_reopening_of_a_won_deal_cannot_be_taken_away(office: Office) -> None:
    """A correction never wins a deal."""
    office.deal(stage="negotiation")
    office.ok("win", "D-1")
    office.ok("reopen", "D-1", reason="they cancelled")
    with pytest.raises(CannotCorrect):
        office.ask("void", "D-1", office.version("DealReopened"), reason="a slip", by="ops-1")


@pytest.mark.parametrize("name", ["DealOpened", "MoveRefused", "ApprovalGranted", "RuleWaived", "CorrectionRecorded"])
def test_what_is_ended_by_other_means_cannot_be_void(office: Office, name: str) -> None:
    """Openings, refusals, approvals, waivers and corrections themselves are not taken away by a correction."""
    office.deal(stage="qualified", amount="60000", close_date="2026-01-01")
    office.ask("move", "D-1", "proposal")
    office.ok("approve", "D-1", "big-deal", to="negotiation", by="manager-1")
    office.ok("waive", "D-1", "dated", "they will sign", to="proposal", by="manager-1")
    office.ok("correct_value", "D-1", 1, {"close_date": "2027-01-01"}, reason="a typo", by="ops-1")
    with pytest.raises(CannotCorrect):
        office.ask("void", "D-1", office.version(name), reason="never was", by="ops-1")
    with pytest.raises(Rejected):
        office.ask("correct_value", "D-1", office.version(name), {"region": "NA"}, reason="never was", by="ops-1")


@pytest.mark.parametrize("version", [0, -1, 99])
def test_an_event_that_is_not_there_cannot_be_corrected(office: Office, version: int) -> None:
    """The error names the event; nothing is recorded."""
    office.deal()
    before = office.events()
    with pytest.raises(CannotCorrect, match=str(version)):
        office.ask("void", "D-1", version, reason="never was", by="ops-1")
    assert office.events() == before


def test_an_event_of_another_deal_cannot_be_corrected_here(office: Office) -> None:
    """Version 4 is of the other deal; this one has no such event."""
    office.deal("D-1")
    office.deal("D-2", stage="proposal")
    with pytest.raises(CannotCorrect):
        office.ask("void", "D-1", office.version("DealMoved", "D-2"), reason="never was", by="ops-1")


def test_only_what_the_event_said_can_be_corrected_by_it(office: Office) -> None:
    """A region that the opening did not name was not said there; a field that is not there is nowhere."""
    office.deal()
    with pytest.raises(Rejected):
        office.ask("correct_value", "D-1", 1, {"region": "NA"}, reason="it was given", by="ops-1")
    with pytest.raises(UnknownField):
        office.ask("correct_value", "D-1", 1, {"amuont": "15"}, reason="it was given", by="ops-1")
    with pytest.raises(Rejected):
        office.ask("correct_value", "D-1", 1, {"amount": "a lot"}, reason="it was given", by="ops-1")
    with pytest.raises(Rejected):
        office.ask("correct_value", "D-1", 1, {}, reason="nothing", by="ops-1")


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_correction_without_a_reason_is_none(office: Office, reason: str) -> None:
    """An auditor asks how somebody knew."""
    office.deal(stage="qualified")
    for verb, what in (("void", ()), ("correct_time", (office.now,))):
        with pytest.raises(Rejected):
            office.ask(verb, "D-1", office.version("DealMoved"), *what, reason=reason, by="ops-1")
    with pytest.raises(Rejected):
        office.ask("correct_value", "D-1", 1, {"amount": "1"}, reason=reason, by="ops-1")


def test_a_time_stays_between_the_stage_events_around_it(office: Office) -> None:
    """Not before the move before it, not after the one after, not in the future."""
    opened = office.now
    office.deal(stage="qualified")
    office.later(5 * DAY)
    office.ok("log", "D-1", "meeting")
    office.ok("move", "D-1", "proposal")
    office.later(5 * DAY)
    middle = office.version("DealMoved") - 2
    for really in (opened - DAY, office.now - HOUR, office.now + DAY):
        with pytest.raises(Rejected):
            office.ask("correct_time", "D-1", middle, really, reason="from my diary", by="ops-1")
    office.ok("correct_time", "D-1", middle, opened + 2 * DAY, reason="from my diary", by="ops-1")
    assert office.facts_of("stays")[1]["entered"] == opened + 2 * DAY


def test_a_void_activity_is_no_evidence(office: Office) -> None:
    """The meeting did not happen, so the gate asks for one."""
    office.deal(stage="qualified")
    office.ok("log", "D-1", "meeting")
    office.ok("void", "D-1", office.version("ActivityLogged"), reason="was with another customer", by="ops-1")
    assert unmet(office.ask("move", "D-1", "proposal")) == {"met"}


def test_a_closed_deal_takes_a_second_person(office: Office) -> None:
    """Whoever proposed it cannot confirm it, nor can somebody without the right; another can, once."""
    office.deal(stage="negotiation", amount="20000")
    office.ok("win", "D-1")
    office.ok("correct_value", "D-1", 1, {"amount": "30000"}, reason="the order says so", by="ops-1")
    assert office.engine.facts().deals["value"].to_pylist() == [200_000_000]
    proposal = office.version("CorrectionProposed")
    for who, why in (("ops-1", "four-eyes"), ("rep-1", "no-role")):
        assert not office.ask("confirm_correction", "D-1", proposal, by=who).accepted
        assert office.last().event.why == why
    office.ok("confirm_correction", "D-1", proposal, by="ops-2")
    assert office.engine.facts().deals["value"].to_pylist() == [300_000_000]
    office.ask("confirm_correction", "D-1", proposal, by="manager-1")
    assert office.events().count("CorrectionRecorded") == 1


def test_a_void_win_that_was_overtaken_is_not_confirmed(office: Office) -> None:
    """Meanwhile the deal was reopened; later stage events depend on the win, so it cannot be taken away."""
    office.deal(stage="negotiation")
    office.ok("win", "D-1")
    win = office.version("DealWon")
    office.ok("void", "D-1", win, reason="signed by nobody", by="ops-1")
    proposal = office.version("CorrectionProposed")
    office.ok("reopen", "D-1", reason="signed by nobody")
    with pytest.raises(Rejected):
        office.ask("confirm_correction", "D-1", proposal, by="ops-2")
    assert office.events()[-1] == "DealReopened"


def test_only_a_proposal_can_be_confirmed(office: Office) -> None:
    """Confirming a move, or what is not there, is an error."""
    office.deal(stage="negotiation")
    office.ok("win", "D-1")
    for version in (1, office.version("DealWon"), 99):
        with pytest.raises(Rejected):
            office.ask("confirm_correction", "D-1", version, by="ops-2")


def _known(office: Office, when: datetime | None) -> dict[str, Any]:
    engine = office.engine
    return {
        **{table: office.facts_of(table, known_at=when) for table in TABLES},
        "health": _said(engine.health(as_of=when, known_at=when)),
        "funnel": _said(engine.funnel(as_of=when, known_at=when)),
        "bottlenecks": _said(engine.bottlenecks(as_of=when, known_at=when)),
        "audit": [list(ask(known_at=when).rows) for ask in _lists(office)],
    }


def _said(view: Any) -> Any:
    """What a view says, without the log position it stands at."""
    return {key: value for key, value in view.to_json().items() if key not in ("position", "as_of", "known_at")}


def _lists(office: Office) -> list[Any]:
    engine = office.engine
    return [
        engine.audit_approvals,
        engine.audit_bypasses,
        engine.audit_corrections,
        engine.audit_refusals,
        engine.audit_waivers,
    ]


def test_what_was_known_before_a_correction_is_told_as_it_was(office: Office) -> None:
    """Every table, view and audit list at a moment before a correction says what it said at that moment."""
    office.deal(stage="qualified", amount="60000", close_date="2026-01-01")
    office.ask("move", "D-1", "proposal")
    office.ok("approve", "D-1", "big-deal", to="negotiation", by="manager-1")
    office.ok("waive", "D-1", "dated", "they will sign", to="proposal", by="manager-1")
    office.ok("log", "D-1", "meeting")
    office.ok("contact", "D-1", "kim@customer.example", "champion")
    office.ok("attach", "D-1", "contract", "a" * 64)
    office.ok("pause", "D-1", "their budget", until=office.now + DAY)
    office.ok("hand_off", "D-1", "rep-2")
    office.ok("move", "D-1", "proposal")
    then = office.now
    before = _known(office, then)
    office.later()
    office.ok("correct_value", "D-1", 1, {"amount": "70000"}, reason="a typo", by="ops-1")
    for name in ("ActivityLogged", "ContactLinked", "DocumentAttached", "DealPaused"):
        office.ok("void", "D-1", office.version(name), reason="of another deal", by="ops-1")
    office.ok("void", "D-1", office.version("DealMoved"), reason="a slip", by="ops-1")
    office.ok("correct_time", "D-1", 1, office.now - 3 * DAY, reason="from my diary", by="ops-1")
    after = _known(office, then)
    for name, rows in before.items():
        assert after[name] == rows, name


def test_after_a_correction_every_view_says_what_really_was_at_the_time_it_was(office: Office) -> None:
    """As of last week and by what is known today, the deal was worth the corrected amount and never left."""
    office.deal(stage="qualified", amount="60000")
    last_week = office.now
    office.later(7 * DAY)
    office.ok("correct_value", "D-1", 1, {"amount": "70000"}, reason="a typo", by="ops-1")
    office.ok("void", "D-1", office.version("DealMoved"), reason="a slip", by="ops-1")
    engine = office.engine
    assert engine.health(as_of=last_week).to_json()["open_value"] == {"EUR": "70000"}
    assert engine.health(as_of=last_week, known_at=last_week).to_json()["open_value"] == {"EUR": "60000"}
    assert [row["stage"] for row in office.facts_of("stays", as_of=last_week)] == ["lead"]
    assert [row["stage"] for row in office.facts_of("stays", as_of=last_week, known_at=last_week)] == [
        "lead",
        "qualified",
    ]
    assert [row["voided"] for row in office.facts_of("attempts")] == [False, True]


def test_a_rebuild_after_corrections_gives_the_same_facts(office: Office) -> None:
    """Facts that were caught up event by event are those made anew from the log."""
    office.deal(stage="proposal", amount="60000")
    office.engine.facts()
    for version in (office.version("DealMoved"), office.version("ActivityLogged")):
        office.ok("void", "D-1", version, reason="a slip", by="ops-1")
        office.engine.facts()
    digest = office.engine.facts().digest()
    assert office.engine.rebuild().digest() == digest


def test_a_correction_asked_twice_with_one_id_is_recorded_once(office: Office) -> None:
    """Whoever lost the reply asks again."""
    office.deal()
    for _ in range(2):
        office.ask("correct_value", "D-1", 1, {"amount": "11000"}, reason="typo", by="ops-1", command_id="fix-1")
    assert office.events().count("CorrectionRecorded") == 1


def test_a_refusal_is_explained_as_it_was_then(office: Office) -> None:
    """The amount was missing when the gate said no; the later correction does not change that."""
    office.ok("open_deal", "D-1", process="sales", owner="rep-1", fields={"region": "NA"})
    refused = office.ask("move", "D-1", "qualified").events[0]
    told = [(each.rule, each.verdict) for each in office.engine.explain(refused)]
    office.ok("correct_value", "D-1", 1, {"region": "EMEA"}, reason="a slip", by="ops-1")
    assert [(each.rule, each.verdict) for each in office.engine.explain(refused)] == told


def test_a_merged_deal_is_counted_nowhere_and_takes_no_commands(office: Office) -> None:
    """It leaves the pipeline; whoever asks it for something is sent to the other one."""
    office.deal("D-1")
    office.deal("D-2")
    office.ok("merge", "D-2", "D-1", reason="one customer, opened twice", by="rep-1")
    assert [row.id for row in office.engine.deals(status="open")] == ["D-1"]
    assert office.engine.health().to_json()["open_value"] == {"EUR": "10000"}
    for verb, what in (("move", ("qualified",)), ("win", ()), ("set", ({"amount": "1"},)), ("assign", ("rep-2",))):
        with pytest.raises(DealIsMerged):
            office.ask(verb, "D-2", *what)


def test_a_merge_goes_in_no_circle_and_nowhere_that_is_not_there(office: Office) -> None:
    """Not into itself, not into a merged deal, not into an unknown or a closed one."""
    for deal in ("D-1", "D-2", "D-3"):
        office.deal(deal)
    office.ok("merge", "D-2", "D-1", reason="twice", by="ops-1")
    office.ok("lose", "D-3", "price")
    for source, target, error in (
        ("D-1", "D-1", CannotMerge),
        ("D-1", "D-2", CannotMerge),
        ("D-1", "D-9", UnknownDeal),
        ("D-3", "D-1", Rejected),
    ):
        with pytest.raises(error):
            office.ask("merge", source, target, reason="twice", by="ops-1")


def test_who_owns_only_one_of_two_deals_does_not_merge_them(office: Office) -> None:
    """A rep takes nobody else's deal out of the pipeline."""
    office.deal("D-1", owner="rep-1")
    office.deal("D-2", owner="rep-2")
    with pytest.raises(CannotMerge):
        office.ask("merge", "D-2", "D-1", reason="mine", by="rep-1")
    assert office.stands("D-2") == ("lead", "open")


def test_without_the_key_nobody_corrects_in_a_store_with_people(office: Office) -> None:
    """A process that does not say who may correct lets nobody."""
    office.engine.publish_text(_renamed().replace("corrections: {by: [ops, manager]}\n", ""), "sales.yaml", by="ops-1")
    office.deal("D-9")
    for who in ("ops-1", "manager-1", "vp-1", "rep-1"):
        assert not office.ask("correct_value", "D-9", 1, {"amount": "1"}, reason="a slip", by=who).accepted


def _renamed() -> str:
    return SALES.replace("qualified", "scoped")


def test_who_borrows_the_proposers_role_is_no_second_person(office: Office) -> None:
    """Proposed by one, confirmed in their stead: that is one pair of eyes."""
    office.deal(stage="negotiation")
    office.ok("win", "D-1")
    office.ok("correct_value", "D-1", 1, {"amount": "30000"}, reason="the order says so", by="ops-1")
    office.ask("delegate", "ops-1", "rep-2", "ops", office.now + DAY, by="ops-1")
    proposal = office.version("CorrectionProposed")
    assert not office.ask("confirm_correction", "D-1", proposal, by="rep-2").accepted
    assert not office.ask("confirm_correction", "D-1", proposal, by="rep-2", on_behalf_of="ops-2").accepted


def test_whose_deal_it_was_is_not_corrected(office: Office) -> None:
    """An owner is assigned, which asks who may own; an assignment, a handover or a migration is not taken away."""
    office.deal()
    office.ok("assign", "D-1", "rep-2")
    office.ok("hand_off", "D-1", "rep-3", by="rep-2")
    office.ok("accept", "D-1", by="rep-3")
    office.engine.publish_text(SALES.replace("meeting: 1", "meeting: 2"), "sales.yaml", by="ops-1")
    office.engine.migrate("sales", "2", why="two meetings", by="ops-1")
    for name in ("OwnerAssigned", "HandoffAccepted", "DealMigrated"):
        with pytest.raises(CannotCorrect):
            office.ask("void", "D-1", office.version(name), reason="a slip", by="ops-1")


def test_a_void_observed_move_puts_the_deal_back(office: Office) -> None:
    """What another system told by mistake is taken back like anything else, and stands with the bypasses."""
    office.deal()
    office.ok("observe", "D-1", "negotiation", source="crm", key="1", at=office.now, by="crm-sync")
    office.ok("void", "D-1", office.version("DealMoved"), reason="told of the wrong deal", by="ops-1")
    assert office.stands() == ("lead", "open")


def test_a_correction_is_said_now(office: Office) -> None:
    """It is not dated back to before it was said, nor into the future."""
    office.deal()
    office.later()
    with pytest.raises(Rejected):
        office.ask("correct_value", "D-1", 1, {"amount": "1"}, reason="a slip", by="ops-1", at=office.now + DAY)
    moment = office.now
    office.ok("correct_value", "D-1", 1, {"amount": "1"}, reason="a slip", by="ops-1")
    assert office.facts_of("deals", known_at=moment)[0]["value"] == 100_000_000
    assert office.last().recorded_at > moment


def test_a_correction_in_a_lent_role_says_whose_role_it_was(office: Office) -> None:
    """As with approvals and waivers: the lender stands beside who acted."""
    office.deal()
    office.ask("delegate", "ops-1", "rep-2", "ops", office.now + DAY, by="ops-1")
    office.ok("correct_value", "D-1", 1, {"amount": "9000"}, reason="the order says so", by="rep-2")
    assert office.last().envelope.on_behalf_of == "ops-1"


@pytest.mark.parametrize("end", ["lost", "won"])
def test_an_owner_alone_merges_no_open_deal_into_a_closed_one(office: Office, end: str) -> None:
    """It would leave the pipeline by no gate: that takes the right to correct, or the loss is asked for."""
    office.deal("D-1", stage="proposal", amount="900000")
    office.deal("D-2", stage="negotiation")
    if end == "lost":
        office.ok("lose", "D-2", "price")
    else:
        office.ok("win", "D-2")
    with pytest.raises(CannotMerge, match=f"`D-2` is {end}"):
        office.ask("merge", "D-1", "D-2", reason="the same", by="rep-1")
    assert office.stands("D-1") == ("proposal", "open")
    office.ok("merge", "D-1", "D-2", reason="the same", by="ops-1")


def test_nobody_merges_by_losing_the_other_deal_in_the_same_bulk(office: Office) -> None:
    """One is lost and the other merged into it at once: that is merging an open deal into a lost one."""
    office.deal("D-1")
    office.deal("D-2")
    engine = office.engine
    lose = engine.commands_for(LoseDeal, ["D-2"], {"reason": "price"}, by="rep-1")
    merge = engine.commands_for(MergeDeal, ["D-1"], {"into": "D-2", "reason": "the same"}, by="rep-1")
    results = engine.bulk([*lose, *merge], all_or_nothing=True)
    assert [each.result for each in results] == ["not done", "wrong"]
