"""Exact money: int64 counts of a ten-thousandth, converted and scaled half even."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from pipeline_engine.process.rules.columns import Column, Mask, Values, either
from pipeline_engine.process.rules.compute.logic import merged, truth
from pipeline_engine.process.rules.compute.numbers import (
    INT64_MAX,
    INT64_MIN,
    RELATIONS,
    Operation,
    failing,
    wrapped_difference,
    wrapped_product,
    wrapped_sum,
)
from pipeline_engine.process.rules.vocabulary import Kind

Exact = Callable[[int], Fraction | None]


@dataclass(frozen=True, slots=True)
class Rates:
    """Plan rates into the process currency; without them money of two currencies cannot meet."""

    currency: str
    by_currency: Mapping[str, Fraction]

    @classmethod
    def of(cls, stored: tuple[str, tuple[tuple[str, str], ...]]) -> "Rates":
        """From the value of a `rates` node."""
        currency, rates = stored
        return cls(currency, {name: Fraction(rate) for name, rate in rates} | {currency: Fraction(1)})


NO_RATES = Rates("", {})


def rounded(approximate: Values, exact: Exact) -> tuple[Values, Values]:
    """
    The nearest whole numbers, ties to even, and where there is none that fits 64 bits.

    Args:
        approximate: Floats within 2^-51 of the exact values, relatively.
        exact: The exact value on a row; asked only where the floats cannot decide: near a tie, and from
            2^50 on.
    """
    nearest = np.rint(approximate)
    margin = abs(abs(approximate - np.floor(approximate)) - 0.5)
    sure = (margin > abs(approximate) * 2.0**-50) & (abs(approximate) < 2.0**50)
    whole = np.array(np.where(sure, nearest, 0.0), np.int64)
    bad = np.zeros(whole.shape, np.bool_)
    for row in np.flatnonzero(~sure).tolist():
        value = exact(row)
        units = None if value is None else round(value)
        if units is None or not INT64_MIN <= units <= INT64_MAX:
            bad.reshape(-1)[row] = True
        else:
            whole.reshape(-1)[row] = units
    return whole[()], bad[()]


def _item(values: Values, row: int) -> Any:
    return values[row].item() if values.ndim else values.item()


def shortest(value: float) -> Fraction | None:
    """A double as the decimal people see, its shortest text; None for NaN and the infinite."""
    return Fraction(Decimal(repr(value))) if np.isfinite(value) else None


def times(money: Column, factor: Column, literal: Decimal | None = None) -> Column:
    """Money by a number; a decimal column counts as its shortest decimal text, a literal as it is written."""
    missing = either(money.missing, factor.missing)
    if factor.kind is Kind.INT:
        units, bad = wrapped_product(money.values, factor.values)
    else:

        def exact(row: int) -> Fraction | None:
            by = shortest(_item(factor.values, row)) if literal is None else Fraction(literal)
            return None if by is None else _item(money.values, row) * by

        units, bad = rounded(money.values.astype(np.float64) * factor.values, exact)
    return _same_currency(money, units, failing(missing, bad))


def divided(money: Column, divisor: Column, literal: Decimal | None = None) -> Column:
    """Money by a number, half even; division by zero is unknown."""

    def exact(row: int) -> Fraction | None:
        by: Any = _item(divisor.values, row)
        if divisor.kind is Kind.DOUBLE:
            by = shortest(by) if literal is None else Fraction(literal)
        return None if by is None or by == 0 else Fraction(_item(money.values, row)) / by

    missing = either(money.missing, divisor.missing)
    by_float = divisor.values.astype(np.float64)
    approximate = np.where(np.isfinite(by_float), money.values.astype(np.float64) / by_float, np.nan)
    units, bad = rounded(approximate, exact)
    return _same_currency(money, units, failing(missing, bad))


def _same_currency(money: Column, units: Values, missing: Mask) -> Column:
    return Column(Kind.MONEY, units, missing, currency=money.currency, currencies=money.currencies)


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two moneys in one currency on every row; missing where there is no way to one."""

    left: Values
    right: Values
    missing: Mask
    currency: Values
    currencies: Any


def aligned(left: Column, right: Column, rates: Rates) -> Aligned:
    """Money of one currency as it is, of two currencies converted into the process currency."""
    missing = either(left.missing, right.missing)
    if len(left.currencies) == 1 and left.currencies == right.currencies:
        return Aligned(left.values, right.values, missing, left.currency, left.currencies)
    first, second, names = merged(left.currency, left.currencies, right.currency, right.currencies)
    same = np.asarray(first == second)[()]
    if same.all():
        return Aligned(left.values, right.values, missing, first, names)
    if not rates.by_currency:
        return Aligned(left.values, right.values, either(missing, ~same), first, names)
    here, lost_here = converted(left, rates, rates.currency)
    there, lost_there = converted(right, rates, rates.currency)
    lost = (lost_here | lost_there) & ~same
    common, theirs, names = merged(first, names, np.int64(0), (rates.currency,))
    return Aligned(
        np.where(same, left.values, here),
        np.where(same, right.values, there),
        failing(missing, lost),
        np.where(same, common, theirs),
        names,
    )


def converted(money: Column, rates: Rates, target: str) -> tuple[Values, Values]:
    """Units in the target currency, rounded once, and where there is no rate or no room."""
    units = money.values
    lost = np.zeros(np.broadcast_shapes(units.shape, money.currency.shape), np.bool_)
    for code, currency in enumerate(money.currencies):
        if currency == target:
            continue
        here = np.broadcast_to(money.currency == code, lost.shape)
        if not here.any():
            continue
        factor = _rate(rates, currency, target)
        if factor is None:
            lost = lost | here
            continue
        changed, bad = _scaled(money.values, factor)
        units, lost = np.where(here, changed, units), lost | (here & bad)
    return units, lost


def _rate(rates: Rates, currency: str, target: str) -> Fraction | None:
    if currency not in rates.by_currency or target not in rates.by_currency:
        return None
    return rates.by_currency[currency] / rates.by_currency[target]


def _scaled(units: Values, factor: Fraction) -> tuple[Values, Values]:
    return rounded(units.astype(np.float64) * float(factor), lambda row: _item(units, row) * factor)


def comparison(function: str, rates: Rates) -> Operation:
    """A relation between two moneys."""
    relation = RELATIONS[function]

    def compare(left: Column, right: Column) -> Column:
        both = aligned(left, right, rates)
        return truth(relation(both.left, both.right), both.missing)

    return compare


def total(function: str, rates: Rates) -> Operation:
    """`+` and `-` of two moneys; of two currencies the result is in the process currency."""
    compute = wrapped_sum if function == "_+_" else wrapped_difference

    def apply(left: Column, right: Column) -> Column:
        both = aligned(left, right, rates)
        units, bad = compute(both.left, both.right)
        return Column(Kind.MONEY, units, failing(both.missing, bad), currency=both.currency, currencies=both.currencies)

    return apply


def ratio(rates: Rates) -> Operation:
    """Money by money: a decimal number, unknown where the divisor is zero."""

    def apply(left: Column, right: Column) -> Column:
        both = aligned(left, right, rates)
        zero = np.asarray(both.right == 0)[()]
        values = _nearest(both.left, np.where(zero, np.int64(1), both.right))
        return Column(Kind.DOUBLE, values, failing(both.missing, zero))

    return apply


_EXACT = np.int64(2**53)


def _nearest(left: Values, right: Values) -> Values:
    """The nearest double to each quotient; what a double cannot hold exactly is divided as whole numbers."""
    values = np.asarray(left.astype(np.float64) / right)
    beyond = np.asarray((left > _EXACT) | (left < -_EXACT) | (right > _EXACT) | (right < -_EXACT))
    if not beyond.any():
        return values[()]
    over, under = np.broadcast_to(left, values.shape), np.broadcast_to(right, values.shape)
    exact = [int(one) / int(other) for one, other in zip(over[beyond], under[beyond], strict=True)]
    values[beyond] = exact
    return values[()]


def in_currency(target: str, rates: Rates) -> Callable[[Column], Column]:
    """`in_currency(a, 'EUR')`: unknown where there is no rate for the money's currency."""

    def apply(money: Column) -> Column:
        units, lost = converted(money, rates, target)
        return Column(Kind.MONEY, units, failing(money.missing, lost), currency=np.int64(0), currencies=(target,))

    return apply
