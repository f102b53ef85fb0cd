"""Lending a role, from the command line."""

import pytest

from tests.cli.conftest import Type

TO = "manager-1 rep-1 --role manager"


@pytest.fixture
def team(office: Type) -> Type:
    """An office with people."""
    assert office("team apply people.yaml --by ops-1").code == 0
    return office


def test_a_loan_is_said_listed_and_ended(team: Type) -> None:
    """In words, and as JSON for scripts."""
    lent = team(f"team delegate {TO} --until 2999-01-31T17:00:00Z --by manager-1")
    assert (lent.code, lent.out) == (0, "manager of manager-1 lent to rep-1, until 31 Jan 2999 17:00\n")
    again = team(f"team delegate {TO} --until 2999-01-31T17:00:00Z --by manager-1 --json")
    assert again.json == {
        "from": "manager-1", "to": "rep-1", "role": "manager", "until": "2999-01-31T17:00:00.000000Z", "new": False,
        "refused": None,
    }  # fmt: skip
    (listed,) = (person["delegations"] for person in team("team list --json").json if person["id"] == "rep-1")
    assert listed == [
        {"from": "manager-1", "role": "manager", "until": "2999-01-31T17:00:00.000000Z", "said_in": "command"}
    ]
    ended = team(f"team end-delegation {TO} --by manager-1")
    assert (ended.code, ended.out) == (0, "manager of manager-1 is lent to rep-1 no more\n")


def test_who_may_not_lend_is_refused_in_words(team: Type) -> None:
    """With exit code 1, and on the auditor's list."""
    said = team(f"team delegate {TO} --until 2999-01-31T17:00:00Z --by rep-1")
    assert said.code == 1
    assert "REFUSED  may not lend manager of manager-1 to rep-1: only manager-1" in said.out
    assert "manager of manager-1 to rep-1" in team("audit refusals").out


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (f"team delegate {TO} --until tomorrow --by manager-1", "--until"),
        (f"team delegate {TO} --until 2001-01-01T00:00:00Z --by manager-1", "it would end at"),
        ("team delegate manager-1 rep-9 --role manager --until 2999-01-01T00:00:00Z --by manager-1", "rep-1"),
        (f"team end-delegation {TO} --by manager-1", "nothing is lent"),
    ],
)
def test_bad_input_is_one_line(team: Type, typed: str, named: str) -> None:
    """What is wrong, and what would do."""
    assert named in team(typed).said_in_one_line()
