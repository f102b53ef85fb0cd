"""The stored form of a rule: nested arrays, the same for the same tree, readable as long as the log is kept.

{"semantics": 1, "rule": ["call", "bool", "_<_", ["column", "int", "deal.seats"], ["const", "int", 5]]}
"""

from decimal import Decimal
from typing import Any

from pipeline_engine.process.rules.tree import SEMANTICS, Node
from pipeline_engine.process.rules.vocabulary import Kind, ListOf, RecordOf, Type
from pipeline_engine.process.rules.working_hours import WorkWeek
from pipeline_engine.values import Money

_OPS = frozenset({"const", "limit", "column", "has", "list", "call", "macro", "rates", "calendar"})


def to_json(node: Node) -> Any:
    """The stored form of a rule; JSON-able, without positions."""
    return {"semantics": SEMANTICS, "rule": _packed(node)}


def from_json(stored: Any) -> Node:
    """The tree behind its stored form; raises ValueError for other semantics, or a form nobody wrote."""
    if not isinstance(stored, dict) or stored.get("semantics") != SEMANTICS:
        raise ValueError(f"a stored rule needs semantics {SEMANTICS}: `{str(stored)[:80]}`")
    return _unpacked(stored["rule"])


def _packed(node: Node) -> list[Any]:
    return [node.op, _kind_text(node.kind), _value_json(node), *(_packed(arg) for arg in node.args)]


def _unpacked(stored: Any) -> Node:
    try:
        op, kind, value, *args = stored
    except (TypeError, ValueError):
        raise ValueError(f"`{str(stored)[:80]}` is no stored rule") from None
    if op not in _OPS:
        raise ValueError(f"a stored rule has no step `{op}`")
    node_kind = _kind_of(kind)
    return Node(op, node_kind, _value_of(op, node_kind, value), tuple(_unpacked(arg) for arg in args))


def _kind_text(kind: Type) -> str:
    if isinstance(kind, ListOf):
        return f"list {_kind_text(kind.of)}"
    return f"record {kind.name}" if isinstance(kind, RecordOf) else str(kind)


def _kind_of(text: str) -> Type:
    if text.startswith("list "):
        inner = _kind_of(text.removeprefix("list "))
        if isinstance(inner, ListOf):
            raise ValueError(f"`{text}` is no stored type")
        return ListOf(inner)
    return RecordOf(text.removeprefix("record ")) if text.startswith("record ") else Kind(text)


def _value_json(node: Node) -> Any:
    value = node.value
    if isinstance(value, Money):
        return [value.units, value.currency]
    if isinstance(value, Decimal):
        return str(value)
    if node.op == "rates":
        return [value[0], dict(value[1])]
    if isinstance(value, WorkWeek):
        return value.stored()
    return list(value) if isinstance(value, tuple) else value


def _value_of(op: str, kind: Type, stored: Any) -> Any:
    if op == "rates":
        return stored[0], tuple(sorted(stored[1].items()))
    if op == "calendar":
        return WorkWeek.of_stored(stored)
    if op == "macro":
        return tuple(stored)
    if op != "const":
        return stored
    if kind is Kind.MONEY:
        return Money(stored[0], stored[1])
    if kind is Kind.DOUBLE:
        return Decimal(stored) if isinstance(stored, str) else float(stored)
    return stored
