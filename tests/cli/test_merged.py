"""A deal that was merged into another one, from the command line: neither open nor decided, whoever looks."""

import pytest

from tests.cli.conftest import Type


@pytest.fixture
def merged(office: Type) -> Type:
    """The deals M-1 and M-2 of rep-1, M-1 merged into M-2."""
    for deal in ("M-1", "M-2"):
        assert office(f"deal open {deal} --process b2b --owner rep-1 --set amount=5 --by rep-1").code == 0
    assert office("deal merge M-1 --into M-2 --reason twice --by rep-1").code == 0
    return office


def test_a_merged_deal_is_shown_as_merged(merged: Type) -> None:
    """Who looks at it reads that it is no open deal, and which deal goes on."""
    said = merged("deal show M-1").out.splitlines()[0]
    assert said.startswith("M-1  merged into M-2, was in lead · 5 EUR")
    shown = merged("deal show M-1 --json").json
    assert (shown["status"], shown["merged_into"]) == ("merged", "M-2")
    other = merged("deal show M-2 --json").json
    assert (other["status"], other["merged_into"]) == ("open", None)


def test_a_merged_deal_has_no_way_on(merged: Type) -> None:
    """No stage is offered to it that a move would refuse."""
    said = merged("deal next M-1")
    assert said.code == 0
    assert said.out.splitlines()[1:] == ["  no way leads on from here: ask of M-2"]
    told = merged("deal next M-1 --json").json
    assert (told["status"], told["merged_into"], told["ways"]) == ("merged", "M-2", [])


@pytest.mark.parametrize("to", ["proposal", "lost", "won", "reopen", "lead"])
def test_what_the_gate_would_say_of_a_merged_deal_is_what_it_says(merged: Type, to: str) -> None:
    """A try says what the real thing says: it is bad input, and not allowed."""
    tried = merged(f"deal preflight M-1 --to {to} --reason price --by rep-1")
    assert (tried.code, tried.out) == (2, "")
    assert tried.said_in_one_line() == "error: deal `M-1` was merged into `M-2`; ask there"


def test_merged_deals_are_listed_as_such(merged: Type) -> None:
    """`--status merged` is one of the statuses, and a merged deal is in no other."""
    assert [row["id"] for row in merged("deal list --status merged --json").json] == ["M-1"]
    assert "M-1" not in merged("deal list --status open").out
    assert "merged" in merged("deal list --status odd").said_in_one_line()


def test_nothing_is_done_in_bulk_to_merged_deals(merged: Type) -> None:
    """There is nothing that could be done to all of them."""
    said = merged("deal bulk assign --to rep-2 --owner rep-1 --status merged --by rep-1").said_in_one_line()
    assert "`--status` cannot be `merged`" in said
