"""Who could help, why an approval does not count, and that an old refusal explains itself as it did on the day."""

from pipeline_engine.deal import Judged
from pipeline_engine.engine import Engine
from pipeline_engine.team import load_people
from tests.engine.shop import MONDAY, PROCESS, Shop

BIG = {"amount": "5000", "mail": "kim@customer.example"}
LENT = """
people:
  - {id: rep, roles: [rep], manager: boss}
  - {id: boss, roles: [manager]}
  - {id: deputy, roles: [rep]}
  - {id: late, roles: [rep]}
delegations:
  - {from: boss, to: deputy, role: manager, until: 2026-02-01}
  - {from: boss, to: late, role: manager, until: 2026-01-04}
"""


def big(shop: Shop) -> Judged:
    """The rule of the large deal, as a preflight to `contract` judges it."""
    ahead = shop.engine.preflight("D", "contract", by="rep")
    return next(rule for rule in ahead.verdicts if rule.rule == "big")


def test_who_could_help_holds_the_role_and_neither_owns_nor_asked(shop: Shop) -> None:
    """Four eyes hold for the list as for the approval itself."""
    shop.deal_in("offer")
    shop.ask("set", "D", BIG)
    assert big(shop).can_approve == ("boss", "vp")
    shop.ask("request", "D", "big", by="vp")
    assert big(shop).can_approve == ("boss",)
    shop.ask("assign", "D", "boss")
    assert big(shop).can_approve == ()


def test_a_lent_role_helps_while_it_lasts(shop: Shop) -> None:
    """The one it is lent to can approve until its end, and not a day longer."""
    shop.deal_in("offer")
    shop.ask("set", "D", BIG)
    shop.engine.apply_register(load_people(LENT, "people.yaml"), by="ops-1")
    assert big(shop).can_approve == ("boss", "deputy")
    shop.clock.on(40)
    assert big(shop).can_approve == ("boss",)


def test_a_waiver_is_anybodys_who_holds_one_of_the_roles(shop: Shop) -> None:
    """Who may waive is named beside who may approve; a rule that nobody may waive names nobody."""
    shop.ask("open_deal", "D", process="shop", owner="rep")
    (reachable,) = shop.engine.preflight("D", "offer", by="rep").unmet
    assert (reachable.can_waive, reachable.can_approve) == (("boss", "vp"), ())


def test_without_people_roles_bind_nobody() -> None:
    """Then no list of people could be right, and it is said so."""
    with Engine.open("memory://", clock=lambda: MONDAY) as engine:
        engine.publish_text(PROCESS, "shop.yaml", by="ops-1")
        engine.open_deal("D", process="shop", owner="rep", by="rep")
        (rule,) = engine.preflight("D", "offer", by="rep").unmet
        assert (rule.roles_bind, rule.can_waive) == (False, ())


def test_an_old_refusal_explains_itself_as_it_did_on_the_day(shop: Shop) -> None:
    """It is folded from the events before it: what came after changes no word."""
    shop.deal_in("offer")
    shop.ask("set", "D", BIG)
    shop.ask("request", "D", "big")
    refused = shop.ask("move", "D", to="contract")
    (event,) = refused.events
    said = [rule.why for rule in refused.unmet]
    assert said == ["approval by manager was asked for by rep on 2026-01-05, no answer yet"]
    shop.ask("approve", "D", "big", by="boss")
    shop.ask("set", "D", {"amount": "7000"})
    assert [rule.why for rule in shop.engine.explain(event) if rule.unmet] == said
    (now,) = shop.ask("move", "D", to="contract").unmet
    assert now.why == "boss approved it on 2026-01-05, but amount has changed since, on 2026-01-05"


def test_nothing_is_explained_before_somebody_asks(shop: Shop) -> None:
    """A judgement costs what judging costs: the history and the people are read when somebody reads about them."""
    shop.deal_in("offer")
    shop.ask("set", "D", BIG)
    ahead = big(shop)
    assert not {"because", "_able"} & set(vars(ahead))
    assert ahead.because
    assert "because" in vars(ahead)
    assert ahead.in_full() is ahead
    assert "_able" in vars(ahead)


def test_asking_beforehand_writes_nothing(shop: Shop) -> None:
    """Neither next nor a preflight of whatever kind, with or without a reason."""
    shop.deal_in("offer")
    before = shop.engine._store.position()
    shop.engine.next("D", by="rep")
    assert not shop.engine.preflight("D", "lost", by="rep").allowed
    assert shop.engine.preflight("D", "lost", by="rep", reason="price").allowed
    assert shop.engine.preflight("D", "lead", by="rep", reason="too early").allowed
    assert not shop.engine.preflight("D", "won", by="rep").allowed
    assert shop.engine.preflight("D", "offer", by="rep").verdicts == ()
    assert shop.engine._store.position() == before
