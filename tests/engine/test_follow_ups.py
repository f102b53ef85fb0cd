"""Papers, ticks and what a win leads to, through the engine: opened when due, once, one failure stopping nobody."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline_engine.deal import FollowUpPlanned
from pipeline_engine.errors import Refused, UnknownKind
from pipeline_engine.values import Money
from tests.engine.shop import MONDAY, PEOPLE, Shop

SALE = """
process: sale
currency: EUR
roles: [rep, manager]
documents: [nda]
plan: [{id: kickoff, side: us}]
deal:
  amount: {type: money, locked_from: offer, unless: manager}
  mail: {type: text, personal: deal}
  ends: {type: date}
stages: [{id: lead}, {id: offer}]
outcomes: {won: {from: [lead, offer]}, lost: {reasons: [price]}, reopen: {reason: optional}}
opens:
  - {process: renewal, at: deal.ends - days(30), carry: [mail, {amount: value}]}
  - {process: survey}
"""
RENEWAL = """
process: renewal
currency: EUR
roles: [rep, manager]
deal: {value: {type: money}, mail: {type: text, personal: deal}}
opening: {by: [manager], enter: [{require: [value]}]}
stages: [{id: lead}]
outcomes: {won: {from: [lead]}, lost: {reasons: [price]}}
"""
SURVEY = "process: survey\ncurrency: EUR\nstages: [{id: asked}]\noutcomes: {won: {from: [asked]}, lost: {}}\n"


@pytest.fixture
def sale(shop: Shop) -> Shop:
    """The shop with a process that leads on to two others, and a deal of rep won on Monday."""
    for text in (SALE, RENEWAL, SURVEY):
        shop.engine.publish_text(text, "x.yaml", by="ops")
    fields = {"amount": "10", "mail": "kim@customer.example", "ends": "2026-02-14"}
    shop.ask("open_deal", "S", process="sale", owner="rep", fields=fields)
    shop.ask("win", "S")
    return shop


def waiting(shop: Shop) -> list[tuple[str, datetime | None]]:
    """The deals that are planned and not there, with their moments."""
    return [(each.plan.deal_id, each.plan.due) for each in shop.engine.follow_ups()]


def test_what_is_planned_is_listed_by_its_moment(sale: Shop) -> None:
    """All of it, or what is due by a moment."""
    assert waiting(sale) == [("S-survey", MONDAY), ("S-renewal", datetime(2026, 1, 15, tzinfo=UTC))]
    assert [each.plan.deal_id for each in sale.engine.follow_ups(due_by=MONDAY + timedelta(days=9))] == ["S-survey"]


def test_what_is_due_is_opened_once(sale: Shop) -> None:
    """However often it is asked; the rest waits for its day, and the carried fields begin the new deal."""
    assert [each.plan.deal_id for each in sale.engine.open_follow_ups(by="boss")] == ["S-survey"]
    assert sale.engine.open_follow_ups(by="boss") == []
    sale.clock.on(20)
    (opening,) = sale.engine.open_follow_ups(by="boss")
    assert opening.opened
    renewal = sale.engine.deal("S-renewal")
    assert (renewal.process, renewal.owner, renewal.fields["value"]) == ("renewal", "rep", Money.of(10, "EUR"))
    assert renewal.fields["mail"].value == "kim@customer.example"  # type: ignore[union-attr]  # a personal field
    assert waiting(sale) == []
    assert sale.names("S")[-4:] == ["FollowUpPlanned", "FollowUpPlanned", "FollowUpOpened", "FollowUpOpened"]


def test_one_that_is_refused_is_told_stays_planned_and_stops_nobody(sale: Shop) -> None:
    """Its opening gate says no to a rep; a manager opens it later."""
    sale.clock.on(20)
    openings = {each.plan.deal_id: each for each in sale.engine.open_follow_ups(by="rep")}
    assert (openings["S-survey"].opened, openings["S-renewal"].opened) == (True, False)
    assert "open:by" in openings["S-renewal"].why
    assert [name for name, _ in waiting(sale)] == ["S-renewal"]
    assert sale.names("S-renewal") == ["OpeningRefused"]
    assert [each.opened for each in sale.engine.open_follow_ups(by="boss")] == [True]


def test_one_whose_process_is_not_there_is_told_and_stops_nobody(sale: Shop) -> None:
    """Bad input of one deal is its own."""
    text = SALE.replace("process: sale", "process: lost-way").replace("process: renewal", "process: nowhere")
    sale.engine.publish_text(text, "x.yaml", by="ops")
    sale.ask("open_deal", "N", process="lost-way", owner="rep", fields={"ends": "2026-01-06"})
    sale.ask("win", "N")
    openings = {each.plan.deal_id: each for each in sale.engine.open_follow_ups(by="boss")}
    assert "no process `nowhere`" in openings["N-nowhere"].why
    assert (openings["N-survey"].opened, openings["S-survey"].opened) == (True, True)


def test_a_deal_that_was_opened_by_hand_is_noted_as_there(sale: Shop) -> None:
    """Somebody was faster, or an earlier run broke off between the two streams: nothing is opened twice."""
    sale.ask("open_deal", "S-survey", process="survey", owner="rep")
    (opening,) = sale.engine.open_follow_ups(by="boss")
    assert (opening.opened, opening.outcome) == (True, None)
    assert sale.names("S-survey") == ["DealOpened"]
    assert sale.names("S")[-1] == "FollowUpOpened"


def test_a_plan_without_a_date_waits_for_a_person(sale: Shop) -> None:
    """It is listed last and never opened by itself."""
    sale.ask("open_deal", "U", process="sale", owner="rep")
    sale.ask("win", "U")
    assert waiting(sale)[-1] == ("U-renewal", None)
    sale.clock.on(400)
    assert "U-renewal" not in {each.plan.deal_id for each in sale.engine.open_follow_ups(by="boss")}


def test_a_carried_personal_value_is_sealed_in_the_log(sale: Shop) -> None:
    """In the plan as in the deal it came from."""
    plan = next(row for row in sale.engine.store_rows() if row.name == FollowUpPlanned.__name__)
    assert b"kim@customer.example" not in plan.payload
    assert b'"sealed"' in plan.payload


def test_a_paper_and_a_tick_go_through_the_engine(sale: Shop) -> None:
    """Each is one event, and asked again is none; a paper nobody knows is bad input."""
    assert sale.ask("attach", "S", "nda", sha256="ab" * 32).accepted
    assert sale.ask("attach", "S", "nda", sha256="ab" * 32).events == ()
    sale.ask("tick", "S", "kickoff")
    assert list(sale.engine.deal("S").ticked) == ["kickoff"]
    sale.ask("tick", "S", "kickoff", undo=True)
    assert sale.engine.deal("S").ticked == {}
    with pytest.raises(UnknownKind):
        sale.ask("attach", "S", "offer", sha256="ab" * 32)


def test_a_locked_field_is_refused_by_name(sale: Shop) -> None:
    """The outcome is not accepted, and raising says why; a manager may."""
    sale.ask("open_deal", "L", process="sale", owner="rep", fields={"amount": "1"})
    sale.ask("move", "L", to="offer")
    refused = sale.ask("set", "L", {"amount": "2"})
    assert (refused.accepted, refused.verdicts) == (False, ())
    with pytest.raises(Refused, match="locked"):
        refused.raise_if_refused()
    assert sale.ask("set", "L", {"amount": "2"}, by="boss").accepted


@pytest.mark.parametrize(("people", "accepted"), [(None, True), (PEOPLE, False)])
def test_a_store_without_people_lets_anybody_act_in_every_role(people: str | None, accepted: bool) -> None:
    """What the gate saw is kept with the verdict, so that it is judged the same again years later."""
    shop = Shop.opened(people=people)
    shop.engine.publish_text(RENEWAL, "x.yaml", by="ops")
    outcome = shop.ask("open_deal", "R", by="rep", process="renewal", owner="rep", fields={"value": "1"})
    assert outcome.accepted is accepted
    assert shop.verdicts(outcome)["open:by"] == ("pass" if accepted else "fail")
    context = outcome.events[0].event.verdicts.context  # type: ignore[attr-defined]  # an opening is judged
    assert context["actor.roles"].value == (("rep", "manager") if accepted else ("rep",))
    shop.engine.close()


def test_another_deal_of_that_id_is_not_the_one_that_was_planned(sale: Shop) -> None:
    """It is told why, and the planned one goes on waiting."""
    sale.ask("open_deal", "S-survey", process="shop", owner="rep", fields={"mail": "a@b"})
    (opening,) = sale.engine.open_follow_ups(by="rep")
    assert "another process than `survey`" in opening.why
    assert "S-survey" in [name for name, _ in waiting(sale)]
