"""Handing over, from the command line."""

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
