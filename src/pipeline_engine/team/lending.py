"""Who may lend which role to whom, and until when: a decision over the two of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadMoment, BadValue
from pipeline_engine.process import OWNERS_MANAGER
from pipeline_engine.team.events import DelegationEnded, DelegationGranted, DelegationRefused
from pipeline_engine.team.person import Delegation, Person
from pipeline_engine.values import instant_text

LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Loan:
    """A role that `lender` is to lend until a moment, or no longer (None); asked by `by`."""

    lender: Person
    role: str
    until: datetime | None
    by: str
    manages: bool = False


def lend(borrower: Person, loan: Loan, now: datetime) -> Event | None:
    """
    What lending a role, or ending a loan, comes to; None where it is so already.

    Only the lender or the lender's manager says so, and nobody lends what they do not hold themselves.

    Raises:
        BadValue: Somebody would lend to themselves.
        BadMoment: The end is not in the future, or more than a year away.
    """
    lender, about = loan.lender, {"lender": loan.lender.id, "role": loan.role}
    if lender.id == borrower.id:
        raise BadValue("--to", borrower.id, "somebody else than who lends")
    held = next((d for d in borrower.delegations if (d.lender, d.role) == (lender.id, loan.role)), None)
    if loan.by not in (lender.id, lender.manager):
        return DelegationRefused(**about, until=loan.until, why="not-yours")
    if loan.until is None:
        return DelegationEnded(**about) if held else None
    _in_time(loan.until, now)
    if not (loan.manages if loan.role == OWNERS_MANAGER else loan.role in lender.roles):
        return DelegationRefused(**about, until=loan.until, why="no-role")
    if held == Delegation(lender.id, loan.role, loan.until, by_command=True):
        return None
    return DelegationGranted(**about, until=loan.until, said_in="command")


def _in_time(until: datetime, now: datetime) -> None:
    if until <= now:
        raise BadMoment(f"it would end at {instant_text(until)}, and now is {instant_text(now)}")
    if until > now + LONGEST:
        raise BadMoment(f"it would end at {instant_text(until)}, more than a year away; lend it again when it is over")
