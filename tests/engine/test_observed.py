"""Running beside another system: what it did is recorded as it happened, once, and by whom the process trusts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from pipeline_engine.deal import DealLost, DealMoved, DealReopened, DealWon, Outcome, SourceStageNoted, decide_observed
from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadMoment, BadValue, UnknownDeal, UnknownReason, UnknownStage
from pipeline_engine.values import Money
from tests.engine.shop import MONDAY, PEOPLE, PROCESS, Shop

OBSERVED = PROCESS.replace("roles: [rep, manager, vp]", "roles: [rep, manager, vp, sync]") + "observed: {by: [sync]}\n"


def day(number: float) -> Any:
    """So many days after MONDAY."""
    return MONDAY + timedelta(days=number)


def told(shop: Shop, to: str, key: str = "1", by: str = "crm-sync", at: float = 1.0, **what: Any) -> Outcome:
    """What the CRM says it did with deal D, on a day."""
    return shop.ask("observe", to=to, source="crm", key=key, by=by, at=day(at), **what)


@pytest.fixture
def beside() -> Shop:
    """A deal of rep in the first stage, without an amount; crm-sync may observe; it is ten days later."""
    shop = Shop.opened(people=PEOPLE + "  - {id: crm-sync, roles: [sync]}\n")
    shop.engine.publish_text(OBSERVED, "shop.yaml", by="ops")
    shop.ask("open_deal", process="shop", owner="rep")
    shop.clock.on(10)
    return shop


def last(shop: Shop) -> Any:
    """The deal's last event."""
    return shop.engine.timeline("D")[-1]


def test_what_happened_elsewhere_is_recorded_though_the_gate_would_refuse_it(beside: Shop) -> None:
    """The deal leaps over a stage with nothing filled in; it happened, so it stands, without a verdict and with its
    source."""
    assert told(beside, "contract").accepted
    recorded = last(beside)
    assert recorded.event == DealMoved(from_stage="lead", to_stage="contract", basis="source")
    assert (recorded.envelope.at, recorded.envelope.actor, recorded.envelope.via) == (day(1), "crm-sync", "python")
    ref = recorded.envelope.source_ref
    assert (ref.source, ref.deal, ref.kind, ref.key) == ("crm", "D", "stage", "1")
    assert not beside.engine.deal("D").gated


def test_the_same_move_told_twice_is_recorded_once(beside: Shop) -> None:
    """The key of the source says that it is the same, whoever tells it and under whatever command id."""
    told(beside, "offer")
    beside.people(PEOPLE + "  - {id: crm-sync, roles: [sync]}\n  - {id: nightly, roles: [sync]}\n")
    again = told(beside, "offer", by="nightly")
    assert (again.accepted, again.repeated, again.events[-1].version) == (True, True, 2)
    assert beside.names() == ["DealOpened", "DealMoved"]


def test_a_key_stands_for_one_thing(beside: Shop) -> None:
    """Another stage, or another time, under a key that was told before is a slip of the other system."""
    told(beside, "offer")
    with pytest.raises(BadValue, match=r"source `crm` has told `offer` under this one before"):
        told(beside, "contract")
    with pytest.raises(BadValue, match="another time"):
        told(beside, "offer", at=2)
    with pytest.raises(BadValue, match="a key of its own"):
        told(beside, "won")
    assert beside.names() == ["DealOpened", "DealMoved"]


def test_who_is_not_trusted_with_it_cannot_walk_around_the_gate(beside: Shop) -> None:
    """A rep who says that the other system moved the deal is refused, and that is kept, once; no clock moves by it."""
    before = beside.engine.deal("D").solid_version
    refused = told(beside, "contract", by="rep")
    assert (refused.accepted, beside.names()[-1]) == (False, "ObservationRefused")
    assert last(beside).envelope.source_ref is None
    assert told(beside, "contract", by="rep").repeated
    assert beside.names() == ["DealOpened", "ObservationRefused"]
    assert (beside.engine.deal("D").stage, beside.engine.deal("D").solid_version) == ("lead", before)
    assert told(beside, "contract").accepted


def test_without_the_key_nobody_may_in_a_store_with_people_and_everybody_in_one_without() -> None:
    """The process says who; where no people are set up, roles bind nobody."""
    for people, accepted in ((PEOPLE, False), (None, True)):
        shop = Shop.opened(people=people)
        shop.ask("open_deal", process="shop", owner="rep")
        shop.clock.on(10)
        assert told(shop, "contract", by="vp").accepted is accepted


def test_wins_and_losses_are_told_with_what_the_source_knows(beside: Shop) -> None:
    """A win with its amount, a loss with a reason of the process or without one."""
    told(beside, "won", amount="42000")
    assert last(beside).event == DealWon(from_stage="lead", amount=Money.of(42000, "EUR"), basis="source")
    told(beside, "reopen", key="2", at=2, reason="they called")
    assert isinstance(last(beside).event, DealReopened)
    told(beside, "lost", key="3", at=3, reason="price")
    assert last(beside).event == DealLost(from_stage="lead", reason="price", basis="source")
    refs = [each.envelope.source_ref for each in beside.engine.timeline("D")[1:]]
    assert [ref.kind for ref in refs if ref] == ["status", "reopened", "status"]


def test_a_stage_after_an_outcome_is_noted_unless_the_source_opens_deals_again(beside: Shop) -> None:
    """As imports have it: by default it is kept and changes nothing."""
    told(beside, "lost", reason="price")
    told(beside, "offer", key="2", at=2)
    assert last(beside).event == SourceStageNoted(stage="offer")
    assert beside.engine.deal("D").status == "lost"
    told(beside, "offer", key="3", at=3, reopens=True)
    assert last(beside).event == DealReopened(to_stage="offer", basis="source")


def test_a_closed_deal_that_ends_otherwise_was_opened_again_in_between(beside: Shop) -> None:
    """That it was is not told by the source but follows from it, and the event says so."""
    told(beside, "lost", reason="price")
    told(beside, "won", key="2", at=2, reopens=True)
    reopened, won = beside.engine.timeline("D")[-2:]
    assert (reopened.envelope.provenance, won.envelope.provenance) == ("inferred", "observed")
    assert told(beside, "won", key="2", at=2, reopens=True).repeated
    assert len(beside.engine.timeline("D")) == 4


def test_news_that_comes_after_the_deal_went_on_is_kept_and_puts_it_nowhere(beside: Shop) -> None:
    """The deal is in the contract stage since day 5; that it was in the offer on day 3 moves it back no more."""
    told(beside, "contract", at=5)
    assert told(beside, "offer", key="late", at=3).accepted
    assert (last(beside).event, last(beside).envelope.at) == (SourceStageNoted(stage="offer"), day(3))
    assert beside.engine.deal("D").stage == "contract"
    assert told(beside, "offer", key="late", at=3).repeated


def test_a_stage_the_deal_is_in_already_is_nothing(beside: Shop) -> None:
    """So are a win of a won deal and a reopening of an open one."""
    for target in ("lead", "reopen"):
        assert told(beside, target).events == ()
    told(beside, "won")
    assert told(beside, "won", key="2", at=2).events == ()


@pytest.mark.parametrize(
    ("to", "what", "error"),
    [
        ("nowhere", {}, UnknownStage), ("offer", {"at": 11}, BadMoment), ("lost", {"reason": "weather"}, UnknownReason),
        ("offer", {"amount": "5"}, BadValue), ("won", {"amount": "a lot"}, BadValue), ("offer", {"key": ""}, BadValue),
    ],
)  # fmt: skip
def test_what_cannot_be_is_an_error_and_no_event(beside: Shop, to: str, what: dict[str, Any], error: Any) -> None:
    """An unknown stage or reason, a time in the future, an amount where there is none, no key."""
    with pytest.raises(error):
        told(beside, to, **what)
    assert beside.names() == ["DealOpened"]


def test_the_time_is_the_other_systems_to_say(beside: Shop) -> None:
    """Without it the same news told twice would be two; and a deal has to be there."""
    with pytest.raises(BadValue, match="when it happened in `crm`"):
        beside.ask("observe", to="offer", source="crm", key="1", by="crm-sync")
    with pytest.raises(UnknownDeal):
        beside.ask("observe", "gone", to="offer", source="crm", key="1", by="crm-sync", at=day(1))


def test_an_import_knows_what_was_observed_before_and_the_other_way_round(tmp_path: Any) -> None:
    """One way: the row that was told live is in when the file brings it, and a row of the file is not told anew."""
    shop = Shop.opened(people=None)
    table, mapping = tmp_path / "events.csv", tmp_path / "mapping.yaml"
    mapping.write_text(
        "format: csv\nrows: events\nsource: crm\nprocess: shop\nid: deal\nrow_id: row\n"
        "at: {column: at, date: iso, zone: UTC}\nstage: {column: stage}\n"
    )
    head = "deal,row,at,stage\nD,r1,2026-01-05,lead\nD,r2,2026-01-06,offer\n"
    table.write_text(head)
    shop.engine.import_history([table], mapping)
    shop.clock.on(10)
    assert told(shop, "offer", key="r2", at=0.625).repeated  # the midnight that the file's day means
    assert told(shop, "contract", key="r3", at=1.625).accepted
    table.write_text(head + "D,r3,2026-01-07,contract\n")
    report = shop.engine.import_history([table], mapping)
    assert (report.events, report.conflicts, report.rejected) == (0, 0, 0)
    assert shop.names() == ["DealOpened", "DealMoved", "DealMoved"]


def keys_told(shop: Shop) -> list[str]:
    """The keys under which events stand, in order."""
    refs = [each.envelope.source_ref for each in shop.engine.timeline("D")]
    return [ref.key for ref in refs if ref]


def tell_all(shop: Shop) -> None:
    """Forty moves there and back, each under its key."""
    for number in range(40):
        told(shop, ("offer", "lead")[number % 2], key=f"k{number}", at=1 + number / 100)


def test_two_integrations_that_tell_the_same_at_once_record_it_once(tmp_path: Any) -> None:
    """Each with an engine of its own on one store: whoever comes second is answered by what stands there."""
    url = f"sqlite:///{tmp_path / 'sales.db'}"
    shop = Shop.opened(url, people=None)
    shop.ask("open_deal", process="shop", owner="rep")
    others = [Shop(Engine.open(url, clock=shop.clock, clock_name="test"), shop.clock) for _ in range(2)]
    shop.clock.on(10)
    with ThreadPoolExecutor(len(others)) as pool:
        list(pool.map(tell_all, others))
    assert sorted(keys_told(shop)) == sorted(f"k{number}" for number in range(40))


def test_who_did_not_look_what_was_told_would_record_it_twice(beside: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the look into the deal's history the same news stands there again."""
    tell_all(beside)
    monkeypatch.setattr(decide_observed, "told_before", lambda command, history: None)
    tell_all(beside)
    assert len(keys_told(beside)) > 40
