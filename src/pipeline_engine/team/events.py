"""What can happen to the people register. People are ids only, never names; each person is a stream of their own."""

from typing import Literal

from pipeline_engine.envelope import Event, Moment


class PersonAdded(Event):
    """Someone joins the register; the stream names who."""


class RoleGranted(Event):
    """The person holds a role from now on."""

    role: str


class RoleRevoked(Event):
    """The person no longer holds a role."""

    role: str


class TeamChanged(Event):
    """The person belongs to another team, or to none."""

    team: str | None = None


class ManagerAssigned(Event):
    """The person reports to someone else, or to nobody."""

    manager: str | None = None


class DelegationGranted(Event):
    """Someone else's role is lent to this person until a moment; `said_in` tells a people file from a command."""

    lender: str
    role: str
    until: Moment
    said_in: Literal["file", "command"] = "file"


class DelegationEnded(Event):
    """A lent role is given back before its end."""

    lender: str
    role: str


class DelegationRefused(Event):
    """Someone tried to lend this person a role, or to end a loan, who may not."""

    lender: str
    role: str
    until: Moment | None = None
    why: Literal["not-yours", "no-role"]


class LoanEnded(Event):
    """A lent role reached its end; only announces what every comparison with the clock knew, at the moment it was."""

    lender: str
    role: str


class SkillGranted(Event):
    """The person can do something that a process asks for: a training passed, a certificate; perhaps until a moment."""

    skill: str
    until: Moment | None = None


class SkillRevoked(Event):
    """The person no longer counts as able to do that."""

    skill: str


class TeamApplied(Event):
    """A people file was applied; kept in `store:team`, whose being there says that the store has people."""

    people: int
    changed: int


TEAM_EVENTS: tuple[type[Event], ...] = (
    PersonAdded, RoleGranted, RoleRevoked, TeamChanged, ManagerAssigned, DelegationGranted, DelegationEnded,
    DelegationRefused, SkillGranted, SkillRevoked, TeamApplied, LoanEnded,
)  # fmt: skip
