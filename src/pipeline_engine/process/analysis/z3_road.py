"""Arithmetic over several columns, asked of z3; to be imported only where it is installed (the extra `analysis`).

What z3 calls impossible is a proof only because every step that rounds is given the room it may round in: money to the
nearest ten-thousandth, a decimal within one part in 2^52. What has no such bound is left wholly free.
"""

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import z3

from pipeline_engine.process.analysis import likely, numbers
from pipeline_engine.process.analysis.arithmetic import is_taken_apart
from pipeline_engine.process.analysis.facts import Contradiction, Facts
from pipeline_engine.process.analysis.spans import Number, Span
from pipeline_engine.process.analysis.terms import WHOLE, name_of, number_of
from pipeline_engine.process.rules import Kind, Node
from pipeline_engine.process.rules.literals import DAY

_STEPS = 500_000  # z3's own count, so that the answer does not hang on the speed of the machine
_ROUNDING = Fraction(1, 2**52)
_SMALLEST = Fraction(1, 2**1000)


def solved(facts: Facts) -> numbers.Numbers | None:
    """Numbers for all bounds of a branch, None where z3 does not know; raises Contradiction where there are none."""
    roomy = _Arithmetic(facts)
    if roomy.check() == z3.unsat:
        raise Contradiction("arithmetic")
    exact = _Arithmetic(facts, exact=True)
    return next((each.numbers() for each in (exact, roomy) if each.check() == z3.sat), None)


class _Arithmetic:
    """The bounds of one branch as z3 has them; `exact` leaves nothing room to round in, which proves nothing."""

    def __init__(self, facts: Facts, exact: bool = False) -> None:
        self.facts, self.exact = facts, exact
        self.solver = z3.Solver()
        self.solver.set("rlimit", _STEPS)
        self.solver.set("random_seed", 0)
        self.terms: dict[Node, Any] = {}
        self._fresh = 0
        for key, span in facts.spans.items():
            self._within(z3.Sum([count * self.term(term) for term, count in key]), span)
        self._order()

    def check(self) -> Any:
        """Whether z3 says that there are numbers."""
        return self.solver.check()

    def numbers(self) -> numbers.Numbers | None:
        """What z3 found, as near to an ordinary deal as it goes."""
        for key, span in self.facts.wishes:
            self._within(z3.Sum([count * self.term(term) for term, count in key]), span)
        columns = sorted((term for term in self.terms if term.op == "column"), key=_rank)
        for column in columns:
            self._prefer(column)
        if self.solver.check() != z3.sat:
            return None
        model = self.solver.model()
        return {column: _value(model.eval(self.terms[column], model_completion=True)) for column in columns}

    def _prefer(self, column: Node) -> None:
        assert isinstance(column.kind, Kind)
        self.solver.push()
        self.solver.add(self.terms[column] == _z3(likely.number(str(column.value), column.kind, self.facts.world)))
        if self.solver.check() != z3.sat:
            self.solver.pop()

    def _within(self, sum_: Any, span: Span) -> None:
        if span.low is not None:
            self.solver.add(sum_ > _z3(span.low) if span.low_open else sum_ >= _z3(span.low))
        if span.high is not None:
            self.solver.add(sum_ < _z3(span.high) if span.high_open else sum_ <= _z3(span.high))

    def _order(self) -> None:
        by_path = {term.value: value for term, value in self.terms.items() if term.op == "column"}
        for before, after in numbers.ORDER:
            if before in by_path and after in by_path:
                self.solver.add(by_path[before] <= by_path[after])
        if "now" in by_path and "today" in by_path:
            self._within(by_path["now"] - by_path["today"], numbers.day_of(self.facts.world))

    def term(self, node: Node) -> Any:
        """A term as z3 has it, the same for the same term."""
        if node not in self.terms:
            self.terms[node] = self._made(node)
        return self.terms[node]

    def _made(self, node: Node) -> Any:
        constant = number_of(node)
        if constant is not None:
            return _z3(constant)
        if node.op == "column":
            return self._column(node)
        if not is_taken_apart(node):
            return self._free(node.kind in WHOLE)
        exact = self._exact(str(node.value), node.args)
        if exact is None:
            return self._free(node.kind in WHOLE)
        rates = self.facts.world.process.rates
        if rates and node.kind is Kind.MONEY and not self.exact:
            return self._near(exact, z3.Int(self._name()), self._converted(node, max(map(Fraction, rates.values()))))
        if node.kind is Kind.DOUBLE:
            return exact if self.exact else self._near(exact, z3.Real(self._name()))
        return exact if exact.is_int() else self._near(exact, z3.Int(self._name()), _z3(Fraction(1, 2)))

    def _column(self, node: Node) -> Any:
        step = self.facts.step(((node, 1),)) if node.kind in WHOLE else 1
        made = z3.Real(name_of(node)) if node.kind not in WHOLE else z3.Int(name_of(node)) * step
        self._within(made, self.facts.span(((node, 1),)))
        return made

    def _name(self) -> str:
        self._fresh += 1
        return f"?{self._fresh}"

    def _free(self, whole: bool) -> Any:
        return z3.Int(self._name()) if whole else z3.Real(self._name())

    def _converted(self, node: Node, highest: Fraction) -> Any:
        """How far apart money is that was converted before a step, and after it: each side rounds to half a unit."""
        factors = [_real(self.term(arg)) for arg in node.args if arg.kind is not Kind.MONEY]
        sizes = [z3.If(each >= 0, each, -each) for each in factors]
        halves = [size / 2 if node.value == "_*_" else 1 / (2 * size) for size in sizes]
        return z3.Sum([_z3(highest / 2 + 2), *halves])

    def _near(self, exact: Any, rounded: Any, half: Any = None) -> Any:
        """The result of a step that rounds: somewhere near the exact one, `half` a unit away or as doubles have it."""
        least = _z3(_SMALLEST) if half is None else half
        room = z3.If(exact >= 0, exact, -exact) * _z3(_ROUNDING) + least
        self.solver.add(rounded - exact <= room, exact - rounded <= room)
        return rounded

    def _exact(self, function: str, args: tuple[Node, ...]) -> Any:
        """The result before it is rounded; None where it is not bounded."""
        terms = [self.term(arg) for arg in args]
        if function in _OPERATORS:
            return _OPERATORS[function](*terms)
        divisor = number_of(args[1])
        if not divisor:
            return None
        if args[0].kind is Kind.INT:
            return self._towards_zero(terms[0], int(divisor), remainder=function == "_%_")
        return _real(terms[0]) / _z3(Fraction(divisor))

    def _towards_zero(self, term: Any, divisor: int, remainder: bool) -> Any:
        """Division of whole numbers, whose rest has the sign of what is divided."""
        quotient, rest, size = self._free(True), self._free(True), abs(divisor)
        self.solver.add(term == quotient * divisor + rest, -size < rest, rest < size)
        self.solver.add(z3.Or(rest == 0, (rest > 0) == (term > 0)))
        return rest if remainder else quotient


def _real(term: Any) -> Any:
    return z3.ToReal(term) if z3.is_int(term) else term


_OPERATORS: Mapping[str, Callable[..., Any]] = {
    "_+_": operator.add,
    "_-_": operator.sub,
    "_*_": operator.mul,
    "-_": operator.neg,
    "days": lambda count: count * DAY,
    "double": _real,
}


def _rank(column: Node) -> tuple[bool, str]:
    return column.value != "now", name_of(column)


def _z3(number: Number) -> Any:
    return z3.IntVal(number) if isinstance(number, int) else z3.RatVal(number.numerator, number.denominator)


def _value(found: Any) -> Number:
    if z3.is_int_value(found):
        return int(found.as_long())
    if z3.is_algebraic_value(found):
        found = found.approx(20)
    return Fraction(found.numerator_as_long(), found.denominator_as_long())
