"""The people file: who there is, which roles they hold, who reports to whom, who lends which role to whom."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from pipeline_engine import notation
from pipeline_engine.errors import BadPeople
from pipeline_engine.notation import Complaints, Node, Section, Table, Text, Unfit, Written, iso_date, read_tree
from pipeline_engine.team.person import Delegation, Person, Skill
from pipeline_engine.values import instant, is_id

MOST_PEOPLE = 10_000
PERSON_KEYS = ("id", "roles", "team", "manager", "skills")
SKILL_KEYS = ("id", "until")
DELEGATION_KEYS = ("from", "to", "role", "until")
MOMENT_FORM = "a day like `2026-02-01` or a moment like `2026-02-01T17:00:00Z`"


@dataclass(frozen=True, slots=True)
class Register:
    """Everybody a people file names, in its order, with what is lent to them."""

    people: tuple[Person, ...]


def load_people(text: str, file: str) -> Register:
    """
    The register that a people file wants.

    Raises:
        BadPeople: The first thing in the file that is wrong, with its place: a key or id that is not known, a person
            who is there twice, a manager or lender who is not in the file, someone managing themselves.
    """
    written = Written(text, file, BadPeople, "`people:` with a list of them")
    complaints = Complaints(written)
    register = _register(read_tree(written), complaints)
    if complaints.found:
        raise complaints.first
    return register


def _register(tree: Node, complaints: Complaints) -> Register:
    section = Section(tree, ("people", "delegations"), complaints, "the people file")
    section.need("people")
    people: dict[str, Person] = {}
    for node in section.list_of("people", "people"):
        _add(people, Section(node, PERSON_KEYS, complaints, "a person"))
    _check_managers(section, people, complaints)
    for node in section.list_of("delegations", "delegations"):
        _lend(people, Section(node, DELEGATION_KEYS, complaints, "a delegation"))
    return Register(tuple(people.values()))


def _id(text: str) -> str:
    if not is_id(text):
        raise Unfit("an id of 1 to 100 printable characters without spaces")
    return text


def _add(people: dict[str, Person], entry: Section) -> None:
    entry.need("id")
    who = entry.read("id", _id)
    if who is None:
        return
    if who in people:
        entry.complaints.add(entry.node, f"`{who}` is there twice", "each person once")
    if len(people) >= MOST_PEOPLE:
        entry.complaints.add(entry.node, f"more than {MOST_PEOPLE:,} people", "fewer")
    roles = tuple(sorted(role.value for role in entry.names("roles")))
    team, manager = entry.read("team", _id), entry.read("manager", _id)
    people[who] = Person(who, roles, team, manager, skills=_skills(entry))


def _skills(entry: Section) -> tuple[Skill, ...]:
    skills: dict[str, Skill] = {}
    for node in entry.list_of("skills", "skills"):
        if isinstance(node, Text):
            node = Table(((Text("id", node.place, "", "", node.start), node),), node.place)
        section = Section(node, SKILL_KEYS, entry.complaints, "a skill")
        section.need("id")
        skill, until = section.read("id", notation.name), section.read("until", _moment)
        if skill is None:
            continue
        if skill in skills:
            entry.complaints.add(node, f"skill `{skill}` is there twice", "each skill once")
        skills[skill] = Skill(skill, until)
    return tuple(skills[skill] for skill in sorted(skills))


def _check_managers(section: Section, people: dict[str, Person], complaints: Complaints) -> None:
    for node in section.list_of("people", "people"):
        # Entries were complained about above; this looks at the names only.
        entry = Section(node, PERSON_KEYS, Complaints(complaints.written), "a person")
        manager = entry.node_of("manager")
        if isinstance(manager, Text) and manager.value not in people:
            complaints.unknown(manager, "person", manager.value, people)
        identity = entry.node_of("id")
        if isinstance(manager, Text) and isinstance(identity, Text) and manager.value == identity.value:
            complaints.add(manager, f"`{manager.value}` manages themselves", "another person, or the key left out")


def _lend(people: dict[str, Person], entry: Section) -> None:
    entry.need(*DELEGATION_KEYS)
    lender, to, role = (entry.read(key, _id) for key in ("from", "to", "role"))
    until = entry.read("until", _moment)
    if lender is None or to is None or role is None or until is None:
        return
    for who in (lender, to):
        if who not in people:
            entry.complaints.unknown(entry.node, "person", who, people)
            return
    if role not in people[lender].roles:
        entry.complaints.add(entry.node, f"`{lender}` does not hold `{role}`", "a role that the lender holds")
    if lender == to:
        entry.complaints.add(entry.node, f"`{to}` lends to themselves", "another person to lend to")
        return
    held = people[to].delegations
    if (lender, role) in {(each.lender, each.role) for each in held}:
        entry.complaints.add(entry.node, f"`{lender}` lends `{role}` to `{to}` twice", "each of them once")
        return
    people[to] = replace(people[to], delegations=(*held, Delegation(lender, role, until)))


def _moment(text: str) -> datetime:
    try:
        return instant(text) if "T" in text else _end_of(iso_date(text))
    except (ValueError, Unfit):
        raise Unfit(MOMENT_FORM) from None


def _end_of(day: date) -> datetime:
    # A day names its beginning in UTC: `until: 2026-02-01` ends when February begins.
    return datetime.combine(day, time(), UTC)
