"""What a process file declares before any rule: money, time, names and fields."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import get_args

from pipeline_engine import notation
from pipeline_engine.errors import BadValue, nearest, quoted
from pipeline_engine.notation import Complaints, Items, Node, Place, Section, Text, entries, scalar
from pipeline_engine.process import scalars
from pipeline_engine.process.field_values import read_value
from pipeline_engine.process.limits import Limits, read_limits
from pipeline_engine.process.model import Calendar, Field, FieldKind, Span, SplitLimit

FIELD_KEYS = ("type", "of", "many", "default", "personal", "says", "locked_from", "unless")
_KINDS: tuple[FieldKind, ...] = get_args(FieldKind)
_MANY = ("choice", "person", "text")
_FLAGS = ("true", "false")
ANY = "any"


@dataclass(frozen=True, slots=True)
class Declared:
    """The declarations, typed.

    `sound` is false where some did not fit: then no rule is compiled, for a complaint might be unjust.
    """

    currency: str
    value: str | None
    rates: dict[str, Decimal]
    calendar: Calendar
    limits: dict[str, Decimal]
    split_limits: dict[str, SplitLimit]
    roles: tuple[str, ...]
    contact_roles: tuple[str, ...]
    activities: tuple[str, ...]
    documents: tuple[str, ...]
    fields: dict[str, Field]
    backdate: Span | None = None
    backdate_by: tuple[str, ...] = ()
    observed_by: tuple[str, ...] = ()
    corrections_by: tuple[str, ...] = ()
    sound: bool = True
    limit_places: Mapping[str, Place] = field(default_factory=dict)
    locks: tuple[Text, ...] = ()

    def check_locks(self, stages: Collection[str], complaints: Complaints) -> None:
        """Complain about fields that are locked from a stage that is not there."""
        for lock in self.locks:
            if lock.value not in stages:
                complaints.unknown(lock, "stage", lock.value, stages)


def read_declared(top: Section) -> Declared:
    """The declarations of a process file."""
    complaints, before = top.complaints, len(top.complaints.found)
    currency = top.read("currency", scalars.currency) or ""
    roles = tuple(each.value for each in top.names("roles"))
    fields, locks = _fields(top, currency, roles)
    limits: Limits = read_limits(top, fields)
    backdate, backdate_by = _backdate(top, roles)
    return Declared(
        currency=currency,
        value=_value(top, fields),
        rates=_rates(top, currency),
        calendar=_calendar(top),
        limits=limits.plain,
        split_limits=limits.split,
        roles=roles,
        contact_roles=_contact_roles(top),
        activities=_kinds(top, "activities"), documents=_kinds(top, "documents"),
        fields=fields,
        backdate=backdate, backdate_by=backdate_by,
        observed_by=_named_by(top, "observed", roles), corrections_by=_named_by(top, "corrections", roles),
        sound=bool(currency) and len(complaints.found) == before,
        limit_places=limits.places,
        locks=tuple(locks),
    )  # fmt: skip


def roles_of(section: Section, key: str, roles: tuple[str, ...], *besides: str) -> tuple[str, ...]:
    """The roles named under a key; each must be declared, where any are."""
    named = section.names(key)
    for each in named:
        if roles and each.value not in (*roles, *besides):
            near = "." not in each.value and nearest(each.value, roles)
            section.complaints.unknown(each, "role", each.value, roles if near else (*roles, *besides))
        elif each.value not in (*roles, *besides):
            section.complaints.warn(
                "undeclared-role", each, f"role `{each.value}` is declared nowhere; add it to `roles`", each.value
            )
    return tuple(each.value for each in named)


def _kinds(top: Section, key: str) -> tuple[str, ...]:
    """Names that entries count; `any` would be read as all of them."""
    named = top.names(key)
    for each in named:
        if each.value == ANY:
            top.complaints.add(each, f"`{key}` holds `{ANY}`", "another word; this one stands for every one of them")
    return tuple(each.value for each in named)


def _fields(top: Section, currency: str, roles: tuple[str, ...]) -> tuple[dict[str, Field], list[Text]]:
    node = top.node_of("deal")
    fields: dict[str, Field] = {}
    subjects: list[tuple[Node, str]] = []
    locks: list[Text] = []
    for key, value in entries(node, top.complaints, "`deal`") if node is not None else ():
        if scalar(key, notation.field_name, top.complaints, "field") is None:
            continue
        if isinstance(value, Text) and (kind := nearest(value.value, _KINDS)):
            found = f"field `{key.value}` is `{value.value}`"
            top.complaints.add(value, found, f"a table: `{key.value}: {{type: {kind[0]}}}`")
            continue
        section = Section(value, FIELD_KEYS, top.complaints, f"field `{key.value}`")
        read = _field(key.value, section, currency)
        if read is not None:
            fields[read.name] = _locked(read, section, roles, locks)
            subjects.append((section.node_of("personal") or value, read.name))
    for subject, named in subjects:
        _check_subject(subject, fields[named], fields, top.complaints)
    return fields, locks


def _locked(read: Field, section: Section, roles: tuple[str, ...], locks: list[Text]) -> Field:
    node = section.node_of("locked_from")
    unlocked_by = roles_of(section, "unless", roles)
    if node is None:
        if unlocked_by:
            at = section.node_of("unless") or section.node
            section.complaints.add(at, "`unless` without `locked_from`", "the stage from which the field is locked")
        return read
    stage = section.read("locked_from", notation.name)
    if stage is None or not isinstance(node, Text):
        return read
    locks.append(node)
    return read.model_copy(update={"locked_from": stage, "unlocked_by": unlocked_by})


def _field(named: str, section: Section, currency: str) -> Field | None:
    section.need("type")
    kind = _kind(section)
    if kind is None:
        return None
    read = Field(
        name=named,
        kind=kind,
        of=tuple(dict.fromkeys(_choices(section, kind))),
        many=section.word("many", _FLAGS, "false") == "true",
        personal=section.read("personal", str),
        says=section.prose("says"),
    )
    if read.many and kind not in _MANY:
        at = section.node_of("many") or section.node
        section.complaints.add(at, f"a `{kind}` field of many values", f"a type of {quoted(_MANY)}")
        return None
    return _with_default(read, section, currency)


def _kind(section: Section) -> FieldKind | None:
    word = section.read("type", str)
    for kind in _KINDS:
        if kind == word:
            return kind
    node = section.node_of("type")
    if word is not None and node is not None:
        section.complaints.add(node, f"there is no field type `{word}`", quoted(_KINDS), nearest(word, _KINDS))
    return None


def _choices(section: Section, kind: str) -> list[str]:
    node = section.node_of("of")
    if (kind == "choice") != (node is not None):
        found = "a choice without `of`" if node is None else f"`of` beside the type `{kind}`"
        section.complaints.add(node or section.node, found, "`{type: choice, of: […]}`")
        return []
    choices: list[str] = []
    for item in section.list_of("of", "choices"):
        text = scalar(item, _choice, section.complaints, "of")
        if text is not None:
            choices.append(text)
    return choices


def _choice(text: str) -> str:
    if not text or len(text) > 200 or text != text.strip():
        raise notation.Unfit("a choice of 1 to 200 characters")
    return text


def _with_default(read: Field, section: Section, currency: str) -> Field:
    node = section.node_of("default")
    if node is None:
        return read
    if read.personal is not None:
        section.complaints.add(node, "a personal field has a default", "no default: it would be nobody's")
        return read
    raw: str | list[str] = (
        [item.value for item in node.items if isinstance(item, Text)] if isinstance(node, Items) else ""
    )
    try:
        default = read_value(read, node.value if isinstance(node, Text) else raw, currency)
    except BadValue as bad:
        section.complaints.add(node, f"the default of `{read.name}` is `{bad.found}`", bad.expected)
        return read
    return read.model_copy(update={"default": default})


def _check_subject(node: Node, read: Field, fields: Mapping[str, Field], complaints: Complaints) -> None:
    if read.personal is None:
        return
    if read.kind != "text" or read.many:
        complaints.add(node, f"field `{read.name}` is personal and not one text", "`{type: text, personal: …}`")
    subject = fields.get(read.personal)
    if read.personal != "deal" and subject is not None and subject.personal is not None:
        # Whose data it is stands in the clear beside what is sealed.
        complaints.add(node, f"`{read.personal}` is itself personal", "`deal`, or a field that holds a person's id")
        return
    if read.personal == "deal" or (subject is not None and subject.kind in ("text", "person") and not subject.many):
        return
    near = nearest(read.personal, ("deal", *fields))
    complaints.add(
        node,
        f"`{read.personal}` is nobody whose data this could be",
        "`deal`, or a field that holds a person",
        near,
    )


def _value(top: Section, fields: Mapping[str, Field]) -> str | None:
    money = [each.name for each in fields.values() if each.kind == "money"]
    named, node = top.read("value", str), top.node_of("value")
    if named is None or node is None:
        return "amount" if "amount" in money else money[0] if money else None
    if named not in money:
        top.complaints.unknown(node, "money field", named, money)
    return named


def _rates(top: Section, currency: str) -> dict[str, Decimal]:
    node = top.node_of("rates")
    rates: dict[str, Decimal] = {}
    for key, value in entries(node, top.complaints, "`rates`") if node is not None else ():
        code = scalar(key, scalars.currency, top.complaints, "currency")
        rate = scalar(value, scalars.rate, top.complaints, key.value)
        if code is not None and code == currency:
            top.complaints.add(key, f"a rate of `{code}`, the process's own currency", "other currencies only")
        elif code is not None and rate is not None:
            rates[code] = rate
    return rates


def _calendar(top: Section) -> Calendar:
    node = top.node_of("calendar")
    if node is None:
        return Calendar()
    section = Section(node, ("zone", "week", "holidays"), top.complaints, "`calendar`")
    holidays = [
        scalar(each, notation.iso_date, top.complaints, "holidays") for each in section.list_of("holidays", "dates")
    ]
    return Calendar(
        zone=section.read("zone", notation.zone) or "UTC",
        hours=section.read("week", scalars.week) or {},
        holidays=tuple(sorted({each for each in holidays if each is not None})),
    )


def _contact_roles(top: Section) -> tuple[str, ...]:
    node = top.node_of("contacts")
    if node is None:
        return ()
    section = Section(node, ("roles",), top.complaints, "`contacts`")
    return tuple(each.value for each in section.names("roles"))


def _backdate(top: Section, roles: tuple[str, ...]) -> tuple[Span | None, tuple[str, ...]]:
    node = top.node_of("backdate")
    if node is None:
        return None, ()
    section = Section(node, ("max", "by"), top.complaints, "`backdate`")
    section.need("max")
    return section.read("max", scalars.clock_span), roles_of(section, "by", roles)


def _named_by(top: Section, key: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    """Who a key with nothing but `by:` names."""
    node = top.node_of(key)
    if node is None:
        return ()
    section = Section(node, ("by",), top.complaints, f"`{key}`")
    section.need("by")
    return roles_of(section, "by", roles)
