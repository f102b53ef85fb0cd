"""A process to pin, and a way to try cases written down in a test."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from pipeline_engine.casebook import CaseResult, run_cases

PROCESS = """\
process: b2b
currency: EUR
roles: [rep, manager]
contacts: {roles: [economic_buyer]}
activities: [call, meeting]
documents: [nda]
deal:
  amount: {type: money}
  close_date: {type: date}
  discount: {type: percent, default: 5, locked_from: contract, unless: manager}
  region: {type: choice, of: [EMEA, NA]}
stages:
  - id: lead
  - id: proposal
    enter:
      - require: [amount]
      - {id: two-meetings, activities: {meeting: {at_least: 2, within: 30d}}, waivable_by: manager}
      - {id: rested, stay_at_least: 1d}
  - id: negotiation
    enter:
      - {id: big-deal, approval: manager, when: deal.amount >= 50000}
      - {id: deep-discount, check: deal.discount <= 20.0, severity: warn, says: a deep discount}
  - id: contract
    enter: [{documents: {nda: {within: 90d}}}, {checklist: [legal-ok]}]
outcomes:
  won: {from: [negotiation], enter: [{contacts: {economic_buyer: 1}}]}
  lost: {reasons: [price, no-decision]}
"""
HEAD = """\
process: b2b.yaml
people: {rep-03: [rep], rep-04: {roles: [rep], manager: manager-1}, manager-1: [manager]}
defaults: {by: rep-03, owner: rep-03, at: 2026-01-05T09:00:00Z}
cases:
"""
READY = "stage: proposal, fields: {amount: 60000}"

Try = Callable[..., list[CaseResult]]


def written(folder: Path, cases: str, head: str = HEAD) -> Path:
    """A folder with the process and one file of cases."""
    (folder / "b2b.yaml").write_text(PROCESS, encoding="utf-8")
    file = folder / "b2b.cases.yaml"
    file.write_text(head + dedent(cases), encoding="utf-8")
    return file


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Try:
    """Write cases down and try them."""
    monkeypatch.chdir(tmp_path)
    return lambda cases, head=HEAD: run_cases(written(Path(), cases, head))
