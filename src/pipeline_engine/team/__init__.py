"""The people: who they are, which roles they hold, who reports to whom."""

from pipeline_engine.team.apply import changes
from pipeline_engine.team.events import (
    TEAM_EVENTS,
    DelegationEnded,
    DelegationGranted,
    DelegationRefused,
    LoanEnded,
    ManagerAssigned,
    PersonAdded,
    RoleGranted,
    RoleRevoked,
    SkillGranted,
    SkillRevoked,
    TeamApplied,
    TeamChanged,
)
from pipeline_engine.team.lending import Asker as LendingAsker
from pipeline_engine.team.lending import decide_end, decide_lend
from pipeline_engine.team.load import Register, load_people
from pipeline_engine.team.person import Delegation, Person, Skill, evolve_person

__all__ = [
    "TEAM_EVENTS", "Delegation", "DelegationEnded", "DelegationGranted", "DelegationRefused", "LendingAsker",
    "LoanEnded", "ManagerAssigned", "Person", "PersonAdded", "Register", "RoleGranted", "RoleRevoked", "Skill",
    "SkillGranted", "SkillRevoked", "TeamApplied", "TeamChanged", "changes", "decide_end", "decide_lend",
    "evolve_person", "load_people",
]  # fmt: skip
