"""Every code is explained by a file on which it is found, and by one on which it is not."""

from typing import Any

import pytest
import yaml
from tests.pages import ROOT
from tools.reference_lint import bases_of

from pipeline_engine.process import CODES, Beside, Used, lint

TOLD: dict[str, dict[str, Any]] = {
    code: told
    for group in yaml.safe_load((ROOT / "tools" / "reference_data" / "lint.yaml").read_text(encoding="utf-8"))
    for code, told in group["codes"].items()
}


def _found(code: str, which: str) -> set[str]:
    told = TOLD[code]
    use = {rule: Used(**counts) for rule, counts in told.get("use", {}).items()}
    beside = Beside(use, bases=bases_of(told, which))
    return {each.code for each in lint(told[which], "p.yaml", beside) if each.silenced is None}


def test_every_code_is_explained_and_no_other():
    """What lint may say and what the page tells are one list."""
    assert sorted(TOLD) == sorted(CODES)


@pytest.mark.parametrize("code", CODES)
def test_the_example_of_a_code_is_found(code):
    """The file beside the explanation has exactly this fault, and what comes with it."""
    assert _found(code, "shows") == {code, *TOLD[code].get("also", ())}


@pytest.mark.parametrize("code", CODES)
def test_the_mended_example_is_clean(code):
    """What the explanation advises helps, and brings nothing else."""
    assert _found(code, "mended") == set()
