"""A plain day, where a moment is asked for; and nought, where a number of rows is."""

from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.cli.given import PROCESS

BEGINS, ENDS = "2999-12-24T00:00:00.000000Z", "2999-12-24T23:59:59.999999Z"


def test_a_pause_may_end_on_a_day(office: Type) -> None:
    """It is over when the day begins, in UTC, as in a people file."""
    assert office("deal pause D-1 --reason holiday --until 2999-12-24 --by rep-1").code == 0
    assert office("deal show D-1 --json").json["pause"]["until"] == BEGINS


def test_a_next_step_may_be_due_on_a_day(office: Type) -> None:
    """There is time until the day ends."""
    assert office("deal next-step D-1 offer --due 2999-12-24 --by rep-1").code == 0
    assert office("deal show D-1 --json").json["next_step_due"] == ENDS


def test_an_approval_a_waiver_and_a_loan_may_end_on_a_day(office: Type) -> None:
    """When the day begins, like a delegation in a people file."""
    assert office("deal approve D-1 big-deal --until 2999-12-24 --by manager-1").code == 0
    assert office("deal waive D-1 two-meetings --reason old --until 2999-12-24 --by manager-1").code == 0
    shown = office("deal show D-1 --json").json
    assert [each["expires_at"] for each in (*shown["approvals"], *shown["waivers"])] == [BEGINS, BEGINS]
    lent = office("team delegate manager-1 rep-2 --role manager --until 2999-12-24 --by manager-1")
    assert "until 24 Dec 2999 00:00" in lent.out


def test_something_may_really_have_happened_on_a_day(office: Type) -> None:
    """As the day begins; which hour it was, nobody may know any more."""
    Path("b2b.yaml").write_text(f"{PROCESS}corrections: {{by: [manager]}}\n", encoding="utf-8")
    assert office("process publish b2b.yaml --by ops-1").code == 0
    assert office("deal open C-1 --process b2b --owner rep-1 --by rep-1 --at 2026-01-05T09:00:00Z").code == 0
    assert office("deal log C-1 call --by rep-1").code == 0
    assert office("deal correct time C-1 2 --really-at 2026-01-07 --reason diary --by manager-1").code == 0
    assert office("deal show C-1 --json").json["activities"][0]["at"] == "2026-01-07T00:00:00.000000Z"


@pytest.mark.parametrize(
    "typed",
    [
        "deal pause D-1 --reason x --until 2026-02-30 --by rep-1", "deal next-step D-1 x --due friday --by rep-1",
        "deal pause D-1 --reason x --until 2999-12-24T09:00 --by rep-1",
    ],
)  # fmt: skip
def test_what_is_neither_says_what_would_do(office: Type, typed: str) -> None:
    """A day or a moment with its zone."""
    said = office(typed)
    assert said.code == 2
    assert "expected a day like 2026-01-31, or a moment with its zone" in said.said_in_one_line()


@pytest.mark.slow
@pytest.mark.parametrize("audit", ["waivers", "approvals", "refusals", "corrections", "bypasses"])
def test_nought_rows_are_all_rows(year: Type, audit: str) -> None:
    """Like everywhere else that a number of rows may be given."""
    every = year(f"audit {audit} --limit 0 --json").json
    assert (len(every["rows"]), every["next"]) == (every["found"], None)
