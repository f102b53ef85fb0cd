"""From a file of cases to cases: read and checked against their process, or refused with the place that is wrong."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline_engine.casebook.asks import read_when
from pipeline_engine.casebook.expected import read_then
from pipeline_engine.casebook.given import read_given
from pipeline_engine.casebook.model import Ask, Case, Casebook
from pipeline_engine.casebook.scene import ANYBODY, Scene, moment, person
from pipeline_engine.errors import BadCases, BadPeople, BadValue, UnknownProcess
from pipeline_engine.notation import (
    Complaints,
    Items,
    Node,
    Section,
    Table,
    Text,
    Unfit,
    Written,
    entries,
    names,
    read_text,
    read_tree,
    scalar,
)
from pipeline_engine.process import OUTCOME_TARGETS, Process
from pipeline_engine.team import Person, Skill, load_people

TOP_KEYS = ("process", "people", "defaults", "cases")
DEFAULT_KEYS = ("by", "owner", "at")
CASE_KEYS = ("case", "given", "when", "then", "at", "owner_deals")
PERSON_KEYS = ("roles", "manager", "team", "skills")
NOON = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a Monday morning

_FEW = re.compile(r"[0-9]{1,6}")

# A process by what a file of cases calls it, and the file that names it: the process and its text.
FindProcess = Callable[[str, Path], tuple[Process, str]]


def load_casebook(text: str, file: Path, find: FindProcess) -> Casebook:
    """
    The cases of a file.

    Raises:
        BadCases: The first thing in the file that is wrong, with its place.
        BadProcess, BadPeople: So is a file that it names.
    """
    written = Written(text, str(file), BadCases, "`process:` and `cases:`")
    complaints = Complaints(written)
    top = Section(read_tree(written), TOP_KEYS, complaints, "a file of cases")
    top.need("process", "cases")
    found = _process(top, file, find)
    if found is None:
        raise complaints.first
    process, source_text = found
    people, scene = _people(top, file), _scene(top, process)
    cases = [case for node in _listed(top) if (case := _case(node, scene)) is not None]
    if complaints.found:
        raise complaints.first
    return Casebook(str(file), process, source_text, people, tuple(cases))


def _process(top: Section, file: Path, find: FindProcess) -> tuple[Process, str] | None:
    node, named = top.node_of("process"), top.read("process", str)
    if node is None or named is None:
        return None
    try:
        return find(named, file)
    except (UnknownProcess, BadValue) as problem:
        top.complaints.add(node, str(problem))
        return None


def _listed(top: Section) -> tuple[Node, ...]:
    node = top.node_of("cases")
    if isinstance(node, Items) and not node.items:
        top.complaints.add(node, "`cases` is an empty list", "`[{case: …, when: …, then: …}]`")
    return top.list_of("cases", "cases")


def _scene(top: Section, process: Process) -> Scene:
    node = top.node_of("defaults")
    if node is None:
        return Scene(process, top.complaints, NOON)
    section = Section(node, DEFAULT_KEYS, top.complaints, "`defaults`")
    by, owner = section.read("by", person), section.read("owner", person)
    either = by or owner or ANYBODY
    return Scene(process, top.complaints, section.read("at", moment) or NOON, by or either, owner or either)


def _people(top: Section, file: Path) -> tuple[Person, ...]:
    node = top.node_of("people")
    if isinstance(node, Text):
        beside = file.parent / node.value
        return load_people(read_text(beside, BadPeople), str(beside)).people
    read: list[Person] = []
    managers: list[tuple[Text, str]] = []
    for key, value in entries(node, top.complaints, "`people`") if node is not None else ():
        if scalar(key, person, top.complaints, "person") is not None:
            read.append(_person(key, value, managers, top.complaints))
    for manager, whose in managers:
        others = [each.id for each in read if each.id != whose]
        if manager.value not in others:
            top.complaints.unknown(manager, "other person", manager.value, others)
    return tuple(read)


def _person(key: Text, value: Node, managers: list[tuple[Text, str]], complaints: Complaints) -> Person:
    """`rep-03: [rep]`, or `rep-03: {roles: [rep], manager: manager-1}`."""
    if not isinstance(value, Table):
        return Person(key.value, tuple(sorted(each.value for each in names(value, complaints, key.value))))
    section = Section(value, PERSON_KEYS, complaints, f"person `{key.value}`")
    manager = section.node_of("manager")
    if isinstance(manager, Text):
        managers.append((manager, key.value))
    roles = tuple(sorted(each.value for each in section.names("roles")))
    skills = tuple(Skill(each) for each in sorted(each.value for each in section.names("skills")))
    return Person(key.value, roles, section.read("team", person), section.read("manager", person), skills=skills)


def _case(node: Node, scene: Scene) -> Case | None:
    section = Section(node, CASE_KEYS, scene.complaints, "a case")
    section.need("case", "when", "then")
    title, named = section.prose("case"), section.node_of("case")
    if named is not None and not title.strip():
        scene.complaints.add(named, "a case without a title", "what it is about, as a sentence")
    asked, given, wanted = (section.node_of(key) for key in ("when", "given", "then"))
    here = replace(scene, now=_at(asked, scene) or _at(given, scene) or section.read("at", moment) or scene.now)
    when = None if asked is None else read_when(asked, here)
    if when is None or wanted is None:
        return None
    if when.verb == "open" and given is not None:
        scene.complaints.add(given, "`given` before an opening", "`when` alone: there is no deal before it")
    before = replace(here, now=_at(given, scene) or here.now)
    if before.now > here.now and given is not None:
        scene.complaints.add(given, "`given` is later than `when`", "an `at` that is not after the one of `when`")
    steps = () if when.verb == "open" else read_given(given, before, _target(when), section.node.place)
    then = read_then(wanted, when, here)
    others = section.read("owner_deals", _others) or 0
    return None if then is None else Case(title, section.node.place, steps, when, then, others)


def _others(text: str) -> int:
    if not _FEW.fullmatch(text):
        raise Unfit("how many other open deals the owner has, like `4`")
    return int(text)


def _at(node: Node | None, scene: Scene) -> datetime | None:
    """The moment that a part of a case names; the part itself complains about all else."""
    for key, value in node.entries if isinstance(node, Table) else ():
        if key.value == "at":
            return scalar(value, moment, Complaints(scene.complaints.written), "at")
    return None


def _target(when: Ask) -> str:
    """What the attempt of a case is for; approvals and waivers are given for that."""
    if when.verb == "move":
        return when.about
    return OUTCOME_TARGETS.get(when.verb, when.beside.get("to", ""))
