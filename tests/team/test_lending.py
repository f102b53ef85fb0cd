"""Who may lend which role to whom, until when, and who may end that."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline_engine.errors import BadMoment, BadValue, NoDelegation
from pipeline_engine.team import (
    Delegation,
    DelegationEnded,
    DelegationGranted,
    DelegationRefused,
    LendingAsker,
    Person,
    changes,
    decide_end,
    decide_lend,
)

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
SUNDAY = MONDAY + timedelta(days=6)
BOSS, COLLEAGUE = Person("mgr-1", ("manager",), manager="vp-1"), Person("mgr-2", ("rep",))
LENT = Delegation("mgr-1", "manager", SUNDAY, "command")
HAS = replace(COLLEAGUE, delegations=(LENT,))


def lend(by: str, borrower: Person = COLLEAGUE, until: datetime = SUNDAY, holds: bool = True) -> object:
    """What it comes to that somebody lends the boss's role to a colleague."""
    return decide_lend(borrower, BOSS, ("manager", until), LendingAsker(by, MONDAY), holds)


@pytest.mark.parametrize("by", ["mgr-1", "vp-1"])
def test_a_role_is_lent_by_whose_it_is_or_whom_they_report_to(by: str) -> None:
    """A manager on holiday, or the vice president for a manager who fell ill."""
    granted = DelegationGranted(lender="mgr-1", role="manager", until=SUNDAY, said_in="command")
    assert lend(by) == granted


@pytest.mark.parametrize("by", ["mgr-2", "rep-1", "ops-1"])
def test_nobody_lends_themselves_the_role_of_another(by: str) -> None:
    """Least of all the one who would have it; the try is an event."""
    assert lend(by) == DelegationRefused(lender="mgr-1", role="manager", until=SUNDAY, why="not-yours")


def test_what_the_lender_does_not_hold_is_not_lent() -> None:
    """Nor lent on: a role that the lender has from somebody else is not their own."""
    assert lend("mgr-1", holds=False) == DelegationRefused(lender="mgr-1", role="manager", until=SUNDAY, why="no-role")


def test_lent_so_already_is_nothing_and_another_end_replaces_the_first() -> None:
    """Asked twice, recorded once."""
    assert lend("mgr-1", HAS) is None
    longer = SUNDAY + timedelta(days=1)
    assert lend("mgr-1", HAS, longer) == DelegationGranted(
        lender="mgr-1", role="manager", until=longer, said_in="command"
    )


@pytest.mark.parametrize("until", [MONDAY, MONDAY - timedelta(days=1)])
def test_a_loan_that_is_over_before_it_begins_is_none(until: datetime) -> None:
    """An end now, or in the past, is a mistake and no event."""
    with pytest.raises(BadMoment, match="it would end at"):
        lend("mgr-1", until=until)


def test_nobody_lends_to_themselves() -> None:
    """They have it."""
    with pytest.raises(BadValue, match="another person"):
        decide_lend(BOSS, BOSS, ("manager", SUNDAY), LendingAsker("mgr-1", MONDAY), True)


@pytest.mark.parametrize("by", ["mgr-1", "vp-1", "mgr-2"])
def test_a_loan_is_ended_by_either_side_or_the_lenders_manager(by: str) -> None:
    """Whoever has it may give it back."""
    ended = DelegationEnded(lender="mgr-1", role="manager")
    assert decide_end(HAS, BOSS, "manager", LendingAsker(by, MONDAY)) == ended


def test_others_end_nobodys_loan() -> None:
    """The try is an event."""
    tried = decide_end(HAS, BOSS, "manager", LendingAsker("rep-1", MONDAY))
    assert tried == DelegationRefused(lender="mgr-1", role="manager", why="not-yours")


def test_ending_what_is_not_lent_says_what_is() -> None:
    """A slip in the role, or in the lender."""
    with pytest.raises(NoDelegation, match="lent to them is `manager of mgr-1`"):
        decide_end(HAS, BOSS, "vp", LendingAsker("mgr-1", MONDAY))
    with pytest.raises(NoDelegation, match="nothing is lent to them"):
        decide_end(COLLEAGUE, BOSS, "manager", LendingAsker("mgr-1", MONDAY))


def test_a_people_file_ends_only_what_a_file_once_lent() -> None:
    """A loan by command is not in the file, and goes on; what the file lends and then does not, ends."""
    by_file = Delegation("vp-1", "vp", SUNDAY)
    both = replace(HAS, delegations=(LENT, by_file))
    assert changes(both, COLLEAGUE) == (DelegationEnded(lender="vp-1", role="vp"),)
    assert changes(both, replace(COLLEAGUE, delegations=(by_file,))) == ()


def test_a_people_file_takes_over_a_loan_that_it_names() -> None:
    """From then on the file decides: taken out of it, the loan ends."""
    named = replace(COLLEAGUE, delegations=(replace(LENT, said_in="file"),))
    assert changes(HAS, named) == (DelegationGranted(lender="mgr-1", role="manager", until=SUNDAY, said_in="file"),)
    assert changes(named, COLLEAGUE) == (DelegationEnded(lender="mgr-1", role="manager"),)


def test_who_is_missing_from_the_file_keeps_no_loan() -> None:
    """Whoever leaves keeps no role, whoever lent it and however."""
    gone = Person("mgr-2")
    assert DelegationEnded(lender="mgr-1", role="manager") in changes(HAS, gone, missing=True)
