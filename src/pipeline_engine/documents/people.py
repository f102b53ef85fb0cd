"""People: the register, what was changed in it, and roles that are lent."""

from typing_extensions import TypedDict

from pipeline_engine.engine import Applied, Loan
from pipeline_engine.team import Person
from pipeline_engine.values import instant_text


class SkillDocument(TypedDict):
    """A skill of a person."""

    id: str
    until: str | None


LentDocument = TypedDict("LentDocument", {"from": str, "role": str, "until": str, "said_in": str | None})
LoanDocument = TypedDict(
    "LoanDocument",
    {"from": str, "to": str, "role": str, "until": str | None, "new": bool, "refused": str | None},
)


class PersonDocument(TypedDict):
    """Somebody with their roles, team, manager, skills and what is lent to them."""

    id: str
    roles: list[str]
    team: str | None
    manager: str | None
    skills: list[SkillDocument]
    delegations: list[LentDocument]


class AppliedDocument(TypedDict):
    """How many people a file has, and by person the events that say what changed."""

    people: int
    changed: dict[str, list[str]]


def person_document(person: Person) -> PersonDocument:
    """Somebody as the register has them."""
    return {
        "id": person.id, "roles": list(person.roles), "team": person.team, "manager": person.manager,
        "skills": [{"id": s.id, "until": instant_text(s.until) if s.until else None} for s in person.skills],
        "delegations": [
            {"from": d.lender, "role": d.role, "until": instant_text(d.until), "said_in": d.said_in}
            for d in person.delegations
        ],
    }  # fmt: skip


def applied_document(applied: Applied) -> AppliedDocument:
    """What a people file changed."""
    return {"people": applied.people, "changed": {who: list(names) for who, names in applied.changed.items()}}


def loan_document(lent: Loan) -> LoanDocument:
    """What became of a loan."""
    until = instant_text(lent.until) if lent.until else None
    return {
        "from": lent.lender, "to": lent.to, "role": lent.role, "until": until, "new": lent.new,
        "refused": lent.refused,
    }  # fmt: skip
