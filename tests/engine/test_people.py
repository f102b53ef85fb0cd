"""Roles come from the people register, never from a command; and they end when the register says so."""

import pytest

from pipeline_engine.errors import StoreUnreachable
from tests.engine.shop import PEOPLE, Shop

LENT = PEOPLE + "delegations: [{from: boss, to: rep-2, role: manager, until: 2026-01-08}]\n"


def big(shop: Shop) -> Shop:
    """A deal that needs a manager's approval for the contract."""
    return shop.deal_in("offer", amount="5000")


def test_an_approval_by_a_manager_lets_the_deal_through(shop: Shop) -> None:
    """Refused before, accepted after, and used up by the move it served."""
    assert not big(shop).ask("move", to="contract").accepted
    assert shop.ask("approve", "D", "big", by="boss").accepted
    assert shop.ask("move", to="contract").accepted
    assert shop.ask("move", to="offer", reason="again").accepted
    assert not shop.ask("move", to="contract").accepted


def test_four_eyes_hold_for_the_owner_and_for_who_asked(shop: Shop) -> None:
    """A manager who owns the deal, or asked for the approval, does not approve."""
    big(shop).ask("assign", "D", "boss")
    assert not shop.ask("approve", "D", "big", by="boss").accepted
    shop.ask("assign", "D", "rep")
    shop.ask("request", "D", "big", by="boss")
    assert not shop.ask("approve", "D", "big", by="boss").accepted
    assert shop.ask("approve", "D", "big", by="vp").accepted


def test_a_role_that_was_revoked_approves_nothing(shop: Shop) -> None:
    """From the moment the register says so; what was approved before stays approved."""
    big(shop).deal_in("offer", "E", amount="5000").ask("approve", "D", "big", by="boss")
    applied = shop.people(PEOPLE.replace("boss, roles: [manager]", "boss, roles: []"))
    assert applied.changed == {"boss": ("RoleRevoked",)}
    assert not shop.ask("approve", "E", "big", by="boss").accepted
    assert shop.ask("move", "D", to="contract").accepted


def test_who_is_missing_from_the_file_loses_roles_team_and_manager(shop: Shop) -> None:
    """The file says who there is."""
    applied = shop.people("people: [{id: rep, roles: [rep]}, {id: boss, roles: [manager]}]")
    assert applied.changed["vp"] == ("RoleRevoked", "RoleRevoked")
    assert set(applied.changed["rep-2"]) == {"RoleRevoked", "TeamChanged", "ManagerAssigned"}
    assert not big(shop).ask("approve", "D", "big", by="vp").accepted
    assert {person.id: person.roles for person in shop.engine.people()} == {
        "boss": ("manager",), "rep": ("rep",), "rep-2": (), "vp": (),
    }  # fmt: skip


def test_a_delegation_lends_a_role_until_its_end(shop: Shop) -> None:
    """To the microsecond before the day begins, and not a moment longer."""
    shop.people(LENT)
    big(shop).deal_in("offer", "E", amount="5000")
    shop.clock.on(2.6)
    assert shop.ask("approve", "D", "big", by="rep-2").accepted
    shop.clock.on(2.625)
    assert not shop.ask("approve", "E", "big", by="rep-2").accepted


def test_a_delegation_ends_with_the_role_of_who_lent_it(shop: Shop) -> None:
    """Nobody lends what they do not hold any more."""
    shop.people(LENT)
    shop.people(PEOPLE.replace("boss, roles: [manager]", "boss, roles: []"))
    assert not big(shop).ask("approve", "D", "big", by="rep-2").accepted


def test_a_delegation_that_is_taken_out_of_the_file_ends(shop: Shop) -> None:
    """As an event, so that an auditor sees since when."""
    shop.people(LENT)
    assert shop.people(PEOPLE).changed == {"rep-2": ("DelegationEnded",)}
    assert not big(shop).ask("approve", "D", "big", by="rep-2").accepted


def test_a_store_without_people_binds_nobody_by_roles() -> None:
    """It runs open until the first people come in; four eyes hold even so."""
    shop = Shop.opened(people=None)
    assert not big(shop).ask("approve", "D", "big", by="rep").accepted
    assert shop.ask("approve", "D", "big", by="anybody").accepted
    shop.deal_in("offer", "E", amount="5000")
    shop.people(PEOPLE)
    assert not shop.ask("approve", "E", "big", by="anybody").accepted


def test_people_that_came_in_by_half_bind_as_soon_as_they_are_applied_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that broke off between the people and the register's own event does not stay open for ever."""
    shop = Shop.opened(people=None)
    transact = shop.engine._store.transact

    def broken(stream: str, *rest: object) -> object:
        if stream == "store:team":
            raise StoreUnreachable("gone")
        return transact(stream, *rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(shop.engine._store, "transact", broken)
    with pytest.raises(StoreUnreachable):
        shop.people(PEOPLE)
    monkeypatch.undo()
    shop.people(PEOPLE)
    assert not big(shop).ask("approve", "D", "big", by="anybody").accepted


def test_roles_are_read_at_the_moment_of_the_command(shop: Shop) -> None:
    """An unknown actor has none, and a command cannot bring one along."""
    big(shop)
    assert not shop.ask("approve", "D", "big", by="stranger", on_behalf_of="boss").accepted
    assert not shop.ask("waive", "D", "moves:forward", "x", to="contract", by="rep-2").accepted
    assert shop.ask("waive", "D", "moves:forward", "x", to="contract", by="vp").accepted
