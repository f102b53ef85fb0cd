"""What stands in a condition, brought into forms that can be reasoned about: sums, constants, loop variables put in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from pipeline_engine.process.analysis.spans import Number, Span
from pipeline_engine.process.analysis.world import ALIASES, World
from pipeline_engine.process.rules import Kind, ListOf, Node
from pipeline_engine.process.rules.literals import DAY, EARLIEST, LATEST, LONGEST
from pipeline_engine.process.rules.working_hours import WorkWeek
from pipeline_engine.values import Money

TERNARY = "_?_:_"
RELATIONS = ("_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_")
NOT: Mapping[str, str] = {
    "_<_": "_>=_", "_>=_": "_<_", "_>_": "_<=_", "_<=_": "_>_", "_==_": "_!=_", "_!=_": "_==_",
}  # fmt: skip
TURNED: Mapping[str, str] = {
    "_<_": "_>_", "_>_": "_<_", "_<=_": "_>=_", "_>=_": "_<=_", "_==_": "_==_", "_!=_": "_!=_",
}  # fmt: skip
WHOLE = frozenset({Kind.INT, Kind.MONEY, Kind.TIMESTAMP, Kind.DURATION})
_BY_CALENDAR = ("working_days", "working_hours")
TRUE, FALSE = Node("const", Kind.BOOL, True), Node("const", Kind.BOOL, False)
_ROOMS: Mapping[Kind, tuple[int, int]] = {
    Kind.INT: (-(2**63), 2**63 - 1),
    Kind.MONEY: (-(2**63), 2**63 - 1),
    Kind.TIMESTAMP: (EARLIEST, LATEST),
    Kind.DURATION: (-LONGEST, LONGEST),
}


def call(function: str, *args: Node) -> Node:
    """A condition made of others."""
    return Node("call", Kind.BOOL, function, args)


def column(path: str, kind: Any) -> Node:
    """A column by its path."""
    return Node("column", kind, path)


def known(path: str, kind: Any) -> Node:
    """Whether a column is recorded: true where it is, unknown where not."""
    return call("known", column(path, kind))


def plain(node: Node, week: WorkWeek | None = None) -> Node:
    """The condition without what does not matter here: names of limits, and second names of one value.

    Working time keeps the week it is counted by close to it, so that by two calendars it is two things.
    """
    if node.op in ("limit", "rates"):
        return plain(node.args[0], week)
    if node.op == "calendar":
        return plain(node.args[0], node.value)
    value = ALIASES.get(node.value, node.value) if node.op in ("column", "has") else node.value
    args = tuple(plain(arg, week) for arg in node.args)
    made = node if value is node.value and args == node.args else replace(node, value=value, args=args)
    return Node("calendar", node.kind, week, (made,)) if value in _BY_CALENDAR and node.op == "call" else made


def put(body: Node, variable: str, element: str) -> Node:
    """The body of a loop with one element put in for the variable: `a.role` becomes `approvals#1.role`."""
    if body.op in ("column", "has"):
        root, dot, field = str(body.value).partition(".")
        return replace(body, value=f"{element}{dot}{field}") if root == variable else body
    if not body.args:
        return body
    return replace(body, args=tuple(put(arg, variable, element) for arg in body.args))


def put_constant(body: Node, variable: str, constant: Node) -> Node:
    """The body of a loop over a list written out, with one of its values put in."""
    if body.op == "column" and body.value == variable:
        return constant
    return replace(body, args=tuple(put_constant(arg, variable, constant) for arg in body.args))


def outer_steps(node: Node) -> Iterator[Node]:
    """The node and all below it, but not the inside of loops."""
    yield node
    if node.op != "macro":
        for arg in node.args:
            yield from outer_steps(arg)


def choice_in(node: Node) -> Node | None:
    """The first `c ? a : b` below a node that is no loop."""
    return next((s for s in outer_steps(node) if s is not node and s.op == "call" and s.value == TERNARY), None)


def exchanged(node: Node, old: Node, new: Node) -> Node:
    """The node with one part replaced, outside of loops."""
    if node is old:
        return new
    if node.op == "macro" or not node.args:
        return node
    return replace(node, args=tuple(exchanged(arg, old, new) for arg in node.args))


def columns_in(node: Node) -> list[Node]:
    """The columns a term reads outside of loops, each once."""
    return list(dict.fromkeys(step for step in outer_steps(node) if step.op == "column"))


def has_loop(node: Node) -> bool:
    """Whether the value hangs on a list."""
    return any(step.op == "macro" or isinstance(step.kind, ListOf) for step in outer_steps(node))


def number_of(node: Node) -> Number | None:
    """The value of a constant, whole where its kind is; None of all else."""
    if node.op != "const" or not isinstance(node.value, (int, float, Decimal, Money)) or node.kind is Kind.BOOL:
        return None
    if isinstance(node.value, Money):
        return node.value.units
    return node.value if isinstance(node.value, int) else Fraction(node.value)


@dataclass(frozen=True, slots=True)
class Sum:
    """Whole multiples of terms, and a constant."""

    parts: tuple[tuple[Node, int], ...]
    constant: Number = 0

    def plus(self, other: "Sum", times: int = 1) -> "Sum":
        """The sum of both, the other one so many times."""
        parts = dict(self.parts)
        for term, count in other.parts:
            parts[term] = parts.get(term, 0) + times * count
        kept = tuple(sorted(((t, c) for t, c in parts.items() if c), key=lambda part: name_of(part[0])))
        return Sum(kept, self.constant + times * other.constant)


@lru_cache(maxsize=4096)
def name_of(node: Node) -> str:
    """A text that tells terms apart, and puts them in an order."""
    return str(node.value) if node.op == "column" else f"({node.op} {node.value} {' '.join(map(name_of, node.args))})"


@lru_cache(maxsize=4096)
def sum_of(node: Node) -> Sum:
    """The term as a sum; what cannot be taken apart is one part of it."""
    constant = number_of(node)
    if constant is not None:
        return Sum((), constant)
    if node.op == "call" and node.kind in WHOLE:
        found = _sum_of_call(node)
        if found is not None:
            return found
    return Sum(((node, 1),))


def _sum_of_call(node: Node) -> Sum | None:
    sums = [sum_of(arg) for arg in node.args]
    match node.value:
        case "_+_":
            return sums[0].plus(sums[1])
        case "_-_":
            return sums[0].plus(sums[1], -1)
        case "-_":
            return Sum(()).plus(sums[0], -1)
        case "days":
            return Sum(()).plus(sums[0], DAY)
        case "_*_":
            return _scaled(sums, node.args)
    return None


def _scaled(sums: list[Sum], args: tuple[Node, ...]) -> Sum | None:
    for one, other in ((0, 1), (1, 0)):
        factor = sums[one].constant
        if not sums[one].parts and isinstance(factor, int) and args[one].kind is Kind.INT:
            return Sum(()).plus(sums[other], factor)
    return None


def sure(node: Node, world: World) -> bool:
    """Whether a term has a value wherever its columns have one, all its money being of one currency."""
    return _reach(node, world) is not None


def _reach(node: Node, world: World) -> Span | None:
    """Between what the term's values lie; None where it may have no value, or no order."""
    constant = number_of(node)
    if constant is not None:
        return Span(constant, constant)
    if node.op == "column":
        numbers = isinstance(node.kind, Kind) and node.kind not in (Kind.STRING, Kind.BOOL)
        return world.span(str(node.value), node.kind) if numbers else Span()  # type: ignore[arg-type]  # numbers are a Kind
    if node.op == "const":
        return Span()
    if node.op != "call" or has_loop(node):
        return None
    return _within_room(node, world)


_TOTAL = frozenset({"contains", "startsWith", "endsWith", "matches", "lowerAscii", "upperAscii", "double", "size"})


def _within_room(node: Node, world: World) -> Span | None:
    inner = [_reach(arg, world) for arg in node.args]
    if any(span is None for span in inner):
        return None
    if node.value in _TOTAL or str(node.value).startswith("get") or node.kind is Kind.STRING:
        return Span()
    if node.value == "_%_" or (node.value == "_/_" and node.kind is Kind.INT):
        return inner[0] if number_of(node.args[1]) not in (None, 0, -1) else None
    spans = [span for span in inner if span is not None]
    found = _arithmetic(str(node.value), spans)
    return found if found is not None and _fits(found, node.kind) else None


def _arithmetic(function: str, spans: list[Span]) -> Span | None:
    bounds = [(span.low, span.high) for span in spans]
    if any(low is None or high is None for low, high in bounds):
        return None
    (low, high), (low2, high2) = bounds[0], bounds[-1]
    assert low is not None
    assert high is not None
    assert low2 is not None
    assert high2 is not None
    match function:
        case "_+_":
            return Span(low + low2, high + high2)
        case "_-_":
            return Span(low - high2, high - low2)
        case "-_":
            return Span(-high, -low)
        case "days":
            return Span(low * DAY, high * DAY)
        case "_*_":
            corners = [one * other for one in (low, high) for other in (low2, high2)]
            return Span(min(corners), max(corners))
    return None


def _fits(span: Span, kind: Any) -> bool:
    low, high = _ROOMS.get(kind, (-(10**300), 10**300))
    return span.low is not None and span.high is not None and low <= span.low and span.high <= high
