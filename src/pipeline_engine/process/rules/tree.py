"""The rule as a small immutable tree, and its stored form.

The tree is what decides, for as long as the log is kept: a change of what a node means raises SEMANTICS.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline_engine.process.rules.vocabulary import Type

SEMANTICS = 1


@dataclass(frozen=True, slots=True)
class Node:
    """
    One step of a rule.

    op and value:
        const: a literal; value is bool, int, float, str, Money, Decimal (an exact factor of money),
            microseconds since 1970 (TIMESTAMP) or microseconds (DURATION).
        limit: a named constant; value is its name, args its one const.
        column: a value read; value is its path, `deal.amount`, or within a macro `a.role` and `a`.
        has: whether the column path in value is recorded.
        list: a literal list of args.
        call: value is the CEL function (`_<_`, `contains`, `known`), args its operands, a receiver first;
            `_&&_` and `_||_` hold all operands of a chain, two or more.
        macro: value is (`exists` | `all` | `exists_one` | `filter` | `map`, variable), args the list and
            the body.
        rates: value is (process currency, ((currency, rate as text), …)); they hold for its one arg.
        calendar: value is the WorkWeek by which its one arg counts working time.

    `at` is the offset in the source, -1 where unknown; it is no part of equality and is not stored.
    """

    op: str
    kind: Type
    value: Any = None
    args: "tuple[Node, ...]" = ()
    at: int = field(default=-1, compare=False)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in source order where the source is prefix or infix."""
    yield node
    for arg in node.args:
        yield from walk(arg)


def reads(node: Node) -> frozenset[str]:
    """
    The column paths that the rule reads: `deal.amount`, `approvals`, `now`.

    What a loop's variable reads belongs to its list. Limits are constants of the rule, see `limits_of`.
    """
    variables = {step.value[1] for step in walk(node) if step.op == "macro"}
    paths = {step.value for step in walk(node) if step.op in ("column", "has")}
    return frozenset(path for path in paths if path.partition(".")[0] not in variables)


def limits_of(node: Node) -> frozenset[str]:
    """The names of the limits that the rule uses."""
    return frozenset(step.value for step in walk(node) if step.op == "limit")
