"""The evaluator against Google's runtime, over random rules and rows with a quarter of everything missing."""

import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.process.rules.generated import VOCABULARY, Expressions, Rows
from tests.process.rules.reference import reference_verdicts

from pipeline_engine.process.rules import Frame, Program, compile_rule, from_json, to_json, to_text
from pipeline_engine.process.rules.compute import logic, numbers, parts, strings, times

SEED = int(os.environ.get("PIPELINE_ENGINE_SEED", "20260131"))
LONGEST = 1_200
LOOP = re.compile(r"\.(?:exists|all|exists_one|filter|map)\(|in approvals")

Judge = Callable[[str, list[dict[str, Any]]], list[int]]


@pytest.fixture(autouse=True)
def _whatever_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What rules mean is compared, also of those that cost more than one may: the lists here are short."""
    monkeypatch.setattr("pipeline_engine.process.rules.cost.MOST_COST", 10**12)


def drawn_rules(seed: int, count: int) -> list[str]:
    """So many distinct rules, small enough for the checker."""
    expressions, rules = Expressions(seed), dict[str, None]()
    while len(rules) < count:
        rule = expressions.rule()
        if len(rule) <= LONGEST:
            rules[rule] = None
    return list(rules)


def judged(source: str, rows: list[dict[str, Any]]) -> list[int]:
    """The verdicts of our evaluator on all rows at once."""
    node = compile_rule(source, VOCABULARY)
    return [int(verdict) for verdict in Program(node).verdicts(Frame.from_rows(VOCABULARY, rows))]


def judged_one_by_one(source: str, rows: list[dict[str, Any]]) -> list[int]:
    """The verdicts of our evaluator, a row at a time."""
    program = Program(compile_rule(source, VOCABULARY))
    return [int(program.verdicts(Frame.from_rows(VOCABULARY, [row]))[0]) for row in rows]


def mismatches(rules: list[str], rows: list[dict[str, Any]], judge: Judge = judged) -> list[str]:
    """Rules that the two judge differently, shortest first, with the row, what was expected and what came."""
    found, mix = [], Counter[int]()
    for rule in rules:
        expected, got = reference_verdicts(rule, rows), judge(rule, rows)
        mix.update(expected)
        if got != expected:
            row = next(at for at in range(len(rows)) if got[at] != expected[at])
            found.append(f"{rule}\n  expected {expected[row]}, got {got[row]} on {rows[row]}")
    sys.stdout.write(f"seed {SEED}: {len(rules)} rules × {len(rows)} rows, {dict(mix)}, {len(found)} mismatches\n")
    assert len(mix) == 3, "a run in which one verdict never comes up proves little"
    return sorted(found, key=len)


def drawn_rows(seed: int, count: int) -> list[dict[str, Any]]:
    """So many rows by a seed."""
    rows = Rows(seed)
    return [rows.row() for _ in range(count)]


@pytest.mark.slow
def test_every_rule_is_judged_as_the_reference_judges_it():
    """2,000 random rules over 60 rows get the verdicts that Google's runtime gives, unknown where it errs."""
    assert mismatches(drawn_rules(SEED, 2_000), drawn_rows(SEED, 60))[:5] == []


def test_one_row_is_judged_as_many_are():
    """A single row, as at the gate, gets the verdict of the reference too."""
    assert mismatches(drawn_rules(SEED + 1, 300), drawn_rows(SEED + 1, 12), judged_one_by_one)[:5] == []


@pytest.mark.soak
def test_many_more_rules_are_judged_as_the_reference_judges_them():
    """The same over 20,000 rules."""
    assert mismatches(drawn_rules(SEED + 2, 20_000), drawn_rows(SEED + 2, 60))[:5] == []


@pytest.mark.slow
def test_a_loop_gone_over_in_parts_is_judged_as_the_reference_judges_it(monkeypatch):
    """Loops inside loops over long lists are done part by part; parts of one row or two change nothing."""
    monkeypatch.setattr(parts, "LARGEST", 2)
    monkeypatch.setattr(parts, "MOST_PARTS", 10**6)
    nested = [rule for rule in drawn_rules(SEED + 4, 4_000) if len(LOOP.findall(rule)) > 1]
    assert len(nested) > 200
    assert mismatches(nested, drawn_rows(SEED + 4, 60))[:5] == []


def forgetful(left: Any, right: Any) -> Any:
    """A `&&` that takes what is unknown for false."""
    return logic.truth(left.values & right.values, None)


MONTH = times._OF_MOMENT["getMonth"]
BUGS: dict[str, tuple[str, Any]] = {
    "&& without unknown": ("steps._LOGIC", {"_&&_": forgetful, "_||_": logic.disjunction}),
    "a remainder that follows the divisor": (
        "compute.numbers._WHOLE",
        {**numbers._WHOLE, "_%_": lambda left, right: (left % np.where(right == 0, 1, right), right == 0)},
    ),
    "months from one": (
        "compute.times._OF_MOMENT",
        {**times._OF_MOMENT, "getMonth": lambda values: MONTH(values) + 1},
    ),
    "text that ends where it starts": (
        "compute.strings._PREDICATES",
        {**strings._PREDICATES, "endsWith": str.startswith},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS)
def test_the_comparison_finds_a_bug_that_is_planted(bug, monkeypatch):
    """With one operation broken, the comparison does not pass."""
    where, wrong = BUGS[bug]
    monkeypatch.setattr(f"pipeline_engine.process.rules.{where}", wrong)
    assert mismatches(drawn_rules(SEED, 1_000), drawn_rows(SEED, 30))


def test_stored_form_and_text_keep_every_rule():
    """Storing a rule and reading it back, or printing and compiling it again, gives an equal tree."""
    for rule in drawn_rules(SEED + 3, 500):
        node = compile_rule(rule, VOCABULARY)
        assert from_json(to_json(node)) == node
        assert compile_rule(to_text(node), VOCABULARY) == node, rule
