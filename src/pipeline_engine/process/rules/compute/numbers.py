"""Whole numbers, decimals, moments and durations: comparison and arithmetic, overflow being unknown."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pipeline_engine.process.rules.columns import Column, Mask, Values, either
from pipeline_engine.process.rules.compute.logic import truth
from pipeline_engine.process.rules.literals import DAY, EARLIEST, LATEST, LONGEST, SECOND
from pipeline_engine.process.rules.vocabulary import Kind

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
RELATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
    "_==_": operator.eq,
    "_!=_": operator.ne,
}

Operation = Callable[[Column, Column], Column]


def comparison(function: str) -> Operation:
    """A relation between two columns of one kind that is not text or money. NaN equals nothing."""
    relation = RELATIONS[function]

    def compare(left: Column, right: Column) -> Column:
        return truth(relation(left.values, right.values), either(left.missing, right.missing))

    return compare


def failing(missing: Mask, bad: Values) -> Mask:
    """A mask widened by rows that went wrong, if any did."""
    return either(missing, bad) if bad.any() else missing


def wrapped_sum(left: Values, right: Values) -> tuple[Values, Values]:
    """The sum of two int64, and where it does not fit."""
    total = left + right
    return total, ((left ^ total) & (right ^ total)) < 0


def wrapped_difference(left: Values, right: Values) -> tuple[Values, Values]:
    """The difference of two int64, and where it does not fit."""
    rest = left - right
    return rest, ((left ^ right) & (left ^ rest)) < 0


def wrapped_product(left: Values, right: Values) -> tuple[Values, Values]:
    """The product of two int64, and where it does not fit. Near the limit Python's integers decide."""
    product = left * right
    size = abs(left.astype(np.float64)) * abs(right.astype(np.float64))
    bad = size > 9.3e18
    doubtful = (size > 9.2e18) & ~bad
    if not doubtful.any():
        return product, bad
    pairs = zip(*(np.broadcast_to(side, doubtful.shape)[doubtful].tolist() for side in (left, right)), strict=True)
    bad = np.array(bad)
    bad[doubtful] = [not INT64_MIN <= one * other <= INT64_MAX for one, other in pairs]
    return product, bad


def _safe_divisor(left: Values, right: Values) -> tuple[Values, Values]:
    bad = (right == 0) | ((left == INT64_MIN) & (right == -1))
    return np.where(bad, np.int64(1), right), bad


def _quotient(left: Values, right: Values) -> tuple[Values, Values]:
    divisor, bad = _safe_divisor(left, right)
    return (left - np.fmod(left, divisor)) // divisor, bad


def _remainder(left: Values, right: Values) -> tuple[Values, Values]:
    divisor, bad = _safe_divisor(left, right)
    return np.fmod(left, divisor), bad


_WHOLE: Mapping[str, Callable[[Values, Values], tuple[Values, Values]]] = {
    "_+_": wrapped_sum,
    "_-_": wrapped_difference,
    "_*_": wrapped_product,
    "_/_": _quotient,
    "_%_": _remainder,
}
_DECIMAL: Mapping[str, Callable[[Any, Any], Any]] = {
    "_+_": operator.add,
    "_-_": operator.sub,
    "_*_": operator.mul,
    "_/_": operator.truediv,
}


def whole(function: str) -> Operation:
    """Arithmetic of int64: what overflows, or divides by zero, is unknown. Division goes towards zero."""
    compute = _WHOLE[function]

    def apply(left: Column, right: Column) -> Column:
        values, bad = compute(left.values, right.values)
        return Column(Kind.INT, values, failing(either(left.missing, right.missing), bad))

    return apply


def decimal(function: str) -> Operation:
    """Arithmetic of doubles as IEEE 754 has it: division by zero is infinite."""
    compute = _DECIMAL[function]

    def apply(left: Column, right: Column) -> Column:
        return Column(Kind.DOUBLE, compute(left.values, right.values), either(left.missing, right.missing))

    return apply


def temporal(function: str, left_kind: Kind, right_kind: Kind) -> Operation:
    """Moments and durations: outside the years 1 to 9999, or beyond 292 years, is unknown."""
    compute = wrapped_sum if function == "_+_" else wrapped_difference
    both_moments = left_kind is right_kind is Kind.TIMESTAMP
    kind = Kind.TIMESTAMP if Kind.TIMESTAMP in (left_kind, right_kind) and not both_moments else Kind.DURATION
    lowest, highest = (EARLIEST, LATEST) if kind is Kind.TIMESTAMP else (-LONGEST, LONGEST)

    def apply(left: Column, right: Column) -> Column:
        values, bad = compute(left.values, right.values)
        bad = bad | (values < lowest) | (values > highest)
        return Column(kind, values, failing(either(left.missing, right.missing), bad))

    return apply


def negative(operand: Column) -> Column:
    """`-a` of a whole number or a decimal."""
    if operand.kind is Kind.DOUBLE:
        return Column(Kind.DOUBLE, -operand.values, operand.missing)
    values, bad = wrapped_difference(np.int64(0), operand.values)
    return Column(
        operand.kind,
        values,
        failing(operand.missing, bad),
        currency=operand.currency,
        currencies=operand.currencies,
    )


def to_double(operand: Column) -> Column:
    """`double(a)`."""
    return Column(Kind.DOUBLE, operand.values.astype(np.float64), operand.missing)


def to_int(operand: Column) -> Column:
    """`int(a)`: a decimal loses its fraction, a moment becomes seconds since 1970."""
    if operand.kind is Kind.DOUBLE:
        fits = (operand.values > INT64_MIN) & (operand.values < 2.0**63)
        values = np.where(fits, operand.values, 0.0).astype(np.int64)
        return Column(Kind.INT, values, failing(operand.missing, ~fits))
    values = operand.values // SECOND if operand.kind is Kind.TIMESTAMP else operand.values
    return Column(Kind.INT, values, operand.missing)


def days(operand: Column) -> Column:
    """`days(n)` of a whole number: a duration, unknown beyond 292 years."""
    most = LONGEST // DAY
    bad = (operand.values > most) | (operand.values < -most)
    return Column(Kind.DURATION, operand.values * DAY, failing(operand.missing, bad))
