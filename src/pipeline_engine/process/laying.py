"""One tree laid over another: what the upper one says holds, the rest is the lower one's.

Tables are laid over by key. Stages, the items of a plan and escalations are laid over by their id, lists of names are
united, the entries of a gate are joined. Every other list stands in place of the one below.
"""

from collections.abc import Sequence

from pipeline_engine.notation import Complaints, Items, Node, Table, Text, entries

_UNITED = ("roles", "activities", "documents", "reasons")  # lists of names: both
_JOINED = ("enter", "leave", "lint")  # lists of entries: those below, then those above
_BY_ID = ("stages", "plan", "escalations")
PLACED = ("after", "before")


def table_of(node: Node | None) -> dict[str, Node]:
    """What stands under each key; of a node that is no table nothing does."""
    return {key.value: value for key, value in node.entries} if isinstance(node, Table) else {}


def text_of(node: Node | None) -> str | None:
    """The text of a scalar, None of anything else."""
    return node.value if isinstance(node, Text) else None


def id_of(node: Node) -> str | None:
    """The name of an item of a list: the item itself, or its `id`."""
    return node.value if isinstance(node, Text) else text_of(table_of(node).get("id"))


def merged(below: Node, above: Node, complaints: Complaints, key: str = "") -> Node:
    """One value of both; `key` is what they stand under."""
    if key in _UNITED:
        below, above = _listed(below), _listed(above)
    if isinstance(below, Table) and isinstance(above, Table):
        return _tables(below, above, complaints)
    if not (isinstance(below, Items) and isinstance(above, Items)):
        return above
    if key in _JOINED:
        return Items((*below.items, *above.items), above.place)
    if key in _BY_ID:
        return Items(_by_id(below, above, key, complaints), above.place)
    return Items(_united(below, above), above.place) if key in _UNITED else above


def _listed(node: Node) -> Node:
    """A name that stands alone is a list of one."""
    return Items((node,), node.place) if isinstance(node, Text) and not node.empty else node


def _tables(below: Table, above: Table, complaints: Complaints) -> Table:
    over = {key.value: (key, value) for key, value in entries(above, complaints, "")}
    split = text_of(table_of(below).get("by")) != text_of(table_of(above).get("by", table_of(below).get("by")))
    if split:
        # A limit that is split by another field has nothing in common with the one below.
        return above
    both = [
        (over[key.value][0], merged(value, over[key.value][1], complaints, key.value))
        if key.value in over
        else (key, value)
        for key, value in below.entries
    ]
    known = {key.value for key, _ in below.entries}
    return Table((*both, *(pair for name, pair in over.items() if name not in known)), above.place)


def _united(below: Items, above: Items) -> tuple[Node, ...]:
    over = {id_of(item): item for item in above.items}
    known = {id_of(item) for item in below.items}
    kept = (over.get(id_of(item), item) if id_of(item) is not None else item for item in below.items)
    return (*kept, *(item for item in above.items if id_of(item) is None or id_of(item) not in known))


def _by_id(below: Items, above: Items, key: str, complaints: Complaints) -> tuple[Node, ...]:
    listed, seen = list(below.items), set[str]()
    for node in above.items:
        name = id_of(node)
        if name is not None and name in seen:
            complaints.add(node, f"`{name}` is there twice", f"each of `{key}` once")
            continue
        seen.update({name} if name is not None else ())
        known = [id_of(item) for item in below.items]
        if name is not None and name in known:
            place = [id_of(item) for item in listed].index(name)
            listed[place] = merged(listed[place], _kept_in_place(node, name, complaints), complaints)
        elif key != "stages" or name is None:
            listed.append(node)
        else:
            listed.insert(_between(node, name, listed, complaints), without(node, PLACED))
    return tuple(listed)


def _kept_in_place(node: Node, name: str, complaints: Complaints) -> Node:
    for word, said in table_of(node).items():
        if word in PLACED:
            complaints.add(said, f"`{word}` in stage `{name}`, which the base has", f"no `{word}`: its place stays")
    return without(node, PLACED)


def without(node: Node, keys: Sequence[str]) -> Node:
    """The table without some of its keys."""
    if not isinstance(node, Table):
        return node
    return Table(tuple((key, value) for key, value in node.entries if key.value not in keys), node.place)


def _between(node: Node, name: str, listed: Sequence[Node], complaints: Complaints) -> int:
    """Where a stage that is only above goes."""
    said = table_of(node)
    named = [word for word in PLACED if word in said]
    if len(named) != 1:
        found = "stands nowhere" if not named else "stands in two places"
        complaints.add(node, f"stage `{name}` is new and {found}", "`after: STAGE` or `before: STAGE` in it")
        return len(listed)
    neighbour = text_of(said[named[0]]) or ""
    stages = [id_of(item) or "" for item in listed]
    if neighbour not in stages:
        complaints.unknown(said[named[0]], "stage", neighbour, stages)
        return len(listed)
    return stages.index(neighbour) + (named[0] == "after")
