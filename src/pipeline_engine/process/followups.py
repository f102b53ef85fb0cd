"""What else a process file says about a deal: the items of its plan, and what a win opens."""

from collections.abc import Mapping, Sequence

from pipeline_engine import notation
from pipeline_engine.notation import Items, Node, Section, Text, entries, scalar
from pipeline_engine.process.declared import Declared
from pipeline_engine.process.model import Item, Opens
from pipeline_engine.process.scalars import span

PLAN_KEYS = ("id", "title", "side", "due")
OPENS_KEYS = ("process", "when", "at", "carry")
_SIDES = ("us", "customer")
# A list or a table where a moment is meant.
_NO_TEXT = "an expression such as `deal.close_date - days(30)`"
_A_MOMENT = "a moment such as `deal.close_date - days(30)`"

Moments = Mapping[str, Text]


def read_plan(top: Section) -> tuple[tuple[Item, ...], Moments]:
    """The items of the mutual action plan, and by item the scalar that says when it is due."""
    items: dict[str, Item] = {}
    dues: dict[str, Text] = {}
    for node in top.list_of("plan", "items"):
        section = Section(node, PLAN_KEYS, top.complaints, "an item of the plan")
        section.need("id")
        item_id = section.read("id", notation.name)
        if item_id is None:
            continue
        if item_id in items:
            top.complaints.add(node, f"item `{item_id}` is there twice", "each item once")
        side = section.word("side", _SIDES, "us")
        due = _moment(section, "due")
        if due is not None:
            dues[item_id] = due
        text = None if due is None else due.value
        items[item_id] = Item.model_validate(
            {"id": item_id, "kind": "plan", "title": section.prose("title"), "side": side, "due_text": text}
        )
    return tuple(items.values()), dues


def _moment(section: Section, key: str) -> Text | None:
    node = section.node_of(key)
    if node is not None and not isinstance(node, Text):
        section.complaints.add(node, f"`{key}` is no text", _NO_TEXT)
    if isinstance(node, Text) and _is_span(node.value):
        section.complaints.add(node, f"`{key}` is `{node.value}`, a length of time", _A_MOMENT)
        return None
    return node if isinstance(node, Text) else None


def _is_span(text: str) -> bool:
    try:
        span(text)
    except notation.Unfit:
        return False
    return True


def read_opens(top: Section, declared: Declared) -> tuple[tuple[Opens, ...], Moments]:
    """What a win opens, and by process the scalar that says when."""
    node = top.node_of("opens")
    nodes: Sequence[Node] = () if node is None else node.items if isinstance(node, Items) else (node,)
    opened: dict[str, Opens] = {}
    moments: dict[str, Text] = {}
    for each in nodes:
        section = Section(each, OPENS_KEYS, top.complaints, "`opens`")
        section.need("process")
        process = section.read("process", notation.name)
        section.word("when", ("won",), "won")
        at, carry = _moment(section, "at"), _carried(section, declared)
        if process is None:
            continue
        if process in opened:
            top.complaints.add(each, f"process `{process}` is opened twice", "each process once")
        if at is not None:
            moments[process] = at
        opened[process] = Opens(process=process, at_text=None if at is None else at.value, carry=carry)
    return tuple(opened.values()), moments


def _carried(section: Section, declared: Declared) -> dict[str, str]:
    """`[account, {amount: renewal_amount}]`: the field of this deal → the field of the new one, kept the other way."""
    carried: dict[str, str] = {}
    for node in section.list_of("carry", "fields"):
        pairs = [(node, node)] if isinstance(node, Text) else entries(node, section.complaints, "`carry`")
        for mine, theirs in pairs:
            new = scalar(theirs, notation.field_name, section.complaints, "carry")
            if mine.value not in declared.fields and declared.sound:
                section.complaints.unknown(mine, "field", mine.value, declared.fields)
            elif new is not None and new in carried:
                found = f"field `{new}` of the new deal is carried twice"
                section.complaints.add(theirs, found, "each field of it once")
            elif new is not None:
                carried[new] = mine.value
    return carried
