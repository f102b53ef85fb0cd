"""Why a rule does not pass: the smallest parts, read off the trace."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.process.rules.generated import VOCABULARY
from tests.process.rules.test_against_reference import SEED, drawn_rows, drawn_rules

from pipeline_engine.process.rules import (
    TRUE,
    Frame,
    Kind,
    ListOf,
    Node,
    Part,
    Program,
    RuleError,
    Vocabulary,
    Wording,
    because,
    compile_rule,
    to_text,
)
from pipeline_engine.values import Money

WORDS = Vocabulary(
    deal={
        "amount": Kind.MONEY, "seats": Kind.INT, "region": Kind.STRING, "discount": Kind.DOUBLE, "signed": Kind.BOOL,
        "close_date": Kind.TIMESTAMP, "tags": ListOf(Kind.STRING),
    },
    currency="EUR", rates={"USD": Decimal("0.92")},
)  # fmt: skip
WORDING = Wording(percents=frozenset({"deal.discount"}), currency="EUR", rates={"USD": Decimal("0.92")})
NOW = datetime(2026, 5, 11, 9, tzinfo=UTC)
MEETINGS = [
    {"kind": "meeting", "at": NOW - timedelta(days=60), "minutes": 10, "with": "kim"},
    {"kind": "call", "at": NOW - timedelta(days=1), "minutes": 5},
]
ROW = {
    "now": NOW, "stage.id": "lead", "stage.entered_at": NOW - timedelta(hours=20), "deal.seats": 7,
    "deal.region": "NA", "deal.amount": Money.of(42000, "EUR"), "deal.discount": 25.0, "deal.tags": ["new"],
    "activities": MEETINGS, "contacts": [{"role": "champion", "id": "kim"}], "documents": [], "items": [],
}  # fmt: skip


def parts(rule: str, **values: Any) -> tuple[Part, ...]:
    """Why a rule does not pass on the row, with some fields of the deal otherwise."""
    row = {**ROW, **{f"deal.{name}": value for name, value in values.items()}}
    return because(compile_rule(rule, WORDS), Frame.from_rows(WORDS, [row]), WORDING)


def told(rule: str, **values: Any) -> list[str]:
    """The same in words."""
    return [part.text for part in parts(rule, **values)]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("deal.seats >= 5", []),
        ("deal.seats >= 10", ["seats is 7, must be at least 10"]),
        ("10 <= deal.seats", ["seats is 7, must be at least 10"]),
        ("!(deal.seats < 10)", ["seats is 7, must be at least 10"]),
        ("deal.seats >= 5 && deal.seats >= 10 && deal.region == 'NA'", ["seats is 7, must be at least 10"]),
        ("!(deal.region == 'NA' || deal.seats > 10)", ["region is NA, must not be NA"]),
        ("deal.region == 'NA' ? deal.seats > 10 : deal.seats > 1", ["seats is 7, must be more than 10"]),
        ("!activities.exists(a, a.kind == 'call')", ["1 call is logged, there must be none"]),
        ("activities.filter(a, a.kind == 'meeting').size() > 1", ["1 of 2 meetings"]),
        ("['new', 'big'].all(t, t in deal.tags)", ["tags (new) must include big"]),
        ("deal.signed", ["signed is not recorded"]),
        ("contacts.exists(c, activities.exists(a, a.kind == 'call' && a.with == c.id))",
         ["nobody noted with whom one call was"]),
    ],
)  # fmt: skip
def test_only_what_stands_in_the_way_is_told(rule: str, text: list[str]) -> None:
    """Of what is false the false parts, of what is unknown the missing facts, of what passes nothing."""
    assert told(rule) == text


def test_what_is_false_hides_what_is_unknown() -> None:
    """A conjunction that fails fails whatever is missing; one that hangs on what is missing names only that."""
    rule = "deal.amount > 1 && deal.region == 'EMEA'"
    assert told(rule, amount=None) == ["region is NA, must be EMEA"]
    assert told(rule, amount=None, region="EMEA") == ["amount is not recorded"]
    assert told(rule, region=None) == ["region is not recorded"]


def test_where_one_of_several_would_do_each_is_told() -> None:
    """All alternatives stand in one part, with each of them as its own for a script."""
    (part,) = parts("deal.seats > 10 || deal.region == 'EMEA'")
    assert part.kind == "either"
    assert [(each.path, each.found, each.wanted) for each in part.any_of] == [
        ("deal.seats", 7, "more than 10"), ("deal.region", "NA", "EMEA"),
    ]  # fmt: skip


def test_another_currency_without_a_rate_names_both() -> None:
    """It is unknown, and neither a number nor a fact that is missing."""
    (part,) = parts("deal.amount > 1", amount=Money.of(5, "CHF"))
    assert (part.kind, part.path, part.found) == ("currency", "deal.amount", Money.of(5, "CHF"))
    assert part.text == "amount is 5 CHF and the process counts in EUR without a rate for CHF"


def test_a_wait_says_from_when_on() -> None:
    """At that moment the rule holds, and not a microsecond before."""
    rule = compile_rule("now - stage.entered_at >= duration('24h')", WORDS)
    (part,) = because(rule, Frame.from_rows(WORDS, [ROW]), WORDING)
    assert part.text.endswith("; possible from 2026-05-11 13:00 UTC")
    then = datetime(2026, 5, 11, 13, tzinfo=UTC)
    early = {**ROW, "now": then - timedelta(microseconds=1)}
    assert Program(rule).verdicts(Frame.from_rows(WORDS, [{**ROW, "now": then}, early])).tolist() == [TRUE, 0]


def compiled(rules: Iterable[str]) -> Iterator[Node]:
    """The trees of the rules; a drawn one may cost more than a rule may."""
    for rule in rules:
        with suppress(RuleError):
            yield compile_rule(rule, VOCABULARY)


def test_an_explanation_never_fails_and_is_empty_only_where_the_rule_passes() -> None:
    """Over drawn rules and rows with everything in them that may be: it agrees with the verdict on each."""
    rows, looked, silent = drawn_rows(SEED, 12), 0, list[str]()
    for node in compiled(drawn_rules(SEED, 250)):
        frame = Frame.from_rows(VOCABULARY, rows)
        for row, verdict in enumerate(Program(node).verdicts(frame).tolist()):
            found = because(node, frame, Wording(currency=VOCABULARY.currency), row)
            assert all(part.text for part in found)
            silent += [f"{to_text(node)} on row {row}"] * (bool(found) is (verdict == TRUE))
            looked += verdict != TRUE
    assert looked > 500
    assert silent == [], f"seed {SEED}"
