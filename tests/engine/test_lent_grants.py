"""Lent roles and approvals where they meet the register, the facts, the inbox and what people are told."""

from datetime import timedelta

import pytest

from pipeline_engine.engine import Engine
from pipeline_engine.errors import ChangedSince
from tests.engine.shop import MONDAY, PEOPLE, PROCESS, Clock, Shop

BOTH_LEND = """
delegations:
  - {from: boss, to: rep-2, role: manager, until: 2026-02-08}
  - {from: vp, to: rep-2, role: manager, until: 2026-02-08}
"""
ONE_LENDS = BOTH_LEND.rsplit("  - ", 1)[0]
REOPENING = PROCESS + "  reopen: {enter: [{id: back-again, approval: manager}]}\n"


@pytest.fixture
def shop() -> Shop:
    """A deal in `offer` that needs a manager; boss lends rep-2 that role."""
    return Shop.opened(people=PEOPLE + ONE_LENDS).deal_in("offer", amount="5000")


def became(shop: Shop, verb: str) -> list[str]:
    """What the audit says became of what was granted, by the columns."""
    found = getattr(shop.engine, verb)()
    return [row.ended.how for row in found.rows if row.ended is not None]


def test_an_approval_in_the_bosss_role_ends_when_the_boss_takes_the_deal(shop: Shop) -> None:
    """The gate, the story of the approval and the audit by columns say one thing."""
    assert shop.ask("approve", "D", "big", by="rep-2").accepted
    assert became(shop, "audit_approvals") == ["stands"]
    shop.ask("assign", "D", "boss")
    assert became(shop, "audit_approvals") == ["lapsed"]
    assert shop.engine.approvals("D")[0].ended == "boss, who lent the role, owns the deal since 2026-01-05"
    assert not shop.ask("move", to="contract", by="boss").accepted


def test_a_waiver_in_the_bosss_role_ends_when_the_boss_takes_the_deal(shop: Shop) -> None:
    """As an approval does; somebody else's deal it would have stayed for."""
    shop.ask("waive", "D", "reachable", "known for years", to="contract", by="rep-2")
    shop.ask("assign", "D", "vp")
    assert became(shop, "audit_waivers") == ["stands"]
    shop.ask("assign", "D", "boss")
    assert became(shop, "audit_waivers") == ["lapsed"]


def test_who_could_help_is_nobody_whose_only_role_is_lent_by_the_owner() -> None:
    """A refusal names people who would not be refused themselves."""
    shop = Shop.opened(people=PEOPLE + ONE_LENDS).deal_in("offer", amount="5000")

    def able() -> tuple[str, ...]:
        refused = shop.ask("move", to="contract")
        (judged,) = (each for each in refused.verdicts if each.rule == "big")
        assert judged.helpers is not None
        return judged.helpers().approve

    assert able() == ("boss", "rep-2", "vp")
    shop.ask("assign", "D", "boss")
    assert able() == ("vp",)


def test_of_two_who_lend_the_one_who_does_not_own_the_deal_is_taken() -> None:
    """Nobody has to know who lent them what first."""
    shop = Shop.opened(people=PEOPLE + BOTH_LEND).deal_in("offer", amount="5000")
    shop.ask("assign", "D", "boss")
    shop.ask("request", "D", "big")
    (awaited,) = shop.engine.inbox("rep-2")
    assert awaited.in_stead_of == "vp"
    assert shop.ask("approve", "D", "big", by="rep-2").accepted


def test_a_request_that_was_given_back_is_told_as_that(shop: Shop) -> None:
    """Whoever is refused afterwards reads that it was given back, by whom and when, and asks again."""
    shop.ask("request", "D", "big")
    shop.ask("return_approval", "D", "big", "which discount?", by="boss")
    (told,) = (each for each in shop.ask("move", to="contract").verdicts if each.rule == "big")
    assert told.because[0].text == "boss gave it back on 2026-01-05"
    assert told.fix.startswith("deal request")


def test_the_reopening_of_a_lost_deal_waits_for_whoever_decides_it() -> None:
    """A closed deal waits for nobody, except with what it takes to open it again."""
    shop = Shop(Engine.open("memory://", clock=(clock := Clock()), clock_name="test"), clock)
    shop.engine.publish_text(REOPENING, "shop.yaml", by="ops")
    shop.people(PEOPLE)
    shop.deal_in("offer", amount="5000").ask("request", "D", "big")
    shop.ask("lose", "D", "price")
    assert shop.engine.inbox("boss") == []
    shop.ask("request", "D", "back-again")
    (awaited,) = shop.engine.inbox("boss")
    assert (awaited.rule, awaited.target) == ("back-again", "reopen")


def test_an_end_is_announced_under_a_command_id_of_any_length(shop: Shop) -> None:
    """The ids of the parts are made from the whole's, and are no longer than an id may be."""
    shop.ask("approve", "D", "big", by="boss", expires_at=MONDAY + timedelta(hours=1))
    shop.clock.on(1)
    assert len(shop.engine.announce_expiries(by="timer", command_id="x" * 200)) == 1


def test_what_waits_in_the_inbox_is_approved_as_it_was_shown(shop: Shop) -> None:
    """Who approves with the version that the inbox named does not approve what the deal became meanwhile."""
    shop.ask("request", "D", "big")
    (awaited,) = shop.engine.inbox("boss")
    shop.ask("set", "D", {"amount": "500000"})
    with pytest.raises(ChangedSince, match="amount"):
        shop.ask("approve", "D", "big", by="boss", seen=awaited.version)
    (shown,) = shop.engine.inbox("boss")
    assert shop.ask("approve", "D", "big", by="boss", seen=shown.version).accepted
    assert shop.engine.approvals("D")[0].seen_version == shown.version
