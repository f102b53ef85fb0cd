"""Escalations in a process file: what is read, what is complained about, what lint and diff say of them."""

from decimal import Decimal

import pytest

from pipeline_engine.errors import BadProcess
from pipeline_engine.process import Escalation, Span, diff, lint, load_process

PROCESS = """
process: p
currency: EUR
roles: [rep, manager]
stages: [{id: lead, service_level: 5d}, {id: offer, enter: [{id: big, approval: manager}]}]
outcomes: {}
"""


def loaded(escalations: str, more: str = "") -> tuple[Escalation, ...]:
    """The escalations of the process with these."""
    return load_process(f"{PROCESS}{more}escalations: {escalations}\n", "p.yaml").escalations


def test_an_escalation_is_read_as_it_stands() -> None:
    """What it waits for, where, for how long, whom it calls and what it says."""
    text = "[{id: slow, when: service_level, stages: [lead], after: 2bd, to: owner.manager, says: help}]"
    assert loaded(text, "calendar: {week: mon-fri 09:00-17:00}\n") == (
        Escalation(
            id="slow", when="service_level", stages=("lead",), after=Span(amount=Decimal(2), unit="bd"),
            to="owner.manager", says="help",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("escalations", "found"),
    [
        ("[{id: s, when: service_level, stages: [leed], to: owner}]", "leed"),
        ("[{id: s, when: service_level, to: boss}]", "boss"),
        ("[{id: s, when: somewhen, to: owner}]", "somewhen"),
        ("[{id: s, when: service_level}]", "has no `to`"),
        ("[{id: s, when: approval_waits, to: manager}]", "escalation `s` has no `after`"),
        ("[{id: s, when: service_level, after: 2bd, to: owner}]", "working time without working hours"),
        ("[{id: s, when: stalled, to: owner}, {id: s, when: stalled, to: rep}]", "is there twice"),
        ("[{id: s, when: stalled, to: [owner]}]", "`to` is no text"),
        ("{id: s}", "a list of escalations"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(escalations: str, found: str) -> None:
    """A stage or a role that is not there, a word that is none, a length of time that cannot be counted."""
    with pytest.raises(BadProcess) as refused:
        loaded(escalations)
    assert found in str(refused.value)
    assert str(refused.value).startswith("p.yaml:7:")


@pytest.mark.parametrize(
    ("escalations", "codes"),
    [
        ("[{id: s, when: service_level, stages: [lead], to: owner}]", []),
        ("[{id: s, when: service_level, to: owner}]", []),
        ("[{id: s, when: service_level, stages: [offer], to: owner}]", ["escalation-never"]),
        ("[{id: s, when: stalled, to: owner}]", ["escalation-never"]),
        ("[{id: s, when: approval_waits, after: 1d, to: manager}]", []),
    ],
)
def test_lint_tells_of_one_that_calls_nobody(escalations: str, codes: list[str]) -> None:
    """What it waits for cannot be in any stage that it is about."""
    found = lint(f"{PROCESS}escalations: {escalations}\n", "p.yaml")
    assert [each.code for each in found if each.code.startswith("escalation")] == codes


def test_diff_tells_of_a_changed_escalation_and_no_gate_differs() -> None:
    """It stops no deal, so it is among what also changed."""
    one, other = (
        load_process(f"{PROCESS}escalations: [{{id: s, when: service_level, to: {to}}}]\n", "p.yaml")
        for to in ("owner", "manager")
    )
    found = diff(one, other)
    assert [each.what for each in found.also_changed] == ["escalations"]
