"""A variant of a process: the base with what the variant's file says laid over it.

Both files are trees of text; what comes out is one tree, read like any other file. Nothing is taken from the base
without saying so: rules go by `remove` or `replace`, by their id.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline_engine import notation
from pipeline_engine.errors import BadProcess, BadValue, UnknownProcess, quoted
from pipeline_engine.notation import Complaints, Items, Node, Table, Text, Written, elsewhere, entries, read_tree
from pipeline_engine.process.declared import Declared
from pipeline_engine.process.drafts import Condition, Draft
from pipeline_engine.process.field_values import read_value
from pipeline_engine.process.fitting import CHOSEN_BY, as_chosen
from pipeline_engine.process.laying import PLACED, merged, table_of, text_of, without
from pipeline_engine.process.model import Extends, Field

VARIANT_KEYS = ("extends", "for", "replace", "remove")
_ITS_OWN = ("process", "title", *VARIANT_KEYS)
_CHOOSING = ("type", "of", "many", "default", "personal")


@dataclass(frozen=True, slots=True)
class Base:
    """The process that a variant is made from.

    `label` names it in complaints; version 0 is a file that is not published; `in_force` is its newest version.
    """

    name: str
    version: int
    digest: str
    text: str
    label: str
    in_force: int = 0


Bases = Callable[[str, int | None], Base | None]


def no_bases(name: str, version: int | None) -> Base | None:
    """Nothing to be a variant of."""
    return None


@dataclass(frozen=True, slots=True)
class Laid:
    """A tree with its base under it; `extends` is None where the file is no variant."""

    root: Node
    extends: Extends | None = None
    base_text: str = ""
    label: str = ""
    written_for: Node | None = None
    base_fields: frozenset[str] = frozenset()
    remove: tuple[Text, ...] = ()
    replace: tuple[tuple[Text, Node], ...] = ()


def laid_over(root: Node, bases: Bases, complaints: Complaints) -> Laid:
    """The tree of a file over that of the process it extends; raises BadProcess where there is no such process."""
    if "extends" not in table_of(root):
        return Laid(_no_variant(root, complaints))
    given = {key.value: value for key, value in entries(root, complaints, "a process")}
    base = _base(given["extends"], bases, complaints)
    below = elsewhere(read_tree(Written(base.text, base.label, BadProcess)), base.label)
    _check(given, root, below, complaints)
    both = merged(without(below, _ITS_OWN), without(root, VARIANT_KEYS), complaints)
    return Laid(
        both, Extends(process=base.name, version=base.version, digest=base.digest), base.text, base.label,
        given.get("for"), frozenset(table_of(table_of(below).get("deal"))),
        _rule_ids(given.get("remove"), complaints),
        tuple(entries(given["replace"], complaints, "`replace`")) if "replace" in given else (),
    )  # fmt: skip


def _no_variant(root: Node, complaints: Complaints) -> Node:
    given = table_of(root)
    for key in VARIANT_KEYS[1:]:
        if key in given:
            complaints.add(given[key], f"`{key}` without `extends`", "`extends: NAME@VERSION` of the base")
    stages = given.get("stages")
    for stage in stages.items if isinstance(stages, Items) else ():
        for word, said in table_of(stage).items():
            if word in PLACED:
                complaints.add(said, f"`{word}` in a file that is no variant", "the stages in the order of the way")
    return _stages_without(without(root, VARIANT_KEYS), PLACED)


def _stages_without(root: Node, keys: Sequence[str]) -> Node:
    if not isinstance(root, Table):
        return root
    return replace(root, entries=tuple((key, _stripped(key, value, keys)) for key, value in root.entries))


def _stripped(key: Text, value: Node, keys: Sequence[str]) -> Node:
    if key.value != "stages" or not isinstance(value, Items):
        return value
    return replace(value, items=tuple(without(item, keys) for item in value.items))


def _rule_ids(node: Node | None, complaints: Complaints) -> tuple[Text, ...]:
    items = node.items if isinstance(node, Items) else (node,)
    for item in items:
        if item is not None and not isinstance(item, Text):
            complaints.add(item, f"`remove` holds {notation.described(item)}", "a list of rule ids")
    read = [item for item in items if isinstance(item, Text)]
    for number, item in enumerate(read):
        if item.value in {before.value for before in read[:number]}:
            complaints.add(item, f"`{item.value}` is there twice", "each rule once")
    return tuple(read)


def _base(node: Node, bases: Bases, complaints: Complaints) -> Base:
    written = text_of(node) or ""
    name, at, version = written.partition("@")
    if not name or (at and not (version.isdecimal() and version.isascii() and len(version) <= 9)):
        raise complaints.written.bad(node.place, f"`extends` is {notation.described(node)}", "`NAME@VERSION`")
    base, near = _found(bases, name, int(version) if at else None)
    if base is None:
        expected = (
            "one that is published (`process publish FILE` does it), or to look at only,"
            f" a file beside this one whose `process` is `{name}`"
        )
        raise complaints.written.bad(node.place, f"there is no process `{written}` to extend", expected, near)
    if not at and base.version:
        found = f"`extends: {name}` without a version"
        raise complaints.written.bad(node.place, found, f"the version it is made from: `{name}@{base.version}`")
    _doubts(node, base, written, complaints)
    return base


def _found(bases: Bases, name: str, version: int | None) -> tuple[Base | None, tuple[str, ...]]:
    try:
        return bases(name, version), ()
    except UnknownProcess as unknown:
        return None, unknown.near or unknown.known[-3:]


def _doubts(node: Node, base: Base, written: str, complaints: Complaints) -> None:
    if not base.version:
        message = f"`{written}` is not published; what is checked here is made from {base.label}"
        complaints.warn("base-not-published", node, message, base.name)
    elif base.in_force > base.version:
        message = f"`{base.name}@{base.in_force}` is in force; this variant is made from `{written}` and stays so"
        complaints.warn("base-moved-on", node, message, base.name)


def _check(over: dict[str, Node], root: Node, below: Node, complaints: Complaints) -> None:
    under = table_of(below)
    if "extends" in under:
        found = f"`{text_of(over['extends'])}` is itself a variant"
        raise complaints.written.bad(over["extends"].place, found, f"its base: `{text_of(under['extends'])}`")
    if "for" not in over:
        complaints.add(root, "a variant has no `for`", "which deals it is for: `for: {region: [EMEA]}`")
    if "currency" in over and text_of(over["currency"]) != text_of(under.get("currency")):
        expected = f"`{text_of(under.get('currency'))}`, or the key left out"
        complaints.add(over["currency"], "a variant has another currency than its base", expected)
    if "process" in over and text_of(over["process"]) == text_of(under.get("process")):
        complaints.add(over["process"], "a variant has the name of its base", "a name of its own")
    _check_choosing(over, below, complaints)


def _check_choosing(over: dict[str, Node], below: Node, complaints: Complaints) -> None:
    """A deal is given its variant by the base's word for it."""
    mine, theirs = table_of(over.get("deal")), table_of(table_of(below).get("deal"))
    for name in table_of(over.get("for")):
        for key, said in table_of(mine.get(name)).items() if name in theirs else ():
            if key in _CHOOSING:
                found = f"`{key}` of `{name}`, by which the variant is chosen"
                complaints.add(said, found, "the field as the base has it")


Reread = Callable[[Node, str], list[Draft]]


def changed(drafts: Sequence[Draft], laid: Laid, reread: Reread, complaints: Complaints) -> list[Draft]:
    """The rules without those that the variant removes, and with those that it puts in their place."""
    if laid.extends is None:
        return list(drafts)
    _check_named(drafts, laid, complaints)
    gone = {name.value for name in laid.remove}
    instead = {key.value: value for key, value in laid.replace}
    made: list[Draft] = []
    for draft in drafts:
        if draft.kind == "topology" or draft.id not in gone | set(instead):
            made.append(draft)
        elif draft.id in instead:
            made += [_in_place_of(draft, new, drafts) for new in reread(instead[draft.id], draft.gate)]
    _check_order(made, laid, complaints)
    return made


def _check_named(drafts: Sequence[Draft], laid: Laid, complaints: Complaints) -> None:
    known = {draft.id: draft for draft in drafts}
    own = [draft.id for draft in drafts if draft.kind != "topology"]
    instead = {key.value for key, _ in laid.replace}
    for name in (*laid.remove, *(key for key, _ in laid.replace)):
        if name.value not in known:
            complaints.unknown(name, "rule", name.value, own)
        elif known[name.value].kind == "topology":
            complaints.add(name, f"rule `{name.value}` is one of the way itself", "`moves`, `outcomes` or `applies`")
    for name in laid.remove:
        if name.value in instead:
            complaints.add(name, f"rule `{name.value}` is removed and replaced", "one of them")


def _check_order(made: Sequence[Draft], laid: Laid, complaints: Complaints) -> None:
    there = {draft.id for draft in made}
    lost = {name.value: name for name in (*laid.remove, *(key for key, _ in laid.replace)) if name.value not in there}
    for draft in made:
        for earlier in draft.after:
            if earlier in lost:
                found = f"rule `{draft.id}` waits for the approval of `{earlier}`, which is taken out"
                complaints.add(lost[earlier], found, f"`{draft.id}` replaced or removed as well")


def _in_place_of(old: Draft, new: Draft, drafts: Sequence[Draft]) -> Draft:
    stage = old.gate.removeprefix("leave:")
    own = [Condition(d.text, d.source) for d in drafts if d.gate == f"applies:{stage}"]
    return new if not own else replace(new, conditions=(*own, *new.conditions))


def read_for(laid: Laid, declared: Declared, complaints: Complaints) -> dict[str, tuple[str, ...]]:
    """Which deals a variant is for: by field the values that fit."""
    wanted: dict[str, tuple[str, ...]] = {}
    if laid.written_for is None:
        return wanted
    named = entries(laid.written_for, complaints, "`for`")
    if not named and isinstance(laid.written_for, Table):
        complaints.add(laid.written_for, "`for` names no field", "`for: {region: [EMEA]}`")
    fields = {name: f for name, f in declared.fields.items() if name in laid.base_fields}
    fitting = {name: f for name, f in fields.items() if f.kind in CHOSEN_BY and not f.many}
    for key, value in named:
        if key.value in fitting:
            wanted[key.value] = _values(value, fitting[key.value], declared.currency, complaints)
        elif key.value in fields:
            field = fields[key.value]
            kind = f"a `{field.kind}` of many values" if field.many else f"a `{field.kind}`"
            complaints.add(key, f"`{key.value}` is {kind}", f"a field of one {_either(CHOSEN_BY)}")
        elif key.value in declared.fields:
            complaints.add(key, f"`{key.value}` is a field of the variant alone", f"a field of {laid.label}")
        elif declared.sound:
            complaints.unknown(key, f"field of {laid.label}", key.value, fitting)
    return wanted


def _either(names: Sequence[str]) -> str:
    return quoted(tuple(names))


def _values(node: Node, field: Field, currency: str, complaints: Complaints) -> tuple[str, ...]:
    items = node.items if isinstance(node, Items) else (node,)
    if not items:
        complaints.add(node, f"`for` names no value of `{field.name}`", "`[VALUE, …]`")
    values: list[str] = []
    for item in items:
        value = _value(item, field, currency, complaints)
        if value in values:
            complaints.add(item, f"`{value}` is there twice", "each value once")
        elif value is not None:
            values.append(value)
    return tuple(values)


def _value(item: Node, field: Field, currency: str, complaints: Complaints) -> str | None:
    if not isinstance(item, Text):
        complaints.add(item, f"a value of `{field.name}` is {notation.described(item)}", "`[VALUE, …]`")
        return None
    if field.of and item.value not in field.of:
        complaints.unknown(item, f"choice of `{field.name}`", item.value, field.of)
        return None
    try:
        return as_chosen(read_value(field, item.value, currency))
    except BadValue as bad:
        complaints.add(item, f"`{field.name}` cannot be `{bad.found}`", bad.expected)
        return None
