"""Acting in a role that somebody lends: whose role counts, until when, for which deals; and four eyes stay four."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline_engine.deal import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRejected,
    Approve,
    AssignOwner,
    DealMoved,
    Lent,
    MoveDeal,
    MoveRefused,
    OwnerAssigned,
    Reject,
    RequestApproval,
    RuleWaived,
    Standing,
    Waive,
    WaiverRefused,
)
from pipeline_engine.process import Judge, load_process
from tests.deal.story import MONDAY, PEOPLE, PROCESS, REP, Story
from tests.deal.test_approvals import ASKS_THE_OWNERS_MANAGER
from tests.deal.test_gate import at_proposal

BIG: dict[str, Any] = {"rule": "big-deal"}
SKIP: dict[str, Any] = {"rule": "moves:forward", "target": "negotiation", "reason": "the customer asked"}
OWNERS_MANAGER = "owner.manager"
ASKING = Judge(load_process(ASKS_THE_OWNERS_MANAGER, "b2b.yaml").model_copy(update={"version": 1}))


def loan(lender: str = "mgr-1", role: str = "manager", *, days: float = 5, held: bool = True) -> Lent:
    """A role lent until so many days after the story begins; `held` says whether the lender has it still."""
    return Lent(role, lender, MONDAY + timedelta(days=days), held)


def stand_in(*loans: Lent, own: tuple[str, ...] = ()) -> Standing:
    """Somebody with roles of their own, perhaps none, and what others lend them."""
    return Standing("dep-1", tuple(dict.fromkeys((*own, *(each.role for each in loans)))), own=own, lent=loans)


def lending(*loans: Lent, own: tuple[str, ...] = (), story: Story | None = None, **others: Standing) -> Story:
    """A deal of rep-1 that needs a manager, and dep-1 with these roles."""
    people = {**PEOPLE, "dep-1": stand_in(*loans, own=own), **{each.id: each for each in others.values()}}
    return (story or at_proposal()).later(people=people)


def in_stead_of(story: Story) -> str | None:
    """Whose role the last decision was taken in, where it was lent."""
    assert story.decided is not None
    return story.decided.in_stead_of


def why(story: Story) -> str:
    """Why the last try was refused."""
    event = story.recorded[-1].event
    assert isinstance(event, (ApprovalRefused, WaiverRefused))
    return event.why


# ---- the plain way


def test_an_approval_in_a_lent_role_serves_and_names_the_lender() -> None:
    """The move passes, and the event says in whose stead."""
    story = lending(loan()).when(Approve, **BIG, by="dep-1").then(ApprovalGranted)
    assert (in_stead_of(story), story.recorded[-1].envelope.on_behalf_of) == ("mgr-1", "mgr-1")
    story.when(MoveDeal, target="negotiation", after=timedelta(days=4)).then(DealMoved)


def test_a_waiver_and_a_no_name_the_lender_too() -> None:
    """Whatever is answered in a lent role."""
    assert in_stead_of(lending(loan()).when(Waive, **SKIP, by="dep-1").then(RuleWaived)) == "mgr-1"
    assert in_stead_of(lending(loan()).when(Reject, **BIG, reason="no", by="dep-1").then(ApprovalRejected)) == "mgr-1"


def test_what_was_given_in_time_outlives_the_loan() -> None:
    """The loan says who may say yes; the yes said in time is a yes."""
    story = lending(loan(days=5)).when(Approve, **BIG, by="dep-1", after=timedelta(days=4))
    story.when(MoveDeal, target="negotiation", after=timedelta(days=9)).then(DealMoved)


# ---- one's own role first


def test_ones_own_role_comes_first() -> None:
    """Who is a manager answers as one, and in nobody's stead, also where another manager lends the role."""
    story = lending(loan(), own=("manager",)).when(Approve, **BIG, by="dep-1").then(ApprovalGranted)
    assert in_stead_of(story) is None


def test_an_own_role_serves_where_the_lender_may_not() -> None:
    """The lender owns the deal; the borrower is a manager without them."""
    story = lending(loan(), own=("manager",)).given(OwnerAssigned(owner="mgr-1"))
    story.when(Approve, **BIG, by="dep-1").then(ApprovalGranted)


def test_an_own_role_serves_when_the_loan_is_over() -> None:
    """A loan that ended takes nothing away."""
    story = lending(loan(days=1), own=("manager",)).when(Approve, **BIG, by="dep-1").then(ApprovalGranted)
    assert in_stead_of(story) is None


def test_a_role_of_ones_own_that_may_waive_comes_before_a_lent_one() -> None:
    """Where several roles may waive, one's own of them is taken, whatever its place in the list."""
    text = PROCESS.replace("skip: {waivable_by: manager}", "skip: {waivable_by: [vp, manager]}")
    judge = Judge(load_process(text, "b2b.yaml").model_copy(update={"version": 1}))
    story = lending(loan("vp-1", "vp"), own=("manager",)).later(judge=judge)
    story.when(Waive, **SKIP, by="dep-1").then(RuleWaived)
    waived = story.recorded[-1].event
    assert isinstance(waived, RuleWaived)
    assert (waived.role, in_stead_of(story)) == ("manager", None)


# ---- named with `on_behalf_of`


def test_whoever_is_named_is_whose_role_it_is() -> None:
    """Two lend the same role: the one that is named counts, the other one else."""
    two = loan("mgr-2"), loan("mgr-1")
    assert in_stead_of(lending(*two).when(Approve, **BIG, by="dep-1")) == "mgr-2"
    assert in_stead_of(lending(*two).when(Approve, **BIG, by="dep-1", on_behalf_of="mgr-1")) == "mgr-1"


def test_naming_a_lender_passes_over_ones_own_role() -> None:
    """Who says in whose stead they come answers in that stead."""
    story = lending(loan(), own=("manager",)).when(Approve, **BIG, by="dep-1", on_behalf_of="mgr-1")
    assert in_stead_of(story.then(ApprovalGranted)) == "mgr-1"


@pytest.mark.parametrize(("kind", "what"), [(Approve, BIG), (Waive, SKIP)], ids=["approve", "waive"])
def test_naming_who_lent_nothing_is_refused(kind: Any, what: dict[str, Any]) -> None:
    """Also with a role of one's own, and with a loan of somebody else."""
    story = lending(loan("mgr-2"), own=("manager",))
    assert why(story.when(kind, **what, by="dep-1", on_behalf_of="mgr-1")) == "no-delegation"


def test_naming_a_lender_of_another_role_is_refused() -> None:
    """A vice president's loan approves nothing that a manager is asked for."""
    story = lending(loan("vp-1", "vp")).when(Approve, **BIG, by="dep-1", on_behalf_of="vp-1")
    assert why(story) == "no-delegation"


def test_nobody_comes_in_their_own_stead() -> None:
    """One lends oneself nothing."""
    assert why(at_proposal().when(Approve, **BIG, by="mgr-1", on_behalf_of="mgr-1")) == "no-delegation"


# ---- until its end


@pytest.mark.parametrize(("kind", "what"), [(Approve, BIG), (Waive, SKIP)], ids=["approve", "waive"])
def test_a_loan_serves_until_its_instant_and_not_at_it(kind: Any, what: dict[str, Any]) -> None:
    """A microsecond before it does."""
    end = timedelta(days=5)
    story = lending(loan(days=5)).when(kind, **what, by="dep-1", after=end)
    assert why(story) == "delegation-ended"
    story = lending(loan(days=5)).when(kind, **what, by="dep-1", after=end - timedelta(microseconds=1))
    assert in_stead_of(story) == "mgr-1"


def test_one_loan_over_the_other_one_serves() -> None:
    """The one that has ended is passed over, not taken for an answer."""
    story = lending(loan("mgr-2", days=1), loan("mgr-1")).when(Approve, **BIG, by="dep-1").then(ApprovalGranted)
    assert in_stead_of(story) == "mgr-1"
    named = lending(loan("mgr-2", days=1), loan("mgr-1")).when(Approve, **BIG, by="dep-1", on_behalf_of="mgr-2")
    assert why(named) == "delegation-ended"


def test_a_loan_ends_with_the_lenders_role() -> None:
    """What the lender no longer has, nobody has from them."""
    assert why(lending(loan(held=False)).when(Approve, **BIG, by="dep-1")) == "delegation-ended"
    assert why(lending(loan(held=False)).when(Waive, **SKIP, by="dep-1")) == "delegation-ended"


def test_who_was_never_lent_anything_has_no_role() -> None:
    """The control: without a loan there is nothing that ended."""
    assert why(lending().when(Approve, **BIG, by="dep-1")) == "no-role"


# ---- four eyes, with the lender's


def test_nobody_approves_in_the_owners_stead() -> None:
    """The lender owns the deal: it would be the owner's own yes."""
    story = lending(loan()).given(OwnerAssigned(owner="mgr-1"))
    assert why(story.when(Approve, **BIG, by="dep-1")) == "four-eyes"
    assert why(story.when(Waive, **SKIP, by="dep-1", on_behalf_of="mgr-1")) == "four-eyes"


def test_nobody_approves_in_the_askers_stead() -> None:
    """Who asked cannot send a borrower to answer."""
    story = lending(loan()).when(RequestApproval, **BIG, by="mgr-1")
    assert why(story.when(Approve, **BIG, by="dep-1")) == "four-eyes"


def test_the_owner_approves_in_nobodys_stead() -> None:
    """Nor does a borrowed role help the owner, or whoever asked."""
    story = lending(loan()).given(OwnerAssigned(owner="dep-1"))
    assert why(story.when(Approve, **BIG, by="dep-1")) == "four-eyes"
    story = lending(loan()).when(RequestApproval, **BIG, by="dep-1")
    assert why(story.when(Approve, **BIG, by="dep-1")) == "four-eyes"


def test_what_was_given_in_a_lenders_stead_ends_when_they_own_the_deal() -> None:
    """A manager cannot lend the role, have the deal approved, and then take it over."""
    story = lending(loan()).when(Approve, **BIG, by="dep-1").when(AssignOwner, owner="mgr-1", by="mgr-1")
    story.when(MoveDeal, target="negotiation", after=timedelta(days=4)).then(MoveRefused)
    assert story.codes("big-deal") == "f"


def test_a_waiver_in_a_lenders_stead_ends_when_they_own_the_deal() -> None:
    """The same holds for waivers."""
    story = lending(loan()).when(Waive, **SKIP, by="dep-1").when(AssignOwner, owner="mgr-1", by="mgr-1")
    assert story.deal is not None
    assert [grant.standing for grant in story.deal.waivers] == [False]


def test_what_was_given_in_a_lenders_stead_outlives_another_owner() -> None:
    """The control: a new owner who had no hand in it ends nothing."""
    story = lending(loan()).when(Approve, **BIG, by="dep-1").when(AssignOwner, owner="rep-2", by="mgr-1")
    story.when(MoveDeal, target="negotiation", after=timedelta(days=4)).then(DealMoved)


# ---- the owner's manager


def test_the_owners_manager_lends_what_is_theirs() -> None:
    """For the deals of those who report to the lender."""
    story = lending(loan(role=OWNERS_MANAGER)).later(judge=ASKING)
    assert in_stead_of(story.when(Approve, **BIG, by="dep-1").then(ApprovalGranted)) == "mgr-1"


def test_another_ones_manager_lends_nothing_for_this_owner() -> None:
    """The loan of a manager whom the owner does not report to is a loan for other deals."""
    story = lending(loan("mgr-2", OWNERS_MANAGER)).later(judge=ASKING)
    assert why(story.when(Approve, **BIG, by="dep-1")) == "no-role"
    assert why(story.when(Approve, **BIG, by="dep-1", on_behalf_of="mgr-2")) == "no-delegation"


def test_a_manager_who_lends_their_role_does_not_lend_that_of_the_owners_manager() -> None:
    """Being a manager is one thing, being this owner's manager another."""
    story = lending(loan(role="manager")).later(judge=ASKING)
    assert why(story.when(Approve, **BIG, by="dep-1")) == "no-role"


def test_the_loan_of_the_owners_manager_ends_as_any_other() -> None:
    """At its instant."""
    story = lending(loan(role=OWNERS_MANAGER, days=1)).later(judge=ASKING)
    assert why(story.when(Approve, **BIG, by="dep-1")) == "delegation-ended"


def test_what_stood_for_the_old_owners_manager_ends_with_the_owner() -> None:
    """The next owner has another manager, or the same one anew."""
    story = lending(loan(role=OWNERS_MANAGER)).later(judge=ASKING).when(Approve, **BIG, by="dep-1")
    story.when(AssignOwner, owner="rep-2", by="mgr-1")
    story.when(MoveDeal, target="negotiation", after=timedelta(days=4)).then(MoveRefused)


def test_a_manager_of_the_owner_who_borrows_from_another_needs_no_loan() -> None:
    """Whom the owner reports to answers in nobody's stead."""
    other = Standing(REP.id, REP.roles, REP.team, "dep-1", 1)
    story = lending(loan("mgr-1", OWNERS_MANAGER), owner=other).later(judge=ASKING)
    assert in_stead_of(story.when(Approve, **BIG, by="dep-1").then(ApprovalGranted)) is None
