"""Cases about limits that span deals: a case says how many others there are, and no other case counts."""

from pathlib import Path

import pytest

from pipeline_engine.casebook import CaseResult, run_cases
from pipeline_engine.errors import BadCases

PROCESS = """\
process: b2b
currency: EUR
roles: [rep, manager]
deal: {amount: {type: money}}
owning: {enter: [{owner_deals_at_most: 2}]}
stages:
  - id: lead
  - {id: negotiation, enter: [{owner_deals_at_most: 1}, {owner_skills: [enterprise]}]}
outcomes: {lost: {reasons: [price]}}
"""
HEAD = """\
process: b2b.yaml
people: {rep-03: {roles: [rep], skills: [enterprise]}, rep-04: [rep]}
defaults: {by: rep-03, owner: rep-03}
cases:
"""


def tried(folder: Path, *cases: str) -> list[CaseResult]:
    """The results of some cases."""
    (folder / "b2b.yaml").write_text(PROCESS, encoding="utf-8")
    file = folder / "b2b.cases.yaml"
    file.write_text(HEAD + "".join(f"  - {{case: it, {case}}}\n" for case in cases), encoding="utf-8")
    return run_cases(file)


def test_the_deals_of_other_cases_are_not_counted(tmp_path: Path) -> None:
    """Ten cases with deals of one owner are ten beginnings."""
    results = tried(tmp_path, *["when: {move: negotiation}, then: allowed"] * 10)
    assert all(result.holds for result in results)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("owner_deals: 1, when: {move: negotiation}", "{refused: 'negotiation:owner_deals_at_most:1'}"),
        ("owner_deals: 1, when: {open: {owner: rep-03}}", "allowed"),
        ("owner_deals: 2, when: {open: {owner: rep-03}}", "{refused: 'own:owner_deals_at_most:2'}"),
        ("when: {assign: rep-04}, given: {stage: negotiation}", "{refused: 'negotiation:owner_skills:enterprise'}"),
        ("when: {assign: rep-04}, given: {stage: lead}", "allowed"),
    ],
)
def test_a_case_says_how_many_deals_the_owner_has(tmp_path: Path, case: str, expected: str) -> None:
    """And who can do what; an assignment is a case as well."""
    (result,) = tried(tmp_path, f"{case}, then: {expected}")
    assert result.holds, result.differences


@pytest.mark.parametrize("wrong", ["many", "-1", "1.5", "[1]"])
def test_it_is_a_whole_number(tmp_path: Path, wrong: str) -> None:
    """Anything else is named with its place."""
    with pytest.raises(BadCases, match="owner_deals"):
        tried(tmp_path, f"owner_deals: {wrong}, when: open, then: allowed")
