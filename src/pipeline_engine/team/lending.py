"""Lending a role to somebody until a moment, and ending that before: by whose role it is, or whom they report to."""

from dataclasses import dataclass
from datetime import datetime

from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadMoment, BadValue, NoDelegation
from pipeline_engine.team.events import DelegationEnded, DelegationGranted, DelegationRefused
from pipeline_engine.team.person import Delegation, Person
from pipeline_engine.values import instant_text


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what time it is for the engine."""

    id: str
    clock: datetime


def decide_lend(borrower: Person, lender: Person, asked: tuple[str, datetime], by: Asker, holds: bool) -> Event | None:
    """
    What it comes to that `lender` is to lend a role until a moment; None where it is lent so already.

    Args:
        asked: The role, and until when.
        holds: Whether the role is the lender's own: what is lent to somebody is not lent on.

    Raises:
        BadValue: Somebody lends to themselves.
        BadMoment: It would be over before it begins.
    """
    role, until = asked
    if borrower.id == lender.id:
        raise BadValue("to", borrower.id, "another person to lend to")
    if until <= by.clock:
        raise BadMoment(f"it would end at {instant_text(until)}; now is {instant_text(by.clock)}")
    if by.id not in (lender.id, lender.manager):
        return DelegationRefused(lender=lender.id, role=role, until=until, why="not-yours")
    if not holds:
        return DelegationRefused(lender=lender.id, role=role, until=until, why="no-role")
    held = loan_of(borrower, lender.id, role)
    if held is not None and held.until == until:
        return None
    return DelegationGranted(lender=lender.id, role=role, until=until, said_in="command")


def decide_end(borrower: Person, lender: Person, role: str, by: Asker) -> Event:
    """
    What it comes to that a loan is to end now: by the lender, whom they report to, or whoever has it and gives it back.

    Raises:
        NoDelegation: There is no such loan.
    """
    if loan_of(borrower, lender.id, role) is None:
        raise NoDelegation(lender.id, borrower.id, role, [f"{d.role} of {d.lender}" for d in borrower.delegations])
    if by.id not in (lender.id, lender.manager, borrower.id):
        return DelegationRefused(lender=lender.id, role=role, why="not-yours")
    return DelegationEnded(lender=lender.id, role=role)


def loan_of(borrower: Person, lender: str, role: str) -> Delegation | None:
    """What somebody lends of a role, also when it is over; None where nothing is lent."""
    return next((d for d in borrower.delegations if (d.lender, d.role) == (lender, role)), None)
