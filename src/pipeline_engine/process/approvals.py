"""Approvals as rules: by one role, by several in order or in any, and by bands of a number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline_engine import notation
from pipeline_engine.notation import Items, Node, Place, Section, Table, Text, scalar
from pipeline_engine.process import scalars
from pipeline_engine.process.declared import roles_of
from pipeline_engine.process.drafts import Condition, Draft, Entry, in_words
from pipeline_engine.process.model import OWNERS_MANAGER, Field, FieldKind, Span
from pipeline_engine.process.stays import countable
from pipeline_engine.process.vocabulary import vocabulary_of

APPROVAL_KEYS = ("from", "any_order", "by", "bands")
BAND_KEYS = ("up_to", "from", "any_order")
_FLAGS = ("true", "false")
_MEASURED = ("money", "percent", "number", "int")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who is asked, one after the other unless `any_order`, and where: `band` tells it from the other bands."""

    roles: tuple[str, ...]
    any_order: bool
    place: Place
    band: str = ""
    conditions: tuple[Condition, ...] = ()


def approval(entry: Entry) -> list[Draft]:
    """`approval: manager`, a list of roles in their order, `{from: …}`, or `{by: deal.discount, bands: […]}`."""
    node = entry.value("approval")
    if not isinstance(node, Table):
        roles = roles_of(entry.section, "approval", entry.declared.roles, OWNERS_MANAGER)
        asked = [_Asked(roles, False, node.place)] if roles else []
    else:
        section = Section(node, APPROVAL_KEYS, entry.complaints, "`approval`")
        asked = _bands(entry, section) if "by" in section or "bands" in section else _one(entry, section)
    beside = {"void_if_changed": _void_if_changed(entry), "answer_within": _answer_within(entry)}
    skills = tuple(each.value for each in entry.section.names("skills"))
    several = sum(len(each.roles) for each in asked) > 1
    drafts = [draft for each in asked for draft in _drafts(entry, each, several)]
    return [_skilled(replace(draft, **beside), skills) for draft in drafts]  # type: ignore[arg-type]  # each key its own


def _skilled(draft: Draft, skills: tuple[str, ...]) -> Draft:
    """The approval of somebody who can do all of that."""
    if not skills:
        return draft
    says = draft.says.replace(" is missing", f"{with_skills(skills)} is missing")
    return replace(draft, skills=skills, says=says)


def with_skills(skills: Sequence[str]) -> str:
    """What is said behind a role where it takes skills beside it; empty where it takes none."""
    told = " and ".join(in_words(skill) for skill in skills)
    return f" with the skill{'s' if len(skills) > 1 else ''} {told}" if skills else ""


def _void_if_changed(entry: Entry) -> tuple[str, ...]:
    named = entry.section.names("void_if_changed")
    for each in named:
        if each.value not in entry.declared.fields and entry.declared.sound:
            entry.complaints.unknown(each, "field", each.value, entry.declared.fields)
    return tuple(each.value for each in named)


def _answer_within(entry: Entry) -> Span | None:
    node = entry.section.node_of("answer_within")
    span = None if node is None else scalar(node, scalars.lasting, entry.complaints, "answer_within")
    if span is None or not isinstance(node, Text) or not countable(span, node, entry, "answer_within"):
        return None
    return span


def _one(entry: Entry, section: Section) -> list[_Asked]:
    section.need("from")
    roles = roles_of(section, "from", entry.declared.roles, OWNERS_MANAGER)
    return [_Asked(roles, _any_order(section), section.node.place)] if roles else []


def _any_order(section: Section) -> bool:
    return section.word("any_order", _FLAGS, "false") == "true"


def _drafts(entry: Entry, asked: _Asked, several: bool) -> list[Draft]:
    drafts: list[Draft] = []
    for role in asked.roles:
        rule = _rule_id(entry, role, asked.band, several)
        before = () if asked.any_order else tuple((draft.id, draft.approval or "") for draft in drafts[-1:])
        who = "the owner's manager" if role == OWNERS_MANAGER else in_words(role)
        made = Draft(id=rule, gate=entry.gate, kind="approval", text=_text(rule, role, before), place=asked.place)
        says, fix = f"approval by {who} is missing", f"deal request {{deal}} {rule}"
        after = tuple(rule for rule, _ in before)
        drafts.append(replace(made, approval=role, after=after, says=says, fix=fix, conditions=asked.conditions))
    return drafts


def _rule_id(entry: Entry, role: str, band: str, several: bool) -> str:
    suffix = f":{band}" if band else ""
    if entry.own_id is None:
        return f"{entry.gate}:approval:{role}{suffix}"
    return f"{entry.own_id}:{role}{suffix}" if several else entry.own_id


def _text(rule: str, role: str, before: Sequence[tuple[str, str]]) -> str:
    given = "a.target == move.to && a.live"
    # An approval in order counts only from when the one before it was there.
    earlier = "".join(
        f" && approvals.exists(b, b.rule == '{other}' && b.role == '{whose}' && b.target == move.to && b.live"
        " && b.at <= a.at)"
        for other, whose in before
    )
    return f"approvals.exists(a, a.rule == '{rule}' && a.role == '{role}' && {given}{earlier})"


def _bands(entry: Entry, section: Section) -> list[_Asked]:
    section.need("by", "bands")
    for key in ("from", "any_order"):
        if (extra := section.node_of(key)) is not None:
            entry.complaints.add(extra, f"`{key}` beside `bands`", "it within a band")
    field = _measured(entry, section)
    listed = section.node_of("bands")
    if field is None or not isinstance(listed, Items):
        if listed is not None and not isinstance(listed, Items):
            entry.complaints.add(listed, "`bands` is no list", "`[{up_to: 10%}, {from: manager}]`")
        return []
    before = len(entry.complaints.found)
    bands = [_band(entry, node, field, last=node is listed.items[-1]) for node in listed.items]
    read = [band for band in bands if band is not None]
    _ascending(entry, read)
    if not any(band.roles for band in read) and len(entry.complaints.found) == before:
        entry.complaints.add(listed, "no band asks anybody", "`from: manager` in one of them")
    lower = (None, *read[:-1])
    return [_in_band(band, field, below) for band, below in zip(read, lower, strict=False) if band.roles]


@dataclass(frozen=True, slots=True)
class _Band:
    roles: tuple[str, ...]
    any_order: bool
    place: Place
    top: str | None  # as CEL writes it
    shown: str
    number: Decimal | None


def _measured(entry: Entry, section: Section) -> Field | None:
    node, word = section.node_of("by"), section.read("by", str)
    if node is None or word is None:
        return None
    field = entry.declared.fields.get(word.removeprefix("deal."))
    fitting = [f"deal.{each.name}" for each in entry.declared.fields.values() if each.kind in _MEASURED]
    if field is None or field.kind not in _MEASURED:
        if entry.declared.sound:
            entry.complaints.unknown(node, "field with a number", word, fitting)
        return None
    return field


def _band(entry: Entry, node: Node, field: Field, last: bool) -> _Band | None:
    section = Section(node, BAND_KEYS, entry.complaints, "a band")
    top = section.node_of("up_to")
    if top is None and not last:
        section.complaints.add(node, "a band without `up_to` that is not the last", "`up_to`, or the band at the end")
        return None
    roles = roles_of(section, "from", entry.declared.roles, OWNERS_MANAGER)
    if top is None:
        return _Band(roles, _any_order(section), node.place, None, "", None)
    if isinstance(top, Text) and top.value.startswith("limits."):
        if not _is_limit(entry, top, field):
            return None
        return _Band(roles, _any_order(section), node.place, top.value, top.value, None)
    if isinstance(top, Text) and top.value in vocabulary_of(entry.declared).limit_names:
        entry.complaints.add(top, f"`up_to` is `{top.value}`", "", (f"limits.{top.value}",))
        return None
    number = scalar(top, _READERS.get(field.kind, notation.decimal), entry.complaints, "up_to")
    if number is None or not isinstance(top, Text):
        return None
    return _Band(roles, _any_order(section), node.place, _written(number, field), top.value.replace(" ", ""), number)


_READERS: Mapping[FieldKind, Callable[[str], Decimal]] = {"percent": scalars.percentage, "int": scalars.whole}


def _is_limit(entry: Entry, node: Text, field: Field) -> bool:
    limits = vocabulary_of(entry.declared)
    known = [f"limits.{name}" for name in limits.limit_names]
    if node.value not in known:
        if entry.declared.sound:
            entry.complaints.unknown(node, "limit", node.value, known)
        return False
    if field.kind == "int" and not limits.is_whole(node.value.removeprefix("limits.")):
        entry.complaints.add(node, f"`{node.value}` is no whole number beside a whole number", "a limit like `12`")
        return False
    return True


def _written(number: Decimal, field: Field) -> str:
    text = f"{number:f}"
    whole = field.kind in ("int", "money") or "." in text
    return text if whole else f"{text}.0"


def _ascending(entry: Entry, bands: Sequence[_Band]) -> None:
    last: Decimal | None = None
    for band in bands:
        if last is not None and band.number is not None and band.number <= last:
            entry.complaints.add(band.place, f"the band up to `{band.shown}` comes after a higher one", "rising bands")
        last = band.number if band.number is not None else last


def _in_band(band: _Band, field: Field, below: _Band | None) -> _Asked:
    above = (f"deal.{field.name} > {below.top}",) if below is not None else ()
    up_to = (f"deal.{field.name} <= {band.top}",) if band.top is not None else ()
    name = f"above-{below.shown}" if below is not None else f"up-to-{band.shown}" if up_to else ""
    conditions = tuple(Condition(text) for text in (*above, *up_to))
    return _Asked(band.roles, band.any_order, band.place, name, conditions)
