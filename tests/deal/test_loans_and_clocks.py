"""Of several loans the one that may serve does; and an answer is not dated back to when a loan was good."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline_engine.deal import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalReturned,
    Approve,
    AssignOwner,
    MoveDeal,
    MoveRefused,
    RequestApproval,
    Return,
    RuleWaived,
    Waive,
)
from pipeline_engine.process import Judge, load_process
from tests.deal.story import MONDAY, PROCESS
from tests.deal.test_lent_roles import BIG, SKIP, in_stead_of, lending, loan, why

BACKDATING = Judge(load_process(PROCESS + "backdate: {max: 30d}\n", "b2b.yaml").model_copy(update={"version": 1}))
EITHER = pytest.mark.parametrize(
    ("asked", "what", "event"), [(Approve, BIG, ApprovalGranted), (Waive, SKIP, RuleWaived)]
)
IN_TIME, OVER = timedelta(days=4), MONDAY + timedelta(days=5)


@EITHER
def test_an_answer_is_not_dated_back_to_when_the_loan_was_good(asked: Any, what: dict[str, Any], event: Any) -> None:
    """A process that lets facts be recorded late does not bring an ended loan to life."""
    story = lending(loan()).later(judge=BACKDATING)
    story.when(asked, by="dep-1", after=IN_TIME, clock=OVER, **what)
    assert why(story) == "delegation-ended"


@EITHER
def test_an_answer_is_dated_back_while_the_loan_lasts(asked: Any, what: dict[str, Any], event: Any) -> None:
    """The control: late by a day, in a role that is still lent."""
    story = lending(loan()).later(judge=BACKDATING)
    story.when(asked, by="dep-1", after=IN_TIME - timedelta(days=1), clock=MONDAY + IN_TIME, **what).then(event)


@EITHER
def test_of_two_loans_the_one_that_is_not_the_owners_serves(asked: Any, what: dict[str, Any], event: Any) -> None:
    """Nobody has to know who lent them what first."""
    story = lending(loan("mgr-1"), loan("mgr-2")).when(AssignOwner, owner="mgr-1", after=timedelta(days=2))
    assert in_stead_of(story.when(asked, by="dep-1", **what).then(event)) == "mgr-2"


def test_of_two_loans_the_one_that_is_not_the_askers_serves() -> None:
    """The manager who asked leaves the answer to the other one's stand-in."""
    story = lending(loan("mgr-1"), loan("mgr-2")).when(RequestApproval, **BIG, by="mgr-1")
    assert in_stead_of(story.when(Approve, **BIG, by="dep-1").then(ApprovalGranted)) == "mgr-2"


def test_an_owner_who_is_named_is_the_owner() -> None:
    """Whoever says that they come in the owner's stead is taken at their word, though another loan would do."""
    story = lending(loan("mgr-1"), loan("mgr-2")).when(AssignOwner, owner="mgr-1", after=timedelta(days=2))
    assert why(story.when(Approve, **BIG, by="dep-1", on_behalf_of="mgr-1")) == "four-eyes"


def test_a_request_is_given_back_in_a_lent_role_too() -> None:
    """Whoever may say yes may say what is missing; who asked may ask again."""
    story = lending(loan()).when(RequestApproval, **BIG).when(Return, **BIG, reason="which discount?", by="dep-1")
    assert in_stead_of(story.then(ApprovalReturned)) == "mgr-1"
    assert story.deal is not None
    assert story.deal.requests == ()


def test_giving_back_in_a_loan_that_has_ended_is_refused_and_takes_nothing_back() -> None:
    """It is recorded as the try it was; the request still waits."""
    story = lending(loan()).when(RequestApproval, **BIG)
    story.when(Return, **BIG, reason="no", by="dep-1", after=timedelta(days=6)).then(ApprovalRefused)
    assert why(story) == "delegation-ended"
    assert story.deal is not None
    assert [each.rule for each in story.deal.requests] == ["big-deal"]


def test_a_try_in_a_loan_that_has_ended_leaves_the_gate_shut() -> None:
    """Being recorded as having tried opens nothing."""
    story = lending(loan()).when(Approve, **BIG, by="dep-1", after=timedelta(days=6)).then(ApprovalRefused)
    story.when(MoveDeal, target="negotiation", after=timedelta(days=9)).then(MoveRefused)
