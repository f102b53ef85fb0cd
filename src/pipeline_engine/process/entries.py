"""The entries of a gate: written rules and shorthands, both as rules in the same language.

A shorthand's id is made from what it asks, never from where it stands, so that moving a line changes no rule.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline_engine import notation
from pipeline_engine.errors import quoted
from pipeline_engine.notation import Complaints, Node, Place, Section, Table, Text, entries, scalar
from pipeline_engine.process import scalars
from pipeline_engine.process.declared import Declared, roles_of
from pipeline_engine.process.model import OWNERS_MANAGER, Field, RuleKind, Severity, Span

SEVERITIES: tuple[Severity, ...] = ("block", "warn", "hint")
ASKS = ("check", "require", "activities", "contacts", "approval", "stay_at_least")
BESIDE = ("id", "when", "says", "fix", "severity", "waivable_by")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule before it is compiled. `source` is the scalar an author wrote; a shorthand has only a place."""

    id: str
    gate: str
    kind: RuleKind
    text: str
    place: Place
    says: str = ""
    fix: str = ""
    source: Text | None = None
    when: Text | None = None
    severity: Severity = "block"
    waivable_by: tuple[str, ...] = ()
    approval: str | None = None
    void_if_changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    section: Section
    gate: str
    declared: Declared

    @property
    def complaints(self) -> Complaints:
        return self.section.complaints

    def value(self, key: str) -> Node:
        return self.section.node_of(key) or self.section.node


def drafts_of(node: Node, gate: str, declared: Declared, complaints: Complaints) -> list[Draft]:
    """The rules one entry stands for; none, with a complaint, where it asks nothing or two things at once."""
    section = Section(node, (*ASKS, *BESIDE, "void_if_changed"), complaints, "an entry")
    asked = [key for key in ASKS if key in section]
    written = {key.value for key, _ in node.entries} if isinstance(node, Table) else set(ASKS)
    if len(asked) > 1:
        complaints.add(node, f"one entry asks {' and '.join(f'`{key}`' for key in asked)}", "one of them in each entry")
    elif not asked and not written & set(ASKS):
        complaints.add(node, "an entry that asks nothing", quoted(ASKS))
    if len(asked) != 1:
        return []
    if asked[0] != "approval" and (extra := section.node_of("void_if_changed")):
        complaints.add(
            extra,
            "`void_if_changed` without an approval",
            "it beside `approval`; a rule is judged anew each time",
        )
    return _with_options(_MAKERS[asked[0]](_Entry(section, gate, declared)), section, declared)


def _with_options(drafts: list[Draft], section: Section, declared: Declared) -> list[Draft]:
    own_id, when = section.read("id", notation.name), section.node_of("when")
    if own_id is not None and len(drafts) > 1:
        section.complaints.add(
            section.node_of("id") or section.node, "one `id` for several rules", "one rule for this entry"
        )
    if when is not None and not isinstance(when, Text):
        section.complaints.add(when, "`when` is no text", "a condition, in quotes if it has brackets or commas")
    severity = section.word("severity", SEVERITIES, "block")
    waivable_by = roles_of(section, "waivable_by", declared.roles)
    says, fix = section.prose("says"), section.prose("fix")
    return [
        replace(
            draft,
            id=own_id or draft.id,
            when=when if isinstance(when, Text) else None,
            severity=next(each for each in SEVERITIES if each == severity),
            waivable_by=waivable_by,
            says=says or draft.says,
            fix=fix or draft.fix,
        )
        for draft in drafts
    ]


def _check(entry: _Entry) -> list[Draft]:
    node = entry.value("check")
    entry.section.need("id")
    if not isinstance(node, Text):
        entry.complaints.add(node, "`check` is a list or a table", "a condition, in quotes if it begins with a bracket")
        return []
    place = entry.section.node.place
    shown = " ".join(node.value.split())
    return [
        Draft(
            id="",
            gate=entry.gate,
            kind="check",
            text=node.value,
            source=node,
            place=place,
            says=f"`{shown}` does not hold",
        )
    ]


def _require(entry: _Entry) -> list[Draft]:
    drafts = []
    for each in entry.section.names("require"):
        field = entry.declared.fields.get(each.value)
        if field is None:
            if entry.declared.sound:
                entry.complaints.unknown(each, "field", each.value, entry.declared.fields)
            continue
        text = f"known(deal.{field.name})"
        words = field.name.replace("_", " ")
        fix = f"deal set {{deal}} {field.name}={_example(field)}"
        made = Draft(
            id=f"{entry.gate}:require:{field.name}",
            gate=entry.gate,
            kind="require",
            text=text,
            place=each.place,
        )
        drafts.append(replace(made, says=f"{words} is not recorded", fix=fix))
    return drafts


def _example(field: Field) -> str:
    return field.of[0] if field.of else _EXAMPLES.get(field.kind, "TEXT")


def _counts(entry: _Entry, key: str, what: str, known: Sequence[str]) -> list[tuple[Text, int]]:
    counted = []
    for name, value in entries(entry.value(key), entry.complaints, f"`{key}`"):
        number = scalar(value, scalars.count, entry.complaints, name.value)
        if name.value not in known:
            entry.complaints.unknown(name, what, name.value, known)
        elif number is not None:
            counted.append((name, number))
    return counted


def _activities(entry: _Entry) -> list[Draft]:
    drafts = []
    for kind, number in _counts(entry, "activities", "activity", entry.declared.activities):
        text = f"activities.filter(a, a.kind == '{kind.value}').size() >= {number}"
        made = Draft(
            id=f"{entry.gate}:activities:{kind.value}>={number}",
            gate=entry.gate,
            kind="activities",
            text=text,
            place=kind.place,
            says=_too_few(number, kind.value, "logged"),
            fix=f"deal log {{deal}} {kind.value}",
        )
        drafts.append(made)
    return drafts


def _contacts(entry: _Entry) -> list[Draft]:
    drafts = []
    for role, number in _counts(entry, "contacts", "contact role", entry.declared.contact_roles):
        text = f"contacts.filter(c, c.role == '{role.value}').size() >= {number}"
        made = Draft(
            id=f"{entry.gate}:contacts:{role.value}>={number}",
            gate=entry.gate,
            kind="contacts",
            text=text,
            place=role.place,
            says=_too_few(number, role.value, "linked"),
            fix=f"link a contact in the role {role.value}",
        )
        drafts.append(made)
    return drafts


def _too_few(number: int, kind: str, done: str) -> str:
    words = kind.replace("_", " ").replace("-", " ")
    return f"no {words} is {done}" if number == 1 else f"{words}: fewer than {number} are {done}"


def _approval(entry: _Entry) -> list[Draft]:
    roles = roles_of(entry.section, "approval", entry.declared.roles, OWNERS_MANAGER)
    node = entry.value("approval")
    if len(roles) != 1:
        if roles:
            entry.complaints.add(node, "an approval by several roles", "one role; another entry for the next")
        return []
    rule = entry.section.read("id", notation.name) or f"{entry.gate}:approval:{roles[0]}"
    text = f"approvals.exists(a, a.rule == '{rule}' && a.role == '{roles[0]}' && a.target == move.to && a.live)"
    who = "the owner's manager" if roles[0] == OWNERS_MANAGER else roles[0]
    made = Draft(id=rule, gate=entry.gate, kind="approval", text=text, place=node.place, approval=roles[0])
    says, fix = f"approval by {who} is missing", f"deal request {{deal}} {rule}"
    return [replace(made, says=says, fix=fix, void_if_changed=_void_if_changed(entry))]


def _void_if_changed(entry: _Entry) -> tuple[str, ...]:
    named = entry.section.names("void_if_changed")
    for each in named:
        if each.value not in entry.declared.fields and entry.declared.sound:
            entry.complaints.unknown(each, "field", each.value, entry.declared.fields)
    return tuple(each.value for each in named)


def _stay(entry: _Entry) -> list[Draft]:
    node = entry.value("stay_at_least")
    span = scalar(node, scalars.lasting, entry.complaints, "stay_at_least")
    if span is None or not isinstance(node, Text):
        return []
    if span.unit not in _SECONDS:
        entry.complaints.add(
            node, f"`stay_at_least` is `{node.value}`, working time", "time by the clock, like `36h` or `1d`"
        )
        return []
    text = f"now - stage.entered_at >= duration('{_duration(span)}')"
    made = Draft(
        id=f"{entry.gate}:stay_at_least:{node.value}",
        gate=entry.gate,
        kind="stay",
        text=text,
        place=node.place,
    )
    says = f"less than {node.value} in the stage before"
    return [replace(made, says=says, fix=f"wait until the deal has been in its stage for {node.value}")]


def _duration(span: Span) -> str:
    seconds = span.amount * _SECONDS[span.unit]
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{int(seconds / length)}{unit}"
    return f"{Decimal(seconds):f}s"


_MAKERS: Mapping[str, Callable[[_Entry], list[Draft]]] = {
    "check": _check,
    "require": _require,
    "activities": _activities,
    "contacts": _contacts,
    "approval": _approval,
    "stay_at_least": _stay,
}
