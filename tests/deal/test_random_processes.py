"""Laws over random lives of deals under random processes, whatever the process asks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from pipeline_engine.deal import Grant
from pipeline_engine.process import FAIL, Judge, load_process
from tests.deal.lives import STEPS, Life, Step, unproved
from tests.process.made import owned, trees, waivable, written

pytestmark = pytest.mark.slow

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
PROCESSES = trees() | trees().map(waivable)
# A seeded bug is looked for by the same steps each time, and need not be made small.
HUNT = settings(QUICK, max_examples=400, derandomize=True, database=None, phases=[Phase.generate])


def lived(tree: dict[str, Any], steps: list[Step]) -> Life:
    """A deal's life under the process of a tree."""
    life = Life(Judge(load_process(written(tree), "made.yaml").model_copy(update={"version": 1})))
    life.live(steps)
    return life


def nothing_passes_unproved(tree: dict[str, Any], steps: list[Step]) -> None:
    """Fails where something was accepted past a blocking rule."""
    assert unproved(lived(tree, steps)) == []


@given(PROCESSES, STEPS)
@QUICK
def test_no_sequence_of_commands_passes_a_blocking_rule(tree: dict[str, Any], steps: list[Step]) -> None:
    """Whatever is asked in whatever order, what is accepted has a true verdict or a waiver on record for every rule.

    Asking twice records once, and whatever was decided adds up.
    """
    nothing_passes_unproved(tree, steps)


@given(trees().map(owned), STEPS)
@settings(QUICK, max_examples=60)
def test_no_sequence_of_commands_gives_a_deal_to_whom_may_not_own_it(tree: dict[str, Any], steps: list[Step]) -> None:
    """However a deal comes to an owner: opened, assigned, handed over or reopened, forward or by a leap."""
    nothing_passes_unproved(tree, steps)


def test_an_owner_who_is_not_asked_about_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The law above would fail if assignments went past the gate."""
    monkeypatch.setattr(Judge, "_select", _without_owner)
    hunted = HUNT(given(trees().map(owned), STEPS)(nothing_passes_unproved))
    with pytest.raises(AssertionError):
        hunted()


@pytest.mark.soak
@given(PROCESSES | trees().map(owned), STEPS)
@settings(QUICK, max_examples=20_000, database=None)
def test_no_long_sequence_of_commands_passes_a_blocking_rule(tree: dict[str, Any], steps: list[Step]) -> None:
    """The same, much longer."""
    nothing_passes_unproved(tree, steps)


@pytest.mark.slow
def test_the_lives_are_not_empty() -> None:
    """Deals do get on, are refused, granted, waived, won and lost in these lives; else they would prove nothing."""
    seen: Counter[str] = Counter()

    @HUNT
    @given(PROCESSES, STEPS)
    def count(tree: dict[str, Any], steps: list[Step]) -> None:
        seen.update(type(each.event).__name__ for each in lived(tree, steps).recorded)

    count()
    wanted = ("DealMoved", "MoveRefused", "RuleWaived", "ApprovalGranted", "DealWon", "DealLost")
    assert {name: seen[name] for name in wanted if seen[name] < 10} == {}


def _unknown_passes(judge: Judge, asked: Any, verdicts: Any) -> bool:
    rules = judge.process.rules
    return any(v == FAIL and rules[n].severity == "block" for n, v in zip(asked, verdicts, strict=True))


def _covers_any_target(grant: Grant, rule: str, target: str, now: Any) -> bool:
    return grant.rule == rule and grant.live(now)


_ALL = Judge._select


def _without_leave(judge: Judge, gate: Any, from_stage: Any, target: str) -> tuple[int, ...]:
    rules = judge.process.rules
    return tuple(n for n in _ALL(judge, gate, from_stage, target) if not rules[n].asked_at.startswith("leave:"))


def _without_owner(judge: Judge, gate: Any, from_stage: Any, target: str) -> tuple[int, ...]:
    return () if gate == "own" else _ALL(judge, gate, from_stage, target)


def _without_passed(judge: Judge, gate: Any, from_stage: Any, target: str) -> tuple[int, ...]:
    passed = judge.passed(gate, from_stage, target)
    return tuple(n for n in _ALL(judge, gate, from_stage, target) if judge.process.rules[n].asked_at not in passed)


@pytest.mark.parametrize(
    ("where", "what", "bug"),
    [
        (Judge, "blocking", _unknown_passes),
        (Grant, "covers", _covers_any_target),
        (Judge, "_select", _without_leave),
        (Judge, "_select", _without_passed),
    ],
    ids=["unknown passes", "a waiver covers any target", "nothing is asked on leaving", "a skip skips the gates"],
)
def test_a_seeded_bug_in_the_gate_is_caught(monkeypatch: pytest.MonkeyPatch, where: Any, what: str, bug: Any) -> None:
    """The law above would fail if the gate let something through."""
    monkeypatch.setattr(where, what, bug)
    hunted = HUNT(given(PROCESSES, STEPS)(nothing_passes_unproved))
    with pytest.raises(AssertionError):
        hunted()
