"""The entries of a gate: written rules and shorthands, both as rules in the same language.

A shorthand's id is made from what it asks, never from where it stands, so that moving a line changes no rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from pipeline_engine import notation
from pipeline_engine.errors import quoted
from pipeline_engine.notation import Complaints, Items, Node, Section, Table, Text
from pipeline_engine.process.approvals import approval
from pipeline_engine.process.declared import Declared, roles_of
from pipeline_engine.process.drafts import Condition, Draft, Entry, either, in_words, listed
from pipeline_engine.process.evidence import activities, checklist, contacts, documents, plan
from pipeline_engine.process.model import OWNERS_MANAGER, Field, Item, Severity
from pipeline_engine.process.owners import owner_deals_at_most, owner_skills
from pipeline_engine.process.stays import stay_at_least, stay_at_most

SEVERITIES: tuple[Severity, ...] = ("block", "warn", "hint")
BESIDE = ("id", "when", "says", "fix", "severity", "waivable_by", "void_if_changed", "skills", "answer_within")
OWNER_WORD = "owner"
_WITH_APPROVAL = {
    "void_if_changed": "it beside `approval`; a rule is judged anew each time",
    "skills": "it beside `approval`, or `owner_skills` for what the owner must be able to do",
    "answer_within": "it beside `approval`: how long the answer should take",
}
_MOST_CHOICES = 6
_EXAMPLES: Mapping[str, str] = {
    "money": "12000",
    "number": "12.5",
    "int": "12",
    "percent": "10%",
    "date": "YYYY-MM-DD",
    "time": "HH:MM",
    "bool": "true",
    "person": "PERSON",
    "document": "'NAME SHA256'",
}


def drafts_of(node: Node, gate: str, declared: Declared, plan: tuple[Item, ...], complaints: Complaints) -> list[Draft]:
    """The rules one entry stands for; none, with a complaint, where it asks nothing or two things at once."""
    section = Section(node, (*ASKS, *BESIDE), complaints, "an entry")
    asked = [key for key in ASKS if key in section]
    written = {key.value for key, _ in node.entries} if isinstance(node, Table) else set(ASKS)
    if len(asked) > 1:
        complaints.add(node, f"one entry asks {' and '.join(f'`{key}`' for key in asked)}", "one of them in each entry")
    elif not asked and not written & set(ASKS):
        complaints.add(node, "an entry that asks nothing", quoted(ASKS))
    if len(asked) != 1:
        return []
    for key, wanted in _WITH_APPROVAL.items():
        if asked[0] != "approval" and (extra := section.node_of(key)):
            complaints.add(extra, f"`{key}` without an approval", wanted)
    entry = Entry(section, gate, declared, plan)
    return _with_options(_made(entry, asked[0]), section, declared)


def _made(entry: Entry, asks: str) -> list[Draft]:
    before = len(entry.complaints.found)
    drafts = _MAKERS[asks](entry)
    # A gate that looks guarded and is not would be worse than none.
    if not drafts and entry.declared.sound and len(entry.complaints.found) == before:
        entry.complaints.add(entry.value(asks), f"`{asks}` asks nothing", "at least one, or the entry left out")
    return drafts


def _with_options(drafts: list[Draft], section: Section, declared: Declared) -> list[Draft]:
    own_id, when = section.read("id", notation.name), section.node_of("when")
    # The rules of an approval by several are told apart by their role; approvals name them so themselves.
    named = bool(drafts) and drafts[0].kind == "approval"
    if own_id is not None and len(drafts) > 1 and not named:
        at = section.node_of("id") or section.node
        section.complaints.add(at, "one `id` for several rules", "one rule for this entry")
    if when is not None and not isinstance(when, Text):
        expected = _condition_meant(when, declared) or "a condition, in quotes if it has brackets or commas"
        section.complaints.add(when, "`when` is no text", expected)
    own = (Condition(when.value, when),) if isinstance(when, Text) else ()
    severity = section.word("severity", SEVERITIES, "block")
    waivable_by = roles_of(section, "waivable_by", declared.roles)
    says, fix = section.prose("says"), section.prose("fix")
    return [
        replace(
            draft,
            id=own_id or draft.id if len(drafts) == 1 and not named else draft.id,
            conditions=(*own, *draft.conditions),
            severity=next(each for each in SEVERITIES if each == severity),
            waivable_by=waivable_by,
            says=says or draft.says,
            fix=fix or draft.fix,
            own_words=bool(says),
        )
        for draft in drafts
    ]


def _condition_meant(when: Node, declared: Declared) -> str | None:
    """The condition that a table such as `{move: won}` stands for; None where nobody could tell."""
    if not isinstance(when, Table) or len(when.entries) != 1:
        return None
    (key, value), name = when.entries[0], when.entries[0][0].value.removeprefix("deal.")
    field = declared.fields.get(name)
    path = _MEANT.get(name) or (f"deal.{name}" if field is not None and field.kind in ("text", "choice") else None)
    if path is None or not isinstance(value, Text) or value.empty or not value.value.replace("-", "").isalnum():
        return None
    return f"a condition: `{key.value}: …` is written `{path} == '{value.value}'`"


_MEANT: Mapping[str, str] = {"move": "move.to", "to": "move.to", "from": "move.from", "stage": "move.from"}


def _check(entry: Entry) -> list[Draft]:
    node = entry.value("check")
    entry.section.need("id")
    if not isinstance(node, Text):
        entry.complaints.add(node, "`check` is a list or a table", "a condition, in quotes if it begins with a bracket")
        return []
    shown = " ".join(node.value.split())
    made = Draft(id="", gate=entry.gate, kind="check", text=node.value, source=node, place=entry.section.node.place)
    return [replace(made, says=f"`{shown}` does not hold")]


def _require(entry: Entry) -> list[Draft]:
    drafts = []
    for each in entry.section.names("require"):
        field = entry.declared.fields.get(each.value)
        if field is None:
            if entry.declared.sound:
                entry.complaints.unknown(each, "field", each.value, entry.declared.fields)
            continue
        made = entry.draft(f"require:{field.name}", "require", f"known(deal.{field.name})", each.place)
        fix = f"deal set {{deal}} {field.name}={_example(field)}"
        drafts.append(replace(made, says=f"{in_words(field.name)} is not recorded", fix=fix))
    return drafts


def _example(field: Field) -> str:
    if not field.of:
        return _EXAMPLES.get(field.kind, "TEXT")
    # Nothing that is true of no deal: a hint that is pasted as it stands is refused.
    few = field.of if len(field.of) <= _MOST_CHOICES else (*field.of[:_MOST_CHOICES], "…")
    return f"CHOICE   ({either(few)})"


def by_draft(section: Section, gate: str, declared: Declared, done: str) -> list[Draft]:
    """
    The rule of who may do it: `by: [manager, owner]`; none where nobody is named.

    Args:
        done: What they may do, for people: `move a deal into legal`.
    """
    node = section.node_of("by")
    named = roles_of(section, "by", declared.roles, OWNER_WORD, OWNERS_MANAGER)
    if node is None or not named:
        if isinstance(node, Items) and not node.items:
            section.complaints.add(node, "`by` names nobody", "at least one role or `owner`, or the key left out")
        return []
    roles = [role for role in named if role not in (OWNER_WORD, OWNERS_MANAGER)]
    parts = [f"actor.id == {path}" for word, path in _STANDING.items() if word in named]
    if roles:
        parts.append(f"actor.roles.exists(r, r in {listed(roles)})")
    who = either([_SAID.get(word, in_words(word)) for word in named])
    made = Draft(id=f"{gate}:by", gate=gate, kind="by", text=" || ".join(parts), place=node.place)
    return [replace(made, says=f"only {who} may {done}", fix=f"ask {who} to do it")]


_STANDING: Mapping[str, str] = {OWNER_WORD: "owner.id", OWNERS_MANAGER: "owner.manager"}
_SAID: Mapping[str, str] = {OWNER_WORD: "the deal's owner", OWNERS_MANAGER: "the owner's manager"}

_MAKERS: Mapping[str, Callable[[Entry], list[Draft]]] = {
    "check": _check,
    "require": _require,
    "activities": activities,
    "contacts": contacts,
    "documents": documents,
    "checklist": checklist,
    "plan": plan,
    "approval": approval,
    "stay_at_least": stay_at_least,
    "stay_at_most": stay_at_most,
    "owner_deals_at_most": owner_deals_at_most,
    "owner_skills": owner_skills,
}
ASKS = tuple(_MAKERS)
