"""A person of the register as they stand, and which roles count at a moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from pipeline_engine.envelope import Recorded
from pipeline_engine.team import events as e


@dataclass(frozen=True, slots=True)
class Delegation:
    """A role lent by `lender` until a moment; `said_in` tells a people file from a command."""

    lender: str
    role: str
    until: datetime
    said_in: Literal["file", "command"] = "file"


@dataclass(frozen=True, slots=True)
class Skill:
    """Something a person can do, perhaps only until a moment: a certificate runs out."""

    id: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Someone in the register; all parts may be empty.

    `ended` are loans that were ended before their time, `announced` the ends of loans that time has said: lender, role
    and moment.
    """

    id: str
    roles: tuple[str, ...] = ()
    team: str | None = None
    manager: str | None = None
    delegations: tuple[Delegation, ...] = ()
    skills: tuple[Skill, ...] = ()
    ended: tuple[Delegation, ...] = ()
    announced: frozenset[tuple[str, str, datetime]] = frozenset()

    def skills_at(self, now: datetime) -> tuple[str, ...]:
        """What the person can do at a moment, without what has run out by then."""
        return tuple(skill.id for skill in self.skills if skill.until is None or now < skill.until)

    def delegations_at(self, now: datetime) -> tuple[Delegation, ...]:
        """What is lent to the person at a moment, without what is over by then."""
        return tuple(d for d in self.delegations if now < d.until)

    def loans_unsaid(self) -> tuple[Delegation, ...]:
        """The loans whose end was not announced yet, the one that ends first in front."""
        loans = (loan for loan in self.delegations if (loan.lender, loan.role, loan.until) not in self.announced)
        return tuple(sorted(loans, key=lambda loan: (loan.until, loan.lender, loan.role)))

    def roles_at(self, now: datetime, lenders: "Mapping[str, Person]") -> tuple[str, ...]:
        """Own roles, and those lent by someone who still holds them and whose time is not over."""
        lent = [d.role for d in self.delegations_at(now) if d.lender in lenders and d.role in lenders[d.lender].roles]
        return tuple(dict.fromkeys([*self.roles, *lent]))


def evolve_person(person: Person | None, recorded: Recorded) -> Person:
    """The person after one more event; total over whatever is stored."""
    before = person or Person(id=recorded.stream.partition(":")[2])
    event, at = recorded.event, recorded.envelope.at
    if isinstance(event, e.LoanEnded) and at is not None:
        return replace(before, announced=before.announced | {(event.lender, event.role, at)})
    return replace(before, **_change(before, event))


def _change(person: Person, event: Any) -> dict[str, Any]:
    match event:
        case e.RoleGranted():
            return {"roles": tuple(sorted({*person.roles, event.role}))}
        case e.RoleRevoked():
            return {"roles": tuple(role for role in person.roles if role != event.role)}
        case e.TeamChanged():
            return {"team": event.team}
        case e.ManagerAssigned():
            return {"manager": event.manager}
        case e.DelegationGranted() | e.DelegationEnded():
            return _delegations(person, event)
        case e.SkillGranted() | e.SkillRevoked():
            return {"skills": _skills(person.skills, event)}
    return {}


def _skills(held: Sequence[Skill], event: e.SkillGranted | e.SkillRevoked) -> tuple[Skill, ...]:
    others = {skill.id: skill for skill in held if skill.id != event.skill}
    granted = {event.skill: Skill(event.skill, event.until)} if isinstance(event, e.SkillGranted) else {}
    return tuple(skill for _, skill in sorted({**others, **granted}.items()))


def _delegations(person: Person, event: e.DelegationGranted | e.DelegationEnded) -> dict[str, tuple[Delegation, ...]]:
    about = (event.lender, event.role)
    held = tuple(loan for loan in person.delegations if (loan.lender, loan.role) != about)
    ended = tuple(loan for loan in person.ended if (loan.lender, loan.role) != about)
    if isinstance(event, e.DelegationEnded):
        over = (loan for loan in person.delegations if (loan.lender, loan.role) == about)
        return {"delegations": held, "ended": (*ended, *over)}
    return {"delegations": (*held, Delegation(*about, event.until, event.said_in)), "ended": ended}
