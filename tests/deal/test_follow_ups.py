"""What a win leads to: planned beside it, with the fields the next deal begins with, and noted once it is there."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline_engine.deal import (
    DealOpened,
    DealReopened,
    DealWon,
    FollowUpOpened,
    FollowUpPlanned,
    MoveRefused,
    NoteFollowUp,
    ReopenDeal,
    WinDeal,
)
from pipeline_engine.errors import UnknownName
from pipeline_engine.values import Money, Value
from tests.deal.papers import begun
from tests.deal.story import MONDAY, Story

ENDS = date(2027, 3, 31)


def deal(**fields: Value) -> Story:
    """An open deal of rep-1 with these fields."""
    return begun().given(DealOpened(process="b2b", version=1, stage="lead", owner="rep-1", fields=fields))


def plans(story: Story) -> list[FollowUpPlanned]:
    """What the history has planned, in order."""
    return [each.event for each in story.recorded if isinstance(each.event, FollowUpPlanned)]


def test_a_win_plans_what_the_process_says() -> None:
    """Each deal with its process, moment, owner and carried fields; without a moment it is due at once."""
    story = deal(amount=Money.of(5, "EUR"), region="NA", ends=ENDS).when(WinDeal)
    story.then(DealWon, FollowUpPlanned, FollowUpPlanned)
    renewal, survey = plans(story)
    assert renewal == FollowUpPlanned(
        process="renewal", deal_id="D-1-renewal", due=datetime(2027, 3, 1, tzinfo=UTC), owner="rep-1",
        fields={"region": "NA", "value": Money.of(5, "EUR")},
    )  # fmt: skip
    assert survey == FollowUpPlanned(
        process="survey", deal_id="D-1-survey", due=MONDAY + timedelta(days=3), owner="rep-1"
    )


def test_what_is_not_known_is_not_carried_and_no_moment_is_reckoned_from_it() -> None:
    """The plan is there without a date, for somebody to see."""
    renewal = plans(deal(region="NA").when(WinDeal))[0]
    assert (renewal.due, renewal.fields) == (None, {"region": "NA"})


def test_a_refused_win_plans_nothing() -> None:
    """Only what is won leads on."""
    story = begun().given(DealOpened(process="b2b", version=1, stage="proposal", owner="rep-1"))
    story.when(WinDeal).then(MoveRefused)


def test_a_planned_deal_is_noted_as_there_once() -> None:
    """Noting it again changes nothing; the other plan still waits."""
    story = deal().when(WinDeal).when(NoteFollowUp, opened="D-1-survey").then(FollowUpOpened)
    story.when(NoteFollowUp, opened="D-1-survey").then()
    assert story.deal is not None
    assert [(each.deal_id, each.opened) for each in story.deal.follow_ups] == [
        ("D-1-renewal", False), ("D-1-survey", True),
    ]  # fmt: skip


def test_what_was_never_planned_cannot_be_noted() -> None:
    """It would be a deal out of nowhere."""
    with pytest.raises(UnknownName, match="`D-1-survey`"):
        deal().when(WinDeal).when(NoteFollowUp, opened="D-1-party")


def test_a_reopened_deal_leads_nowhere_until_it_is_won_again() -> None:
    """Plans go with the win; a deal that is there already is not planned a second time."""
    story = deal().when(WinDeal).when(NoteFollowUp, opened="D-1-survey").when(ReopenDeal).then(DealReopened)
    assert story.deal is not None
    assert [each.deal_id for each in story.deal.follow_ups] == ["D-1-survey"]
    story.when(WinDeal, after=timedelta(days=4)).then(DealWon, FollowUpPlanned)
    assert plans(story)[-1].deal_id == "D-1-renewal"
