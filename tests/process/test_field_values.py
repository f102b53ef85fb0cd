"""What is taken for a value of a field, and what is refused with the form that was meant."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_engine.errors import BadValue
from pipeline_engine.process import Field, FieldKind, read_value
from pipeline_engine.values import Document, Money, Personal

HASH = "a" * 64


def _field(kind: FieldKind, *, many: bool = False) -> Field:
    return Field(name="f", kind=kind, of=("EMEA", "NA") if kind == "choice" else (), many=many)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("money", "12000", Money.of(12000, "EUR")),
        ("money", " 12000.50 USD ", Money.of("12000.5", "USD")),
        ("money", "-5", Money.of(-5, "EUR")),
        ("money", "12.50000", Money.of("12.5", "EUR")),
        ("money", 12000, Money.of(12000, "EUR")),
        ("money", Decimal("1E+3"), Money.of(1000, "EUR")),
        ("money", Money.of(5, "USD"), Money.of(5, "USD")),
        ("percent", "10%", 10.0),
        ("percent", "12.5", 12.5),
        ("percent", Decimal("0.5"), 0.5),
        ("number", "1e3", 1000.0),
        ("number", 7, 7.0),
        ("int", "-12", -12),
        ("date", "2026-01-31", date(2026, 1, 31)),
        ("date", date(2026, 1, 31), date(2026, 1, 31)),
        ("time", "09:30", time(9, 30)),
        ("bool", "Yes", True),
        ("bool", False, False),
        ("choice", "EMEA", "EMEA"),
        ("person", "rep-03", "rep-03"),
        ("text", " as it is ", " as it is "),
        ("text", Personal("deal:1", "a@b"), "a@b"),
        ("document", f"offer.pdf sha256:{HASH}", Document("offer.pdf", HASH)),
    ],
)
def test_a_value_is_read_by_its_type(kind, raw, value):
    """Text as typed and Python values alike, exactly."""
    read = read_value(_field(kind), raw, "EUR")
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        ("money", "12,000", "without separators"),
        ("money", "12.000,50", "without separators"),
        ("money", "1e3", "an amount like `12000`"),
        ("money", "12000 eur", "an amount like"),
        ("money", "1.23456", "at most four decimals"),
        ("money", Decimal("1.00000000000000000000000000000000000001"), "at most four decimals"),
        ("money", 1.5, "a float is not exact"),
        ("money", True, "an amount like"),
        ("money", "922337203685477", None),
        ("money", "922337203685478", "an amount like"),
        ("money", 10**30, "an amount like"),
        ("money", "9" * 5000, "an amount like"),
        ("money", Decimal("NaN"), "an amount like"),
        ("money", Decimal("1E+999999"), "an amount like"),
        ("money", Decimal("Infinity"), "an amount like"),
        ("percent", "10 percent", "a percentage like"),
        ("percent", float("nan"), "a percentage like"),
        ("percent", Decimal("sNaN"), "a percentage like"),
        ("number", "1e999", "a number like"),
        ("number", 10**400, "a number like"),
        ("number", True, "a number like"),
        ("int", "1.0", "a whole number"),
        ("int", 2**63, "a whole number"),
        ("int", True, "a whole number"),
        ("date", "2026-02-30", "day is out of range"),
        ("date", "20260131", "a date like `2026-01-31`"),
        ("date", "31.01.2026", "a date like"),
        ("date", datetime(2026, 1, 31), "a date like"),  # noqa: DTZ001  # a moment without a zone is the point
        ("time", "9:30", "a time like"),
        ("time", "25:00", "a time like"),
        ("bool", "on", "`true` or `false`"),
        ("choice", "emea", "did you mean `EMEA`?"),
        ("choice", "EMA", "did you mean `EMEA`?"),
        ("choice", 5, "`EMEA` or `NA`"),
        ("person", "two words", "the id of a person"),
        ("text", "x" * 10_001, "at most 10,000 characters, not 10,001"),
        ("text", "a\x00b", "without NUL"),
        ("text", "\ud800", "halves"),
        ("text", "", "text"),
        ("text", None, "text"),
        ("text", 5, "text"),
        ("document", "offer.pdf", "64 hex digits"),
    ],
)
def test_what_two_people_could_read_differently_is_refused(kind, raw, expected):
    """The complaint names the form that is meant; what just fits is taken."""
    if expected is None:
        assert read_value(_field(kind), raw, "EUR")
        return
    with pytest.raises(BadValue, match=r"^`f` (cannot be|is missing)") as refused:
        read_value(_field(kind), raw, "EUR")
    assert expected in refused.value.expected


def test_many_values_are_a_list_or_text_with_commas():
    """Each is read by the type, in order, once."""
    assert read_value(_field("choice", many=True), "NA, EMEA, NA", "EUR") == ("NA", "EMEA")
    assert read_value(_field("text", many=True), ["a", "b"], "EUR") == ("a", "b")
    assert read_value(_field("text", many=True), (), "EUR") == ()
    with pytest.raises(BadValue, match="did you mean `EMEA`"):
        read_value(_field("choice", many=True), "NA, EMA", "EUR")
    with pytest.raises(BadValue, match="a list"):
        read_value(_field("choice", many=True), 5, "EUR")


ANYTHING = st.one_of(
    st.text(), st.integers(), st.floats(), st.decimals(), st.booleans(), st.none(), st.lists(st.text())
)
KINDS = st.sampled_from(["text", "number", "int", "money", "percent", "date", "time", "bool", "choice", "person"])


@given(KINDS, st.booleans(), ANYTHING)
def test_anything_is_a_value_or_refused(kind, many, raw):
    """Whatever is given, the answer is a value or BadValue."""
    try:
        read_value(_field(kind, many=many), raw, "EUR")
    except BadValue:
        return


@given(st.integers(-(2**63) // 10_000 + 2, 2**63 // 10_000 - 1), st.integers(0, 9999))
def test_money_keeps_every_digit(whole, fraction):
    """What is written is what is stored, to the ten-thousandth."""
    text = f"{whole}.{fraction:04d}"
    assert read_value(_field("money"), text, "EUR") == Money.of(Decimal(text), "EUR")
