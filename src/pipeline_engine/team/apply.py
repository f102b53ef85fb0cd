"""What a people file changes: the difference between the register as it stands and as the file wants it."""

from collections.abc import Iterable

from pipeline_engine.envelope import Event
from pipeline_engine.team.events import (
    DelegationEnded,
    DelegationGranted,
    ManagerAssigned,
    PersonAdded,
    RoleGranted,
    RoleRevoked,
    SkillGranted,
    SkillRevoked,
    TeamChanged,
)
from pipeline_engine.team.person import Delegation, Person


def changes(person: Person | None, wanted: Person, *, missing: bool = False) -> tuple[Event, ...]:
    """The events that make a person what the file wants; none where they are so already.

    A loan that a command made stays, unless the person is `missing` from the file, and with that keeps no role.
    """
    before = person or Person(id=wanted.id)
    return (
        *((PersonAdded(),) if person is None else ()),
        *(RoleGranted(role=role) for role in sorted(set(wanted.roles) - set(before.roles))),
        *(RoleRevoked(role=role) for role in sorted(set(before.roles) - set(wanted.roles))),
        *((TeamChanged(team=wanted.team),) if before.team != wanted.team else ()),
        *((ManagerAssigned(manager=wanted.manager),) if before.manager != wanted.manager else ()),
        *_delegations(before.delegations, wanted.delegations, missing),
        *_skills(before, wanted),
    )


def _skills(before: Person, wanted: Person) -> list[Event]:
    had, wants = {skill.id: skill for skill in before.skills}, {skill.id: skill for skill in wanted.skills}
    granted = [SkillGranted(skill=each.id, until=each.until) for each in wants.values() if had.get(each.id) != each]
    return [*granted, *(SkillRevoked(skill=skill) for skill in had if skill not in wants)]


def _delegations(before: Iterable[Delegation], wanted: Iterable[Delegation], missing: bool) -> list[Event]:
    had, wants = set(before), set(wanted)
    kept = {(d.lender, d.role) for d in wants}
    ended = [
        DelegationEnded(lender=d.lender, role=d.role)
        for d in sorted(had - wants, key=str)
        if (d.lender, d.role) not in kept and (missing or d.said_in == "file")
    ]
    granted = [DelegationGranted(lender=d.lender, role=d.role, until=d.until) for d in sorted(wants - had, key=str)]
    return [*ended, *granted]
