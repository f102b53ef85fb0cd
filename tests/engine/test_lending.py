"""Roles lent by command: they serve at once, end when they are ended, and whoever may not lend is on record."""

from datetime import timedelta

import pytest

from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadMoment, BadValue, CommandIdReused, UnknownPerson
from tests.engine.shop import MONDAY, PEOPLE, PROCESS, Clock, Shop

SATURDAY = MONDAY + timedelta(days=5)


@pytest.fixture
def shop() -> Shop:
    """A deal that needs a manager for the contract."""
    return Shop.opened().deal_in("offer", amount="5000")


def lend(shop: Shop, role: str = "manager", by: str = "boss", **how: object) -> object:
    """Boss's role to rep-2 until Saturday; why not, where it is refused."""
    return shop.engine.delegate("boss", "rep-2", role, SATURDAY, by=by, **how).refused  # type: ignore[arg-type]  # as given


def test_what_is_lent_serves_until_its_end(shop: Shop) -> None:
    """From the command on, and not at its end."""
    assert not shop.ask("approve", "D", "big", by="rep-2").accepted
    assert lend(shop) is None
    shop.clock.on(5)
    assert not shop.ask("approve", "D", "big", by="rep-2").accepted
    shop.clock.on(4.9)
    assert shop.ask("approve", "D", "big", by="rep-2").accepted


def test_what_was_ended_serves_no_more(shop: Shop) -> None:
    """Whoever tries then was lent nothing."""
    lend(shop)
    assert shop.engine.end_delegation("boss", "rep-2", "manager", by="rep-2").refused is None
    assert not shop.ask("approve", "D", "big", by="rep-2").accepted


def test_a_lent_role_is_not_lent_on(shop: Shop) -> None:
    """rep-2 acts as a manager, and makes nobody one."""
    lend(shop)
    passed_on = shop.engine.delegate("rep-2", "rep", "manager", SATURDAY, by="rep-2")
    assert passed_on.refused == "no-role"
    assert {person.id: len(person.delegations) for person in shop.engine.people()}["rep"] == 0


def test_who_tried_to_lend_and_may_not_is_on_the_auditors_list(shop: Shop) -> None:
    """With whose role it was, and to whom."""
    assert (lend(shop, by="rep-2"), lend(shop, "vp")) == ("not-yours", "no-role")
    rows = [(row.tried, row.target, row.by, row.why) for row in shop.engine.audit_refusals().rows]
    assert rows == [
        ("lend", "vp of boss to rep-2", "boss", "no-role"),
        ("lend", "manager of boss to rep-2", "rep-2", "not-yours"),
    ]


def test_lending_twice_is_recorded_once(shop: Shop) -> None:
    """By the same command, and by another that asks for the same; another request under the id is an error."""
    first, again, other = (
        shop.engine.delegate("boss", "rep-2", "manager", SATURDAY, by="boss", command_id=name)
        for name in ("c-1", "c-1", "c-2")
    )
    assert (first.new, again.new, other.new) == (True, False, False)
    with pytest.raises(CommandIdReused):
        shop.engine.delegate("boss", "rep-2", "manager", SATURDAY + timedelta(days=1), by="boss", command_id="c-1")


def test_a_people_file_that_does_not_name_a_loan_leaves_it(shop: Shop) -> None:
    """Applying the file again does not take a stand-in's role away; leaving somebody out of it does."""
    lend(shop)
    assert shop.people(PEOPLE).changed == {}
    gone = PEOPLE.replace("  - {id: rep-2, roles: [rep], team: north, manager: boss}\n", "")
    assert "DelegationEnded" in shop.people(gone).changed["rep-2"]
    assert not shop.ask("approve", "D", "big", by="rep-2").accepted


def test_being_the_owners_manager_is_lent_for_their_deals() -> None:
    """`owner.manager` is whoever somebody reports to: boss is one, vp is none; and who could help is named."""
    shop = Shop(Engine.open("memory://", clock=(clock := Clock()), clock_name="test"), clock)
    shop.engine.publish_text(PROCESS.replace("approval: manager", "approval: owner.manager"), "shop.yaml", by="ops")
    shop.people(PEOPLE + "  - {id: helper, roles: []}\n")
    lent = {
        who: shop.engine.delegate(who, "helper", "owner.manager", SATURDAY, by=who).refused for who in ("boss", "vp")
    }
    assert lent == {"boss": None, "vp": "no-role"}
    refused = shop.deal_in("offer", amount="5000").ask("move", to="contract")
    (judged,) = (each for each in refused.verdicts if each.rule == "big")
    assert judged.helpers is not None
    assert judged.helpers().approve == ("boss", "helper")
    assert shop.ask("approve", "D", "big", by="helper").accepted


@pytest.mark.parametrize(
    ("lender", "to", "role", "error"),
    [
        ("nobody", "rep-2", "manager", UnknownPerson),
        ("boss", "nobody", "manager", UnknownPerson),
        ("boss", "boss", "manager", BadValue),
        ("two words", "rep-2", "manager", BadValue),
        ("boss", "rep-2", "", BadValue),
    ],
)
def test_what_cannot_be_meant_is_an_error_and_no_event(
    shop: Shop, lender: str, to: str, role: str, error: type[Exception]
) -> None:
    """Somebody who is not there, oneself, and what is no id."""
    before = shop.engine._store.position()
    with pytest.raises(error):
        shop.engine.delegate(lender, to, role, SATURDAY, by="boss")
    assert shop.engine._store.position() == before


def test_nothing_is_lent_in_the_future(shop: Shop) -> None:
    """A loan begins when it is recorded."""
    with pytest.raises(BadMoment, match="in the future"):
        lend(shop, at=MONDAY + timedelta(days=1))


def test_in_a_store_without_people_nobody_lends() -> None:
    """Roles bind nobody there; the error says how people come in."""
    with pytest.raises(UnknownPerson, match="team apply"):
        lend(Shop.opened(people=None))
