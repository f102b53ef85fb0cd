"""What the witness search finds, what it shows to be impossible, and what it leaves open."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline_engine.process import Process, load_process, vocabulary_of
from pipeline_engine.process.analysis import Demand, Impossible, NotAnalysed, Wanted, Witness, arithmetic, find
from pipeline_engine.process.analysis.world import NOON
from pipeline_engine.process.rules import compile_rule
from pipeline_engine.values import Money

TEXT = """\
process: b2b
currency: EUR
rates: {USD: 0.92}
calendar: {zone: Europe/Berlin, week: mon-fri 09:00-18:00}
limits: {manager_from: 50000}
roles: [rep, manager]
contacts: {roles: [champion, economic_buyer]}
activities: [call, meeting]
deal:
  amount: {type: money}
  budget: {type: money}
  seats: {type: int}
  discount: {type: percent}
  rebate: {type: percent}
  region: {type: choice, of: [EMEA, NA, APAC]}
  email: {type: text}
  close_date: {type: date}
stages: [{id: lead}, {id: offer}, {id: signing}]
outcomes: {lost: {reasons: [price, timing]}}
"""
PROCESS: Process = load_process(TEXT, "b2b.yaml")
IMPOSSIBLE = {
    "a limit below another": ["deal.amount >= 50000", "deal.amount < 25000"],
    "a limit by its name": ["deal.amount >= limits.manager_from", "deal.amount < 50000"],
    "a choice that is not offered": ["deal.region == 'LATAM'"],
    "all choices denied": ["deal.region != 'EMEA'", "deal.region != 'NA'", "!(deal.region in ['APAC'])"],
    "fewer than are needed": ["activities.filter(a, a.kind == 'meeting').size() >= 3", "activities.size() < 3"],
    "two kinds in too few": [
        "activities.exists(a, a.kind == 'meeting')", "activities.exists(a, a.kind == 'call')", "activities.size() == 1",
    ],
    "none and one": ["contacts.exists(c, c.role == 'champion')", "contacts.all(c, c.role != 'champion')"],
    "a kind nobody declared": ["activities.exists(a, a.kind == 'lunch')"],
    "longer and shorter": ["now - stage.entered_at >= duration('48h')", "now - stage.entered_at < duration('24h')"],
    "entered after it is judged": ["stage.entered_at > now"],
    "a date ahead and behind": ["deal.close_date - days(30) > now", "deal.close_date < today"],
    "three times in a circle": [
        "activities.exists(a, a.at > now - days(1) && a.at < stage.entered_at)", "now - stage.entered_at > days(2)",
    ],
    "a text that begins twice": ["deal.email.startsWith('a')", "deal.email.startsWith('b')"],
    "a part of a part": ["deal.email.startsWith('kim@')", "!deal.email.contains('@')"],
    "the same and not": ["actor.id == owner.id", "owner.id != actor.id"],
    "one step for two": ["deal.amount * 0.1 > 500", "!(deal.amount * 0.1 > 400)"],
    "a reason and none": ["known(deal.seats)", "!has(deal.seats)"],
}  # fmt: skip
FOUND = {
    "between two limits": ["deal.amount >= 25000", "deal.amount < 50000"],
    "a meeting with the buyer, lately": [
        "activities.exists(a, a.kind == 'meeting' && a.at >= now - days(45) && a.at >= opened_at"
        " && contacts.exists(c, c.role == 'economic_buyer' && c.id == a.with))"
    ],
    "two kinds in three": [
        "activities.filter(a, a.kind == 'meeting').size() >= 2", "activities.exists(a, a.kind == 'call')",
        "activities.size() <= 3",
    ],
    "one activity for two needs": [
        "activities.exists(a, a.kind == 'meeting')", "activities.exists(a, a.minutes > 60)", "activities.size() == 1",
    ],
    "a live approval": ["approvals.exists(a, a.rule == 'big' && a.role == 'manager' && a.target == move.to && a.live)"],
    "a role but another person": ["'manager' in actor.roles", "actor.id != owner.id", "actor.id != owner.manager"],
    "a date on another day": ["deal.close_date != today", "deal.close_date > today - days(2)"],
    "an address": ["deal.email.contains('@')", "deal.email.endsWith('.org')", "!deal.email.contains('kim')"],
    "an old date": ["deal.close_date == date('2020-02-29')", "today > date('2031-01-01')"],
    "a limit by region": ["deal.amount >= (deal.region == 'NA' ? 400000 : 100000)", "deal.amount < 200000"],
}  # fmt: skip


def ask(*conditions: str | tuple[str, Wanted], **given: Any) -> Any:
    """The answer for conditions that are to be true, or to come to what is named beside them."""
    vocabulary = vocabulary_of(PROCESS)
    pairs: list[Any] = [each if isinstance(each, tuple) else (each, "true") for each in conditions]
    demands = [Demand(compile_rule(text, vocabulary), wanted) for text, wanted in pairs]
    return find(demands, PROCESS, {name.replace("__", "."): value for name, value in given.items()})


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_is_shown(name: str) -> None:
    """Conditions that contradict each other, and every one of them is needed for it."""
    conditions = IMPOSSIBLE[name]
    assert ask(*conditions) == Impossible(tuple(range(len(conditions))))


@pytest.mark.parametrize("name", FOUND)
def test_what_can_be_is_found(name: str) -> None:
    """A deal that fits; that it does was seen by evaluating it."""
    assert isinstance(ask(*FOUND[name]), Witness)


def test_only_what_contradicts_is_named() -> None:
    """Of four conditions the two that cannot hold together."""
    answer = ask("deal.seats > 3", "deal.amount > 10", "deal.region == 'NA'", "deal.seats < 2")
    assert answer == Impossible((0, 3))


def test_a_fact_that_is_known_is_preferred_to_one_that_is_missing() -> None:
    """`not true` is met by a small amount where it may be, by no amount only where nothing else is left."""
    assert ask(("deal.amount >= 100", "not true")).row["deal.amount"] == Money.of("90", "EUR")
    assert "deal.amount" not in ask(("deal.amount >= 100", "unknown")).row


def test_money_in_a_currency_without_a_rate_is_unknown_and_not_missing() -> None:
    """It is recorded, and no rule can compare it."""
    row = ask("known(deal.amount)", ("deal.amount >= 100", "unknown")).row
    assert row["deal.amount"].currency not in ("EUR", "USD")


def test_what_is_given_holds() -> None:
    """A settled column keeps its value, and nobody adds to a settled list."""
    assert ask("move.steps == 1", move__steps=1, move__to="offer").row["move.to"] == "offer"
    assert ask("deal.amount > 10", deal__amount=Money.of("5", "EUR")) == Impossible((0,))
    assert ask("known(stage.id)", stage__id=None) == Impossible((0,))
    assert ask("'manager' in actor.roles", actor__roles=("rep",)) == Impossible((0,))
    one = [{"kind": "meeting", "at": NOON}]
    assert isinstance(ask("activities.size() == 1", activities=one), Witness)
    assert ask("activities.exists(a, a.kind == 'call')", activities=one) == Impossible((0,))


def test_arithmetic_over_several_columns_is_solved() -> None:
    """Money by a factor against other money, and two percentages together."""
    assert isinstance(ask("deal.amount * 0.1 > deal.budget", "deal.budget > 3000"), Witness)
    assert isinstance(
        ask("deal.discount + deal.rebate > 20.0", "deal.discount <= 12.0", "deal.rebate <= 12.0"), Witness
    )
    assert isinstance(ask("deal.amount * 0.1 > deal.budget", "deal.amount < 100", "deal.budget > 50"), Impossible)
    assert isinstance(ask("deal.discount + deal.rebate > 20.0", "deal.discount < 9.0", "deal.rebate < 9.0"), Impossible)


def test_what_rounds_away_is_never_called_impossible() -> None:
    """As decimals 0.1 + 0.2 is more than 0.3, whatever school says."""
    assert isinstance(ask("deal.discount + deal.rebate > 0.3", "deal.discount <= 0.1", "deal.rebate <= 0.2"), Witness)


def test_without_z3_such_arithmetic_is_not_analysed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said what would help."""
    monkeypatch.setattr(arithmetic, "available", lambda: False)
    answer = ask("deal.amount * 0.1 > deal.budget", "deal.amount < 100", "deal.budget > 50")
    assert isinstance(answer, NotAnalysed)
    assert "needs the extra `analysis`" in answer.why


def test_what_is_beyond_the_limits_is_not_analysed() -> None:
    """A number that leaves no room on one side proves nothing."""
    answer = ask("deal.close_date > date('2900-01-01')")
    assert answer == NotAnalysed("`date('2900-01-01')` lies beyond what is reasoned about")


ASKED_ANEW = """
from tests.process.analysis.test_search import ask
print(ask("deal.amount * 0.1 > deal.budget", "activities.size() >= 2", ("deal.region == 'NA'", "not true")))
"""


@pytest.mark.slow
def test_the_same_question_has_the_same_answer() -> None:
    """Asked by another process: what a solver was asked before in one process may lead it to another witness."""
    root = Path(__file__).resolve().parents[3]
    answers = [
        subprocess.run(
            [sys.executable, "-c", ASKED_ANEW], cwd=root, check=True, capture_output=True, text=True, timeout=60,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path]), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert answers[0] == answers[1]
    assert "Witness" in answers[0]
