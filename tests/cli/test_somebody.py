"""People as they are typed: a slip is told, and neither a deal nor an empty list goes to somebody who is not there."""

import pytest

from pipeline_engine.engine import Engine
from pipeline_engine.errors import UnknownPerson
from tests.cli.conftest import Type

SLIP = "error: there is no person `manager-l`; did you mean `manager-1`?"


@pytest.mark.parametrize(
    "typed",
    [
        "deal assign D-1 --to manager-l --by manager-1",
        "deal hand-off D-1 --to manager-l --by rep-1",
        "deal bulk assign --to manager-l --deal D-1 --by manager-1",
        "deal open D-2 --process b2b --owner manager-l --by rep-1",
        "deal bulk set amount=5 --owner manager-l --by rep-1",
        "deal list --owner manager-l",
        "deal list --handed-to manager-l",
        "deal list --awaiting manager-l",
        "view health --owner manager-l",
        "view funnel --owner manager-l",
        "view bottlenecks --owner manager-l",
        "audit refusals --owner manager-l",
        "audit waivers --by manager-l",
    ],
)
def test_a_slip_in_a_name_is_told_with_who_may_be_meant(office: Type, typed: str) -> None:
    """Nothing is recorded, and no list comes out empty over it."""
    said = office(typed)
    assert (said.code, said.out, said.said_in_one_line()) == (2, "", SLIP)
    assert office("deal show D-1 --json").json["version"] == 1


def test_whoever_has_a_history_is_somebody(office: Type, folder_engine: Engine) -> None:
    """Who was never registered, but owned a deal or acted, may be named: histories bring such people."""
    folder_engine.assign("D-1", "anna", by="manager-1")
    assert [row["id"] for row in office("deal list --owner anna --json").json] == ["D-1"]
    assert office("deal assign D-1 --to rep-2 --by anna").code == 0
    assert office("audit refusals --by anna").code == 0
    assert office("deal assign D-1 --to anna --by rep-2").code == 0
    assert office("audit refusals --by ops-1").code == 0


@pytest.fixture
def folder_engine(office: Type) -> Engine:
    """The engine on the store of the folder."""
    return Engine.open("sqlite:///sales.db")


def test_who_is_in_no_people_file_any_more_is_still_somebody(office: Type, folder_engine: Engine) -> None:
    """And a store without people takes whoever is named."""
    assert folder_engine.somebody("rep-2") == "rep-2"
    with pytest.raises(UnknownPerson):
        folder_engine.somebody("nobody")
    with Engine.open("memory://") as empty:
        assert empty.somebody("nobody") == "nobody"


def test_who_acts_under_a_name_that_is_nearly_a_registered_one_is_told(office: Type) -> None:
    """It is recorded as typed, since who acts need not be registered; beside the answer it says who may be meant."""
    said = office("deal note D-1 hello --by manager-l")
    assert (said.code, said.out) == (0, "recorded  D-1: NoteRecorded\n")
    assert said.err == "note: nobody is registered as `manager-l`; did you mean `manager-1`? It is recorded as typed\n"
    assert office("deal note D-1 hello --by ops-1").err == ""
    assert office("deal note D-1 hello --by rep-1").err == ""
