"""Handing over, pauses, next steps and contacts that are let go, from the command line."""

import time
from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Type


def test_a_deal_is_handed_over_from_the_command_line(office: Type) -> None:
    """Asked, listed for who is asked, accepted, and then theirs."""
    assert office("deal hand-off D-1 --to rep-2 --why leave --by rep-1").code == 0
    assert "rep-2 is asked to take it over, by rep-1" in office("deal show D-1").out
    listed = office("deal list --handed-to rep-2")
    assert "D-1" in listed.out
    assert "1 deal for rep-2 to take over" in listed.out
    (row,) = office("deal list --handed-to rep-2 --json").json
    assert (row["id"], row["owner"], row["asked_by"]) == ("D-1", "rep-1", "rep-1")
    assert office("deal accept D-1 --by rep-2").out == "recorded  D-1: HandoffAccepted\n"
    assert office("deal show D-1 --json").json["owner"] == "rep-2"
    assert office("deal list --handed-to rep-2 --json").json == []


def test_who_was_not_asked_may_not_answer(office: Type) -> None:
    """Bad use is said in one line, with who may, and changes nothing."""
    office("deal hand-off D-1 --to rep-2 --by rep-1")
    said = office("deal accept D-1 --by rep-3")
    assert said.code == 2
    assert said.said_in_one_line().endswith("expected `rep-2`, who was asked to take it over")
    assert office("deal decline D-1 --reason busy --by rep-2").code == 0
    assert "nobody is being asked" in office("deal withdraw D-1 --by rep-1").said_in_one_line()


def test_the_list_of_handovers_takes_no_other_filter(office: Type) -> None:
    """A filter that would be passed over in silence is refused."""
    assert "--stage" in office("deal list --handed-to rep-2 --stage lead").said_in_one_line()


def test_a_deal_is_paused_and_resumed_from_the_command_line(office: Type) -> None:
    """It shows what it waits for and until when; once resumed it waits no longer."""
    said = office("deal pause D-1 --reason budget --until 2999-01-01T09:00:00Z --by rep-1")
    assert said.out == "recorded  D-1: DealPaused\n  D-1 waits until 1 Jan 2999 09:00\n"
    assert "paused by rep-1 since" in office("deal show D-1").out
    shown = office("deal show D-1 --json").json
    assert (shown["paused"], shown["pause"]["until"]) == (True, "2999-01-01T09:00:00.000000Z")
    assert "DealPaused: budget, until 1 Jan 2999" in office("deal timeline D-1").out
    assert office("deal resume D-1 --by rep-1").code == 0
    assert "nothing to do" in office("deal resume D-1 --by rep-1").out
    assert office("deal show D-1 --json").json["pause"] is None


def test_a_pause_whose_end_has_come_is_no_longer_shown(office: Type) -> None:
    """Nobody resumed, and yet the deal does not wait any more."""
    soon = datetime.now(UTC) + timedelta(milliseconds=300)
    assert office(f"deal pause D-1 --reason budget --until {soon.isoformat()} --by rep-1").code == 0
    time.sleep(max((soon - datetime.now(UTC)).total_seconds(), 0))
    shown = office("deal show D-1 --json").json
    assert (shown["paused"], shown["pause"]) == (False, None)
    assert "paused" not in office("deal show D-1").out


def test_a_pause_needs_a_reason_and_an_end_that_comes_later(office: Type) -> None:
    """What cannot be a pause is said in one line, and nothing is recorded."""
    assert office("deal pause D-1 --by rep-1").code == 2
    said = office("deal pause D-1 --reason x --until 2001-01-01T09:00:00Z --by rep-1")
    assert "before it begins" in said.said_in_one_line()
    assert "--until" in office("deal pause D-1 --reason x --until tomorrow --by rep-1").said_in_one_line()


def test_what_comes_next_is_set_and_shown(office: Type) -> None:
    """The last step that was said is the one that holds."""
    assert office("deal next-step D-1 offer --due 2999-03-02T09:00:00Z --by rep-1").code == 0
    assert "next step: offer, due 2 Mar 2999 09:00" in office("deal show D-1").out
    assert office("deal show D-1 --json").json["next_step"] == "offer"
    assert "NextStepSet: offer, due 2 Mar 2999" in office("deal timeline D-1").out


def test_a_contact_is_let_go_from_the_command_line(office: Type) -> None:
    """Linked and let go, nobody is left."""
    assert office("deal contact D-1 kim@customer.example --role champion --by rep-1").code == 0
    said = office("deal contact D-1 kim@customer.example --role champion --unlink --by rep-1")
    assert said.out == "recorded  D-1: ContactUnlinked\n"
    assert office("deal show D-1 --json").json["contacts"] == []
    assert "champio" in office("deal contact D-1 kim --role champio --unlink --by rep-1").said_in_one_line()


def test_a_pause_keeps_its_end_until_another_one_is_named(office: Type) -> None:
    """Whoever says a new reason and no end has not said that the end does not hold any more."""
    office("deal pause D-1 --reason budget --until 2999-01-01 --by rep-1")
    said = office("deal pause D-1 --reason holidays --by rep-2")
    assert said.out == "recorded  D-1: DealPaused\n  D-1 waits until 1 Jan 2999 00:00\n"
    pause = office("deal show D-1 --json").json["pause"]
    assert (pause["until"], pause["reason"], pause["by"]) == ("2999-01-01T00:00:00.000000Z", "holidays", "rep-2")
    assert office("deal pause D-1 --reason holidays --by rep-2").out == "nothing to do: it is so already\n"
    office("deal resume D-1 --by rep-1")
    assert "waits until somebody resumes it" in office("deal pause D-1 --reason budget --by rep-1").out
