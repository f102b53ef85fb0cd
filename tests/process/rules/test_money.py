"""Money against Decimal, which is exact."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_engine.process.rules import FALSE, TRUE, UNKNOWN, Frame, Kind, Program, Vocabulary, compile_rule
from pipeline_engine.values import Money

FIELDS = {"amount": Kind.MONEY, "other": Kind.MONEY, "factor": Kind.DOUBLE, "seats": Kind.INT}
ALONE = Vocabulary(deal=FIELDS, currency="EUR")
RATED = Vocabulary(deal=FIELDS, currency="EUR", rates={"USD": Decimal("0.92"), "JPY": Decimal("0.00613")})
INT64 = range(-(2**63), 2**63)

units = st.one_of(
    st.integers(-10_000, 10_000),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(10**9), 10**9).map(lambda n: n * 5),
)
factors = st.one_of(
    st.sampled_from([0.1, 0.5, 0.25, 0.15, 1.005, -0.5, 3.0, 1e-9, 1e18, 0.0]),
    st.floats(allow_nan=False, allow_infinity=False),
)


def half_even(value: Fraction) -> int | None:
    """The oracle: Decimal with enough digits; None where 64 bits do not hold it."""
    with localcontext(Context(prec=1_000)):
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        whole = int(exact.to_integral_value(rounding=ROUND_HALF_EVEN))
    return whole if whole in INT64 else None


def verdicts(source: str, rows: list[dict[str, Any]], vocabulary: Vocabulary = ALONE) -> list[int]:
    """Verdicts of all rows together, checked to be those of each row alone."""
    program = Program(compile_rule(source, vocabulary))
    together = program.verdicts(Frame.from_rows(vocabulary, rows)).tolist()
    alone = [int(program.verdicts(Frame.from_rows(vocabulary, [row]))[0]) for row in rows]
    assert together == alone
    return together


def equal_to(source: str, row: dict[str, Any], expected: int | None, vocabulary: Vocabulary = ALONE) -> None:
    """`source` comes to exactly `expected` units of the process currency, or is unknown."""
    held = row | {"deal.other": Money(expected or 0, "EUR")}
    wanted = UNKNOWN if expected is None else TRUE
    assert verdicts(f"{source} == deal.other", [held, held], vocabulary) == [wanted, wanted]


@given(units, factors)
def test_money_by_a_decimal_column_is_exact(amount, factor):
    """A decimal counts as its shortest text, the product is rounded half even, overflow is unknown."""
    expected = half_even(amount * Fraction(Decimal(repr(factor))))
    equal_to("deal.amount * deal.factor", {"deal.amount": Money(amount, "EUR"), "deal.factor": factor}, expected)


@given(units, factors)
def test_money_divided_by_a_decimal_column_is_exact(amount, factor):
    """The quotient is rounded half even, division by zero is unknown."""
    by = Fraction(Decimal(repr(factor)))
    expected = half_even(amount / by) if by else None
    equal_to("deal.amount / deal.factor", {"deal.amount": Money(amount, "EUR"), "deal.factor": factor}, expected)


@given(units, st.one_of(st.integers(-9, 9), st.integers(-(2**63), 2**63 - 1)))
def test_money_by_and_over_a_whole_number_is_exact(amount, seats):
    """Products that do not fit are unknown, quotients are rounded half even."""
    row = {"deal.amount": Money(amount, "EUR"), "deal.seats": seats}
    equal_to("deal.seats * deal.amount", row, amount * seats if amount * seats in INT64 else None)
    equal_to("deal.amount / deal.seats", row, half_even(Fraction(amount, seats)) if seats else None)


@given(units, units)
def test_sums_and_differences_that_do_not_fit_are_unknown(amount, other):
    """Within 64 bits they are exact."""
    row = {"deal.amount": Money(amount, "EUR"), "deal.other": Money(other, "EUR")}
    total, rest = amount + other, amount - other
    assert verdicts("deal.amount + deal.other - deal.other == deal.amount", [row]) == [
        TRUE if total in INT64 else UNKNOWN
    ]
    assert verdicts("deal.amount - deal.other < 0", [row]) == [
        UNKNOWN if rest not in INT64 else TRUE if rest < 0 else FALSE
    ]


@given(units, st.decimals(min_value=-(10**6), max_value=10**6, places=4))
def test_a_literal_is_the_decimal_it_is_written_as(amount, literal):
    """`0.1` is exactly a thousand ten-thousandths."""
    expected = TRUE if Decimal(amount) > literal.scaleb(4) else FALSE
    assert verdicts(f"deal.amount > {literal:f}", [{"deal.amount": Money(amount, "EUR")}]) == [expected]


@given(units, units, st.sampled_from(["USD", "JPY"]), st.sampled_from(["EUR", "USD", "JPY"]))
def test_with_rates_two_currencies_meet_in_the_process_currency(amount, other, first, second):
    """Each side is converted once, half even; the same currency is compared as it is."""
    row = {"deal.amount": Money(amount, first), "deal.other": Money(other, second)}
    rates = {"EUR": Fraction(1), **{name: Fraction(rate) for name, rate in RATED.rates.items()}}
    left, right = (
        (amount, other) if first == second else (half_even(amount * rates[first]), half_even(other * rates[second]))
    )
    expected = UNKNOWN if left is None or right is None else TRUE if left < right else FALSE
    assert verdicts("deal.amount < deal.other", [row, row], RATED) == [expected] * 2


@given(units, st.sampled_from(["EUR", "USD", "JPY"]), st.sampled_from(["EUR", "USD", "JPY"]))
def test_converting_rounds_once(amount, held, asked):
    """From one foreign currency into another there is one rounding, not two."""
    rates = {"EUR": Fraction(1), **{name: Fraction(rate) for name, rate in RATED.rates.items()}}
    expected = half_even(amount * rates[held] / rates[asked])
    row = {"deal.amount": Money(amount, held), "deal.other": Money(expected or 0, asked)}
    wanted = UNKNOWN if expected is None else TRUE
    assert verdicts(f"in_currency(deal.amount, '{asked}') == deal.other", [row, row], RATED) == [wanted] * 2


@given(units, units)
def test_money_over_money_is_the_nearest_double(amount, other):
    """By zero it is unknown."""
    row = {
        "deal.amount": Money(amount, "EUR"),
        "deal.other": Money(other, "EUR"),
        "deal.factor": amount / other if other else 0.0,
    }
    wanted = TRUE if other else UNKNOWN
    assert verdicts("deal.amount / deal.other == deal.factor", [row, row]) == [wanted] * 2


def test_another_currency_is_unknown_without_rates():
    """Neither comparison nor sum guesses a rate; the same foreign currency needs none."""
    row = {"deal.amount": Money.of(7, "USD"), "deal.other": Money.of(7, "USD")}
    assert verdicts("deal.amount > 5", [row, row]) == [UNKNOWN] * 2
    assert verdicts("deal.amount + deal.other > 5", [row, row]) == [UNKNOWN] * 2
    assert verdicts("deal.amount == deal.other", [row, row]) == [TRUE] * 2
    assert verdicts("deal.amount in [5, 7]", [row, row]) == [UNKNOWN] * 2


def test_currencies_are_told_apart_row_by_row():
    """In one column each row is judged in its own currency."""
    rows = [{"deal.amount": Money.of(100, currency)} for currency in ("EUR", "USD", "CHF", "JPY")] + [{}]
    assert verdicts("deal.amount > 95", rows) == [TRUE, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]
    assert verdicts("deal.amount > 95", rows, RATED) == [TRUE, FALSE, UNKNOWN, FALSE, UNKNOWN]


@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_a_factor_that_is_no_number_makes_money_unknown(factor):
    """NaN and infinity scale nothing."""
    row = {"deal.amount": Money.of(1, "EUR"), "deal.factor": factor}
    assert verdicts("deal.amount * deal.factor > 0", [row, row]) == [UNKNOWN] * 2
    assert verdicts("deal.amount / deal.factor >= 0", [row, row]) == [UNKNOWN] * 2
