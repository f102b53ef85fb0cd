"""Roles that are lent: whose they are is told, four eyes see through them, and they serve until their end."""

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
    Lent,
    MoveDeal,
    MoveRefused,
    Reject,
    RequestApproval,
    Return,
    RuleWaived,
    Standing,
    Waive,
    WaiverRefused,
)
from pipeline_engine.process import Judge, load_process
from tests.deal.story import MONDAY, PEOPLE, PROCESS, Story
from tests.deal.test_gate import at_proposal

END = MONDAY + timedelta(days=5)
INSTANT = timedelta(microseconds=1)
ASKED: dict[str, Any] = {"rule": "big-deal"}
WAIVED: dict[str, Any] = {"rule": "moves:forward", "target": "negotiation", "reason": "a customer of many years"}


def lending(*loans: Lent, roles: tuple[str, ...] = ("rep",), to: str = "rep-2") -> Story:
    """A deal in proposal that needs a manager, and somebody to whom others lend their roles."""
    holder = Standing(to, (*roles, *(loan.role for loan in loans)), "emea", "mgr-1", 1, own=roles, lent=loans)
    return at_proposal().later(people={**PEOPLE, to: holder})


def loan(lender: str = "mgr-1", role: str = "manager", **more: Any) -> Lent:
    """A manager's role, lent until Saturday."""
    return Lent(role, lender, more.pop("until", END), **more)


def why(story: Story) -> str:
    """Why the last try was refused."""
    event = story.recorded[-1].event
    assert isinstance(event, (ApprovalRefused, WaiverRefused)), event
    return event.why


def in_stead_of(story: Story) -> str | None:
    """Whose role the last command was decided in, where it was lent."""
    assert story.decided is not None
    return story.decided.in_stead_of


def stands(story: Story) -> bool:
    """Whether the move that needs the approval passes a week later."""
    later = story.later().when(MoveDeal, target="negotiation", after=timedelta(days=9))
    return isinstance(later.recorded[-1].event, DealMoved)


@pytest.mark.parametrize(
    ("asked", "what", "event"),
    [
        (Approve, ASKED, ApprovalGranted),
        (Reject, ASKED | {"reason": "no"}, ApprovalRejected),
        (Waive, WAIVED, RuleWaived),
    ],
)
def test_who_answers_in_a_lent_role_says_whose_it_is(asked: Any, what: dict[str, Any], event: Any) -> None:
    """The event carries the lender, whatever the answer is, and whether or not the lender was named."""
    for named in (None, "mgr-1"):
        story = lending(loan()).when(asked, by="rep-2", on_behalf_of=named, **what).then(event)
        assert in_stead_of(story) == "mgr-1"


def test_a_request_is_given_back_in_a_lent_role_too() -> None:
    """Whoever may say yes may say what is missing."""
    story = lending(loan()).when(RequestApproval, rule="big-deal")
    story.when(Return, rule="big-deal", reason="which discount?", by="rep-2").then(ApprovalReturned)
    assert in_stead_of(story) == "mgr-1"


def test_ones_own_role_comes_first_and_a_named_lender_before_it() -> None:
    """Nobody acts for another without need, unless they say that they do."""
    story = lending(loan(), roles=("manager",))
    assert in_stead_of(story.later().when(Approve, by="rep-2", **ASKED)) is None
    assert in_stead_of(story.when(Approve, by="rep-2", on_behalf_of="mgr-1", **ASKED)) == "mgr-1"


@pytest.mark.parametrize(("asked", "what"), [(Approve, ASKED), (Waive, WAIVED)])
def test_a_loan_serves_until_its_end_and_not_a_moment_longer(asked: Any, what: dict[str, Any]) -> None:
    """A microsecond before the end it serves; at the end it does not."""
    lasting = timedelta(days=5)
    lending(loan()).when(asked, by="rep-2", after=lasting - INSTANT, **what).then(
        ApprovalGranted if asked is Approve else RuleWaived
    )
    assert why(lending(loan()).when(asked, by="rep-2", after=lasting, **what)) == "delegation-ended"


@pytest.mark.parametrize(("asked", "what"), [(Approve, ASKED), (Waive, WAIVED)])
def test_an_answer_is_not_dated_back_to_when_the_loan_was_good(asked: Any, what: dict[str, Any]) -> None:
    """A process that lets facts be recorded late does not bring an ended loan to life."""
    process = load_process(PROCESS + "backdate: {max: 30d}\n", "b2b.yaml").model_copy(update={"version": 1})
    story = lending(loan()).later(judge=Judge(process))
    story.when(asked, by="rep-2", after=timedelta(days=4), clock=END, **what)
    assert why(story) == "delegation-ended"


@pytest.mark.parametrize(("asked", "what"), [(Approve, ASKED), (Waive, WAIVED)])
def test_nobody_lends_what_they_do_not_hold_any_more(asked: Any, what: dict[str, Any]) -> None:
    """The loan ends with the lender's own role."""
    assert why(lending(loan(held=False)).when(asked, by="rep-2", **what)) == "delegation-ended"


@pytest.mark.parametrize("named", ["mgr-2", "vp-1", "rep-2", "nobody"])
@pytest.mark.parametrize(("asked", "what"), [(Approve, ASKED), (Waive, WAIVED)])
def test_a_foreign_loan_serves_nobody(asked: Any, what: dict[str, Any], named: str) -> None:
    """Naming somebody who lent nothing, who lent another role, or oneself, is refused and recorded."""
    story = lending(loan(), loan("vp-1", "vp"), roles=("manager",))
    assert why(story.when(asked, by="rep-2", on_behalf_of=named, **what)) == "no-delegation"


def test_four_eyes_see_through_a_loan_of_the_owner() -> None:
    """An owner who lends their role does not have their own deal approved or waived in it."""
    for asked, what in ((Approve, ASKED), (Waive, WAIVED)):
        story = lending(loan("mgr-1")).when(AssignOwner, owner="mgr-1", after=timedelta(days=2))
        assert why(story.when(asked, by="rep-2", **what)) == "four-eyes"


def test_four_eyes_see_through_a_loan_of_who_asked() -> None:
    """A manager who asks for an approval does not answer through another."""
    story = lending(loan("mgr-1")).when(RequestApproval, by="mgr-1", **ASKED)
    assert why(story.when(Approve, by="rep-2", **ASKED)) == "four-eyes"


@pytest.mark.parametrize(("asked", "what"), [(Approve, ASKED), (Waive, WAIVED)])
def test_of_two_loans_the_one_of_somebody_else_serves(asked: Any, what: dict[str, Any]) -> None:
    """Where the owner lends a role and another manager does, it is the other's that is acted in."""
    story = lending(loan("mgr-1"), loan("mgr-2")).when(AssignOwner, owner="mgr-1", after=timedelta(days=2))
    assert in_stead_of(story.when(asked, by="rep-2", **what)) == "mgr-2"


def test_an_approval_in_somebodys_role_ends_when_the_deal_becomes_theirs() -> None:
    """Four eyes, always: nobody owns a deal that was approved in their own role."""
    story = lending(loan()).when(Approve, by="rep-2", **ASKED)
    assert stands(story)
    assert stands(story.later().when(AssignOwner, owner="mgr-2", after=timedelta(days=4)))
    assert not stands(story.when(AssignOwner, owner="mgr-1", after=timedelta(days=4)))


def test_a_waiver_in_somebodys_role_ends_when_the_deal_becomes_theirs() -> None:
    """The same holds for waivers."""
    story = lending(loan()).when(Waive, by="rep-2", **WAIVED)
    assert story.deal is not None
    assert story.deal.waivers[0].standing
    story.when(AssignOwner, owner="mgr-1", after=timedelta(days=4))
    assert story.deal is not None
    assert not story.deal.waivers[0].standing


def test_what_was_approved_during_a_loan_outlives_it() -> None:
    """The approval was good when it was given; only its own end, or what it saw, ends it."""
    assert stands(lending(loan()).when(Approve, by="rep-2", **ASKED))
    assert not stands(lending(loan()))


def test_a_refused_answer_in_a_lent_role_leaves_the_gate_shut() -> None:
    """Being recorded as having tried opens nothing."""
    story = lending(loan()).when(Approve, by="rep-2", after=timedelta(days=6), **ASKED)
    story.when(MoveDeal, target="negotiation", after=timedelta(days=9)).then(MoveRefused)
