"""What holds for money whatever the amounts: rules against Decimal at the limits, and currencies that never mix."""

import json
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.process.rules.test_money import ALONE, INT64, RATED, equal_to, half_even, units, verdicts

from pipeline_engine.facts import exact_sum, exact_sums
from pipeline_engine.process.rules import (
    FALSE,
    TRUE,
    UNKNOWN,
    Frame,
    Kind,
    Program,
    RuleError,
    Vocabulary,
    compile_rule,
    from_json,
    seen,
    to_json,
)
from pipeline_engine.values import Money

LOWEST, HIGHEST = -(2**63), 2**63 - 1
SIGNS = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__", "==": "__eq__", "!=": "__ne__"}
edges = st.one_of(units, st.sampled_from([LOWEST, LOWEST + 1, -1, 0, 1, HIGHEST - 1, HIGHEST, 2**53, 2**53 + 1]))
currencies = st.sampled_from(["EUR", "USD", "CHF", "JPY"])


def amount_of(count: int) -> Decimal:
    """So many ten-thousandths, exactly."""
    return Decimal(count).scaleb(-4, Context(prec=40))


@given(edges, edges, st.sampled_from(sorted(SIGNS)))
def test_money_compares_as_decimals_do(amount, other, sign):
    """All six relations, to the last ten-thousandth and at the limits."""
    expected = TRUE if getattr(amount_of(amount), SIGNS[sign])(amount_of(other)) else FALSE
    row = {"deal.amount": Money(amount, "EUR"), "deal.other": Money(other, "EUR")}
    assert verdicts(f"deal.amount {sign} deal.other", [row, row]) == [expected] * 2


@given(edges, st.decimals(min_value=-(10**4), max_value=10**4, places=12), st.sampled_from(["*", "/"]))
def test_a_literal_factor_is_exact_to_its_last_digit(amount, factor, sign):
    """Money is multiplied and divided by the decimal as it is written, not by the double nearest to it."""
    by = Fraction(factor)
    exact = Fraction(amount) * by if sign == "*" else Fraction(amount) / by if by else None
    expected = None if exact is None else half_even(exact)
    equal_to(f"deal.amount {sign} ({factor:.12f})", {"deal.amount": Money(amount, "EUR")}, expected)


@given(st.lists(edges, min_size=2, max_size=6))
def test_a_sum_in_a_rule_is_the_sum_of_decimals(amounts):
    """Fields added one after the other are exact, or unknown once a sum on the way does not fit."""
    names = [f"part_{number}" for number in range(len(amounts))]
    vocabulary = Vocabulary(deal={**dict.fromkeys(names, Kind.MONEY), "other": Kind.MONEY}, currency="EUR")
    row = {f"deal.{name}": Money(amount, "EUR") for name, amount in zip(names, amounts, strict=True)}
    on_the_way = [sum(amounts[:count]) for count in range(1, len(amounts) + 1)]
    expected = on_the_way[-1] if all(total in INT64 for total in on_the_way) else None
    equal_to(" + ".join(f"deal.{name}" for name in names), row, expected, vocabulary)


@given(st.lists(st.tuples(edges, st.integers(0, 3)), min_size=1, max_size=50))
def test_a_sum_over_deals_is_the_sum_of_decimals(amounts):
    """However large: what many deals add up to may pass 64 bits, in all and by group."""
    values = np.array([amount for amount, _ in amounts], np.int64)
    groups = np.array([group for _, group in amounts], np.int64)
    with localcontext(Context(prec=60)):
        total = sum((amount_of(amount) for amount, _ in amounts), Decimal(0))
        by_group = [sum((amount_of(a) for a, g in amounts if g == group), Decimal(0)) for group in range(4)]
        assert Decimal(exact_sum(values)).scaleb(-4) == total
        assert [Decimal(each).scaleb(-4) for each in exact_sums(values, groups, 4)] == by_group


@given(edges, currencies)
def test_money_comes_back_as_it_went(amount, currency):
    """Through its decimal text, through a column, and through the stored form of a rule."""
    money = Money(amount, currency)
    assert Money.of(money.plain(), currency) == Money.of(money.amount, currency) == money
    node = compile_rule("known(deal.amount)", ALONE)
    for rows in ([{"deal.amount": money}], [{"deal.amount": money}, {}]):
        assert seen(node, Frame.from_rows(ALONE, rows), 0)[0].value == money
    written = compile_rule(f"deal.amount > {money.plain()}", ALONE)
    assert from_json(json.loads(json.dumps(to_json(written)))) == written
    assert verdicts(f"deal.amount == {money.plain()}", [{"deal.amount": Money(amount, "EUR")}]) == [TRUE]


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_an_amount_is_taken_whole_or_not_at_all(amount):
    """More than four decimals, however far behind the point, is refused and never rounded."""
    fits = amount == amount_of(int(Fraction(amount) * 10_000)) and int(Fraction(amount) * 10_000) in INT64
    if fits:
        assert Money.of(amount, "EUR").amount == amount
    else:
        with pytest.raises(ValueError, match=r"decimal|64 bits"):
            Money.of(amount, "EUR")


def test_what_lies_far_behind_the_point_counts():
    """Thirty-six digits are not one more than money keeps, they are too many."""
    with pytest.raises(ValueError, match="four decimals"):
        Money.of("1.00000000000000000000000000000000001", "EUR")
    with pytest.raises(RuleError, match="four decimals"):
        compile_rule("deal.amount > 1.00000000000000000000000000000000001", ALONE)


@pytest.mark.parametrize(
    ("rule", "amount", "expected"),
    [
        ("-deal.amount < 0", LOWEST, UNKNOWN),
        ("-deal.amount < 0", HIGHEST, TRUE),
        ("-deal.amount > 0", LOWEST + 1, TRUE),
        ("deal.amount + 0.0001 > 0", HIGHEST, UNKNOWN),
        ("deal.amount - 0.0001 < 0", LOWEST, UNKNOWN),
        ("deal.amount + 0.0001 - 0.0001 < 0", LOWEST, TRUE),
        ("deal.amount * 1 == deal.amount", LOWEST, TRUE),
        ("deal.amount * -1 > 0", LOWEST, UNKNOWN),
        ("deal.amount / -1 > 0", LOWEST, UNKNOWN),
        ("deal.amount * -1.0 > 0", LOWEST, UNKNOWN),
        ("deal.amount / -1.0 > 0", HIGHEST, FALSE),
        ("deal.amount * 1.0 == deal.amount", HIGHEST, TRUE),
        ("deal.amount / 0 > 0", 1, UNKNOWN),
        ("deal.amount / 0.0 > 0", 1, UNKNOWN),
        ("deal.amount / 0 > 0", 0, UNKNOWN),
        ("deal.amount == 922337203685477.5807", HIGHEST, TRUE),
        ("deal.amount == -922337203685477.5808", LOWEST, TRUE),
    ],
)
def test_at_the_limits_money_is_exact_or_unknown(rule, amount, expected):
    """What does not fit into 64 bits is unknown, never wrapped round and never rounded."""
    row = {"deal.amount": Money(amount, "EUR")}
    assert verdicts(rule, [row, row]) == [expected] * 2


@pytest.mark.parametrize("literal", ["922337203685477.5808", "-922337203685477.5809", "1e15", "0.00001"])
def test_a_literal_that_is_no_money_is_refused(literal):
    """Beside money a literal is money; one that cannot be is an error when the file is loaded."""
    with pytest.raises(RuleError, match="922 trillion"):
        compile_rule(f"deal.amount < {literal}", ALONE)


@pytest.mark.parametrize(
    ("amount", "half"),
    [
        (1, 0),
        (3, 2),
        (5, 2),
        (7, 4),
        (-1, 0),
        (-3, -2),
        (-5, -2),
        (10**15 + 1, 5 * 10**14),
        (10**15 + 3, 5 * 10**14 + 2),
    ],
)
def test_halves_go_to_the_even_neighbour(amount, half):
    """By two, and by the decimal one half, on both sides of zero and where doubles are too coarse."""
    assert half == int((Decimal(amount) / 2).to_integral_value(rounding=ROUND_HALF_EVEN))
    for source in ("deal.amount / 2", "deal.amount * 0.5", "deal.amount / 2.0"):
        equal_to(source, {"deal.amount": Money(amount, "EUR")}, half)


MIXED = [
    *(f"deal.amount {sign} deal.other" for sign in SIGNS),
    *(f"deal.amount {sign} deal.other > deal.amount" for sign in "+-"),
    "deal.amount / deal.other > 0.0 || deal.amount / deal.other <= 0.0",
    "deal.amount in [deal.other]",
    "(deal.seats > 0 ? deal.amount : deal.other) == (deal.seats > 0 ? deal.other : deal.amount)",
    "deal.amount * 2 > deal.other * 3",
    "-deal.amount < deal.other / 2",
    "in_currency(deal.amount, 'EUR') != in_currency(deal.other, 'EUR')",
]


@pytest.mark.parametrize("rule", MIXED)
@given(edges, edges, st.sampled_from([("EUR", "USD"), ("USD", "EUR"), ("USD", "CHF")]))
def test_two_currencies_without_a_rate_are_unknown(rule, amount, other, pair):
    """They are never compared, added, divided or chosen between as if they were numbers."""
    row = {"deal.amount": Money(amount, pair[0]), "deal.other": Money(other, pair[1]), "deal.seats": 1}
    # Where the sum of one currency alone overflows it is unknown as well, so nothing else can come.
    assert verdicts(rule, [row, row]) == [UNKNOWN] * 2


@given(edges, currencies.filter(lambda currency: currency != "EUR"), st.integers(-(10**6), 10**6))
def test_a_literal_is_no_foreign_money(amount, currency, literal):
    """A number in a rule is money of the process currency; zero too."""
    row = {"deal.amount": Money(amount, currency)}
    for rule in (f"deal.amount > {literal}", "deal.amount >= 0", f"deal.amount + {literal} > deal.amount"):
        assert verdicts(rule, [row, row]) == [UNKNOWN] * 2


@given(edges, edges, st.sampled_from(["USD", "JPY"]))
def test_a_sum_of_two_currencies_is_in_the_process_currency(amount, other, currency):
    """With a rate the foreign side is converted once, half even, and the sum may still not fit."""
    converted = half_even(other * Fraction(RATED.rates[currency]))
    total = None if converted is None or amount + converted not in INT64 else amount + converted
    row = {"deal.amount": Money(amount, "EUR"), "deal.other": Money(other, currency)}
    held = row | {"deal.factor": 1.0}
    vocabulary = Vocabulary(deal={**RATED.deal, "wanted": Kind.MONEY}, currency="EUR", rates=RATED.rates)
    held["deal.wanted"] = Money(total or 0, "EUR")
    expected = UNKNOWN if total is None else TRUE
    assert verdicts("deal.amount + deal.other == deal.wanted", [held, held], vocabulary) == [expected] * 2


def test_a_rate_that_carries_an_amount_too_far_is_unknown():
    """A conversion that does not fit is unknown, and says nothing about the rows beside it."""
    vocabulary = Vocabulary(deal={"amount": Kind.MONEY}, currency="EUR", rates={"USD": Decimal(10)})
    rows = [{"deal.amount": Money(count, "USD")} for count in (HIGHEST, HIGHEST // 10, 0)]
    program = Program(compile_rule("deal.amount >= 0", vocabulary))
    assert program.verdicts(Frame.from_rows(vocabulary, rows)).tolist() == [UNKNOWN, TRUE, TRUE]
