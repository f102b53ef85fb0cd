"""What may be asked of a deal beside its way: wait on purpose, go on, hand it over, let a contact go."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pipeline_engine.deal.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHandoff(Command):
    """Ask another person to take the deal over; until that one says yes, the owner stays."""

    asks_about_owner: ClassVar[bool] = True

    to: str
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptHandoff(Command):
    """Take the deal over that one was asked to take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineHandoff(Command):
    """Say no to taking a deal over."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawHandoff(Command):
    """Take back that somebody was asked to take the deal over."""

    asks_about_owner: ClassVar[bool] = True

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkContact(Command):
    """Let a person on the customer's side go from a role in the deal."""

    contact: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseDeal(Command):
    """Let the deal wait on purpose, perhaps until a moment; paused again while it waits says another end."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeDeal(Command):
    """Go on with a deal that waits."""
