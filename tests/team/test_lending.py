"""Who may lend which role to whom, and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline_engine.errors import BadMoment, BadValue
from pipeline_engine.team import Delegation, DelegationEnded, DelegationGranted, DelegationRefused, Loan, Person, lend

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
FRIDAY = MONDAY + timedelta(days=4)
BOSS, REP = Person("boss", ("manager",), manager="vp"), Person("rep", ("rep",))


def asked(by: str = "boss", role: str = "manager", until: datetime | None = FRIDAY, manages: bool = False) -> Loan:
    """A loan of the boss's."""
    return Loan(BOSS, role, until, by, manages)


@pytest.mark.parametrize("by", ["boss", "vp"])
def test_who_holds_a_role_or_whom_they_report_to_may_lend_it(by: str) -> None:
    """Until a moment, by a command."""
    granted = DelegationGranted(lender="boss", role="manager", until=FRIDAY, said_in="command")
    assert lend(REP, asked(by), MONDAY) == granted


@pytest.mark.parametrize("by", ["rep", "ops"])
def test_nobody_else_lends_or_ends_it(by: str) -> None:
    """Least of all who would get it."""
    for until in (FRIDAY, None):
        refused = lend(REP, asked(by, until=until), MONDAY)
        assert isinstance(refused, DelegationRefused)
        assert refused.why == "not-yours"


def test_what_one_does_not_hold_oneself_is_not_lent() -> None:
    """Neither a foreign role nor one that is only lent."""
    borrowed = Person("boss", (), manager="vp", delegations=(Delegation("vp", "manager", FRIDAY),))
    for loan in (asked(role="cfo"), Loan(borrowed, "manager", FRIDAY, "boss")):
        refused = lend(REP, loan, MONDAY)
        assert isinstance(refused, DelegationRefused)
        assert refused.why == "no-role"


def test_the_owners_manager_is_lent_by_who_manages_somebody() -> None:
    """It is no role of the register, but whom others report to."""
    assert isinstance(lend(REP, asked(role="owner.manager", manages=True), MONDAY), DelegationGranted)
    assert isinstance(lend(REP, asked(role="owner.manager"), MONDAY), DelegationRefused)


def test_the_same_again_is_nothing_and_another_end_is_another_loan() -> None:
    """Asked twice, recorded once; a loan of the file is taken over."""
    there = Person("rep", delegations=(Delegation("boss", "manager", FRIDAY, by_command=True),))
    assert lend(there, asked(), MONDAY) is None
    assert isinstance(lend(there, asked(until=FRIDAY + timedelta(days=1)), MONDAY), DelegationGranted)
    assert isinstance(lend(Person("rep", delegations=(Delegation("boss", "manager", FRIDAY),)), asked(), MONDAY),
                      DelegationGranted)  # fmt: skip


def test_a_loan_that_is_there_is_ended_once() -> None:
    """Where there is none, there is nothing to end."""
    there = Person("rep", delegations=(Delegation("boss", "manager", FRIDAY),))
    assert lend(there, asked(until=None), MONDAY) == DelegationEnded(lender="boss", role="manager")
    assert lend(REP, asked(until=None), MONDAY) is None


@pytest.mark.parametrize("until", [MONDAY, MONDAY - timedelta(days=1), MONDAY + timedelta(days=400)])
def test_a_loan_ends_in_the_future_and_within_a_year(until: datetime) -> None:
    """What never ends is a role, and what is over is none."""
    with pytest.raises(BadMoment):
        lend(REP, asked(until=until), MONDAY)


def test_nobody_lends_to_themselves() -> None:
    """It would be somebody else's role with nobody else."""
    with pytest.raises(BadValue):
        lend(BOSS, asked(), MONDAY)
