"""Many deals at once, from the command line."""

import io
from pathlib import Path

import pytest

from tests.cli.conftest import Type

pytestmark = pytest.mark.slow


@pytest.fixture
def three(office: Type) -> Type:
    """The office with two more deals of rep-1 in lead; D-1 and D-2 have an amount and two meetings, D-3 has neither."""
    for deal in ("D-2", "D-3"):
        assert office(f"deal open {deal} --process b2b --owner rep-1 --by rep-1").code == 0
    for deal in ("D-1", "D-2"):
        office(f"deal set {deal} amount=1000 --by rep-1")
        for _ in range(2):
            office(f"deal log {deal} meeting --by rep-1")
    return office


def test_each_on_its_own_says_what_became_of_every_deal(three: Type) -> None:
    """What was refused comes first with its rules, the exit code is 1, and the others are done."""
    said = three("deal bulk move --to proposal --stage lead --by rep-1")
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[1].split()[:2] == ["D-3", "refused"]
    assert "proposal:require:amount" in lines[1]
    assert lines[-1] == "3 deals: 2 done, 1 refused"
    assert [row["id"] for row in three("deal list --stage proposal --json").json] == ["D-1", "D-2"]


def test_all_or_nothing_leaves_everything_where_it_is(three: Type) -> None:
    """One refusal, and nothing is done; asked again under the same id it is recorded once."""
    for _ in range(2):
        said = three("deal bulk move --to proposal --stage lead --all --command-id b-1 --by rep-1 --json")
        assert said.code == 1
        assert {name: said.json[name] for name in ("mode", "deals", "done", "refused", "not_done")} == {
            "mode": "all", "deals": 3, "done": 0, "refused": 1, "not_done": 2,
        }  # fmt: skip
    assert three("deal list --stage proposal --json").json == []
    timeline = three("deal timeline D-3 --json").json
    assert [event["event"] for event in timeline].count("MoveRefused") == 1


def test_a_dry_run_records_nothing(three: Type) -> None:
    """It says what would become of each, and the deals stay where they are."""
    said = three("deal bulk move --to proposal --owner rep-1 --dry-run --by rep-1")
    assert said.code == 1
    assert said.out.splitlines()[-1] == "3 deals: 2 would be done, 1 refused; nothing was recorded"
    assert "would be done" in said.out
    assert len(three("deal list --stage lead --json").json) == 3


def test_deals_are_named_by_id_or_on_standard_input(three: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads ids one a line, each counted once; a deal that is not there is said, and stops no other."""
    monkeypatch.setattr("sys.stdin", io.StringIO("D-2\n\nD-1\nD-2\n"))
    assert three("deal bulk set amount=5 --deal - --by rep-1").out.splitlines()[-1] == "2 deals: 2 done"
    said = three("deal bulk assign --to rep-2 --deal D-9 --deal D-3 --by rep-1 --json")
    assert (said.code, said.json["wrong"], said.json["done"]) == (1, 1, 1)
    assert said.json["results"][0]["why"].startswith("there is no deal `D-9`")
    assert three("deal show D-3 --json").json["owner"] == "rep-2"


def test_deals_are_closed_together(three: Type) -> None:
    """Only open ones are meant unless another status is named."""
    assert three("deal bulk lose --reason price --process b2b --all --by rep-1").code == 0
    assert three("deal bulk lose --reason price --process b2b --by rep-1").out.splitlines()[-1] == (
        "0 deals: none to ask about"
    )
    said = three("deal bulk win --deal D-1 --by rep-1 --json")
    assert (said.code, said.json["wrong"]) == (1, 1)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("deal bulk move --to proposal --by rep-1", "which deals"),
        ("deal bulk move --to proposal --deal D-1 --stage lead --by rep-1", "not both"),
        ("deal bulk move --to proposal --stage leed --by rep-1", "did you mean `lead`"),
        ("deal bulk move --to proposal --stage lead --status gone --by rep-1", "one of open, won, lost"),
        ("deal bulk set amount --stage lead --by rep-1", "a field and its value"),
        ("deal bulk move --to proposal --deal D-1", "who asks"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(three: Type, asked: str, said: str) -> None:
    """No selection, two of them, a name that is not there: nothing is done."""
    assert said in three(asked).said_in_one_line()


def test_a_bulk_of_nothing_makes_no_store_fail(office: Type, folder: Path) -> None:
    """A selection that fits no deal is no error."""
    assert office("deal bulk win --stage negotiation --by rep-1").code == 0


def test_a_bulk_asked_again_says_that_its_answers_are_those_of_the_first_time(three: Type) -> None:
    """What was put right since has not been looked at, so the old refusal is marked as such."""
    asked = "deal bulk move --to proposal --command-id b-2 --by rep-1 --deal D-3"
    assert "asked before" not in three(asked).out
    three("deal set D-3 amount=7 --by rep-1")
    said = three(asked)
    assert said.out.splitlines()[1].split()[:4] == ["D-3", "refused", "(asked", "before)"]
    assert (
        said.out.splitlines()[-1]
        == "1 deal: 1 refused; 1 asked before (under the same id the first answer is told again)"
    )
    assert [row["repeated"] for row in three(f"{asked} --json").json["results"]] == [True]
