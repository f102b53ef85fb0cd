"""Editors know the keys of a file of cases, and exactly those that the reader knows."""

import re
from pathlib import Path
from typing import Any

import pytest

from pipeline_engine.casebook import cases_meanings, cases_schema
from pipeline_engine.casebook.asks import OPEN_KEYS, STEP_BESIDE, VERBS, WHEN_BESIDE
from pipeline_engine.casebook.expected import THEN_KEYS
from pipeline_engine.casebook.given import GIVEN_KEYS
from pipeline_engine.casebook.load import CASE_KEYS, DEFAULT_KEYS, PERSON_KEYS, TOP_KEYS
from pipeline_engine.errors import BadFile
from pipeline_engine.notation import Written, plain_of, read_tree
from tests.casebook.given import HEAD, READY
from tests.casebook.test_bad_files import BAD

validators = pytest.importorskip("jsonschema", reason="the schema is checked by a validator of other hands")
SHIPPED = sorted((Path(__file__).resolve().parents[2] / "config" / "processes").rglob("*.cases.yaml"))


def complaints(text: str) -> list[str]:
    """What a validator says of a file of cases, read as an editor reads it."""
    document: Any = plain_of(read_tree(Written(text, "x.cases.yaml")))
    return [error.message for error in validators.Draft202012Validator(cases_schema()).iter_errors(document)]


def test_the_keys_of_the_schema_are_those_of_the_reader():
    """Table by table."""
    beside = {key for verb in VERBS.values() for key in verb.beside}
    told = {table["name"]: set(table["keys"]) for table in cases_meanings()["tables"]}
    assert told == {
        "cases": set(TOP_KEYS), "person": set(PERSON_KEYS), "defaults": set(DEFAULT_KEYS), "case": set(CASE_KEYS),
        "given": set(GIVEN_KEYS), "ask": {*VERBS, *beside, *WHEN_BESIDE, *STEP_BESIDE}, "opened": set(OPEN_KEYS),
        "then": set(THEN_KEYS),
    }  # fmt: skip


def test_the_schema_is_one():
    """It keeps to its dialect and refers to nothing that is not there."""
    validators.Draft202012Validator.check_schema(cases_schema())
    assert set(re.findall(r"#/\$defs/(\w+)", str(cases_schema()))) == set(cases_schema()["$defs"])


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_file_of_cases_fits(file: Path):
    """What comes with the engine has no mistake of shape."""
    assert complaints(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "case",
    [
        "when: win, then: allowed", "when: {win: }, then: {refused: [a, 'b:c']}", "when: {open: {}}, then: refused",
        f"given: {{{READY}, activities: [meeting, {{meeting: 2d, with: kim}}]}}, when: {{move: x}}, then: allowed",
        "given: [{open: lead, ago: 2d}, {set: {amount: 5}}], when: {reopen: why}, then: {answer: allowed}",
        "given: {approvals: [{big-deal: manager-1, ago: 2d}]}, when: {approve: 'a:b', to: won}, then: {unknown: x}",
    ],
)  # fmt: skip
def test_good_cases_fit(case: str):
    """Every form that the reader takes."""
    assert complaints(f"{HEAD}- {{case: it, {case}}}\n") == []


def structural() -> list[str]:
    """The bad cases whose mistake a schema can see: a key that is not there, one missing, one too many."""
    seen = ("has no key", "has no `", "asks `move` and `win`", "is `alowed`", "`soon`")
    return [case for case, complaint in BAD.items() if any(part in complaint for part in seen)]


@pytest.mark.parametrize("case", structural())
def test_a_mistake_of_shape_is_caught_while_typing(case: str):
    """What the reader refuses for its shape the schema refuses too."""
    try:
        assert complaints(f"{HEAD}{case}\n")
    except BadFile:
        pytest.fail("a bad case that is no YAML belongs elsewhere")
