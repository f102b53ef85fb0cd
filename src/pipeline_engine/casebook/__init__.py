"""What a process must refuse, pinned by its owners: cases in YAML beside the process, tried through the one gate.

    from pipeline_engine.casebook import run_cases

    assert [result.told for result in run_cases("cases") if not result.holds] == []

A file of cases is documented in docs/reference/cases-file.md.
"""

from pipeline_engine.casebook.model import Ask, Case, Casebook, Expectation
from pipeline_engine.casebook.result import CaseResult
from pipeline_engine.casebook.run import files_in, run_cases
from pipeline_engine.casebook.schema import cases_meanings, cases_schema

__all__ = [
    "Ask", "Case", "CaseResult", "Casebook", "Expectation", "cases_meanings", "cases_schema", "files_in", "run_cases",
]  # fmt: skip
