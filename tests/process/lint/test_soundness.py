"""What lint claims of rules is held against many random deals: none of them may do what was said to be impossible."""

import json
from collections import Counter
from collections.abc import Mapping
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from tests.process.analysis.conditions import SMALL, Conditions, Rows

from pipeline_engine.errors import BadProcess
from pipeline_engine.process import FAIL, NOT_ASKED, PASS, UNKNOWN, Finding, Judge, lint, load_process
from pipeline_engine.process.analysis import Impossible
from pipeline_engine.process.lint.asking import Asking

PROCESSES = 24
DEALS = 3_000
SEED = 20_261_123
Verdicts = Mapping[str, npt.NDArray[np.int8]]


@pytest.fixture(scope="module")
def deals() -> Rows:
    """Random deals, the same for every process."""
    return Rows(SEED, DEALS)


def _entry(conditions: Conditions, draw: Random, rule_id: str) -> str:
    """A rule; now and then one that hangs together with another part of itself."""
    check = conditions.condition(draw.randrange(2))
    if draw.random() < 0.3:
        check = f"({check}) && {draw.choice(['!', ''])}({conditions.condition(0)} || !({check}))"
    when = f", when: {json.dumps(conditions.condition(0))}" if draw.random() < 0.4 else ""
    waiver = ", waivable_by: manager" if draw.random() < 0.2 else ""
    return f"{{id: {rule_id}, check: {json.dumps(check)}{when}{waiver}}}"


def _file(seed: int) -> str:
    """A process of random rules at the gates of a stage and of a win."""
    draw = Random(seed)
    conditions = Conditions(seed)
    while True:
        offer = ", ".join(_entry(conditions, draw, f"offer-{number}") for number in range(6))
        won = ", ".join(_entry(conditions, draw, f"won-{number}") for number in range(3))
        text = SMALL.replace("{id: offer}", f"{{id: offer, enter: [{offer}]}}")
        text = text.replace("outcomes: {}", f"outcomes: {{won: {{enter: [{won}]}}}}")
        try:
            load_process(text, "p.yaml")
        except BadProcess:
            continue
        return text


def _verdicts(text: str, deals: Rows) -> Verdicts:
    judge = Judge(load_process(text, "p.yaml"))
    return {rule.id: judge.verdict(judge.index[rule.id], deals.frame) for rule in judge.process.rules}


# By code, whether one verdict of the rule it is about belies it: fail, pass, unknown.
_NEVER = {
    "never-holds": (PASS,),
    "always-unknown": (FAIL, PASS),
    "never-fails": (FAIL,),
    "never-asked": (FAIL, PASS),
    "always-asked": (NOT_ASKED,),
}
_THROUGH = ("contradiction", "unreachable-stage", "never-won", "won-only-by-waiver")


def _belied(finding: Finding, verdicts: Verdicts) -> bool:
    """Whether one of the deals does what the finding says that none does."""
    of = np.array([verdicts[rule] for rule in finding.about if rule in verdicts])
    passes = np.isin(of, (PASS, NOT_ASKED))
    if finding.code in _NEVER:
        never_unknown = finding.code == "never-fails" and "missing" not in finding.message
        return bool(np.isin(of[0], (*_NEVER[finding.code], *((UNKNOWN,) if never_unknown else ()))).any())
    if finding.code in _THROUGH:
        both = of == PASS if "where both are asked" in finding.message else passes
        return bool(both.all(axis=0).any())
    return finding.code == "already-guaranteed" and bool((passes[1] & ~passes[0]).any())


def _claims(deals: Rows, count: int) -> tuple[Counter[str], list[str]]:
    """How many findings of each code there were, and those that a deal belies."""
    found: Counter[str] = Counter()
    belied: list[str] = []
    for number in range(count):
        text = _file(SEED + number)
        verdicts = _verdicts(text, deals)
        findings = lint(text, f"seed {SEED + number}")
        found.update(each.code for each in findings)
        belied += [f"{each.file}: {each.code}: {each.message}" for each in findings if _belied(each, verdicts)]
    return found, belied


@pytest.mark.slow
def test_nothing_that_lint_claims_is_belied_by_a_deal(deals):
    """What no deal is said to do, none of three thousand does, for any of the random processes."""
    found, belied = _claims(deals, PROCESSES)
    assert belied == []
    assert {"never-holds", "never-fails", "contradiction", "already-guaranteed", "unreachable-stage"} <= set(found), (
        found
    )


def test_a_claim_without_a_proof_would_be_belied(deals, monkeypatch):
    """The control: were everything taken for impossible, the deals would show it."""
    monkeypatch.setattr(Asking, "answer", lambda self, demands, *how, **more: Impossible(tuple(range(len(demands)))))
    assert _claims(deals, 2)[1] != []
