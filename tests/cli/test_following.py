"""Views that follow the log, looked at and mended from the command line."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Type

LIMITED = """
process: few
currency: EUR
stages: [{id: lead}, {id: offer, enter: [{owner_deals_at_most: 3}]}]
outcomes: {lost: {reasons: [price]}}
"""


@pytest.fixture
def office(line: Type, folder: Path) -> Type:
    """Two open deals of one owner, counted once."""
    (folder / "few.yaml").write_text(LIMITED, encoding="utf-8")
    line("process publish few.yaml --by ops-1")
    for deal in ("D-1", "D-2"):
        line(f"deal open {deal} --process few --owner rep-03 --by rep-03")
    assert (
        line("follow status").out
        == "no views yet: the first rule that counts an owner's deals makes one, and a log of 20,000 events\n"
    )
    assert line("deal move D-1 --to offer --by rep-03").code == 0
    return line


def spoil(folder: Path, stream: str) -> None:
    """A row that is no event of ours, put into the file behind everybody's back."""
    with closing(sqlite3.connect(folder / "sales.db")) as raw, raw:
        raw.execute(
            "INSERT INTO stored_events (originator_id, originator_version, recorded_at, topic, state)"
            " SELECT originator_id, max(originator_version) + 1, max(recorded_at), 'DealMoved', '{}'"
            " FROM stored_events WHERE originator_id = ?",
            (stream,),
        )


def test_a_view_says_where_it_stands(office: Type) -> None:
    """How far it is behind the log, and that nothing was put aside; for people and for scripts."""
    assert "holdings" in office("follow status").out
    (view,) = office("follow status --json").json["views"]
    assert (view["view"], view["parked"], view["failing"], view["behind"] <= 1) == ("holdings", 0, None, True)
    assert office("follow parked holdings").out == "0 events put aside by holdings\n"


def test_an_event_that_cannot_be_taken_is_told_and_let_go(office: Type, folder: Path) -> None:
    """No decision that counts is made while one is put aside; it can be tried again, and let go."""
    spoil(folder, "deal:D-2")
    refused = office("deal preflight D-1 --to offer --by rep-03")
    assert (refused.code, "event 2 of stream `deal:D-2`" in refused.err) == (2, True)
    aside = office("follow parked holdings --json")
    assert (aside.code, [each["stream"] for each in aside.json["parked"]]) == (1, ["deal:D-2"])
    assert office("follow status").code == 1
    assert "`follow parked holdings`" in office("doctor").out
    assert office("follow retry holdings deal:D-2").code == 1
    assert "Missing option '--reason'" in office("follow release holdings deal:D-2 --by ops-1").err
    released = office("follow release holdings deal:D-2 --by ops-1 --reason never-was-a-deal")
    assert released.out == "0 events put aside by holdings\n"
    assert office("follow status").code == 0


def test_a_view_is_made_anew(office: Type) -> None:
    """From the first event, with the same answers."""
    assert office("follow rebuild holdings").out.startswith("holdings made anew up to position ")
    assert office("follow parked holdings").code == 0


def test_a_view_that_is_not_there_and_a_stream_with_nothing_aside_are_told(office: Type) -> None:
    """What was found and what was expected."""
    assert office("follow parked nothing").err.startswith(
        "error: `view` cannot be `nothing`; expected one of: holdings"
    )
    assert "put events aside" in office("follow retry holdings deal:D-1").err


def test_views_leave_out_what_cannot_be_read_and_say_so(office: Type, folder: Path) -> None:
    """One line beside the answer, which stays JSON; what proves something is refused and names the event."""
    assert office("view health --process few --json").err == ""
    spoil(folder, "deal:D-2")
    seen = office("view health --process few --json")
    assert (seen.code, seen.err) == (0, "left out of this: 1 event; `follow parked facts` tells which and why\n")
    assert seen.json["process"]
    refused = office("audit refusals")
    assert (refused.code != 0, "event 2 of stream `deal:D-2`" in refused.err) == (True, True)
    assert "`follow parked facts`" in office("doctor").out
    assert [each["stream"] for each in office("follow parked facts --json").json["parked"]] == ["deal:D-2"]
    assert office("follow release facts deal:D-2 --by ops-1 --reason never-was-a-deal").code == 0
    assert office("view health --process few").err == ""
    assert office("audit refusals").code == 0
    assert office("follow rebuild facts").out.startswith("facts made anew up to position ")
