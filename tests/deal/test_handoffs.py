"""Handing a deal over: one asks, another says yes or no, and only then is the deal somebody else's."""

from datetime import timedelta

import pytest

from pipeline_engine.deal import (
    AcceptHandoff,
    ApprovalGranted,
    AssignOwner,
    DealMerged,
    DealOpened,
    DealWon,
    DeclineHandoff,
    HandoffAccepted,
    HandoffDeclined,
    HandoffRequested,
    HandoffWithdrawn,
    OwnerAssigned,
    RequestHandoff,
    WithdrawHandoff,
)
from pipeline_engine.errors import BadMoment, BadValue, DealIsMerged, HandoffIsOpen, NoHandoff, NotTheirs
from tests.deal.story import Story


def owned(by: str | None = "rep-1") -> Story:
    """A deal of rep-1, whose manager is mgr-1."""
    return Story().given(DealOpened(process="b2b", version=1, stage="lead", owner=by))


def asked() -> Story:
    """rep-1 has asked mgr-2 to take the deal over."""
    return owned().when(RequestHandoff, to="mgr-2", why="I am on leave").then(HandoffRequested)


def owner(story: Story) -> str | None:
    """Whose deal it is."""
    assert story.deal
    return story.deal.owner


def test_the_owner_stays_until_the_one_asked_says_yes() -> None:
    """Asking hands nothing over; accepting does."""
    story = asked()
    assert owner(story) == "rep-1"
    story.when(AcceptHandoff, by="mgr-2").then(HandoffAccepted)
    assert owner(story) == "mgr-2"
    assert story.deal
    assert story.deal.handoff is None


def test_who_is_asked_may_say_no() -> None:
    """A handover that is declined leaves the deal with its owner, and nobody is asked any more."""
    story = asked().when(DeclineHandoff, by="mgr-2", reason="no time").then(HandoffDeclined)
    assert owner(story) == "rep-1"
    with pytest.raises(NoHandoff):
        story.when(AcceptHandoff, by="mgr-2")


@pytest.mark.parametrize("by", ["rep-1", "mgr-1", "vp-1"])
@pytest.mark.parametrize("answer", [AcceptHandoff, DeclineHandoff])
def test_nobody_answers_for_the_one_who_was_asked(answer: type, by: str) -> None:
    """Neither the owner nor a manager takes a deal over, or refuses to, in somebody else's place."""
    with pytest.raises(NotTheirs, match="`mgr-2`, who was asked"):
        asked().when(answer, by=by)


def test_only_the_owner_or_their_manager_hands_a_deal_over() -> None:
    """Whoever neither owns the deal nor leads who does cannot give it away, nor take it by asking for oneself."""
    owned().when(RequestHandoff, to="mgr-2", by="mgr-1").then(HandoffRequested)
    for by in ("mgr-2", "vp-1", "stranger"):
        with pytest.raises(NotTheirs, match="`rep-1`, who owns it, or their manager `mgr-1`"):
            owned().when(RequestHandoff, to=by, by=by)


def test_a_deal_that_nobody_owns_may_be_offered_by_anybody() -> None:
    """Nobody is asked before a deal without an owner is offered to somebody."""
    story = owned(by=None).when(RequestHandoff, to="mgr-2", by="vp-1").then(HandoffRequested)
    story.when(AcceptHandoff, by="mgr-2").then(HandoffAccepted)
    assert owner(story) == "mgr-2"


def test_in_a_store_without_people_anybody_hands_over_and_the_one_asked_answers() -> None:
    """Where nobody is registered no role binds, and still only the one asked says yes."""
    story = owned().later(open_register=True).when(RequestHandoff, to="mgr-2", by="stranger").then(HandoffRequested)
    with pytest.raises(NotTheirs):
        story.when(AcceptHandoff, by="stranger")
    story.when(AcceptHandoff, by="mgr-2").then(HandoffAccepted)


@pytest.mark.parametrize("by", ["rep-1", "mgr-1"])
def test_whoever_stands_for_the_owner_may_take_the_question_back(by: str) -> None:
    """Withdrawn by the owner or their manager, nobody is asked any more."""
    story = asked().when(WithdrawHandoff, by=by).then(HandoffWithdrawn)
    assert story.deal
    assert story.deal.handoff is None


def test_nobody_else_takes_the_question_back() -> None:
    """The one asked declines; a third person has no say."""
    for by in ("mgr-2", "vp-1"):
        with pytest.raises(NotTheirs, match="`rep-1`, who asked"):
            asked().when(WithdrawHandoff, by=by)


def test_who_asked_may_take_it_back_though_no_longer_the_manager() -> None:
    """Whoever asked can always say that they no longer ask."""
    story = owned().given(HandoffRequested(to="rep-9"), by="vp-1")
    story.when(WithdrawHandoff, by="vp-1").then(HandoffWithdrawn)


def test_one_person_is_asked_at_a_time() -> None:
    """Asking the same person again changes nothing; asking another one first needs the question taken back."""
    asked().when(RequestHandoff, to="mgr-2").then()
    with pytest.raises(HandoffIsOpen, match="`mgr-2`"):
        asked().when(RequestHandoff, to="vp-1")


def test_a_deal_is_not_handed_to_its_owner() -> None:
    """Who owns a deal cannot be asked to take it over."""
    with pytest.raises(BadValue, match="somebody else"):
        owned().when(RequestHandoff, to="rep-1")


def test_accepting_twice_takes_over_once() -> None:
    """Who took the deal over has nothing left to accept."""
    asked().when(AcceptHandoff, by="mgr-2").when(AcceptHandoff, by="mgr-2").then()


def test_a_deal_given_to_somebody_else_meanwhile_is_handed_over_no_longer() -> None:
    """Once a deal is assigned, the former owner's question is void: its new owner asked nobody."""
    story = asked().when(AssignOwner, owner="vp-1", by="mgr-1").then(OwnerAssigned)
    with pytest.raises(NoHandoff):
        story.when(AcceptHandoff, by="mgr-2")


def test_a_merged_deal_is_handed_over_no_longer() -> None:
    """A deal that is the same as another has no owner to change."""
    with pytest.raises(DealIsMerged):
        asked().given(DealMerged(into="D-2")).when(AcceptHandoff, by="mgr-2")


def test_a_won_deal_may_be_handed_over() -> None:
    """A customer that was won goes on having somebody who looks after them; a lost deal is given away (`assign`)."""
    story = owned().given(DealWon(from_stage="lead"))
    story.when(RequestHandoff, to="mgr-2").then(HandoffRequested)
    story.when(AcceptHandoff, by="mgr-2").then(HandoffAccepted)


def test_what_the_new_owner_approved_before_no_longer_counts() -> None:
    """Four eyes: whoever takes a deal over loses the approvals they gave it while it was somebody else's."""
    granted = ApprovalGranted(rule="big-deal", target="negotiation", role="manager", seen_version=1)
    story = owned().given(granted, by="mgr-2").when(RequestHandoff, to="mgr-2").when(AcceptHandoff, by="mgr-2")
    assert story.deal
    assert [grant.standing for grant in story.deal.approvals] == [False]


def test_nobody_answers_before_they_were_asked() -> None:
    """How long somebody waited for an answer is never less than nothing."""
    for answer in (AcceptHandoff, DeclineHandoff):
        with pytest.raises(BadMoment, match="before the handover was asked for"):
            asked().when(answer, by="mgr-2", after=timedelta(days=2), clock=None)
