"""In which capacity somebody answers: in a role of their own, or in one that another person lends them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from pipeline_engine.deal.commands import Command
from pipeline_engine.deal.context import Context, Lent
from pipeline_engine.process import OWNERS_MANAGER

NoCapacity = Literal["no-role", "delegation-ended", "no-delegation"]


@dataclass(frozen=True, slots=True)
class Capacity:
    """The role acted in, and whose it is where it is lent."""

    role: str
    in_stead_of: str | None = None


def capacity(
    roles: tuple[str, ...], command: Command, context: Context, barred: Collection[str | None] = ()
) -> Capacity | NoCapacity:
    """
    The capacity in which a command answers in one of these roles, or why there is none.

    A command that says in whose stead it comes needs that person's loan; one that does not takes a role of the actor's
    own first, then a loan, of somebody who is not `barred` before one of somebody who is. A loan counts while it lasts
    by the engine's time: what is over is not brought back by saying that it happened earlier.
    """
    if context.register_open:
        return Capacity(roles[0], command.on_behalf_of) if roles else "no-role"
    if command.on_behalf_of is None:
        own = next((role for role in roles if _holds_itself(role, context)), None)
        if own is not None:
            return Capacity(own)
    loans = [
        (role, loan)
        for role in roles
        for loan in context.actor.lent
        if _lends(loan, role, context) and command.on_behalf_of in (None, loan.lender)
    ]
    good = [Capacity(role, loan.lender) for role, loan in loans if loan.good(context.clock)]
    return min(good, key=lambda lent: lent.in_stead_of in barred, default=None) or _none(loans, command)


def _none(loans: list[tuple[str, Lent]], command: Command) -> NoCapacity:
    if loans:
        return "delegation-ended"
    return "no-role" if command.on_behalf_of is None else "no-delegation"


def _holds_itself(role: str, context: Context) -> bool:
    if role == OWNERS_MANAGER:
        return context.owner is not None and context.owner.manager == context.actor.id
    actor = context.actor
    return role in actor.own or (role in actor.roles and all(loan.role != role for loan in actor.lent))


def _lends(loan: Lent, role: str, context: Context) -> bool:
    """Whether it is a loan of that role; the owner's manager is one person, and lends that for this owner's deals."""
    if loan.role != role:
        return False
    return role != OWNERS_MANAGER or (context.owner is not None and context.owner.manager == loan.lender)
