"""Kleene logic: unknown only where the answer hangs on what is missing."""

from collections.abc import Sequence

import numpy as np

from pipeline_engine.process.rules.columns import Column, Mask, Values, either
from pipeline_engine.process.rules.vocabulary import Kind


def truth(values: Values, missing: Mask) -> Column:
    """A bool column, false where it is missing."""
    return Column(Kind.BOOL, values if missing is None else values & ~missing, missing)


def negation(operand: Column) -> Column:
    """`!a`."""
    if operand.missing is None:
        return Column(Kind.BOOL, ~operand.values)
    return Column(Kind.BOOL, ~(operand.values | operand.missing), operand.missing)


def conjunction(left: Column, right: Column) -> Column:
    """`a && b`: false where one is false, whatever the other."""
    both = left.values & right.values
    if left.missing is None and right.missing is None:
        return Column(Kind.BOOL, both)
    return Column(Kind.BOOL, both, (possible(left) & possible(right)) ^ both)


def disjunction(left: Column, right: Column) -> Column:
    """`a || b`: true where one is true, whatever the other."""
    one = left.values | right.values
    missing = either(left.missing, right.missing)
    return Column(Kind.BOOL, one, None if missing is None else missing & ~one)


def possible(column: Column) -> Values:
    """Where a bool is not false."""
    return column.values if column.missing is None else column.values | column.missing


def choice(condition: Column, then: Column, otherwise: Column) -> Column:
    """`c ? a : b`: only the branch that is taken can make it unknown."""
    chosen = condition.values
    missing = condition.missing
    if then.missing is not None or otherwise.missing is not None:
        missing = either(missing, np.where(chosen, _mask(then), _mask(otherwise)))
    if then.kind is Kind.STRING:
        first, second, vocabulary = merged(then.values, then.vocabulary, otherwise.values, otherwise.vocabulary)
        return Column(Kind.STRING, np.where(chosen, first, second), missing, vocabulary)
    values = np.where(chosen, then.values, otherwise.values)
    if then.kind is Kind.MONEY:
        first, second, currencies = merged(then.currency, then.currencies, otherwise.currency, otherwise.currencies)
        return Column(Kind.MONEY, values, missing, currency=np.where(chosen, first, second), currencies=currencies)
    return truth(values, missing) if then.kind is Kind.BOOL else Column(then.kind, values, missing)


def _mask(column: Column) -> Mask:
    return np.False_ if column.missing is None else column.missing


def merged(
    first: Values, first_names: Sequence[str], second: Values, second_names: Sequence[str]
) -> tuple[Values, Values, Sequence[str]]:
    """Two columns of codes over one common list of names."""
    if first_names is second_names or first_names == second_names:
        return first, second, first_names
    codes = {name: code for code, name in enumerate(first_names)}
    table = np.array([codes.setdefault(name, len(codes)) for name in second_names], np.int64)
    return first, table[second], tuple(codes)
