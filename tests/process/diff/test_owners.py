"""Two processes that ask other things of owners: which is stricter, shown by a deal and its owner."""

import pytest

from pipeline_engine.process import diff, load_process, witness_told
from pipeline_engine.process.diff import ProcessDiff

PROCESS = """
process: p
currency: EUR
deal: {amount: {type: money}}
OWNING
stages: [{id: lead}, {id: offer, enter: [ENTER]}]
outcomes: {lost: {reasons: [price]}}
"""


def between(before: str, after: str, where: str = "ENTER") -> ProcessDiff:
    """What changed where one entry was put in place of another."""
    files = [PROCESS.replace(where, text).replace("OWNING", "").replace("ENTER", "") for text in (before, after)]
    return diff(*(load_process(text, "p.yaml") for text in files))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "{owner_deals_at_most: 5}", "a deal in lead with its owner having 5 other open deals in the stage"),
        (
            "{owner_deals_at_most: 5}", "{owner_deals_at_most: 4}",
            "a deal in lead with its owner having 4 other open deals in the stage",
        ),
        ("", "{owner_skills: [enterprise]}", "a deal in lead with the owner without a skill"),
    ],
)  # fmt: skip
def test_a_tighter_limit_is_stricter(before: str, after: str, told: str) -> None:
    """And the deal that shows it says how much its owner carries, or cannot do."""
    (gate,) = [each for each in between(before, after).gates if each.gate == "offer"]
    assert gate.verdict == "stricter"
    assert [witness_told(shown) for shown in gate.shown] == [told]


def test_who_may_own_a_deal_is_a_gate_of_its_own() -> None:
    """Asked of every deal that gets an owner; the same limit twice is no difference."""
    few, many = (f"owning: {{enter: [{{owner_deals_at_most: {most}}}]}}" for most in (3, 9))
    found = {each.gate: each.verdict for each in between(many, few, "OWNING").gates}
    assert found["own"] == "stricter"
    assert {each.verdict for each in between(few, few, "OWNING").gates} == {"equal"}
