"""Roles lent by a command: they serve, they end, and a people file leaves them alone."""

from datetime import timedelta

import pytest

from pipeline_engine.errors import UnknownName
from tests.engine.shop import MONDAY, PEOPLE, Shop

NEXT_WEEK = MONDAY + timedelta(days=7)


@pytest.fixture
def shop() -> Shop:
    """A deal that waits for a manager's approval."""
    made = Shop.opened()
    made.deal_in("offer", amount="5000").ask("request", rule="big")
    return made


def test_a_lent_role_serves_until_it_is_taken_back(shop: Shop) -> None:
    """Lent, it is in the inbox; taken back, it is not."""
    assert shop.engine.delegate("boss", "rep-2", "manager", NEXT_WEEK, by="boss").events == ("DelegationGranted",)
    assert [each.in_stead_of for each in shop.engine.inbox("rep-2")] == ["boss"]
    assert shop.engine.end_delegation("boss", "rep-2", "manager", by="boss").events == ("DelegationEnded",)
    assert shop.engine.inbox("rep-2") == []


def test_who_lends_what_is_not_theirs_is_refused_and_recorded(shop: Shop) -> None:
    """An auditor finds the try beside the refusals of deals."""
    assert shop.engine.delegate("boss", "rep", "manager", NEXT_WEEK, by="rep").refused == "not-yours"
    assert "DelegationRefused" in [type(each.event).__name__ for each in shop.engine._store.events("person:rep")]


def test_a_people_file_leaves_a_loan_by_command_alone(shop: Shop) -> None:
    """What somebody lent yesterday is not ended by today's file that does not know of it."""
    shop.engine.delegate("boss", "rep-2", "manager", NEXT_WEEK, by="boss")
    shop.people(PEOPLE)
    assert shop.engine.inbox("rep-2") != []


def test_a_people_file_that_names_the_loan_takes_it_over(shop: Shop) -> None:
    """From then on the file says when it ends."""
    shop.engine.delegate("boss", "rep-2", "manager", NEXT_WEEK, by="boss")
    shop.people(PEOPLE + "delegations: [{from: boss, to: rep-2, role: manager, until: 2026-01-12}]\n")
    shop.people(PEOPLE)
    assert shop.engine.inbox("rep-2") == []


def test_somebody_who_is_not_in_the_register_neither_lends_nor_borrows(shop: Shop) -> None:
    """A slip in a name is an error, and nothing is recorded."""
    for lender, to in (("bos", "rep-2"), ("boss", "rep-22")):
        with pytest.raises(UnknownName, match="people register"):
            shop.engine.delegate(lender, to, "manager", NEXT_WEEK, by="boss")


def test_asked_twice_under_one_id_it_is_recorded_once(shop: Shop) -> None:
    """The second time the first answer is given."""
    for _ in range(2):
        lent = shop.engine.delegate("boss", "rep-2", "manager", NEXT_WEEK, by="boss", command_id="c-1")
        assert lent.events == ("DelegationGranted",)
    names = [type(each.event).__name__ for each in shop.engine._store.events("person:rep-2")]
    assert names.count("DelegationGranted") == 1
