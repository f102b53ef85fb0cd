"""Where evaluators go wrong: the ends of 64 bits, of time and of lists, against Python's integers and calendar."""

from datetime import UTC, timedelta
from math import inf, isfinite, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_engine.process.rules import (
    FALSE,
    TRUE,
    UNKNOWN,
    Frame,
    Kind,
    ListOf,
    Program,
    RuleError,
    Vocabulary,
    compile_rule,
)
from pipeline_engine.process.rules.literals import LONGEST
from pipeline_engine.values import moment_at

VOCABULARY = Vocabulary(
    deal={
        "a": Kind.INT,
        "b": Kind.INT,
        "c": Kind.INT,
        "x": Kind.DOUBLE,
        "span": Kind.DURATION,
        "other": Kind.DURATION,
        "moment": Kind.TIMESTAMP,
        "text": Kind.STRING,
        "tags": ListOf(Kind.STRING),
    }
)
LOWEST, HIGHEST = -(2**63), 2**63 - 1
MICROSECOND = timedelta(microseconds=1)
whole = st.one_of(
    st.integers(-9, 9),
    st.integers(LOWEST, HIGHEST),
    st.sampled_from([LOWEST, LOWEST + 1, HIGHEST, HIGHEST - 1, -(2**32), 2**31, 3_037_000_500, 2**62]),
)
moments = st.datetimes(timezones=st.just(UTC))
spans = st.integers(-LONGEST, LONGEST).map(lambda count: count * MICROSECOND)


def judged(rule: str, **values: Any) -> int:
    """The verdict on a row, checked to be that of three such rows with one in between that has nothing."""
    row = {f"deal.{name}": value for name, value in values.items()}
    program = Program(compile_rule(rule, VOCABULARY))
    together = program.verdicts(Frame.from_rows(VOCABULARY, [row, {}, row])).tolist()
    alone = int(program.verdicts(Frame.from_rows(VOCABULARY, [row]))[0])
    assert together[0] == together[2] == alone
    return alone


def towards_zero(dividend: int, divisor: int) -> tuple[int, int]:
    """The quotient cut off, and what remains, with the sign of the dividend."""
    quotient = abs(dividend) // abs(divisor) * (1 if (dividend < 0) == (divisor < 0) else -1)
    return quotient, dividend - quotient * divisor


@given(whole, whole)
def test_whole_numbers_are_exact_or_unknown(a, b):
    """Of all five operations; what leaves 64 bits is unknown, and so is anything by zero."""
    quotient, rest = towards_zero(a, b) if b else (None, None)
    # The lowest number over minus one does not fit, and its remainder is an error in the reference as well.
    rest = None if (a, b) == (LOWEST, -1) else rest
    for sign, expected in (("+", a + b), ("-", a - b), ("*", a * b), ("/", quotient), ("%", rest)):
        fits = expected is not None and LOWEST <= expected <= HIGHEST
        verdict = judged(f"deal.a {sign} deal.b == deal.c", a=a, b=b, c=expected if fits else 0)
        assert verdict == (TRUE if fits else UNKNOWN), sign


def test_the_lowest_number_has_no_opposite():
    """Neither by minus, nor by division, nor as a remainder."""
    for rule in ("-deal.a > 0", "deal.a / -1 > 0", "deal.a % -1 == 0", "deal.a * -1 > 0", "0 - deal.a > 0"):
        assert judged(rule, a=LOWEST) == UNKNOWN, rule
    assert judged("deal.a == -9223372036854775808", a=LOWEST) == TRUE


@given(st.floats())
def test_a_decimal_is_cut_off_or_unknown(x):
    """`int(…)` of what is too large, infinite or no number is unknown; the lowest that fits is refused too."""
    fits = isfinite(x) and LOWEST < x < 2.0**63
    assert judged("int(deal.x) == deal.c", x=x, c=int(x) if fits else 0) == (TRUE if fits else UNKNOWN)


def test_what_is_no_number_equals_nothing():
    """Not even itself; it is not smaller either, and that is false and not unknown."""
    assert judged("deal.x == deal.x", x=nan) == FALSE
    assert judged("deal.x != deal.x", x=nan) == TRUE
    assert [judged(f"deal.x {sign} 0.0", x=nan) for sign in ("<", "<=", ">", ">=")] == [FALSE] * 4
    assert judged("deal.x in [deal.x, 1.0]", x=nan) == FALSE
    assert judged("deal.x / 0.0 == deal.x", x=inf) == TRUE
    assert judged("-0.0 == deal.x && 1.0 / deal.x < 0.0", x=-0.0) == TRUE


@given(spans, spans)
def test_lengths_of_time_end_at_292_years(span, other):
    """Beyond that a sum or a difference is unknown, as in the reference, which counts nanoseconds."""
    for sign, expected in (("+", span + other), ("-", span - other)):
        fits = abs(expected // MICROSECOND) <= LONGEST
        rule = f"deal.span {sign} deal.other >= duration('0s')"
        wanted = UNKNOWN if not fits else TRUE if expected >= timedelta(0) else FALSE
        assert judged(rule, span=span, other=other) == wanted, sign


@given(st.one_of(st.integers(-200_000, 200_000), whole))
def test_days_of_something_computed_end_at_292_years(a):
    """`days(n)` is so many times 24 hours, unknown where that is too long."""
    fits = abs(a) <= LONGEST // 86_400_000_000
    verdict = judged("days(deal.a) == deal.span", a=a, span=timedelta(days=a) if fits else timedelta(0))
    assert verdict == (TRUE if fits else UNKNOWN)


@given(moments, spans)
def test_moments_end_with_the_years_1_and_9999(moment, span):
    """What lies outside is unknown and does not come round from the other end."""
    for sign, factor in (("+", 1), ("-", -1)):
        try:
            expected = moment + factor * span
        except OverflowError:
            expected = None
        rule = f"deal.moment {sign} deal.span >= deal.moment"
        wanted = UNKNOWN if expected is None else TRUE if expected >= moment else FALSE
        assert judged(rule, moment=moment, span=span) == wanted


@given(moments, moments)
def test_a_difference_of_moments_is_exact_or_unknown(moment, other):
    """More than 292 years apart is unknown."""
    between = (moment - other) // MICROSECOND
    fits = abs(between) <= LONGEST
    program = Program(compile_rule("deal.moment - stage.entered_at == deal.span", VOCABULARY))
    row = {
        "deal.moment": moment,
        "stage.entered_at": other,
        "deal.span": between * MICROSECOND if fits else timedelta(0),
    }
    assert program.verdicts(Frame.from_rows(VOCABULARY, [row])).tolist() == [TRUE if fits else UNKNOWN]


@given(moments)
def test_parts_of_a_moment_are_those_of_the_calendar(moment):
    """From the year 1 to 9999, before 1970 as well; Sunday, January and the first day of a year are 0."""
    wanted = {
        "getFullYear": moment.year,
        "getMonth": moment.month - 1,
        "getDate": moment.day,
        "getDayOfMonth": moment.day - 1,
        "getDayOfYear": moment.timetuple().tm_yday - 1,
        "getDayOfWeek": moment.isoweekday() % 7,
        "getHours": moment.hour,
        "getMinutes": moment.minute,
        "getSeconds": moment.second,
        "getMilliseconds": moment.microsecond // 1_000,
    }
    rule = " && ".join(f"deal.moment.{part}() == {value}" for part, value in wanted.items())
    assert judged(rule, moment=moment) == TRUE
    assert (
        judged("int(deal.moment) == deal.c", moment=moment, c=(moment - moment_at(0)) // timedelta(seconds=1)) == TRUE
    )


@given(spans)
def test_parts_of_a_length_of_time_are_totals_cut_off(span):
    """Hours, minutes and seconds are the whole of it; milliseconds the rest within the second; towards zero."""
    micros = span // MICROSECOND
    wanted = {
        "getHours": towards_zero(micros, 3_600_000_000)[0],
        "getMinutes": towards_zero(micros, 60_000_000)[0],
        "getSeconds": towards_zero(micros, 1_000_000)[0],
        "getMilliseconds": towards_zero(towards_zero(micros, 1_000)[0], 1_000)[1],
    }
    rule = " && ".join(f"deal.span.{part}() == {value}" for part, value in wanted.items())
    assert judged(rule, span=span) == TRUE


@pytest.mark.parametrize("literal", ["duration('2562048h')", "duration('-2562048h')", "days(106752)", "days(-106752)"])
def test_a_length_of_time_written_out_beyond_292_years_is_refused(literal):
    """It would fail on every deal, so it is an error when the file is loaded."""
    with pytest.raises(RuleError, match="292 years"):
        compile_rule(f"deal.span < {literal}", VOCABULARY)
    compile_rule("deal.span < duration('2562047h') && deal.span > days(-106751)", VOCABULARY)


@given(st.text(), st.text())
def test_text_is_counted_and_ordered_by_code_points(text, other):
    """As Python does; in UTF-8 the order is the same."""
    pair = {"text": text, "c": len(text)}
    assert judged("deal.text.size() == deal.c", **pair) == TRUE
    quoted = "".join(f"\\U{ord(letter):08x}" for letter in other)
    wanted = TRUE if text.encode() < other.encode() else FALSE
    assert judged(f"deal.text < '{quoted}'", text=text) == wanted
    assert judged(f"(deal.text + '{quoted}').endsWith('{quoted}')", text=text) == TRUE


def test_what_is_known_of_one_element_decides_where_it_may():
    """`exists` and `all` over what is partly missing, `in` with a missing element, and lists that are not there."""
    tags: dict[str, Any] = {"tags": ["vp"]}
    assert judged("deal.tags.exists(t, t == 'vp' || deal.a > 1)", **tags) == TRUE
    assert judged("deal.tags.exists(t, t == 'rep' || deal.a > 1)", **tags) == UNKNOWN
    assert judged("deal.tags.all(t, t == 'rep' && deal.a > 1)", **tags) == FALSE
    assert judged("deal.tags.all(t, t == 'vp' && deal.a > 1)", **tags) == UNKNOWN
    assert judged("deal.tags.all(t, deal.a > 1)", tags=[]) == TRUE
    assert judged("deal.tags.exists(t, deal.a > 1)", tags=[]) == FALSE
    assert judged("deal.tags.filter(t, deal.a > 1).size() == 0", tags=[]) == TRUE
    assert judged("deal.tags.filter(t, deal.a > 1).size() >= 0", **tags) == UNKNOWN
    assert judged("deal.tags.exists_one(t, t == 'vp' || deal.a > 1)", tags=["vp", "rep"]) == UNKNOWN
    assert judged("deal.a in [1, deal.b]", a=1) == UNKNOWN
    assert judged("deal.tags.size() >= 0") == UNKNOWN
