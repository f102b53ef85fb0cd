"""Approvals in order: a later one waits until those before it are given and still stand."""

from datetime import timedelta

from pipeline_engine.deal import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    Approve,
    DealOpened,
    FieldsChanged,
    Reject,
    RequestApproval,
)
from pipeline_engine.process import Judge
from tests.deal.papers import JUDGE, begun
from tests.deal.story import REP, Story

FIRST, SECOND = (rule.id for rule in JUDGE.process.rules if rule.approval)


def at_proposal() -> Story:
    """A deal that needs a manager and then a vice president for the contract."""
    return begun().given(DealOpened(process="b2b", version=1, stage="proposal", owner=REP.id))


def why(story: Story) -> str:
    """Why the last approval was refused."""
    event = story.recorded[-1].event
    assert isinstance(event, ApprovalRefused)
    return event.why


def test_the_second_waits_for_the_first() -> None:
    """Who approves too early is told, as an event; after the first the same person may."""
    assert JUDGE.process.rule(SECOND).after == (FIRST,)
    story = at_proposal().when(Approve, rule=SECOND, by="vp-1").then(ApprovalRefused)
    assert why(story) == "out-of-order"
    story.when(Approve, rule=FIRST, by="mgr-1", after=timedelta(days=4)).then(ApprovalGranted)
    story.when(Approve, rule=SECOND, by="vp-1", after=timedelta(days=5)).then(ApprovalGranted)


def test_a_first_one_for_another_target_or_one_that_ended_is_none() -> None:
    """It must be live for the same target."""
    story = at_proposal().when(Approve, rule=FIRST, target="won", by="mgr-1")
    assert why(story.when(Approve, rule=SECOND, by="vp-1")) == "out-of-order"
    ends = story.recorded[0].envelope.at
    assert ends is not None
    story.when(Approve, rule=FIRST, by="mgr-1", after=timedelta(days=4), expires_at=ends + timedelta(days=5))
    assert why(story.when(Approve, rule=SECOND, by="vp-1", after=timedelta(days=6))) == "out-of-order"


def test_who_may_not_approve_at_all_is_told_that_first() -> None:
    """The role and four eyes come before the order."""
    assert why(at_proposal().when(Approve, rule=SECOND, by="mgr-1")) == "no-role"


def test_a_first_one_that_lapsed_is_none() -> None:
    """Where the deal changed under it, it is given anew before the second."""
    rules = tuple(rule.model_copy(update={"lapses_on": ("region",)}) for rule in JUDGE.process.rules)
    story = at_proposal().later(judge=Judge(JUDGE.process.model_copy(update={"rules": rules})))
    story.when(Approve, rule=FIRST, by="mgr-1").given(FieldsChanged(set={"region": "NA"}))
    assert why(story.when(Approve, rule=SECOND, by="vp-1")) == "out-of-order"


def test_a_second_one_older_than_the_first_given_anew_is_asked_for_and_given_again() -> None:
    """The gate counts it no more, so it is neither "given already" nor beyond asking for."""
    story = at_proposal().when(Approve, rule=FIRST, by="mgr-1")
    story.when(Approve, rule=SECOND, by="vp-1", after=timedelta(days=4)).then(ApprovalGranted)
    story.when(RequestApproval, rule=SECOND, after=timedelta(days=5)).then()
    story.when(Approve, rule=SECOND, by="vp-1", after=timedelta(days=5)).then()
    story.when(Reject, rule=FIRST, by="mgr-1", reason="the terms are not final", after=timedelta(days=6))
    story.when(Approve, rule=FIRST, by="mgr-1", after=timedelta(days=7)).then(ApprovalGranted)
    story.when(RequestApproval, rule=SECOND, after=timedelta(days=8)).then(ApprovalRequested)
    story.when(Approve, rule=SECOND, by="vp-1", after=timedelta(days=9)).then(ApprovalGranted)
