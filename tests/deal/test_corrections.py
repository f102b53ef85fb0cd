"""Corrections: saying what really was, without passing a gate and without undoing what was known then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline_engine import deal as d
from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadMoment, BadValue, CannotCorrect, Rejected, UnknownDeal, UnknownField
from pipeline_engine.process import Judge, load_process
from pipeline_engine.values import Money, Personal
from tests.deal.story import JUDGE, MONDAY, PROCESS, Story

CORRECTING = Judge(
    load_process(f"{PROCESS}corrections: {{by: [vp, manager]}}\n", "b2b.yaml").model_copy(update={"version": 1})
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def euro(amount: int) -> Money:
    """So many euros."""
    return Money.of(amount, "EUR")


def opened(**fields: Any) -> d.DealOpened:
    """The opening of a deal of rep-1 in lead."""
    return d.DealOpened(process="b2b", version=1, stage="lead", owner="rep-1", fields=fields)


def moved(there: str, here: str = "lead") -> d.DealMoved:
    """A move that the gate let pass."""
    return d.DealMoved(from_stage=here, to_stage=there)


def approved(target: str = "negotiation") -> d.ApprovalGranted:
    """A manager's approval of a big deal."""
    return d.ApprovalGranted(
        rule="big-deal", target=target, role="manager", seen_version=2, lapses_on=("amount", "discount")
    )


@pytest.fixture
def given() -> Any:
    """A story under a process in which managers may correct; its events are an hour apart."""
    return lambda *events: Story(judge=CORRECTING).given(*events)


def correct(story: Story, kind: type[d.Command], version: int, *, by: str = "mgr-1", **what: Any) -> Story:
    """Ask for a correction, with a reason."""
    reason = {} if kind is d.ConfirmCorrection else {"reason": "the order says so"}
    return story.when(kind, by=by, version=version, **{**reason, **what})


def deal_of(story: Story) -> d.Deal:
    """What the story adds up to."""
    assert story.deal is not None
    return story.deal


# ---- values


def test_a_value_was_really_another(given: Any) -> None:
    """What the opening said is corrected; the deal has the right value from then on."""
    story = correct(given(opened(amount=euro(5))), d.CorrectValue, 1, values={"amount": "50000"})
    story.then(d.CorrectionRecorded)
    assert deal_of(story).fields["amount"] == euro(50_000)


def test_a_value_that_was_changed_later_stays_as_it_was_changed(given: Any) -> None:
    """Correcting what was said first does not undo what was said after it."""
    changed = d.FieldsChanged(set={"amount": euro(7)})
    story = correct(given(opened(amount=euro(5)), changed), d.CorrectValue, 1, values={"amount": "6"})
    assert deal_of(story).fields["amount"] == euro(7)


def test_a_value_may_turn_out_never_to_have_been_known(given: Any) -> None:
    """An empty text says that nobody knew."""
    story = correct(given(opened(amount=euro(5), region="NA")), d.CorrectValue, 1, values={"amount": ""})
    assert dict(deal_of(story).fields) == {"region": "NA"}


def test_what_was_cleared_may_have_had_a_value(given: Any) -> None:
    """A field that a change cleared is set again by a correction of that change."""
    cleared = d.FieldsChanged(cleared=("amount",))
    story = correct(given(opened(amount=euro(5)), cleared), d.CorrectValue, 2, values={"amount": "6"})
    assert deal_of(story).fields["amount"] == euro(6)


def test_the_last_correction_of_a_value_holds(given: Any) -> None:
    """A wrong correction is set right by correcting the event again."""
    story = correct(given(opened(amount=euro(5))), d.CorrectValue, 1, values={"amount": ""})
    correct(story, d.CorrectValue, 1, values={"amount": "9"})
    assert deal_of(story).fields["amount"] == euro(9)


def test_the_same_value_again_records_nothing(given: Any) -> None:
    """What is so already is not corrected."""
    story = given(opened(amount=euro(5)), d.ActivityLogged(kind="call"))
    correct(story, d.CorrectValue, 1, values={"amount": "5"}).then()
    correct(story, d.VoidEvent, 2).then(d.CorrectionRecorded)
    correct(story, d.VoidEvent, 2).then()


def test_a_personal_value_stays_personal(given: Any) -> None:
    """A corrected e-mail is kept under the deal's key, as the first one was."""
    first = opened(email=Personal("deal:D-1", "kim@customer.example"))
    story = correct(given(first), d.CorrectValue, 1, values={"email": "kim.b@customer.example"})
    assert deal_of(story).fields["email"] == Personal("deal:D-1", "kim.b@customer.example")


# ---- times


def test_something_happened_at_another_time(given: Any) -> None:
    """A meeting that was noted late was really held earlier."""
    story = given(opened(), d.ActivityLogged(kind="meeting"))
    correct(story, d.CorrectTime, 2, really_at=MONDAY + timedelta(minutes=5)).then(d.CorrectionRecorded)
    assert deal_of(story).activities[0].at == MONDAY + timedelta(minutes=5)


def test_a_move_happened_at_another_time(given: Any) -> None:
    """The stay begins when it really began."""
    story = given(opened(), moved("qualified"))
    correct(story, d.CorrectTime, 2, really_at=MONDAY + timedelta(minutes=5))
    assert deal_of(story).entered_at == MONDAY + timedelta(minutes=5)
    assert deal_of(story).last_stage_at == MONDAY + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("really_at", "said"),
    [
        (MONDAY - HOUR, r"before the stage event before it: event 1, DealOpened"),
        (MONDAY + 3 * HOUR, r"after the stage event after it: event 3, DealMoved"),
        (MONDAY + 30 * DAY, "in the future; now is 2026-03-05"),
    ],
)
def test_a_time_stays_between_the_stages_around_it(given: Any, really_at: datetime, said: str) -> None:
    """Nothing is put before the stage event before it, after the one after it, or into the future."""
    story = given(opened(), d.ActivityLogged(kind="call"), moved("qualified"))
    with pytest.raises(BadMoment, match=said):
        correct(story, d.CorrectTime, 2, really_at=really_at)


def test_a_time_nobody_knows_is_not_corrected(given: Any) -> None:
    """An imported event without a date has none to correct."""
    story = given(opened())
    story._add(d.ActivityLogged(kind="call"), "import", None)
    with pytest.raises(CannotCorrect, match="event 2 of deal `D-1`, ActivityLogged, cannot be corrected: nobody knows"):
        correct(story, d.CorrectTime, 2, really_at=MONDAY)


# ---- what did not happen


def test_a_call_did_not_happen(given: Any) -> None:
    """What did not happen is no evidence."""
    story = correct(given(opened(), d.ActivityLogged(kind="meeting")), d.VoidEvent, 2).then(d.CorrectionRecorded)
    assert deal_of(story).activities == ()


def test_a_change_did_not_happen(given: Any) -> None:
    """The field has the value it had before."""
    story = correct(given(opened(amount=euro(5)), d.FieldsChanged(set={"amount": euro(9)})), d.VoidEvent, 2)
    assert deal_of(story).fields["amount"] == euro(5)


def test_the_last_move_did_not_happen(given: Any) -> None:
    """The deal is back where it was, since when it was there."""
    story = correct(given(opened(), moved("qualified"), moved("proposal", "qualified")), d.VoidEvent, 3)
    deal = deal_of(story)
    assert (deal.stage, deal.entered_at) == ("qualified", MONDAY + HOUR)


def test_a_loss_did_not_happen(given: Any) -> None:
    """A deal that was closed by mistake is open again, once a second person has confirmed it."""
    story = correct(given(opened(), d.DealLost(from_stage="lead", reason="price")), d.VoidEvent, 2)
    correct(story.then(d.CorrectionProposed), d.ConfirmCorrection, 3, by="mgr-2").then(d.CorrectionRecorded)
    deal = deal_of(story)
    assert (deal.status, deal.stage, deal.closed_at, deal.lost_reason) == ("open", "lead", None, None)


def test_a_win_that_did_not_happen_leads_to_nothing(given: Any) -> None:
    """What the win had planned goes with it; what is there already stays."""
    plans = [d.FollowUpPlanned(process="renewal", deal_id=deal_id) for deal_id in ("D-1-renewal", "D-1-upsell")]
    story = given(opened(), d.DealWon(from_stage="lead"), *plans, d.FollowUpOpened(deal_id="D-1-upsell"))
    correct(story, d.VoidEvent, 2)
    correct(story, d.ConfirmCorrection, 6, by="mgr-2")
    assert [(plan.deal_id, plan.opened) for plan in deal_of(story).follow_ups] == [("D-1-upsell", True)]


@pytest.mark.parametrize("later", [moved("proposal", "qualified"), d.DealLost(from_stage="qualified", reason="price")])
def test_a_move_that_others_depend_on_is_not_void(given: Any, later: Event) -> None:
    """Only the last stage event can turn out not to have happened; first the later one has to go."""
    story = given(opened(), moved("qualified"), later)
    with pytest.raises(CannotCorrect, match=rf"event 3, {type(later).__name__}, came after it and depends on it"):
        correct(story, d.VoidEvent, 2)


def test_after_the_later_move_the_earlier_one_may_be_void(given: Any) -> None:
    """Void one after the other, the deal goes all the way back."""
    story = given(opened(), moved("qualified"), moved("proposal", "qualified"))
    correct(correct(story, d.VoidEvent, 3), d.VoidEvent, 2)
    assert deal_of(story).stage == "lead"


def test_a_way_back_is_not_void(given: Any) -> None:
    """Taking a move back away would put the deal further on without asking the gate."""
    story = given(opened(), moved("qualified"), moved("lead", "qualified"))
    with pytest.raises(CannotCorrect, match=r"would stand further on, in `qualified`; ask the gate"):
        correct(story, d.VoidEvent, 3)


def test_a_reopening_of_a_won_deal_is_not_void(given: Any) -> None:
    """No correction wins a deal."""
    story = given(opened(), d.DealWon(from_stage="lead"), d.DealReopened(to_stage="lead"))
    with pytest.raises(CannotCorrect, match="would be won again without the gate"):
        correct(story, d.VoidEvent, 3)


def test_a_reopening_of_a_lost_deal_may_be_void(given: Any) -> None:
    """The deal is lost as it was, once a second person agrees."""
    lost = d.DealLost(from_stage="lead", reason="price")
    story = correct(given(opened(), lost, d.DealReopened(to_stage="lead")), d.VoidEvent, 3)
    deal = deal_of(correct(story.then(d.CorrectionProposed), d.ConfirmCorrection, 4, by="mgr-2"))
    assert (deal.status, deal.lost_reason) == ("lost", "price")


def test_a_stage_that_the_process_does_not_have_is_nowhere_to_go_back_to(given: Any) -> None:
    """A deal that came from another system is not put where the process knows no place."""
    story = given(d.DealOpened(process="b2b", version=1, stage="inbox", basis="source"), moved("lead", "inbox"))
    with pytest.raises(CannotCorrect, match=r"would stand in `inbox`, which process `b2b@1` does not have"):
        correct(story, d.VoidEvent, 2)


# ---- what a correction does to approvals


def test_an_approval_ends_when_what_it_rests_on_is_corrected(given: Any) -> None:
    """A manager who saw 5 has not approved 500,000."""
    story = correct(given(opened(amount=euro(5)), approved()), d.CorrectValue, 1, values={"amount": "500000"})
    assert [grant.standing for grant in deal_of(story).approvals] == [False]


def test_an_approval_that_rests_on_something_else_stays(given: Any) -> None:
    """A corrected region ends no approval of an amount."""
    story = correct(given(opened(amount=euro(5), region="NA"), approved()), d.CorrectValue, 1, values={"region": ""})
    assert [grant.standing for grant in deal_of(story).approvals] == [True]


def test_an_approval_that_has_lapsed_does_not_come_back(given: Any) -> None:
    """The change that ended it did not happen; the approver is asked again all the same."""
    change = d.FieldsChanged(set={"amount": euro(9)})
    story = correct(given(opened(amount=euro(5)), approved(), change), d.VoidEvent, 3)
    assert [grant.standing for grant in deal_of(story).approvals] == [False]


def test_an_approval_that_a_void_move_used_stays_used(given: Any) -> None:
    """One approval serves one move, even one that did not happen."""
    story = correct(given(opened(), approved("qualified"), moved("qualified")), d.VoidEvent, 3)
    assert [grant.standing for grant in deal_of(story).approvals] == [False]


def test_who_asked_before_a_void_move_still_asked(given: Any) -> None:
    """Four eyes, always: whoever asked for an approval does not give it after the move was void."""
    asked = d.ApprovalRequested(rule="big-deal", target="qualified", role="manager")
    story = correct(given(opened(), asked, moved("qualified")), d.VoidEvent, 3)
    deal = deal_of(story)
    assert not deal.requests
    assert deal.askers == {("big-deal", "qualified", "rep-1")}


# ---- who may


def test_a_correction_needs_the_role(given: Any) -> None:
    """A rep who tries is refused, and that is kept."""
    story = correct(given(opened(amount=euro(5))), d.CorrectValue, 1, by="rep-1", values={"amount": "6"})
    story.then(d.CorrectionRefused)
    assert story.decided is not None
    refused = story.decided.events[0]
    assert isinstance(refused, d.CorrectionRefused)
    assert (refused.why, refused.corrects, refused.kind) == ("no-role", 1, "value")
    assert deal_of(story).solid_version == 1


def test_a_process_that_names_nobody_lets_nobody_correct() -> None:
    """Where there are people, somebody has to be named."""
    story = Story(judge=JUDGE).given(opened(amount=euro(5)))
    correct(story, d.CorrectValue, 1, values={"amount": "6"}).then(d.CorrectionRefused)


def test_a_store_without_people_binds_nobody() -> None:
    """Everybody may correct; on a closed deal there are two of them all the same."""
    story = Story(judge=JUDGE, open_register=True).given(opened(amount=euro(5)))
    correct(story, d.CorrectValue, 1, by="rep-1", values={"amount": "6"}).then(d.CorrectionRecorded)
    story.given(d.DealWon(from_stage="lead"))
    correct(story, d.CorrectValue, 1, by="rep-1", values={"amount": "7"}).then(d.CorrectionProposed)
    correct(story, d.ConfirmCorrection, 4, by="rep-1").then(d.CorrectionRefused)
    correct(story, d.ConfirmCorrection, 4, by="rep-2").then(d.CorrectionRecorded)


def test_a_closed_deal_is_corrected_by_two(given: Any) -> None:
    """A proposal changes nothing; whoever proposed does not confirm; a second one with the role does."""
    story = given(opened(amount=euro(5)), d.DealWon(from_stage="lead"))
    correct(story, d.CorrectValue, 1, values={"amount": "6"}).then(d.CorrectionProposed)
    assert deal_of(story).fields["amount"] == euro(5)
    correct(story, d.ConfirmCorrection, 3, by="rep-1").then(d.CorrectionRefused)
    correct(story, d.ConfirmCorrection, 3).then(d.CorrectionRefused)
    correct(story, d.ConfirmCorrection, 3, by="mgr-2").then(d.CorrectionRecorded)
    assert deal_of(story).fields["amount"] == euro(6)
    correct(story, d.ConfirmCorrection, 3, by="mgr-2").then()


def test_the_same_proposal_again_is_one(given: Any) -> None:
    """Asking twice records once; another correction is another proposal."""
    story = given(opened(amount=euro(5)), d.DealWon(from_stage="lead"))
    correct(story, d.CorrectValue, 1, values={"amount": "6"}).then(d.CorrectionProposed)
    correct(story, d.CorrectValue, 1, values={"amount": "6"}).then()
    correct(story, d.CorrectValue, 1, values={"amount": "7"}).then(d.CorrectionProposed)


def test_a_proposal_is_held_to_the_law_when_it_is_confirmed(given: Any) -> None:
    """What has become impossible since is not recorded."""
    story = given(opened(), d.DealLost(from_stage="lead", reason="price"))
    correct(story, d.VoidEvent, 2)
    story.given(d.DealReopened(to_stage="lead"))
    with pytest.raises(CannotCorrect, match="event 4, DealReopened, came after it"):
        correct(story, d.ConfirmCorrection, 3, by="mgr-2")


# ---- what cannot be


@pytest.mark.parametrize(
    ("kind", "version", "what", "error", "said"),
    [
        (d.VoidEvent, 99, {}, CannotCorrect, "deal `D-1` has no event 99; its events are 1 to 7"),
        (d.VoidEvent, 0, {}, CannotCorrect, "no event 0"),
        (d.VoidEvent, "2", {}, BadValue, "`version` cannot be `2`; expected a whole number"),
        (d.VoidEvent, True, {}, BadValue, "expected a whole number"),
        (d.VoidEvent, 1, {}, CannotCorrect, "DealOpened, cannot be corrected: a deal that was opened was opened"),
        (d.VoidEvent, 2, {"reason": "  "}, BadValue, "`reason` is missing; expected why"),
        (d.VoidEvent, 2, {"reason": 5}, BadValue, "`reason` cannot be `int`"),
        (d.VoidEvent, 3, {}, CannotCorrect, "ApprovalGranted, .* ends by other means"),
        (d.VoidEvent, 4, {}, CannotCorrect, "MoveRefused, .* a refusal is what was said then, and stays"),
        (d.VoidEvent, 5, {}, CannotCorrect, "a correction is not corrected; correct event 1 again"),
        (d.VoidEvent, 6, {}, CannotCorrect, "OwnerAssigned, .* whose deal it is, `deal assign` says"),
        (d.VoidEvent, 7, {}, CannotCorrect, "SourceStageNoted, .* not for people to correct"),
        (d.CorrectValue, 2, {"values": {"amount": "5"}}, CannotCorrect, "ActivityLogged, .* it says no values"),
        (d.CorrectValue, 1, {"values": {"amount": "x"}}, BadValue, "`amount` cannot be `x`"),
        (d.CorrectValue, 1, {"values": {}}, BadValue, "FIELD=VALUE"),
        (d.CorrectValue, 1, {"values": {"colour": "red"}}, UnknownField, "process `b2b` has no field `colour`"),
        (d.CorrectValue, 1, {"values": {"region": "NA"}}, UnknownField, "event 1 of deal `D-1` has no field `region`"),
        (d.CorrectTime, 4, {"really_at": MONDAY}, CannotCorrect, "a refusal"),
        (d.CorrectTime, 2, {"really_at": MONDAY.replace(tzinfo=None)}, BadValue, "a time with its zone"),
        (d.ConfirmCorrection, 2, {}, CannotCorrect, "is ActivityLogged, no proposal; waiting to be confirmed: none"),
    ],
)
def test_what_cannot_be_corrected_is_named(
    given: Any, kind: type[d.Command], version: Any, what: dict[str, Any], error: type[Rejected], said: str
) -> None:
    """Of bad input nothing is recorded, and what was found is said."""
    refused = d.MoveRefused(attempt="win", from_stage="lead", verdicts=_verdicts())
    corrected = d.CorrectionRecorded(
        corrects=1, kind="value", set={"amount": euro(4)}, role="manager", reason=Personal("deal:D-1", "r")
    )
    story = given(
        opened(amount=euro(5)), d.ActivityLogged(kind="call"), approved(), refused, corrected,
        d.OwnerAssigned(owner="rep-1"), d.SourceStageNoted(stage="x"),
    )  # fmt: skip
    with pytest.raises(error, match=said):
        correct(story, kind, version, **what)


def test_a_deal_that_is_not_there_is_not_corrected() -> None:
    """An event is of a deal."""
    with pytest.raises(UnknownDeal):
        correct(Story(judge=CORRECTING), d.VoidEvent, 1)


def test_what_is_void_is_not_corrected(given: Any) -> None:
    """What did not happen has no time."""
    story = correct(given(opened(), d.ActivityLogged(kind="call")), d.VoidEvent, 2)
    with pytest.raises(CannotCorrect, match="it is void: it did not happen"):
        correct(story, d.CorrectTime, 2, really_at=MONDAY)


def _verdicts() -> d.Verdicts:
    return d.Verdicts(process="b2b", version=1, digest="d", judged_at=1, codes="f", now=MONDAY)
