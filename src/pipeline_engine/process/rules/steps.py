"""From the tree to closures over columns: what can be decided once is decided here, not on every run."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from pipeline_engine.process.rules.columns import Column, unrecorded
from pipeline_engine.process.rules.compute import lists, logic, money, numbers, strings, times, working
from pipeline_engine.process.rules.compute.lists import Step, WrittenOut
from pipeline_engine.process.rules.frame import Scope, broadcast
from pipeline_engine.process.rules.rows import column_of
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.vocabulary import Kind, ListOf
from pipeline_engine.process.rules.working_hours import WorkWeek
from pipeline_engine.values import Money

Unary = Callable[[Any], Column]
Recorder = Callable[[Node, Step], Step]

_RELATIONS = frozenset(numbers.RELATIONS)
_LOGIC: Mapping[str, numbers.Operation] = {"_&&_": logic.conjunction, "_||_": logic.disjunction}
_UNARY: Mapping[str, Unary] = {
    "!_": logic.negation,
    "-_": numbers.negative,
    "days": numbers.days,
    "int": numbers.to_int,
}


class Builder:
    """Makes the step of each node; `record` may wrap every step that runs over whole rows."""

    def __init__(self, record: Recorder | None = None) -> None:
        self._record = record
        self._rates = money.NO_RATES
        self._week: WorkWeek | None = None
        self._depth = 0

    def build(self, node: Node) -> Step:
        """A step that gives a Column, Records or WrittenOut; raises ValueError for a node nobody makes."""
        step = self._step(node)
        return self._record(node, step) if self._record and not self._depth else step

    def _step(self, node: Node) -> Step:
        makers: Mapping[str, Callable[[Node], Step]] = {
            "const": _always,
            "limit": lambda limit: self.build(limit.args[0]),
            "column": _lookup,
            "has": _has,
            "list": self._list,
            "macro": self._macro,
            "rates": self._with_rates,
            "calendar": self._with_calendar,
            "call": self._call,
        }
        if node.op not in makers:
            raise ValueError(f"a rule has no step `{node.op}`")
        return makers[node.op](node)

    def _list(self, node: Node) -> Step:
        items = [self.build(item) for item in node.args]
        return lambda scope: WrittenOut([item(scope) for item in items])

    def _with_rates(self, node: Node) -> Step:
        outer, self._rates = self._rates, money.Rates.of(node.value)
        step = self.build(node.args[0])
        self._rates = outer
        return step

    def _with_calendar(self, node: Node) -> Step:
        outer, self._week = self._week, node.value
        step = self.build(node.args[0])
        self._week = outer
        return step

    def _macro(self, node: Node) -> Step:
        name, variable = node.value
        listed = self.build(node.args[0])
        self._depth += 1
        body = self.build(node.args[1])
        self._depth -= 1
        return lists.loop(name, variable, listed, body)

    def _call(self, node: Node) -> Step:
        function = str(node.value)
        if function == "known":
            return _known(self.build(node.args[0]))
        if function == "_?_:_":
            return self._choice(node)
        if function == "@in":
            return self._within(node)
        if function in _LOGIC:
            return _chained(_LOGIC[function], [self.build(arg) for arg in node.args])
        if function in ("matches", "in_currency"):
            return _applied(self._of_literal(function, str(node.args[1].value)), self.build(node.args[0]))
        if len(node.args) == 1:
            return _applied(self._unary(node), self.build(node.args[0]))
        return _combined(self._binary(node), self.build(node.args[0]), self.build(node.args[1]))

    def _choice(self, node: Node) -> Step:
        condition, then, otherwise = (self.build(arg) for arg in node.args)
        return lambda scope: logic.choice(condition(scope), then(scope), otherwise(scope))

    def _within(self, node: Node) -> Step:
        within = lists.membership(self._relation("_==_", node.args[0].kind))
        value, listed = (self.build(arg) for arg in node.args)
        return lambda scope: within(scope, value(scope), listed(scope))

    def _of_literal(self, function: str, literal: str) -> Unary:
        return strings.matching(literal) if function == "matches" else money.in_currency(literal, self._rates)

    def _unary(self, node: Node) -> Unary:
        function, kind = str(node.value), node.args[0].kind
        if function == "size":
            return lists.size if isinstance(kind, ListOf) else strings.length
        if function in ("lowerAscii", "upperAscii"):
            return strings.changed(function)
        if function == "double":
            return numbers.to_double
        if function in _UNARY:
            return _UNARY[function]
        if function.startswith("get") and isinstance(kind, Kind):
            return times.part(function, kind)
        raise ValueError(f"a rule has no function `{function}`")

    def _relation(self, function: str, kind: object) -> numbers.Operation:
        if kind is Kind.MONEY:
            return money.comparison(function, self._rates)
        if kind is Kind.STRING:
            return strings.equality(function) if function in ("_==_", "_!=_") else strings.ordering(function)
        return numbers.comparison(function)

    def _binary(self, node: Node) -> numbers.Operation:
        function, kinds = str(node.value), [arg.kind for arg in node.args]
        if function in ("working_days", "working_hours") and self._week is not None:
            return working.working(function, self._week)
        if function in _RELATIONS:
            return self._relation(function, kinds[0])
        if Kind.MONEY in kinds:
            return self._of_money(node)
        if kinds[0] is Kind.STRING:
            return strings.concatenation if function == "_+_" else strings.predicate(function)
        if kinds[0] is Kind.INT:
            return numbers.whole(function)
        if kinds[0] is Kind.DOUBLE:
            return numbers.decimal(function)
        if isinstance(kinds[0], Kind) and isinstance(kinds[1], Kind):
            return numbers.temporal(function, kinds[0], kinds[1])
        raise ValueError(f"a rule has no function `{function}`")

    def _of_money(self, node: Node) -> numbers.Operation:
        function, (left, right) = str(node.value), node.args
        if left.kind is right.kind:
            return money.ratio(self._rates) if function == "_/_" else money.total(function, self._rates)
        literal = _exact(right if left.kind is Kind.MONEY else left)
        if function == "_/_":
            return lambda amount, by: money.divided(amount, by, literal)
        if left.kind is Kind.MONEY:
            return lambda amount, by: money.times(amount, by, literal)
        return lambda by, amount: money.times(amount, by, literal)


def _always(node: Node) -> Step:
    constant = _constant(node)
    return lambda scope: constant


def _constant(node: Node) -> Column:
    value = node.value
    if node.kind is Kind.TIMESTAMP or node.kind is Kind.DURATION:
        return Column(node.kind, np.int64(value))
    if isinstance(value, Money):
        return Column(Kind.MONEY, np.int64(value.units), None, currency=np.int64(0), currencies=(value.currency,))
    return column_of(node.kind, [float(value) if isinstance(value, Decimal) else value])


def _exact(node: Node) -> Decimal | None:
    """The decimal that a literal factor of money was written as."""
    constant = node.args[0] if node.op == "limit" else node
    return constant.value if isinstance(constant.value, Decimal) else None


def _lookup(node: Node) -> Step:
    path, absent = str(node.value), unrecorded(node.kind)

    def look(scope: Scope) -> Any:
        found = scope.look(path)
        return absent if found is None else found

    return look


def _has(node: Node) -> Step:
    path = str(node.value)

    def recorded(scope: Scope) -> Column:
        found = scope.look(path)
        if found is None:
            return Column(Kind.BOOL, np.False_)
        return Column(Kind.BOOL, np.True_ if found.missing is None else ~broadcast(found.missing, scope.size))

    return recorded


def _known(step: Step) -> Step:
    def known(scope: Scope) -> Column:
        missing = step(scope).missing
        return Column(Kind.BOOL, np.True_ if missing is None else ~missing, missing)

    return known


def _chained(operation: numbers.Operation, steps: list[Step]) -> Step:
    first, *rest = steps

    def run(scope: Scope) -> Column:
        result: Column = first(scope)
        for step in rest:
            result = operation(result, step(scope))
        return result

    return run


def _applied(operation: Unary, operand: Step) -> Step:
    return lambda scope: operation(operand(scope))


def _combined(operation: numbers.Operation, left: Step, right: Step) -> Step:
    return lambda scope: operation(left(scope), right(scope))
