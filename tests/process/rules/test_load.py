"""What is wrong with a rule is said when it is loaded, with the place and the nearest name."""

from decimal import Decimal

import pytest

from pipeline_engine.process.rules import Kind, ListOf, RuleError, Vocabulary, compile_rule
from pipeline_engine.process.rules.cost import LONGEST_SOURCE

VOCABULARY = Vocabulary(
    deal={
        "amount": Kind.MONEY,
        "discount": Kind.DOUBLE,
        "seats": Kind.INT,
        "close_date": Kind.TIMESTAMP,
        "region": Kind.STRING,
        "tags": ListOf(Kind.STRING),
    },
    limits={"manager_from": Decimal(50000), "share": Decimal("0.5")},
    currency="EUR",
)

# source, line, column, part of what was found, part of what was needed, nearest name
WRONG = [
    ("deal.amont > 5", 1, 6, "`deal` has no `amont`", "", "deal.amount"),
    ("deel.amount > 5", 1, 1, "no name `deel.amount`", "", "deal.amount"),
    ("amount > 5", 1, 1, "no name `amount`", "", "deal.amount"),
    ("deal.seats > 1 &&\n  deal.regon == 'NA'", 2, 8, "`deal` has no `regon`", "", "deal.region"),
    ("'é' == 'x' && deal.regon == 'é'", 1, 20, "`deal` has no `regon`", "", "deal.region"),
    ("sze(deal.region) == 3", 1, 1, "no function `sze`", "", "size"),
    ("limits.manager_form < deal.amount", 1, 8, "`limits` has no `manager_form`", "", "limits.manager_from"),
    ("approvals.exists(a, a.rol == 'vp')", 1, 23, "`approvals` have no `rol`", "", "role"),
    ("deal.region", 1, 1, "the rule is a `string`", "true or false", None),
    ("deal.region == 5", 1, 13, "`==` does not take `string` and `int`", "one type", None),
    ("deal.region && true", 1, 13, "`&&` does not take", "true or false", None),
    ("deal.region == null", 1, 13, "null_type", "has(…)", None),
    ("deal.amount == null", 1, 16, "`null`", "has(…)", None),
    ("deal.amount + deal.discount > 5", 1, 15, "money beside a number", "money on both sides", None),
    ("deal.amount > deal.seats", 1, 15, "money beside a number", "money on both sides", None),
    ("deal.amount > 5.12345", 1, 15, "more than four decimals", "four decimals", None),
    ("deal.amount > 999999999999999999", 1, 15, "64 bits", "922 trillion", None),
    ("deal.discount * deal.seats > 1", 1, 17, "a whole number beside a decimal", "double(…)", None),
    ("deal.discount > 9007199254740993", 1, 17, "more digits", "", None),
    ("now - deal.close_date > duration('90d')", 1, 34, "duration `90d`", "days(90)", None),
    ("now - deal.close_date > duration('2 weeks')", 1, 34, "duration", "days(14)", None),
    ("now - deal.close_date > duration('1ns')", 1, 34, "duration `1ns`", "whole microseconds", None),
    ("now - deal.close_date > days(200000)", 1, 30, "days(200000)", "292 years", None),
    ("now > date('2026-02-30')", 1, 12, "date `2026-02-30`", "a day that exists", None),
    ("now > timestamp('2026-01-31')", 1, 17, "timestamp", "date('2026-01-31')", None),
    ("now > timestamp(deal.region)", 1, 16, "something computed", "a literal", None),
    ("deal.region.matches('(a')", 1, 21, "pattern `(a`", "RE2", None),
    ("deal.region.matches(deal.region)", 1, 20, "`matches`", "written out", None),
    ("now.getHours('Europe/Berlin') > 3", 1, 13, "a time zone", "UTC", None),
    ("deal.tags == ['a']", 1, 11, "`==` on `list of string`", "`in` and `exists`", None),
    ("deal.seats in []", 1, 15, "an empty list", "at least one", None),
    ("{1: 2} == {1: 2}", 1, 1, "a map or message", "plain values", None),
    ("b'a' == b'a'", 1, 1, "`uint` or `bytes`", "", None),
    ("2u > 1u", 1, 1, "`uint` or `bytes`", "", None),
    ("type(1) == int", 1, 5, "a value of type `type`", "", None),
    ("dyn(1) == 1", 1, 4, "a value of type `dyn`", "", None),
    ("deal == deal", 1, 1, "`deal` is no value", "one of its fields", None),
    ("approvals[0].live", 1, 10, "a field of something", "a name", None),
    ("deal.tags[0] == 'a'", 1, 10, "`[ ]` on", "exists", None),
    ("has(limits.share)", 1, 5, "always there", "", None),
    ("known(deal.seats + 1)", 1, 6, "`known`", "a name", None),
    ("in_currency(deal.amount, 'USD') > 5", 1, 26, "no rate for `USD`", "EUR", None),
    ("approvals.all(now, now.live)", 1, 14, "`now` is the name of something else", "another name", None),
    ("['a'].map(t, t + 'b').size() == 1", 1, 10, "`map` over a list written out", "exists", None),
    ("approvals.map(a, a).size() == 1", 1, 14, "`map` to something", "a.role", None),
    ("deal.region = 'NA'", 1, 13, "`=` is no part of CEL", "`==`", None),
    ("deal.seats > 5 and true", 1, 16, "`and` stands", "`&&`", None),
    ("deal.region == 'NA", 1, 16, "is no part of CEL", "a closing quote", None),
    ("deal.seats >", 1, 13, "ends too early", "a value", None),
    ("1e999 > deal.discount", 1, 1, "too large", "", None),
    ("(" * 40 + "true" + ")" * 40, 1, 1, "nests too deeply", "", None),
    (
        "approvals.exists(a, approvals.exists(b, approvals.exists(c, a.role == c.role)))",
        1,
        1,
        "loops inside loops",
        "fewer nested loops",
        None,
    ),
    ("true" + " " * LONGEST_SOURCE, 1, 1, "bytes", "at most", None),
    (f"deal.seats in [{', '.join(map(str, range(201)))}]", 1, 1, "more than 200", "shorter", None),
]


@pytest.mark.parametrize(
    ("source", "line", "column", "found", "expected", "near"), WRONG, ids=[w[0][:40] for w in WRONG]
)
def test_what_is_wrong_is_named_with_its_place(source, line, column, found, expected, near):
    """The complaint says what was found, what was needed, where, and the nearest name there is."""
    with pytest.raises(RuleError) as refused:
        compile_rule(source, VOCABULARY)
    error = refused.value
    assert found in error.found
    assert expected in error.expected
    assert (error.line, error.column) == (line, column)
    assert near is None or near in error.near


@pytest.mark.parametrize("name", ["close-date", "in", "1st", "true", ""])
def test_a_field_that_cannot_be_spelled_is_refused(name):
    """A field whose name is no CEL name is refused before any rule is read."""
    with pytest.raises(RuleError):
        Vocabulary(deal={name: Kind.INT})


def test_two_spellings_of_a_name_live_side_by_side(capfd):
    """`close_date` and `closeDate` are two fields."""
    both = Vocabulary(deal={"close_date": Kind.INT, "closeDate": Kind.STRING})
    compile_rule("deal.close_date > 1 && deal.closeDate == 'x'", both)


@pytest.mark.parametrize("rule", ["{} > 5", "deal.{} > 5", "{}(1)", "deal.region.matches('{}(')", "deal.amount {}"])
def test_a_name_without_end_is_told_by_how_it_begins(rule: str) -> None:
    """A complaint is a line that somebody can read, also of a word of thousands of letters."""
    with pytest.raises(RuleError) as caught:
        compile_rule(rule.format("x" * 3000), VOCABULARY)
    assert "x" * 50 in str(caught.value)
    assert len(str(caught.value)) < 500
