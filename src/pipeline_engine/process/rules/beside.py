"""Literals take the type of what they stand beside: in `deal.amount < 50000` the number is money."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline_engine.errors import RuleError
from pipeline_engine.process.rules.complaint import placed
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.vocabulary import Kind, ListOf, Vocabulary
from pipeline_engine.values import Money

_DECIMAL = re.compile(r"(-?)\s*((?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)")
_SAME = frozenset({"_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_", "_+_", "_-_"})
NUMBERS = frozenset({Kind.INT, Kind.DOUBLE})

Convert = Callable[[Node], Node]


@dataclass(frozen=True, slots=True)
class Literals:
    """Reads literals of one rule again, as what their neighbour makes of them."""

    source: str
    vocabulary: Vocabulary

    def beside(self, function: str, args: tuple[Node, ...]) -> tuple[Node, ...]:
        """The operands, literals converted; raises RuleError where a number beside money is no literal."""
        if function == "_?_:_":
            return (args[0], *self._alike(args[1:]))
        if function in _SAME:
            return self._alike(args)
        if function == "@in":
            return self._within(args)
        if function in ("_*_", "_/_"):
            return self._scaled(args)
        return args

    def _alike(self, args: tuple[Node, ...]) -> tuple[Node, ...]:
        convert = self._needed({arg.kind for arg in args})
        return tuple(convert(arg) for arg in args) if convert else args

    def _needed(self, kinds: set[object]) -> Convert | None:
        if Kind.MONEY in kinds and kinds & NUMBERS:
            return self.as_money
        return self.as_double if kinds == NUMBERS else None

    def _within(self, args: tuple[Node, ...]) -> tuple[Node, ...]:
        value, listed = args
        if listed.op != "list":
            return args
        convert = self._needed({value.kind, *(item.kind for item in listed.args)})
        if convert is None:
            return args
        items = tuple(convert(item) for item in listed.args)
        return convert(value), replace(listed, args=items, kind=ListOf(_kind_of(items)))

    def _scaled(self, args: tuple[Node, ...]) -> tuple[Node, ...]:
        kinds = {arg.kind for arg in args}
        if Kind.MONEY in kinds:
            return tuple(self._factor(arg) for arg in args)
        return tuple(self.as_double(arg) for arg in args) if kinds == NUMBERS else args

    def _factor(self, node: Node) -> Node:
        """A literal that scales money keeps its exact decimal text."""
        if node.op == "const" and node.kind is Kind.DOUBLE:
            return replace(node, value=self._decimal(node))
        if node.op == "limit" and node.kind is Kind.DOUBLE:
            return replace(node, args=(replace(node.args[0], value=self._limit(node)),))
        return node

    def as_money(self, node: Node) -> Node:
        """The node as money of the process currency."""
        if node.kind is Kind.MONEY:
            return node
        if node.op == "const":
            return self._money(node, self._decimal(node))
        if node.op == "limit":
            constant = self._money(node.args[0], self._limit(node))
            return replace(node, kind=Kind.MONEY, args=(constant,))
        return self._below(node, self.as_money, Kind.MONEY, "money beside a number that is no literal")

    def _limit(self, node: Node) -> Decimal:
        """The limit as it was written; of one that differs by a choice, the number that stands here."""
        if node.value in self.vocabulary.limits:
            return self.vocabulary.limits[node.value]
        here = node.args[0].value
        return next(number for number in self.vocabulary.splits[node.value].numbers if float(number) == here)

    def as_double(self, node: Node) -> Node:
        """The node as a decimal number."""
        if node.kind is Kind.DOUBLE:
            return node
        if node.op == "const":
            if int(float(node.value)) != node.value:
                raise self._wrong(node, f"`{node.value}` has more digits than a decimal number keeps")
            return replace(node, kind=Kind.DOUBLE, value=float(node.value))
        if node.op == "limit":
            return replace(node, kind=Kind.DOUBLE, args=(self.as_double(node.args[0]),))
        return self._below(node, self.as_double, Kind.DOUBLE, "a whole number beside a decimal")

    def _below(self, node: Node, convert: Convert, kind: Kind, found: str) -> Node:
        if node.op == "call" and node.value == "-_":
            return replace(node, kind=kind, args=(convert(node.args[0]),))
        if node.op == "call" and node.value == "_?_:_":
            return replace(node, kind=kind, args=(node.args[0], *(convert(arg) for arg in node.args[1:])))
        decimal = "a decimal literal, or double(…) around the whole number"
        raise self._wrong(node, found, "money on both sides" if kind is Kind.MONEY else decimal)

    def _wrong(self, node: Node, found: str, expected: str = "") -> RuleError:
        return placed(self.source, node.at, found, expected)

    def _decimal(self, node: Node) -> Decimal:
        if node.kind is Kind.INT:
            return Decimal(node.value)
        match = _DECIMAL.match(self.source, max(node.at, 0))
        if not match or float(match[1] + match[2]) != node.value:
            raise self._wrong(node, f"`{node.value}` cannot be read from the rule's text", "a plain decimal")
        return Decimal(match[1] + match[2])

    def _money(self, node: Node, amount: Decimal) -> Node:
        try:
            value = Money.of(amount, self.vocabulary.currency)
        except ValueError as problem:
            expected = "money with at most four decimals, below 922 trillion"
            raise self._wrong(node, str(problem), expected) from None
        return replace(node, kind=Kind.MONEY, value=value)


def _kind_of(items: tuple[Node, ...]) -> Kind:
    kind = items[0].kind
    assert isinstance(kind, Kind)
    return kind
