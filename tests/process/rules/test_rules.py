"""What a rule means: literals, our own functions, what it reads, how it is stored, printed and explained."""

import json
import pickle
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from pipeline_engine.process.rules import (
    FALSE,
    TRUE,
    UNKNOWN,
    Column,
    Frame,
    Kind,
    ListOf,
    Program,
    Records,
    Vocabulary,
    compile_rule,
    from_json,
    limits_of,
    reads,
    seen,
    to_json,
    to_text,
)
from pipeline_engine.values import Money, Personal

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VOCABULARY = Vocabulary(
    deal={
        "amount": Kind.MONEY,
        "discount": Kind.DOUBLE,
        "seats": Kind.INT,
        "close_date": Kind.TIMESTAMP,
        "call_at": Kind.DURATION,
        "email": Kind.STRING,
        "signed": Kind.BOOL,
        "tags": ListOf(Kind.STRING),
    },
    limits={"manager_from": Decimal(50000), "share": Decimal("0.5")},
    currency="EUR",
    rates={"USD": Decimal("0.92")},
)


def judged(source: str, **values: Any) -> int:
    """The verdict on one row; `deal__amount` is the column `deal.amount`."""
    row = {name.replace("__", "."): value for name, value in values.items()}
    return int(Program(compile_rule(source, VOCABULARY)).verdicts(Frame.from_rows(VOCABULARY, [row]))[0])


@pytest.mark.parametrize(
    ("source", "values", "verdict"),
    [
        ("deal.amount < 50000", {"deal__amount": Money.of("49999.9999", "EUR")}, TRUE),
        ("deal.amount < limits.manager_from", {"deal__amount": Money.of(50000, "EUR")}, FALSE),
        ("deal.discount > 10", {"deal__discount": 10.5}, TRUE),
        ("deal.discount > limits.share", {"deal__discount": 0.5}, FALSE),
        ("deal.seats > limits.manager_from", {"deal__seats": 50001}, TRUE),
        ("deal.discount in [1, 2.5]", {"deal__discount": 1.0}, TRUE),
        ("deal.amount in [1, 2.5]", {"deal__amount": Money.of("2.5", "EUR")}, TRUE),
        (
            "deal.amount > (deal.signed ? 5 : -0.1)",
            {"deal__amount": Money(0, "EUR"), "deal__signed": False},
            TRUE,
        ),
        ("deal.close_date - now >= days(30)", {"deal__close_date": date(2026, 4, 2), "now": NOON}, TRUE),
        ("deal.close_date > date('2026-04-01')", {"deal__close_date": date(2026, 4, 1)}, FALSE),
        ("now - opened_at > days(deal.seats)", {"now": NOON, "opened_at": NOON, "deal__seats": -1}, TRUE),
        ("deal.call_at.getHours() == 9", {"deal__call_at": time(9, 30)}, TRUE),
        ("deal.email.lowerAscii().endsWith('@b.de')", {"deal__email": Personal("D-1", "A@B.DE")}, TRUE),
        ("deal.email == ''", {"deal__email": Personal("D-1", None)}, UNKNOWN),
        ("'vp' in owner.roles", {"owner.roles": ["rep", "vp"]}, TRUE),
        ("'vp' in owner.roles", {"owner.roles": []}, FALSE),
        ("'vp' in owner.roles", {}, UNKNOWN),
        ("approvals.exists(a, a.live)", {"approvals": []}, FALSE),
        ("move.from == 'lead' && move.steps == 1", {"move.from": "lead", "move.steps": 1}, TRUE),
    ],
)
def test_a_rule_judges_one_row(source, values, verdict):
    """Literals take the type of their neighbour; dates, times, personal text and lists read as written."""
    assert judged(source, **values) == verdict


def test_missing_is_neither_true_nor_false():
    """What is missing makes a rule unknown, unless the other side already decides."""
    assert judged("deal.seats > 1") == UNKNOWN
    assert judged("deal.seats > 1 || true") == TRUE
    assert judged("deal.seats > 1 && false") == FALSE
    assert judged("!(deal.seats > 1)") == UNKNOWN


def test_known_is_true_or_unknown_and_has_is_true_or_false():
    """`known` never fails a deal for what was not recorded, `has` does."""
    assert (judged("known(deal.seats)"), judged("known(deal.seats)", deal__seats=0)) == (UNKNOWN, TRUE)
    assert (judged("has(deal.seats)"), judged("has(deal.seats)", deal__seats=0)) == (FALSE, TRUE)
    assert (judged("known(approvals)"), judged("known(approvals)", approvals=[])) == (UNKNOWN, TRUE)


def test_a_rule_says_what_it_reads():
    """The column paths, without the fields of a loop's variable and without limits."""
    node = compile_rule("deal.amount < limits.manager_from || approvals.exists(a, a.at <= now)", VOCABULARY)
    assert reads(node) == {"deal.amount", "approvals", "now"}
    assert limits_of(node) == {"manager_from"}


RULES = [
    "known(deal.amount)",
    "deal.amount >= limits.manager_from && deal.discount < limits.share",
    "deal.amount * 0.15 > limits.share * deal.amount + 0.0001",
    "now - stage.entered_at >= days(14) && deal.close_date > date('2026-01-31')",
    "now > timestamp('2026-01-31T09:00:00.5Z') || deal.call_at < duration('-1.5s')",
    "deal.email in ['it\\'s', 'a\\nb', '\\\\', '\\u0007', 'é']",
    "deal.signed ? -(-deal.seats) % 3 == -1 : !(!deal.signed)",
    "approvals.map(a, a.live, a.role).filter(r, r.size() > 2).exists(r, r == 'vp')",
    "in_currency(deal.amount, 'USD') > deal.amount / 2",
    "(1 - (2 - deal.seats)) * 3 > -(5) && deal.signed && (deal.seats > 1 || deal.seats < 0) && true",
]


@pytest.mark.parametrize("source", RULES)
def test_a_rule_survives_storing_printing_and_pickling(source):
    """JSON, text and pickle give back an equal tree."""
    node = compile_rule(source, VOCABULARY)
    assert from_json(json.loads(json.dumps(to_json(node)))) == node
    assert compile_rule(to_text(node), VOCABULARY) == node
    assert pickle.loads(pickle.dumps(node)) == node


def test_the_stored_form_does_not_change():
    """A published rule must be read for ever: this is its form under semantics 1."""
    assert to_json(compile_rule("deal.amount < 50000 && known(deal.seats)", VOCABULARY)) == {
        "semantics": 1,
        "rule": [
            *("rates", "bool", ["EUR", {"USD": "0.92"}]),
            [
                *("call", "bool", "_&&_"),
                [
                    "call",
                    "bool",
                    "_<_",
                    ["column", "money", "deal.amount"],
                    ["const", "money", [500000000, "EUR"]],
                ],
                ["call", "bool", "known", ["column", "int", "deal.seats"]],
            ],
        ],
    }


@pytest.mark.parametrize("stored", [{}, {"semantics": 2, "rule": []}, {"semantics": 1, "rule": ["const"]}, [], None])
def test_a_stored_form_that_nobody_wrote_is_refused(stored):
    """Other semantics, or no tree at all, is a ValueError and never a wrong verdict."""
    with pytest.raises(ValueError, match="stored rule"):
        from_json(stored)


def test_what_the_rule_saw_is_told_in_source_order():
    """Each value once, None where it was not recorded."""
    node = compile_rule(
        "deal.seats > 1 && deal.amount < 5 && approvals.exists(a, a.at < now) && deal.seats < 9", VOCABULARY
    )
    row = {"deal.amount": Money.of(7, "EUR"), "approvals": [{"role": "vp", "at": NOON}], "now": NOON}
    looked = seen(node, Frame.from_rows(VOCABULARY, [row]), 0)
    assert [value.path for value in looked] == ["deal.seats", "deal.amount", "approvals", "now"]
    assert looked[0].value is None
    assert looked[1].value == Money.of(7, "EUR")
    assert (looked[2].value[0]["role"], looked[2].value[0]["at"], looked[2].value[0]["by"]) == (
        "vp",
        NOON,
        None,
    )


def test_the_trace_tells_what_every_part_came_to():
    """Explanations read the parts off the same evaluation."""
    node = compile_rule("deal.seats > 1 && deal.discount * 2 < 5", VOCABULARY)
    trace = Program(node).trace(Frame.from_rows(VOCABULARY, [{"deal.discount": 3.0}]))
    first, second = node.args
    assert (trace.outcome(node), trace.outcome(first), trace.outcome(second)) == (False, None, False)
    assert trace.value(second.args[0]) == 6.0


def test_columns_and_rows_give_the_same_verdicts():
    """A frame of ready columns, scalars and callables judges as a frame of Python rows does."""
    node = compile_rule("deal.amount < 5 || approvals.exists(a, a.role == 'vp' && a.at < now)", VOCABULARY)
    amounts = Column(Kind.MONEY, np.array([10**4, 10**5]), np.array([True, False]), currencies=("EUR",))
    roles = Column(Kind.STRING, np.array([0, 1], np.int8), None, ("rep", "vp"))
    moments = Column(Kind.TIMESTAMP, np.array([0, 0]))
    approvals = Records(np.array([0, 1]), np.array([1, 1]), {"role": roles, "at": lambda: moments})
    frame = Frame(
        2,
        {"deal.amount": amounts, "approvals": lambda: approvals, "now": Column(Kind.TIMESTAMP, np.int64(9))},
    )
    assert Program(node).verdicts(frame).tolist() == [UNKNOWN, TRUE]


def test_a_column_that_is_not_there_is_missing_on_every_row():
    """A field that history never had makes rules unknown; one callable may answer for all."""
    assert Program(compile_rule("deal.seats > 1", VOCABULARY)).verdicts(Frame(3, {})).tolist() == [UNKNOWN] * 3
    node = compile_rule("approvals.all(a, a.live) || 'x' in deal.tags || has(deal.seats)", VOCABULARY)
    assert Program(node).verdicts(Frame(2, lambda path: None)).tolist() == [UNKNOWN] * 2


def test_no_rows_give_no_verdicts():
    """An empty frame is judged without complaint."""
    for source in RULES:
        assert Program(compile_rule(source, VOCABULARY)).verdicts(Frame.from_rows(VOCABULARY, [])).tolist() == []


def test_duration_and_moment_limits_are_unknown_beyond():
    """Past year 9999, and beyond 292 years, arithmetic is unknown as in the reference."""
    late = datetime(9999, 12, 31, tzinfo=UTC)
    assert judged("now + days(2) > now", now=late) == UNKNOWN
    assert judged("now - opened_at > days(1)", now=late, opened_at=NOON) == UNKNOWN
    assert judged("deal.call_at + days(1) > days(1)", deal__call_at=timedelta(days=106751)) == UNKNOWN
