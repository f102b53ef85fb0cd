"""Limits that span deals, with a real store: what is counted, when, and what people are told."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline_engine.deal import AssignmentRefused, Outcome, verdicts_of
from pipeline_engine.errors import UnknownStage
from tests.engine.shop import Shop

PROCESS = """
process: b2b
currency: EUR
roles: [rep, manager]
deal: {amount: {type: money}}
owning:
  enter:
    - {owner_deals_at_most: 3, waivable_by: manager}
    - {owner_skills: enterprise, when: deal.amount >= 50000}
stages:
  - id: lead
  - id: negotiation
    enter:
      - {owner_deals_at_most: 1}
      - {approval: manager, skills: [coaching], when: deal.amount >= 90000}
  - id: closing
moves: {forward: any}
outcomes: {won: {from: [lead, negotiation, closing]}, lost: {reasons: [price]}}
"""
PEOPLE = """
people:
  - {id: rep-03, roles: [rep], manager: manager-1, skills: [{id: enterprise, until: 2026-03-01}]}
  - {id: rep-04, roles: [rep], manager: manager-1}
  - {id: manager-1, roles: [manager]}
  - {id: manager-2, roles: [manager], skills: [coaching]}
"""
LIMIT, STAGE_LIMIT = "own:owner_deals_at_most:3", "negotiation:owner_deals_at_most:1"


@pytest.fixture
def desk() -> Iterator[Shop]:
    """A store in memory with the process and its people."""
    made = Shop.opened(people=PEOPLE)
    made.engine.publish_text(PROCESS, "b2b.yaml", by="ops")
    yield made
    made.engine.close()


def opened(desk: Shop, *deals: str, owner: str | None = "rep-03", amount: str = "10") -> Outcome:
    """Deals of an owner; the outcome of the last."""
    outcomes = [
        desk.ask("open_deal", deal, process="b2b", owner=owner, fields={"amount": amount}, by="manager-1")
        for deal in deals
    ]
    return outcomes[-1]


def why(outcome: Outcome) -> list[str]:
    """What stands in the way, as people are told."""
    assert not outcome.accepted
    return [judged.why for judged in outcome.unmet]


def test_the_fourth_deal_waits_until_one_is_closed(desk: Shop) -> None:
    """A slot is free again once a deal is won, lost, given away or handed over."""
    assert opened(desk, "A", "B", "C").accepted
    assert why(opened(desk, "D")) == ["rep-03 has 3 open deals, at most 3"]
    desk.ask("lose", "A", "price")
    assert opened(desk, "D").accepted
    desk.ask("assign", "B", "rep-04", by="manager-1")
    assert opened(desk, "E").accepted
    assert why(desk.ask("reopen", "A", "they called")) == ["rep-03 has 3 open deals, at most 3"]
    desk.ask("hand_off", "C", "rep-04", by="rep-03")
    assert desk.ask("accept", "C", by="rep-04").accepted
    assert desk.ask("reopen", "A", "they called").accepted


def test_a_deal_is_not_counted_against_itself(desk: Shop) -> None:
    """The deal that stands in negotiation may be moved on and back, whoever owns it."""
    opened(desk, "A", "B")
    assert desk.ask("move", "A", to="negotiation").accepted
    assert why(desk.ask("move", "B", to="negotiation")) == ["rep-03 has 1 open deal in negotiation, at most 1"]
    assert desk.ask("move", "A", to="lead", reason="not yet").accepted
    assert desk.ask("move", "B", to="negotiation").accepted


def test_deals_of_another_process_are_not_counted(desk: Shop) -> None:
    """A limit is about the deals of its own process."""
    for deal in ("X", "Y", "Z"):
        desk.ask("open_deal", deal, process="shop", owner="rep-03", by="rep-03")
    assert opened(desk, "A", "B", "C").accepted


def test_the_same_refusal_is_recorded_once_until_something_changed(desk: Shop) -> None:
    """Asked again it points to the first; after another deal came or went it is another refusal."""
    opened(desk, "A", "B", "C")
    opened(desk, "F", owner=None)
    first = desk.ask("assign", "F", "rep-03", by="manager-1")
    desk.ask("note", "A", "nothing that counts")
    again = desk.ask("assign", "F", "rep-03", by="manager-1")
    assert (again.accepted, again.repeated, again.events) == (False, True, first.events)
    desk.ask("win", "A")
    opened(desk, "G")
    third = desk.ask("assign", "F", "rep-03", by="manager-1")
    assert (third.repeated, why(third)) == (False, ["rep-03 has 3 open deals, at most 3"])
    assert desk.names("F") == ["DealOpened", "AssignmentRefused", "AssignmentRefused"]


def test_a_skill_counts_until_it_runs_out(desk: Shop) -> None:
    """The certificate ends with February: the next large deal goes to somebody else."""
    assert opened(desk, "A", amount="50000").accepted
    desk.clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    assert why(opened(desk, "B", amount="50000")) == ["rep-03 lacks the skill enterprise"]
    desk.people(PEOPLE.replace("2026-03-01", "2027-03-01"))
    assert opened(desk, "B", amount="50000").accepted


def test_a_skill_that_is_taken_away_is_gone(desk: Shop) -> None:
    """The people file is what holds: a skill left out of it is revoked."""
    applied = desk.people(PEOPLE.replace("skills: [{id: enterprise, until: 2026-03-01}]", "skills: [coaching]"))
    assert applied.changed == {"rep-03": ("SkillGranted", "SkillRevoked")}
    assert why(opened(desk, "A", amount="50000")) == ["rep-03 lacks the skill enterprise"]


def test_somebody_nobody_knows_has_no_skill(desk: Shop) -> None:
    """An owner who is in no people file can do nothing that is asked for."""
    assert why(opened(desk, "A", owner="rep-99", amount="50000")) == ["rep-99 lacks the skill enterprise"]


def test_who_could_approve_has_the_training(desk: Shop) -> None:
    """Of two managers only the one who can coach is named, and only that one may."""
    opened(desk, "A", owner="manager-1", amount="10")
    desk.ask("set", "A", {"amount": "95000"})
    refused = desk.ask("move", "A", to="negotiation")
    assert [judged.can_approve for judged in refused.unmet] == [("manager-2",)]
    rule = "negotiation:approval:manager"
    tried = desk.ask("approve", "A", rule, by="manager-1")
    assert [(type(each.event).__name__, each.event.why) for each in tried.events] == [  # type: ignore[attr-defined]  # just named
        ("ApprovalRefused", "four-eyes")
    ]
    opened(desk, "B", amount="95000")
    desk.ask("request", "B", rule, by="rep-03")
    tried = desk.ask("approve", "B", rule, by="manager-1")
    assert [each.event.why for each in tried.events] == ["no-skill"]  # type: ignore[attr-defined]  # as before
    assert desk.ask("approve", "B", rule, by="manager-2").accepted


def test_without_people_every_skill_is_there_and_deals_are_counted_all_the_same() -> None:
    """A store without people binds nobody to roles or skills; whose deals are whose it knows."""
    shop = Shop.opened(people=None)
    shop.engine.publish_text(PROCESS, "b2b.yaml", by="ops")
    assert opened(shop, "A", "B", "C", amount="95000").accepted
    assert why(opened(shop, "D")) == ["rep-03 has 3 open deals, at most 3"]
    assert shop.ask("approve", "A", "negotiation:approval:manager", by="anybody").accepted
    shop.engine.close()


def test_what_the_gate_would_say_is_counted_too(desk: Shop) -> None:
    """Looking before asking says the same, and writes nothing."""
    opened(desk, "A", "B")
    desk.ask("move", "A", to="negotiation")
    said = desk.engine.preflight("B", "negotiation", by="rep-03")
    assert [judged.why for judged in said.unmet] == ["rep-03 has 1 open deal in negotiation, at most 1"]
    assert desk.names("B") == ["DealOpened"]


def test_a_refusal_is_told_as_it_was_years_later(desk: Shop) -> None:
    """When all those deals are closed, the refusal still says how many there were."""
    opened(desk, "A", "B", "C")
    opened(desk, "F", owner=None)
    desk.ask("assign", "F", "rep-03", by="manager-1")
    for deal in ("A", "B", "C"):
        desk.ask("lose", deal, "price")
    refused = next(each for each in desk.engine.timeline("F") if isinstance(each.event, AssignmentRefused))
    assert [judged.why for judged in desk.engine.explain(refused) if judged.unmet] == [
        "rep-03 has 3 open deals, at most 3"
    ]
    verdicts = verdicts_of(refused)
    assert verdicts is not None
    read = verdicts.context["owner.open_deals"]
    assert (read.value, read.stream) == (3, "deals-of:rep-03")
    assert read.version == desk.engine.timeline("C")[0].position


def test_a_deal_somebody_else_wrote_is_counted(desk: Shop) -> None:
    """Another engine on the same store: the count is that of the log, not of what this one remembers."""
    opened(desk, "A", "B")
    other = Shop(type(desk.engine)(desk.engine._store, desk.clock), desk.clock)
    assert opened(other, "C").accepted
    assert why(opened(desk, "D")) == ["rep-03 has 3 open deals, at most 3"]


def test_a_stage_that_is_not_there_is_said_as_before(desk: Shop) -> None:
    """A limit changes nothing about bad input."""
    opened(desk, "A")
    with pytest.raises(UnknownStage, match="negotation"):
        desk.ask("move", "A", to="negotation")
    with pytest.raises(UnknownStage, match="ledd"):
        desk.engine.open_deal("N", process="b2b", owner="rep-03", stage="ledd", by="rep-03")


def test_asked_twice_under_one_id_it_is_counted_once(desk: Shop) -> None:
    """The second time the first answer is given, though the last slot is taken by then."""
    opened(desk, "A", "B")
    what: dict[str, Any] = {"process": "b2b", "owner": "rep-03", "fields": {"amount": "10"}, "command_id": "c-1"}
    assert desk.ask("open_deal", "C", **what).accepted
    again = desk.ask("open_deal", "C", **what)
    assert (again.accepted, again.repeated) == (True, True)
