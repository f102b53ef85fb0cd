"""The one gate: what passes, what is refused and why, what a waiver and an approval cover."""

from datetime import date, timedelta

import pytest

from pipeline_engine.deal import (
    ActivityLogged,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    Approve,
    DealLost,
    DealMerged,
    DealMoved,
    DealOpened,
    DealReopened,
    DealWon,
    FieldsChanged,
    LogActivity,
    LoseDeal,
    MoveDeal,
    MoveRefused,
    OpenDeal,
    OpeningRefused,
    ReopenDeal,
    RequestApproval,
    RuleWaived,
    SetFields,
    Waive,
    WaiverRefused,
    WinDeal,
)
from pipeline_engine.errors import (
    BadMoment,
    BadValue,
    DealExists,
    DealIsClosed,
    DealIsMerged,
    DealIsOpen,
    UnknownDeal,
    UnknownField,
    UnknownKind,
    UnknownReason,
    UnknownRule,
    UnknownStage,
)
from pipeline_engine.values import Money, Personal
from tests.deal.story import Story

EMAIL = FieldsChanged(set={"email": Personal("deal:D-1", "a@example.org")})
MEETING = ActivityLogged(kind="meeting")


def at_proposal(amount: str = "62000") -> Story:
    """A deal that stands in proposal, with all that leads there."""
    story = Story().given(DealOpened(process="b2b", version=1, stage="lead", owner="rep-1"), EMAIL, MEETING, MEETING)
    facts = FieldsChanged(set={"amount": Money.of(amount, "EUR"), "close_date": date(2026, 6, 1)})
    moves = (DealMoved(from_stage="lead", to_stage="qualified"), DealMoved(from_stage="qualified", to_stage="proposal"))
    return story.given(facts, *moves)


def test_a_deal_opens_in_the_first_stage_with_its_defaults(story: Story) -> None:
    """Opening writes down the defaults of the process, so that a later version cannot change them."""
    story.when(OpenDeal, process="b2b", owner="rep-1", fields={"amount": "12000"}).then(DealOpened)
    deal = story.deal
    assert deal is not None
    assert (deal.stage, deal.fields["amount"], deal.fields["discount"]) == ("lead", Money.of(12000, "EUR"), 0.0)


def test_an_opening_where_deals_do_not_open_is_refused_and_remembered(story: Story) -> None:
    """A refused opening is an event with what was proposed; the deal is not there."""
    story.when(OpenDeal, process="b2b", owner="rep-1", stage="proposal").then(OpeningRefused)
    assert story.deal is not None
    assert not story.deal.opened
    with pytest.raises(UnknownDeal):
        story.when(MoveDeal, target="qualified")


def test_a_deal_refused_at_opening_can_still_be_opened(story: Story) -> None:
    """A refusal does not take the deal's id away."""
    story.when(OpenDeal, process="b2b", stage="proposal").when(OpenDeal, process="b2b").then(DealOpened)


def test_a_move_that_meets_every_rule_is_made(opened: Story) -> None:
    """All rules of the gate pass: the deal moves and its verdicts are kept as letters."""
    opened.given(EMAIL).when(MoveDeal, target="qualified").then(DealMoved)
    assert opened.codes("moves:forward", "reachable", "big-deal") == "ppn"


def test_a_missing_fact_is_unknown_and_stops_the_move(opened: Story) -> None:
    """Missing is not the same answer as failing, and passes no gate."""
    opened.when(MoveDeal, target="qualified").then(MoveRefused)
    assert opened.codes("reachable") == "u"


def test_a_fact_that_does_not_hold_fails(opened: Story) -> None:
    """A rule that reads what is there and finds it wrong says fails, not unknown."""
    opened.given(FieldsChanged(set={"email": Personal("deal:D-1", "nobody")})).when(MoveDeal, target="qualified")
    assert opened.codes("reachable") == "f"


def test_asking_again_with_nothing_changed_records_nothing(opened: Story) -> None:
    """The same refusal twice is one event; the second answer points to the first."""
    opened.when(MoveDeal, target="qualified").when(MoveDeal, target="qualified", after=timedelta(days=4)).then()
    assert opened.decided is not None
    assert opened.decided.repeats == 2


def test_a_refusal_after_something_changed_is_a_new_one(opened: Story) -> None:
    """Between two equal refusals an activity was logged: both count."""
    opened.when(MoveDeal, target="qualified").when(LogActivity, kind="call").when(MoveDeal, target="qualified")
    opened.then(MoveRefused)


def test_moving_to_where_the_deal_stands_changes_nothing(opened: Story) -> None:
    """Asking for the stage the deal is in is no event."""
    opened.when(MoveDeal, target="lead").then()


def test_a_skip_is_refused_even_where_all_else_holds(opened: Story) -> None:
    """The way is step by step: leaping a stage fails the rule of the way itself."""
    opened.given(
        EMAIL, MEETING, MEETING, FieldsChanged(set={"amount": Money.of(1, "EUR"), "close_date": date(2026, 6, 1)})
    )
    opened.when(MoveDeal, target="proposal").then(MoveRefused)
    assert opened.codes("moves:forward", "reachable") == "fp"


def test_a_waived_skip_still_judges_the_stages_passed_over(opened: Story) -> None:
    """Waiving the skip waives the skip alone: the rules of the stage leapt over are asked."""
    opened.given(MEETING, MEETING, FieldsChanged(set={"amount": Money.of(1, "EUR"), "close_date": date(2026, 6, 1)}))
    opened.when(Waive, rule="moves:forward", target="proposal", reason="met at the fair", by="mgr-1").then(RuleWaived)
    opened.when(MoveDeal, target="proposal").then(MoveRefused)
    assert opened.codes("moves:forward", "reachable") == "wu"
    opened.given(EMAIL).when(MoveDeal, target="proposal").then(DealMoved)


def test_going_back_needs_a_reason_and_no_entry_rules(opened: Story) -> None:
    """Going back is judged by its reason only."""
    story = at_proposal()
    story.when(MoveDeal, target="lead").then(MoveRefused)
    story.when(MoveDeal, target="lead", reason="wrong customer").then(DealMoved)


def test_a_big_deal_needs_a_managers_approval() -> None:
    """Above the limit the rule fails until a manager, who is not the owner, approved."""
    story = at_proposal().when(MoveDeal, target="negotiation").then(MoveRefused)
    assert story.codes("big-deal") == "f"
    story.when(RequestApproval, rule="big-deal").then(ApprovalRequested)
    story.when(Approve, rule="big-deal", by="mgr-1").then(ApprovalGranted)
    story.when(MoveDeal, target="negotiation").then(DealMoved)


def test_a_small_deal_is_not_asked_for_the_approval() -> None:
    """Where `when` is false the rule is not asked."""
    story = at_proposal("49999.99").when(MoveDeal, target="negotiation").then(DealMoved)
    assert story.codes("big-deal") == "n"


def test_an_unknown_when_makes_the_rule_unknown_never_skipped() -> None:
    """A deal without an amount does not walk round the approval."""
    story = at_proposal().given(FieldsChanged(cleared=("amount",))).when(MoveDeal, target="negotiation")
    story.then(MoveRefused)
    assert story.codes("big-deal") == "u"


def test_an_approval_lapses_when_what_it_saw_changes() -> None:
    """An approval seen at one amount does not serve another."""
    story = at_proposal().when(Approve, rule="big-deal", by="mgr-1")
    story.when(SetFields, values={"amount": "500000"}).when(MoveDeal, target="negotiation").then(MoveRefused)


def test_an_approval_is_used_up_by_the_move_it_served() -> None:
    """Moving there a second time needs a second approval."""
    story = at_proposal().when(Approve, rule="big-deal", by="mgr-1").when(MoveDeal, target="negotiation")
    story.when(MoveDeal, target="proposal", reason="back to the table").when(MoveDeal, target="negotiation")
    story.then(MoveRefused)


def test_an_expired_approval_serves_nothing() -> None:
    """Expiry is a comparison that the gate makes."""
    story = at_proposal()
    story.when(Approve, rule="big-deal", by="mgr-1", expires_at=at_proposal_time(4))
    story.when(MoveDeal, target="negotiation", after=timedelta(days=5)).then(MoveRefused)


def at_proposal_time(days: int):
    """A moment some days after the story begins."""
    from tests.deal.story import MONDAY

    return MONDAY + timedelta(days=days)


def test_an_approval_for_one_stage_does_not_serve_another() -> None:
    """An approval names its target."""
    story = at_proposal().when(Approve, rule="big-deal", target="won", by="mgr-1").then(ApprovalGranted)
    story.when(MoveDeal, target="negotiation").then(MoveRefused)


@pytest.mark.parametrize(("by", "why"), [("rep-1", "no-role"), ("stranger", "no-role")])
def test_who_may_not_approve_is_recorded_as_having_tried(by: str, why: str) -> None:
    """An auditor will ask who tried."""
    story = at_proposal().when(Approve, rule="big-deal", by=by).then(ApprovalRefused)
    assert story.recorded[-1].event.why == why  # type: ignore[attr-defined]  # the kind was just checked


def test_four_eyes_hold_even_where_no_roles_bind() -> None:
    """In a store without people anybody approves, but never the owner."""
    story = at_proposal().later(open_register=True).when(Approve, rule="big-deal", by="rep-1").then(ApprovalRefused)
    story.when(Approve, rule="big-deal", by="anybody").then(ApprovalGranted)


def test_who_asked_may_not_answer() -> None:
    """A manager who asks for an approval leaves the answer to another."""
    story = at_proposal().when(RequestApproval, rule="big-deal", by="mgr-1").when(Approve, rule="big-deal", by="mgr-1")
    story.then(ApprovalRefused)


def test_only_a_named_role_waives_and_never_the_owner() -> None:
    """A waiver by who may not is an event of its own."""
    at_proposal().when(Waive, rule="moves:forward", target="negotiation", reason="r", by="rep-1").then(WaiverRefused)
    at_proposal().when(Waive, rule="big-deal", reason="r", by="mgr-1").then(WaiverRefused)


def test_a_warning_stops_nothing() -> None:
    """A rule of severity warn that fails is kept in the verdicts and lets the move pass."""
    story = at_proposal("10").when(MoveDeal, target="negotiation", after=timedelta(days=90)).then(DealMoved)
    assert story.codes("quick") == "f"


def test_a_deal_is_won_from_where_the_process_says() -> None:
    """Winning from anywhere else is refused, and the stages passed over are judged."""
    story = at_proposal("10").when(WinDeal).then(MoveRefused)
    assert story.codes("won:from") == "f"
    story.when(MoveDeal, target="negotiation").when(WinDeal).then(DealWon)
    assert story.recorded[-1].event.amount == Money.of(10, "EUR")  # type: ignore[attr-defined]  # just checked


def test_a_lost_deal_keeps_its_stage_and_can_be_reopened(opened: Story) -> None:
    """Status is apart from stage."""
    opened.when(LoseDeal, reason="price").then(DealLost)
    assert opened.deal is not None
    assert (opened.deal.status, opened.deal.stage) == ("lost", "lead")
    opened.when(ReopenDeal, reason="they called back").then(DealReopened)
    assert opened.deal.status == "open"


@pytest.mark.parametrize(
    ("kind", "what", "error"),
    [
        (MoveDeal, {"target": "propsal"}, UnknownStage),
        (LoseDeal, {"reason": "prize"}, UnknownReason),
        (SetFields, {"values": {"amont": "1"}}, UnknownField),
        (SetFields, {"values": {"amount": "NaN"}}, BadValue),
        (SetFields, {"values": {"amount": "9" * 30}}, BadValue),
        (SetFields, {"values": {"amount": 1.5}}, BadValue),
        (LogActivity, {"kind": "lunch"}, UnknownKind),
        (Approve, {"rule": "reachable"}, UnknownRule),
        (OpenDeal, {"process": "b2b"}, DealExists),
        (ReopenDeal, {}, DealIsOpen),
        (Waive, {"rule": "reachable", "reason": " "}, BadValue),
    ],
)
def test_bad_input_is_an_error_and_no_event(opened: Story, kind: type, what: dict, error: type[Exception]) -> None:
    """What cannot be meant is refused before the gate, and nothing is recorded."""
    with pytest.raises(error):
        opened.when(kind, **what)
    assert len(opened.recorded) == 1


def test_a_closed_deal_takes_no_move(opened: Story) -> None:
    """Reopening comes first."""
    opened.when(LoseDeal, reason="price")
    with pytest.raises(DealIsClosed):
        opened.when(MoveDeal, target="qualified")


def test_a_stage_event_never_comes_before_the_last_one() -> None:
    """Time in a deal's stages runs one way."""
    with pytest.raises(BadMoment, match="before the deal's last stage event"):
        at_proposal().when(MoveDeal, target="negotiation", after=timedelta(hours=1))


def test_setting_what_is_set_records_nothing(opened: Story) -> None:
    """Asked twice, recorded once."""
    opened.when(SetFields, values={"amount": "10"}).when(SetFields, values={"amount": "10.00"}).then()


def test_clearing_is_not_setting(opened: Story) -> None:
    """An emptied field is cleared, and then unknown."""
    opened.when(SetFields, values={"region": "EMEA"}).when(SetFields, values={"region": ""}).then(FieldsChanged)
    assert opened.deal is not None
    assert "region" not in opened.deal.fields


def test_a_deal_that_its_source_merged_takes_nothing_more(opened: Story) -> None:
    """What goes on, goes on in the deal it was merged into."""
    with pytest.raises(DealIsMerged, match="D-2"):
        opened.given(DealMerged(into="D-2")).when(MoveDeal, target="qualified")
