"""The inbox, giving back and what approvers saw, from the command line."""

from tests.cli.conftest import Type


def test_the_inbox_is_a_list_of_deals(office: Type) -> None:
    """It says what to do next; as JSON it has everything."""
    said = office("deal list --awaiting manager-1")
    assert (said.code, "0 approvals for manager-1 to give" in said.out) == (0, True)
    assert office("deal list --awaiting manager-1 --json").json == []


def test_the_inbox_takes_no_other_filter(office: Type) -> None:
    """A filter that would be passed over in silence is refused."""
    assert "--stage" in office("deal list --awaiting boss-1 --stage lead").said_in_one_line()


def test_a_deal_without_approvals_says_so(office: Type) -> None:
    """No empty page."""
    assert "nothing was approved or waived" in office("deal approvals D-1").out
    assert office("deal approvals D-1 --json").json == {
        "id": "D-1", "approvals": [], "denials": [], "requests": [],
    }  # fmt: skip
    assert "0 ends announced" in office("deal announce-expired --by ops-1").out


def test_a_deal_that_is_not_there_has_no_approvals(office: Type) -> None:
    """One clear line."""
    assert "D-9" in office("deal approvals D-9").said_in_one_line()


def test_a_version_that_the_deal_does_not_have_was_not_seen(office: Type) -> None:
    """`--seen` names a version of the deal, and the error says which there are."""
    said = office("deal approve D-1 big-deal --seen 99 --by manager-1")
    assert "from 1 to" in said.said_in_one_line()
