"""A variant of a process: the base with what the variant's file says laid over it.

Both files are trees of text; what comes out is one tree, read like any other file. Nothing is taken from the base
without saying so: rules go by `remove` or `replace`, by their id.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline_engine import notation
from pipeline_engine.errors import BadProcess
from pipeline_engine.notation import (
    Complaints,
    Items,
    Node,
    Table,
    Text,
    Written,
    elsewhere,
    entries,
    read_tree,
    scalar,
)
from pipeline_engine.process.declared import Declared
from pipeline_engine.process.drafts import Condition, Draft
from pipeline_engine.process.model import Extends

VARIANT_KEYS = ("extends", "for", "replace", "remove")
_UNITED = ("roles", "activities", "documents", "reasons")  # lists of names: both
_JOINED = ("enter", "leave", "lint")  # lists of entries: the base's, then the variant's
_BY_ID = ("stages", "plan")
_PLACED = ("after", "before")
_ITS_OWN = ("process", "title", *VARIANT_KEYS)
_CHOSEN_BY = ("choice", "bool", "person")


@dataclass(frozen=True, slots=True)
class Base:
    """The process that a variant is made from: `label` names it in complaints, version 0 is a file not published."""

    name: str
    version: int
    digest: str
    text: str
    label: str


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
    remove: tuple[Text, ...] = ()
    replace: tuple[tuple[Text, Node], ...] = ()


def laid_over(root: Node, bases: Bases, complaints: Complaints) -> Laid:
    """The tree of a file over that of the process it extends; raises BadProcess where there is no such process."""
    given = {key.value: value for key, value in root.entries} if isinstance(root, Table) else {}
    if "extends" not in given:
        for key in VARIANT_KEYS[1:]:
            if key in given:
                complaints.add(given[key], f"`{key}` without `extends`", "`extends: NAME@VERSION` of the base")
        return Laid(_without(root, VARIANT_KEYS))
    base = _base(given["extends"], bases, complaints)
    under = read_tree(Written(base.text, base.label, BadProcess))
    below = elsewhere(under, base.label)
    _check(root, below, complaints)
    both = _merged(_without(below, _ITS_OWN), _without(root, VARIANT_KEYS), "", complaints)
    return Laid(
        both, Extends(process=base.name, version=base.version, digest=base.digest), base.text, base.label,
        given.get("for"),
        _rule_ids(given.get("remove"), complaints),
        tuple(entries(given["replace"], complaints, "`replace`")) if "replace" in given else (),
    )  # fmt: skip


def _rule_ids(node: Node | None, complaints: Complaints) -> tuple[Text, ...]:
    if isinstance(node, Table):
        complaints.add(node, "`remove` is a table", "a list of rule ids")
    items = node.items if isinstance(node, Items) else (node,)
    return tuple(item for item in items if isinstance(item, Text))


def _without(node: Node, keys: Sequence[str]) -> Node:
    if not isinstance(node, Table):
        return node
    return Table(tuple((key, value) for key, value in node.entries if key.value not in keys), node.place)


def _base(node: Node, bases: Bases, complaints: Complaints) -> Base:
    written = node.value if isinstance(node, Text) else ""
    name, at, version = written.partition("@")
    if not name or (at and not version.isdecimal()):
        raise complaints.written.bad(node.place, f"`extends` is {notation.described(node)}", "`NAME@VERSION`")
    base = bases(name, int(version) if at else None)
    if base is None:
        expected = f"`{written}` published, or a file beside this one whose `process` is `{name}`"
        raise complaints.written.bad(node.place, f"there is no process `{written}` to extend", expected)
    if not at and base.version:
        found = f"`extends: {name}` without a version"
        raise complaints.written.bad(node.place, found, f"the version it was made from: `{name}@{base.version}`")
    return base


def _check(root: Node, below: Node, complaints: Complaints) -> None:
    over, under = _table(root), _table(below)
    if "extends" in under:
        complaints.add(over["extends"], "the base is itself a variant", "a process that extends none")
    if "for" not in over:
        complaints.add(root, "a variant has no `for`", "which deals it is for: `for: {region: [EMEA]}`")
    if "currency" in over and _said(over["currency"]) != _said(under.get("currency")):
        complaints.add(over["currency"], "a variant has another currency than its base", "the base's, or none at all")
    if "process" in over and _said(over["process"]) == _said(under.get("process")):
        complaints.add(over["process"], "a variant has the name of its base", "a name of its own")


def _table(node: Node | None) -> dict[str, Node]:
    return {key.value: value for key, value in node.entries} if isinstance(node, Table) else {}


def _said(node: Node | None) -> str | None:
    return node.value if isinstance(node, Text) else None


def _merged(below: Node, above: Node, key: str, complaints: Complaints) -> Node:
    """One value of both files, by what stands under its key; what is no table or list of ours is the variant's."""
    if isinstance(below, Table) and isinstance(above, Table):
        return _tables(below, above, complaints)
    if not (isinstance(below, Items) and isinstance(above, Items)):
        return above
    if key in _JOINED:
        return Items((*below.items, *above.items), above.place)
    if key in _BY_ID:
        return _by_id(below, above, key, complaints)
    if key in _UNITED:
        known = {_id(item) for item in below.items}
        return Items((*below.items, *(item for item in above.items if _id(item) not in known)), above.place)
    return above


def _tables(below: Table, above: Table, complaints: Complaints) -> Table:
    over = {key.value: (key, value) for key, value in above.entries}
    merged = [
        (over[key.value][0], _merged(value, over[key.value][1], key.value, complaints))
        if key.value in over
        else (key, value)
        for key, value in below.entries
    ]
    known = {key.value for key, _ in below.entries}
    return Table((*merged, *((key, value) for key, value in above.entries if key.value not in known)), above.place)


def _id(node: Node) -> str | None:
    return node.value if isinstance(node, Text) else _said(_table(node).get("id"))


def _by_id(below: Items, above: Items, key: str, complaints: Complaints) -> Items:
    listed = list(below.items)
    for node in above.items:
        place = next((n for n, item in enumerate(listed) if _id(item) == _id(node) is not None), None)
        if place is not None:
            listed[place] = _merged(listed[place], node, "", complaints)
        elif key == "plan":
            listed.append(node)
        else:
            listed.insert(_between(node, listed, complaints), _without(node, _PLACED))
    return Items(tuple(listed), above.place)


def _between(node: Node, listed: Sequence[Node], complaints: Complaints) -> int:
    """Where a stage that the base does not have goes."""
    said = _table(node)
    word = next((word for word in _PLACED if word in said), None)
    stages = [_id(item) or "" for item in listed]
    if word is None:
        found = f"stage `{_id(node)}` is new and stands nowhere"
        complaints.add(node, found, "`after: STAGE` or `before: STAGE` in it")
        return len(listed)
    neighbour = _said(said[word]) or ""
    if neighbour not in stages:
        complaints.unknown(said[word], "stage", neighbour, stages)
        return len(listed)
    return stages.index(neighbour) + (word == "after")


Reread = Callable[[Node, str], list[Draft]]


def changed(drafts: Sequence[Draft], laid: Laid, reread: Reread, complaints: Complaints) -> list[Draft]:
    """The rules without those that the variant removes, and with those that it puts in their place."""
    known = {draft.id: draft for draft in drafts}
    for name in (*laid.remove, *(key for key, _ in laid.replace)):
        if name.value not in known:
            complaints.unknown(name, "rule", name.value, [draft.id for draft in drafts if draft.kind != "topology"])
        elif known[name.value].kind == "topology":
            complaints.add(name, f"rule `{name.value}` is one of the way itself", "`moves`, `outcomes` or `applies`")
    gone = {name.value for name in laid.remove}
    instead = {key.value: value for key, value in laid.replace}
    made: list[Draft] = []
    for draft in drafts:
        if draft.id in instead and draft.kind != "topology":
            made += [_in_place_of(draft, new, drafts) for new in reread(instead[draft.id], draft.gate)]
        elif draft.id not in gone or draft.kind == "topology":
            made.append(draft)
    return made


def _in_place_of(old: Draft, new: Draft, drafts: Sequence[Draft]) -> Draft:
    stage = old.gate.removeprefix("leave:")
    own = [Condition(d.text, d.source) for d in drafts if d.gate == f"applies:{stage}"]
    return new if not own else _with(new, own)


def _with(draft: Draft, conditions: Sequence[Condition]) -> Draft:
    return replace(draft, conditions=(*conditions, *draft.conditions))


def read_for(laid: Laid, declared: Declared, complaints: Complaints) -> dict[str, tuple[str, ...]]:
    """Which deals a variant is for: by field the values that fit."""
    wanted: dict[str, tuple[str, ...]] = {}
    for key, value in entries(laid.written_for, complaints, "`for`") if laid.written_for is not None else ():
        chosen = declared.fields.get(key.value)
        fitting = [f.name for f in declared.fields.values() if f.kind in _CHOSEN_BY and not f.many]
        if key.value not in fitting:
            complaints.unknown(key, "field that a variant is chosen by", key.value, fitting)
            continue
        items = value.items if isinstance(value, Items) else (value,)
        values = [_value(item, chosen.of if chosen else (), complaints) for item in items]
        wanted[key.value] = tuple(dict.fromkeys(v for v in values if v is not None))
        if not wanted[key.value]:
            complaints.add(value, f"`for` names no value of `{key.value}`", "`[VALUE, …]`")
    return wanted


def _value(node: Node, of: Sequence[str], complaints: Complaints) -> str | None:
    text = scalar(node, str, complaints, "for")
    if text is not None and of and text not in of:
        complaints.unknown(node, "choice", text, of)
    return text
