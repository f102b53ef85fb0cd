"""The witness search against every kind of row: what it calls impossible no row does, and its witnesses fit."""

import os
import sys
from collections import Counter

import pytest
from tests.process.analysis.conditions import PROCESS, VOCABULARY, WITH_RATES, Conditions, Rows, fitting

from pipeline_engine.process import Frame, Process
from pipeline_engine.process.analysis import Answer, Demand, Impossible, Witness, branches, find
from pipeline_engine.process.rules import to_text

SEED = int(os.environ.get("PIPELINE_ENGINE_SEED", "20261123"))
CASES = 1_000  # of each process
ROWS = 4_000


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Many deals of the small process, with everything missing now and then."""
    return Rows(SEED, ROWS)


def lies(cases: list[list[Demand]], rows: Rows, process: Process = PROCESS) -> tuple[list[str], Counter[str]]:
    """Where the search is wrong: a proof against a row that is there, or a witness that does not fit."""
    wrong, answers = list[str](), Counter[str]()
    for demands in cases:
        answer = find(demands, process, explain=False)
        answers[type(answer).__name__] += 1
        if is_lie(answer, demands, rows):
            wrong.append(f"{answer}: {[(to_text(each.node), each.wanted) for each in demands]}")
    return wrong, answers


def is_lie(answer: Answer, demands: list[Demand], rows: Rows) -> bool:
    """Whether an answer is wrong; not to know is never wrong."""
    if isinstance(answer, Witness):
        return not fitting(demands, Frame.from_rows(VOCABULARY, [answer.row])).all()
    return isinstance(answer, Impossible) and rows.fitting(demands) is not None


@pytest.mark.slow
@pytest.mark.parametrize("process", [PROCESS, WITH_RATES], ids=["one currency", "plan rates"])
def test_what_is_called_impossible_no_deal_does_and_every_witness_fits(rows: Rows, process: Process) -> None:
    """Random sets of conditions, two thousand in all, each held against four thousand rows; few are left open."""
    made = Conditions(SEED, process)
    wrong, answers = lies([made.demands() for _ in range(CASES)], rows, process)
    sys.stdout.write(f"seed {SEED}: {CASES} cases × {ROWS} rows, {dict(answers)}, {len(wrong)} wrong\n")
    assert wrong == []
    assert answers["Impossible"] > CASES // 20
    assert answers["NotAnalysed"] < CASES // 10


def test_an_unsound_rule_would_be_found(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a search that forgets that a fact may be missing calls impossible what deals do."""
    monkeypatch.setattr(branches, "unknown_ways", lambda node, facts: [])
    made = Conditions(SEED)
    wrong, _ = lies([made.demands() for _ in range(CASES // 10)], rows)
    assert wrong
