"""Approvals and waivers: who may give them, what ends them, and every way round them that was tried."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline_engine.deal import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRejected,
    ApprovalReturned,
    Approve,
    AssignOwner,
    DealMoved,
    LoseDeal,
    MoveDeal,
    MoveRefused,
    OwnerAssigned,
    Reject,
    RequestApproval,
    RuleWaived,
    Waive,
    WaiverRefused,
)
from pipeline_engine.errors import BadMoment, BadValue, DealIsClosed
from pipeline_engine.process import Judge, load_process
from pipeline_engine.values import Personal
from tests.deal.story import MONDAY, PROCESS, Story
from tests.deal.test_gate import at_proposal

ASKS_THE_OWNERS_MANAGER = PROCESS.replace(
    "approval: manager, when: deal.amount", "approval: owner.manager, when: deal.amount"
)


def refused(story: Story) -> bool:
    """Whether the move that needs the approval is refused now."""
    story.when(MoveDeal, target="negotiation", after=timedelta(days=9))
    assert story.decided is not None
    return bool(story.decided.repeats) or isinstance(story.recorded[-1].event, MoveRefused)


def test_a_no_after_a_yes_takes_the_yes_back() -> None:
    """Whoever holds the role may change their mind: the approval does not outlive the rejection."""
    story = at_proposal().when(Approve, rule="big-deal", by="mgr-1")
    story.when(Reject, rule="big-deal", reason="not like this", by="mgr-1").then(ApprovalRejected)
    assert refused(story)
    story.when(Approve, rule="big-deal", by="mgr-1", after=timedelta(days=10)).then(ApprovalGranted)
    story.when(MoveDeal, target="negotiation", after=timedelta(days=11)).then(DealMoved)


def test_an_approval_sent_back_is_none() -> None:
    """Returned for more is no yes either."""
    story = at_proposal().when(Approve, rule="big-deal", by="mgr-1")
    assert refused(story.given(ApprovalReturned(rule="big-deal", target="negotiation", role="manager"), by="mgr-2"))


def test_a_rejection_for_another_target_takes_nothing_back() -> None:
    """Grants name their target, and so do rejections."""
    story = at_proposal().when(Approve, rule="big-deal", by="mgr-1")
    assert not refused(story.when(Reject, rule="big-deal", target="won", reason="no", by="mgr-2"))


def test_who_asked_may_not_answer_after_another_said_no() -> None:
    """A request that was answered is still a request of who made it."""
    story = at_proposal().when(RequestApproval, rule="big-deal", by="mgr-1")
    story.when(Reject, rule="big-deal", reason="no", by="mgr-2").then(ApprovalRejected)
    story.when(Approve, rule="big-deal", by="mgr-1").then(ApprovalRefused)
    assert story.recorded[-1].event.why == "four-eyes"  # type: ignore[attr-defined]  # the kind was just checked


def test_who_asked_for_the_last_attempt_may_answer_for_the_next() -> None:
    """Once the move went through, asking anew is somebody else's matter."""
    story = at_proposal().when(RequestApproval, rule="big-deal", by="mgr-1")
    story.when(Approve, rule="big-deal", by="mgr-2").when(MoveDeal, target="negotiation")
    story.when(MoveDeal, target="proposal", reason="again").when(Approve, rule="big-deal", by="mgr-1")
    story.then(ApprovalGranted)


def test_an_owner_cannot_lend_the_deal_away_to_approve_it() -> None:
    """Four eyes, always: who gave the deal away may not decide, and what was granted ends when the deal comes back."""
    story = at_proposal().given(OwnerAssigned(owner="mgr-1"))
    story.when(AssignOwner, owner="rep-1", by="mgr-1").when(Approve, rule="big-deal", by="mgr-1").then(ApprovalRefused)
    story.when(MoveDeal, target="qualified", reason="once more").when(MoveDeal, target="proposal").then(DealMoved)
    story.when(Approve, rule="big-deal", by="mgr-1").then(ApprovalGranted)
    story.when(AssignOwner, owner="mgr-1", by="mgr-1").then(OwnerAssigned)
    assert refused(story)


def test_an_owner_cannot_lend_the_deal_away_to_waive_a_rule() -> None:
    """The same holds for waivers."""
    story = at_proposal().when(Waive, rule="moves:forward", target="negotiation", reason="r", by="mgr-1")
    story.given(OwnerAssigned(owner="mgr-1"))
    assert story.deal is not None
    assert not any(grant.standing for grant in story.deal.waivers)


def test_who_asked_as_the_owner_may_not_answer_as_another() -> None:
    """The owner changes between request and answer: the asker stays the asker."""
    story = at_proposal().given(OwnerAssigned(owner="mgr-1")).when(RequestApproval, rule="big-deal", by="mgr-1")
    story.when(AssignOwner, owner="rep-1", by="mgr-1").when(Approve, rule="big-deal", by="mgr-1").then(ApprovalRefused)


def test_an_approval_by_the_owners_manager_ends_with_the_owner() -> None:
    """It was this owner's manager who said yes; the next owner has another one."""
    judge = Judge(load_process(ASKS_THE_OWNERS_MANAGER, "b2b.yaml").model_copy(update={"version": 1}))
    story = at_proposal().later(judge=judge).when(Approve, rule="big-deal", by="mgr-2").then(ApprovalRefused)
    story.when(Approve, rule="big-deal", by="mgr-1").then(ApprovalGranted)
    assert story.recorded[-1].event.lapses_on[-1] == "owner.id"  # type: ignore[attr-defined]  # the kind was just checked
    assert refused(story.when(AssignOwner, owner="rep-2", by="mgr-1"))


def test_an_approval_that_reads_no_owner_outlives_a_change_of_owner() -> None:
    """A manager's yes to the amount is about the amount."""
    assert not refused(at_proposal().when(Approve, rule="big-deal", by="mgr-1").when(AssignOwner, owner="rep-2"))


def test_an_approval_ends_at_its_instant() -> None:
    """At the very moment named it serves no more; a microsecond before it does."""
    for late, kind in ((timedelta(0), MoveRefused), (timedelta(microseconds=-1), DealMoved)):
        story = at_proposal().when(Approve, rule="big-deal", by="mgr-1", expires_at=MONDAY + timedelta(days=5))
        story.when(MoveDeal, target="negotiation", after=timedelta(days=5) + late).then(kind)


def test_an_approval_cannot_end_before_it_begins() -> None:
    """An end at the moment of granting is no approval."""
    with pytest.raises(BadMoment):
        at_proposal().when(Approve, rule="big-deal", by="mgr-1", expires_at=MONDAY + timedelta(days=3))


def test_approving_again_until_later_is_a_new_approval() -> None:
    """Another end is not the same approval asked for twice."""
    story = at_proposal().when(Approve, rule="big-deal", by="mgr-1", expires_at=MONDAY + timedelta(days=5))
    story.when(Approve, rule="big-deal", by="mgr-1", expires_at=MONDAY + timedelta(days=5)).then()
    story.when(Approve, rule="big-deal", by="mgr-1", expires_at=MONDAY + timedelta(days=20)).then(ApprovalGranted)
    assert not refused(story)


def test_a_waiver_by_another_person_is_another_waiver() -> None:
    """Waivers are counted per rule and person: nobody's signature is dropped."""
    what: dict[str, Any] = {"rule": "moves:forward", "target": "negotiation", "reason": "r"}
    story = at_proposal().when(Waive, **what, by="mgr-1").when(Waive, **what, by="mgr-1").then()
    story.when(Waive, **what, by="mgr-2").then(RuleWaived)


def test_a_skip_uses_up_what_was_granted_for_its_target() -> None:
    """Approval and waiver both serve the skip, once."""
    story = at_proposal().given(DealMoved(from_stage="proposal", to_stage="qualified", basis="correction"))
    story.when(Waive, rule="moves:forward", target="negotiation", reason="r", by="mgr-1").then(RuleWaived)
    story.when(Approve, rule="big-deal", by="mgr-1").when(MoveDeal, target="negotiation").then(DealMoved)
    assert story.codes("moves:forward", "big-deal") == "wp"
    assert story.deal is not None
    assert not any(grant.standing for grant in (*story.deal.approvals, *story.deal.waivers))


def test_a_waiver_names_the_target_of_the_attempt() -> None:
    """A rule waived for the stage it stands at is not waived for a skip over that stage."""
    story = at_proposal().given(DealMoved(from_stage="proposal", to_stage="lead", basis="correction"))
    with pytest.raises(BadValue):
        story.when(Waive, rule="moves:forward", reason="r", by="mgr-1")


@pytest.mark.parametrize("rule", ["moves:back", "open:stage", "won:from", "lost:from", "reachable"])
def test_what_nobody_may_waive_is_not_waived(rule: str) -> None:
    """Trying is recorded, with what was said."""
    story = at_proposal().when(Waive, rule=rule, target="won", reason="because", by="mgr-1").then(WaiverRefused)
    tried = story.recorded[-1].event
    assert (tried.why, tried.reason) == ("not-waivable", Personal("deal:D-1", "because"))  # type: ignore[attr-defined]  # see above


def test_a_refused_rejection_says_that_it_was_one() -> None:
    """An auditor can tell who tried to say yes from who tried to say no, and reads what they said."""
    story = at_proposal().when(Reject, rule="big-deal", reason="no", by="rep-1").then(ApprovalRefused)
    tried = story.recorded[-1].event
    assert (tried.tried, tried.reason) == ("reject", Personal("deal:D-1", "no"))  # type: ignore[attr-defined]  # see above


def test_who_tried_and_may_not_moves_no_clock() -> None:
    """A refused approval changes nothing a writer must know of: the deal's solid version stays."""
    story = at_proposal().when(MoveDeal, target="negotiation").then(MoveRefused)
    story.when(Approve, rule="big-deal", by="rep-1").then(ApprovalRefused)
    story.when(MoveDeal, target="negotiation").then()


def test_a_closed_deal_takes_no_waiver_but_for_reopening() -> None:
    """What is over is not waived; the reopening itself may be."""
    story = at_proposal().when(LoseDeal, reason="price")
    with pytest.raises(DealIsClosed):
        story.when(Waive, rule="moves:forward", target="negotiation", reason="r", by="mgr-1")
    story.when(Waive, rule="reopen:reason", reason="r", by="mgr-1").then(WaiverRefused)
