"""From the checker's answer to our tree; what the evaluator does not support is refused here."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from pipeline_engine.process.rules import literals
from pipeline_engine.process.rules.beside import NUMBERS, Literals
from pipeline_engine.process.rules.checker import MONEY, PACKAGE
from pipeline_engine.process.rules.complaint import placed, spelled
from pipeline_engine.process.rules.macros import MacroShape, macro_shape
from pipeline_engine.process.rules.supported import refusal
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.vocabulary import RECORDS, Kind, ListOf, RecordOf, Type, Vocabulary

_PRIMITIVE: Mapping[int, Kind] = {1: Kind.BOOL, 2: Kind.INT, 4: Kind.DOUBLE, 5: Kind.STRING}
_WELL_KNOWN: Mapping[int, Kind] = {2: Kind.TIMESTAMP, 3: Kind.DURATION}
_TYPE_NAMES = frozenset(
    {"bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "dyn", "optional_type"}
)
_FOLDED = {
    "timestamp": (Kind.TIMESTAMP, literals.timestamp),
    "duration": (Kind.DURATION, literals.duration),
    "date": (Kind.TIMESTAMP, literals.day),
}


class Reader:
    """Reads one checked expression."""

    def __init__(self, checked: Any, source: str, vocabulary: Vocabulary) -> None:
        self._types = {entry.key: entry.value for entry in checked.types}
        self._places = {entry.key: entry.value for entry in checked.source.positions}
        self._source, self._vocabulary = source, vocabulary
        self._literals = Literals(source, vocabulary)
        self._variables: list[str] = []

    def read(self, expression: Any) -> Node:
        """The tree of one expression; raises RuleError."""
        match kind_of_expression(expression):
            case "const":
                return self._constant(expression)
            case "ident" | "select":
                return self._column(expression)
            case "list":
                return self._list(expression)
            case "call":
                return self._call(expression)
            case "loop":
                return self._macro(expression)
            case _:
                return self._refuse(expression, "a map or message written out", "plain values and lists")

    def _refuse(self, expression: Any, found: str, expected: str = "") -> NoReturn:
        raise placed(self._source, self._at(expression), found, expected)

    def _at(self, expression: Any) -> int:
        return int(self._places.get(_leftmost(expression).id, -1))

    def _node(self, op: str, kind: Type, expression: Any, value: Any = None, args: tuple[Node, ...] = ()) -> Node:
        return Node(op, kind, value, args, self._at(expression))

    def _kind(self, expression: Any) -> Type:
        kind = self._type(self._types.get(expression.id))
        if kind is None:
            self._refuse(
                expression,
                f"a value of type `{self._spelled_type(expression)}`",
                "true or false, a number, text, a moment, a length of time, money or a list",
            )
        return kind

    def _spelled_type(self, expression: Any) -> str:
        present = [field.name for field, _ in self._types[expression.id].ListFields()]
        found = self._types[expression.id]
        if found.HasField("primitive"):
            return {3: "uint", 6: "bytes"}.get(found.primitive, "unknown")
        return str(found.message).removeprefix(f"{PACKAGE}.") if found.HasField("message") else (present or ["dyn"])[0]

    def _type(self, found: Any) -> Type | None:
        if found is None:
            return None
        if found.HasField("primitive"):
            return _PRIMITIVE.get(found.primitive)
        if found.HasField("well_known"):
            return _WELL_KNOWN.get(found.well_known)
        if found.HasField("message"):
            name = found.message.removeprefix(f"{PACKAGE}.")
            return Kind.MONEY if found.message == MONEY else RecordOf(name) if name in RECORDS else None
        inner = self._type(found.list.of) if found.HasField("list") else None
        return ListOf(inner) if isinstance(inner, (Kind, RecordOf)) else None

    def _constant(self, expression: Any) -> Node:
        constant = expression.const
        for name, kind in (
            ("bool", Kind.BOOL),
            ("int", Kind.INT),
            ("double", Kind.DOUBLE),
            ("string", Kind.STRING),
        ):
            if constant.HasField(name):
                value = getattr(constant, name)
                if value in (float("inf"), float("-inf")):
                    self._refuse(expression, "a number that is too large", "at most 1.8e308")
                return self._node("const", kind, expression, value)
        if constant.HasField("null"):
            found, expected = "`null`", "has(…): what is missing is unknown, there is no null"
        else:
            found, expected = "a literal of type `uint` or `bytes`", "a number, text, true or false"
        return self._refuse(expression, found, expected)

    def _column(self, expression: Any) -> Node:
        path = path_of(expression)
        if path is None:
            self._refuse(expression, "a field of something that is no name", "a name such as `deal.amount`")
        if path.startswith("limits."):
            return self._limit(expression, path.removeprefix("limits."))
        if path.partition(".")[0] not in self._variables and path not in self._vocabulary.types:
            field = f"a field such as `deal.{next(iter(self._vocabulary.deal), 'amount')}`"
            self._refuse(expression, f"`{path}` is no value", field if path in _TYPE_NAMES else "one of its fields")
        if expression.HasField("select") and expression.select.test_only:
            return self._node("has", Kind.BOOL, expression, path)
        return self._node("column", self._kind(expression), expression, path)

    def _limit(self, expression: Any, name: str) -> Node:
        if expression.select.test_only:
            self._refuse(expression, f"`limits.{name}` is always there", "has(…) of something that can be missing")
        if name in self._vocabulary.splits:
            return self._split(expression, name)
        return self._number(expression, name, self._vocabulary.limits[name])

    def _split(self, expression: Any, name: str) -> Node:
        """A limit that differs by a choice, as the conditional that it is."""
        split = self._vocabulary.splits[name]
        *cases, (_, last) = split.by_value if split.otherwise is None else (*split.by_value, ("", split.otherwise))
        made = self._number(expression, name, last)
        for value, number in reversed(cases):
            field = self._node("column", Kind.STRING, expression, f"deal.{split.field}")
            chosen = self._node("const", Kind.STRING, expression, value)
            is_it = self._node("call", Kind.BOOL, expression, "_==_", (field, chosen))
            then = self._number(expression, name, number)
            made = self._node("call", made.kind, expression, "_?_:_", (is_it, then, made))
        return made

    def _number(self, expression: Any, name: str, limit: Decimal) -> Node:
        kind = self._kind(expression)
        if kind is Kind.INT and abs(limit) >= 2**63:
            self._refuse(expression, f"`limits.{name}` is too large", "a limit below 2^63")
        value = int(limit) if kind is Kind.INT else float(limit)
        return self._node("limit", kind, expression, name, (self._node("const", kind, expression, value),))

    def _list(self, expression: Any) -> Node:
        items = tuple(self.read(item) for item in expression.list.elements)
        if not items:
            self._refuse(expression, "an empty list", "at least one value")
        kinds = {item.kind for item in items}
        if kinds == NUMBERS:
            items = tuple(self._literals.as_double(item) for item in items)
        elif len(kinds) > 1 and kinds != NUMBERS | {Kind.MONEY}:
            self._refuse(expression, "a list of several types", "values of one type")
        kind = items[0].kind
        if not isinstance(kind, Kind):
            self._refuse(expression, "a list of lists", "a list of plain values")
        return self._node("list", ListOf(kind), expression, None, items)

    def _call(self, expression: Any) -> Node:
        call = expression.call
        operands = [call.target, *call.args] if call.HasField("target") else list(call.args)
        args = tuple(self.read(operand) for operand in operands)
        if folded := self._folded(expression, args):
            return folded
        if call.function.startswith("get") and len(args) == 2 and args[1].value in ("UTC", "Z"):
            args = args[:1]
        args = self._literals.beside(call.function, args)
        kind = self._kind(expression)
        if problem := refusal(call.function, args):
            self._refuse(expression, *problem)
        self._check_text(expression, call.function, args)
        if call.function in ("_&&_", "_||_"):
            args = _flat(call.function, args)
        return self._node("call", kind, expression, call.function, args)

    def _folded(self, expression: Any, args: tuple[Node, ...]) -> Node | None:
        """Dates and durations written out are constants."""
        function = expression.call.function
        if function == "days" and args[0].op == "const":
            return self._checked_literal(expression, Kind.DURATION, literals.days, args[0])
        if function not in _FOLDED:
            return None
        kind, parse = _FOLDED[function]
        if args[0].op != "const" or args[0].kind is not Kind.STRING:
            self._refuse(expression, f"`{function}(…)` of something computed", "a literal in quotes")
        return self._checked_literal(expression, kind, parse, args[0])

    def _checked_literal(self, expression: Any, kind: Kind, parse: Any, literal: Node) -> Node:
        try:
            value = parse(literal.value)
        except literals.BadLiteral as problem:
            raise placed(self._source, literal.at, problem.found, problem.expected) from None
        return self._node("const", kind, expression, value)

    def _check_text(self, expression: Any, function: str, args: tuple[Node, ...]) -> None:
        if function == "matches":
            self._checked_literal(expression, Kind.BOOL, literals.pattern, args[1])
        if function == "in_currency":
            known = {self._vocabulary.currency, *self._vocabulary.rates}
            if args[1].value not in known:
                expected = f"one of {', '.join(sorted(known))}"
                raise placed(self._source, args[1].at, f"there is no rate for `{args[1].value}`", expected)

    def _macro(self, expression: Any) -> Node:
        shape = macro_shape(expression.loop)
        if shape is None:
            self._refuse(expression, "a loop of another kind", "exists, all, exists_one, filter or map")
        listed = self.read(expression.loop.range)
        self._open(expression, shape.variable, listed)
        try:
            return self._looped(expression, shape, listed)
        finally:
            self._variables.pop()

    def _open(self, expression: Any, variable: str, listed: Node) -> None:
        roots = {path.partition(".")[0] for path in self._vocabulary.types} | {"limits", "deal"}
        if variable in roots or variable in self._variables:
            self._refuse(expression, f"`{variable}` is the name of something else", "another name inside the brackets")
        if not isinstance(listed.kind, ListOf):
            self._refuse(expression, "a loop over something that is no list", "a list")
        self._variables.append(variable)

    def _looped(self, expression: Any, shape: MacroShape, listed: Node) -> Node:
        bodies = [self.read(body) for body in shape.bodies]
        if listed.op == "list" and shape.name in ("filter", "map"):
            self._refuse(expression, f"`{spelled(shape.name)}` over a list written out", "exists, all or exists_one")
        if shape.name == "map" and not isinstance(bodies[-1].kind, Kind):
            self._refuse(expression, "`map` to something that is no plain value", "a field, as in `map(a, a.role)`")
        if len(bodies) == 2:
            kept = ("filter", shape.variable)
            listed = self._node("macro", listed.kind, expression, kept, (listed, bodies[0]))
        kind = self._kind(expression)
        return self._node("macro", kind, expression, (shape.name, shape.variable), (listed, bodies[-1]))


def _flat(function: str, args: tuple[Node, ...]) -> tuple[Node, ...]:
    """The checker balances `a && b && c` into a tree of its own liking; we keep one node."""
    return tuple(part for arg in args for part in (arg.args if arg.value == function and arg.op == "call" else (arg,)))


def kind_of_expression(expression: Any) -> str:
    """Which alternative of Expr is set: const, ident, select, call, list, struct or loop."""
    return next((field.name for field, _ in expression.ListFields() if field.name != "id"), "const")


def _leftmost(expression: Any) -> Any:
    """A dotted name stands where its first part stands."""
    while expression.HasField("select"):
        expression = expression.select.operand
    return expression


def path_of(expression: Any) -> str | None:
    """The dotted name that the expression is, or None where it is something else."""
    if expression.HasField("ident"):
        return str(expression.ident.name)
    if not expression.HasField("select"):
        return None
    inner = path_of(expression.select.operand)
    return None if inner is None else f"{inner}.{expression.select.field}"
