"""What a file says not to be told, and why."""

import pytest

from pipeline_engine.errors import BadProcess
from pipeline_engine.process import Beside, lint, load_process
from pipeline_engine.process.variants import Base

WITH_A_DEAD_END = """\
process: p
currency: EUR
limits: {manager_from: 50000}
stages: [{id: lead}, {id: offer}, {id: on-hold}]
outcomes: {won: {from: [offer]}}
"""


def _silencing(silence: str) -> str:
    return f"{WITH_A_DEAD_END}lint: [{silence}]\n"


def test_a_silenced_finding_carries_the_reason_and_does_not_count():
    """It is still there for who wants to see it."""
    text = _silencing(
        "{code: dead-end-stage, at: on-hold, because: deals rest here}, {code: unused-limit, because: soon}"
    )
    assert [(each.code, each.silenced, each.counts) for each in lint(text, "p.yaml")] == [
        ("unused-limit", "soon", False),
        ("dead-end-stage", "deals rest here", False),
    ]


def test_a_silence_is_about_what_it_names_and_nothing_else():
    """The other stage is still told of."""
    text = _silencing("{code: dead-end-stage, at: on-hold, because: deals rest here}").replace(
        "{id: on-hold}", "{id: on-hold}, {id: asleep}"
    )
    told = [each.about for each in lint(text, "p.yaml") if each.code == "dead-end-stage" and each.counts]
    assert told == [("asleep",)]


def test_a_silence_without_a_finding_is_a_finding():
    """What was mended needs no silence; one left behind would hide the next fault."""
    findings = lint(_silencing("{code: dead-end-stage, at: lead, because: no}"), "p.yaml")
    assert [(each.code, each.line, each.column) for each in findings if each.code == "idle-silence"] == [
        ("idle-silence", 6, 8)
    ]


@pytest.mark.parametrize("code", ["always-waived", "never-fired", "approval-only-owner"])
def test_what_only_a_store_shows_may_be_silenced_without_one(code):
    """Whether there is history depends on where lint runs, not on the file."""
    text = _silencing(f"{{code: {code}, because: known}}")
    assert "idle-silence" not in {each.code for each in lint(text, "p.yaml")}


@pytest.mark.parametrize(
    ("silence", "complaint"),
    [
        ("{code: dead-end-stag, because: so}", "there is no lint code `dead-end-stag`; did you mean `dead-end-stage`?"),
        ("{code: dead-end-stage}", "a silence has no `because`; expected `because: …`"),
        ("{because: so}", "a silence has no `code`; expected `code: …`"),
        ("{code: cannot-load, because: so}", "`cannot-load` cannot be silenced; expected a file that loads"),
        (
            "{code: zzz, because: so}",
            "there is no lint code `zzz`; expected one of the codes in docs/reference/lint.md",
        ),
        (
            "{code: unused-limit, because: so, why: so}",
            "a silence has no key `why`; expected `code`, `at` or `because`",
        ),
    ],
)
def test_a_silence_that_says_too_little_is_refused(silence, complaint):
    """A finding is silenced by its code and with a reason."""
    with pytest.raises(BadProcess) as refused:
        load_process(_silencing(silence), "p.yaml")
    assert complaint in str(refused.value)


BASE = """\
process: p
currency: EUR
limits: {manager_from: 50000}
deal: {region: {type: choice, of: [EMEA, NA]}, seats: {type: int}}
stages: [{id: lead}, {id: offer, enter: [{id: big, check: deal.seats > 5}]}, {id: on-hold}]
outcomes: {won: {from: [offer]}}
lint: [{code: dead-end-stage, because: deals rest here}, {code: unused-limit, because: soon}]
"""
VARIANT = """\
process: p-emea
extends: p@1
for: {region: [EMEA]}
replace: {big: {id: big, check: deal.seats > 5 && deal.seats < 3, severity: warn}}
"""


def _bases(name: str, version: int | None) -> Base | None:
    return Base(name, version or 1, "0" * 64, BASE, f"{name}@{version or 1}")


def test_a_variant_keeps_what_its_base_silences_and_places_findings_in_their_file():
    """What stands in the base is told of the base, what the variant replaces of the variant."""
    found = lint(VARIANT, "emea.yaml", Beside(bases=_bases))
    assert [(each.code, each.file, each.counts) for each in found if each.code != "cannot-load"] == [
        ("never-holds", "emea.yaml", True), ("unused-limit", "p@1", False), ("dead-end-stage", "p@1", False),
    ]  # fmt: skip
