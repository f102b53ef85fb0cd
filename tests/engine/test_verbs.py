"""Every verb at least once where it goes well, and once where it does not."""

from typing import Any

import pytest

from pipeline_engine.errors import (
    BadValue,
    DealExists,
    DealIsClosed,
    DealIsOpen,
    Refused,
    UnknownDeal,
    UnknownField,
    UnknownKind,
    UnknownName,
    UnknownProcess,
    UnknownReason,
    UnknownRule,
    UnknownStage,
)
from tests.engine.shop import MONDAY, Shop

WELL: list[tuple[str, str, tuple[Any, ...], dict[str, Any], str]] = [
    ("lead", "set", ({"amount": "12"},), {}, "FieldsChanged"),
    ("lead", "assign", ("rep-2", "holidays"), {}, "OwnerAssigned"),
    ("lead", "contact", ("anna", "buyer"), {}, "ContactLinked"),
    ("lead", "log", ("call",), {"minutes": 5, "with_whom": "anna"}, "ActivityLogged"),
    ("lead", "next_step", ("send the offer",), {"due": MONDAY}, "NextStepSet"),
    ("lead", "note", ("they like it",), {}, "NoteRecorded"),
    ("lead", "move", ("offer",), {}, "DealMoved"),
    ("offer", "move", ("lead", "too early"), {}, "DealMoved"),
    ("contract", "win", (), {}, "DealWon"),
    ("offer", "lose", ("price",), {"competitor": "them", "note": "cheap"}, "DealLost"),
    ("lost", "reopen", ("they called",), {}, "DealReopened"),
    ("offer", "request", ("big",), {}, "ApprovalRequested"),
    ("offer", "approve", ("big",), {"by": "boss"}, "ApprovalGranted"),
    ("offer", "reject", ("big", "too cheap"), {"by": "boss"}, "ApprovalRejected"),
    ("lead", "waive", ("reachable", "an old friend"), {"by": "boss"}, "RuleWaived"),
]


@pytest.mark.parametrize(("stage", "verb", "args", "more", "event"), WELL)
def test_a_verb_that_goes_well_is_one_event(
    shop: Shop, stage: str, verb: str, args: tuple[Any, ...], more: dict[str, Any], event: str
) -> None:
    """What was asked happened, is accepted, and is the last thing the deal knows."""
    outcome = shop.deal_in(stage).ask(verb, "D", *args, **more)
    assert (outcome.accepted, outcome.repeated) == (True, False)
    assert [type(recorded.event).__name__ for recorded in outcome.events] == [event] == shop.names()[-1:]
    assert outcome.position == shop.engine._store.position()
    assert outcome.raise_if_refused() is outcome


REFUSED: list[tuple[str, str, tuple[Any, ...], dict[str, Any], str]] = [
    ("lead", "move", ("contract",), {}, "MoveRefused"),
    ("offer", "move", ("lead",), {}, "MoveRefused"),
    ("offer", "win", (), {}, "MoveRefused"),
    ("lost", "reopen", (), {}, "MoveRefused"),
    ("offer", "approve", ("big",), {"by": "rep-2"}, "ApprovalRefused"),
    ("offer", "reject", ("big", "no"), {"by": "nobody"}, "ApprovalRefused"),
    ("lead", "waive", ("reachable", "please"), {"by": "rep-2"}, "WaiverRefused"),
    ("lead", "waive", ("won:from", "please"), {"by": "boss", "to": "won"}, "WaiverRefused"),
]


@pytest.mark.parametrize(("stage", "verb", "args", "more", "event"), REFUSED)
def test_a_refusal_is_an_event_and_no_error(
    shop: Shop, stage: str, verb: str, args: tuple[Any, ...], more: dict[str, Any], event: str
) -> None:
    """It is recorded with who asked; the deal stays as it was, and only `raise_if_refused` raises."""
    before = shop.deal_in(stage).engine.deal("D")
    outcome = shop.ask(verb, "D", *args, **more)
    after = shop.engine.deal("D")
    assert not outcome.accepted
    assert shop.names()[-1:] == [event]
    assert (after.stage, after.status, after.owner, after.approvals) == (
        before.stage, before.status, before.owner, before.approvals,
    )  # fmt: skip
    with pytest.raises(Refused, match="`D`"):
        outcome.raise_if_refused()


def test_a_refused_opening_is_recorded_and_there_is_no_deal(shop: Shop) -> None:
    """The deal may be opened afterwards, when what was missing is there."""
    assert not shop.ask("open_deal", process="shop", stage="offer").accepted
    with pytest.raises(UnknownDeal):
        shop.engine.deal("D")
    assert shop.engine.deals() == []
    assert shop.ask("open_deal", process="shop").accepted
    assert shop.names() == ["OpeningRefused", "DealOpened"]


WRONG: list[tuple[str, str, tuple[Any, ...], dict[str, Any], type[Exception]]] = [
    ("lead", "open_deal", (), {"process": "shop"}, DealExists),
    ("lead", "set", ({"amont": "5"},), {}, UnknownField),
    ("lead", "set", ({"amount": "five"},), {}, BadValue),
    ("won", "set", ({"amount": "5"},), {}, DealIsClosed),
    ("lead", "assign", ("",), {}, BadValue),
    ("lead", "contact", ("anna", "friend"), {}, UnknownKind),
    ("lead", "log", ("dance",), {}, UnknownKind),
    ("lead", "log", ("call",), {"minutes": -1}, BadValue),
    ("lead", "note", (" ",), {}, BadValue),
    ("lead", "move", ("ofer",), {}, UnknownStage),
    ("won", "move", ("offer",), {}, DealIsClosed),
    ("lost", "win", (), {}, DealIsClosed),
    ("offer", "lose", ("because",), {}, UnknownReason),
    ("offer", "reopen", ("x",), {}, DealIsOpen),
    ("offer", "request", ("bigger",), {}, UnknownRule),
    ("offer", "request", ("reachable",), {}, UnknownRule),
    ("offer", "approve", ("big",), {"by": "boss", "to": "contrct"}, UnknownStage),
    ("lead", "waive", ("reachable", " "), {"by": "boss"}, BadValue),
    ("lead", "note", ("x",), {"by": ""}, BadValue),
]


@pytest.mark.parametrize(("stage", "verb", "args", "more", "error"), WRONG)
def test_bad_input_is_an_error_and_no_event(
    shop: Shop, stage: str, verb: str, args: tuple[Any, ...], more: dict[str, Any], error: type[Exception]
) -> None:
    """One line for people, and nothing half written."""
    before = shop.deal_in(stage).engine._store.position()
    with pytest.raises(error) as raised:
        shop.ask(verb, "D", *args, **more)
    assert "\n" not in str(raised.value)
    assert shop.engine._store.position() == before


@pytest.mark.parametrize("verb", ["move", "win", "set", "note", "approve"])
def test_a_deal_that_is_not_there_is_said(shop: Shop, verb: str) -> None:
    """Whatever is asked of it."""
    more = {"move": ("offer",), "set": ({},), "note": ("x",), "approve": ("big",)}.get(verb, ())
    with pytest.raises(UnknownDeal, match="`E`"):
        shop.ask(verb, "E", *more)


def test_a_process_that_is_not_there_is_said_with_the_nearest(shop: Shop) -> None:
    """Nobody opens a deal under a process that was never published."""
    with pytest.raises(UnknownProcess, match="`shop`"):
        shop.ask("open_deal", process="shoop")


def test_deals_are_listed_by_what_is_wanted_of_them(shop: Shop) -> None:
    """By stage, owner, status and process, together, in the order of their ids."""
    for number, stage in enumerate(("lead", "offer", "offer", "won")):
        shop.deal_in(stage, f"D-{number}", amount=str(number))
    shop.ask("assign", "D-2", "rep-2")
    listed = shop.engine.deals
    assert [row.id for row in listed()] == ["D-0", "D-1", "D-2", "D-3"]
    assert [row.id for row in listed(stage="offer")] == ["D-1", "D-2"]
    assert [row.id for row in listed(stage="offer", owner="rep-2", status="open", process="shop")] == ["D-2"]
    assert [row.id for row in listed(status="won", owner=None)] == ["D-3"]
    assert listed(stage="nowhere") == []
    (row,) = listed(status="won")
    assert (row.stage, row.owner, row.value and row.value.plain(), row.opened_at) == ("contract", "rep", "3", MONDAY)
    with pytest.raises(UnknownName, match="colour"):
        listed(colour="red")


def test_preflight_says_what_the_gate_would_and_writes_nothing(shop: Shop) -> None:
    """The same verdicts as the attempt that follows, with what is missing and how to put it right."""
    shop.ask("open_deal", process="shop", owner="rep")
    before = shop.engine._store.position()
    said = shop.engine.preflight("D", "offer", by="rep")
    assert shop.engine._store.position() == before
    assert (said.allowed, [(rule.rule, rule.verdict, rule.fix) for rule in said.unmet]) == (
        False, [("reachable", "unknown", "write it down")],
    )  # fmt: skip
    assert shop.ask("move", to="offer").verdicts == said.verdicts


def test_next_is_preflight_for_every_way_on(shop: Shop) -> None:
    """Ahead, won, lost and back, nearest first; a loss and a way back want a reason. After that, reopening."""

    def ways() -> list[tuple[str, str, bool, bool]]:
        return [(each.gate, each.target, each.allowed, each.needs_reason) for each in shop.engine.next("D")]

    shop.deal_in("lead")
    assert ways() == [("move", "offer", True, False), ("lose", "lost", False, True)]
    shop.ask("move", to="offer")
    shop.ask("move", to="contract")
    assert ways() == [
        ("win", "won", True, False), ("lose", "lost", False, True),
        ("move", "offer", False, True), ("move", "lead", False, True),
    ]  # fmt: skip
    assert all(each.open_with_a_reason for each in shop.engine.next("D")[1:])
    shop.ask("win")
    assert [(each.gate, each.target) for each in shop.engine.next("D")] == [("reopen", "reopen")]


def test_the_timeline_is_every_event_and_each_attempt_can_be_explained(shop: Shop) -> None:
    """Events that asked no gate have nothing to explain."""
    shop.deal_in("offer").ask("note", "D", "x")
    opened, moved, noted = shop.engine.timeline("D")
    assert {judged.rule for judged in shop.engine.explain(opened)} == {"open:stage"}
    assert {judged.rule: judged.verdict for judged in shop.engine.explain(moved)} == {
        "moves:forward": "pass", "reachable": "pass",
    }  # fmt: skip
    assert shop.engine.explain(noted) == ()
    with pytest.raises(UnknownDeal):
        shop.engine.timeline("E")


def test_verdicts_are_explained_years_later_as_on_the_day(shop: Shop) -> None:
    """Nothing is stored but letters: facts, roles and rules that changed since do not change what was said."""
    shop.ask("open_deal", process="shop", owner="rep", fields={"amount": "5000"})
    refused = shop.ask("move", to="offer", command_id="c-1")
    on_the_day = refused.verdicts
    assert [(rule.rule, rule.verdict, rule.facts) for rule in refused.unmet] == [
        ("reachable", "unknown", (("deal.mail", None),))
    ]
    shop.clock.on(2000)
    shop.ask("set", "D", {"mail": "a@b"})
    shop.engine.publish_text(
        "process: shop\ncurrency: EUR\nstages: [{id: lead}]\noutcomes: {won: {}, lost: {}}\n", "other.yaml", by="ops"
    )
    shop.people("people: [{id: nobody}]")
    (recorded,) = (each for each in shop.engine.timeline("D") if type(each.event).__name__ == "MoveRefused")
    assert shop.engine.explain(recorded) == on_the_day
    again = shop.ask("move", to="offer", command_id="c-1")
    assert (again.repeated, again.accepted, again.verdicts) == (True, False, on_the_day)


def test_what_doctor_should_know_includes_the_people(shop: Shop) -> None:
    """A store without people runs open, and says so."""
    assert {finding.check: finding.ok for finding in shop.engine.findings()}["people"] is True
    bare = Shop.opened(people=None)
    assert {finding.check: finding.ok for finding in bare.engine.findings()}["people"] is False


def test_one_engine_has_many_doors(shop: Shop) -> None:
    """Each command says which it came through; the deals are the same."""
    shop.ask("open_deal", process="shop", owner="rep")
    shop.engine.through("api").note("D", "seen at the fair", by="rep")
    shop.engine.note("D", "called back", by="rep")
    assert [each.envelope.via for each in shop.engine.timeline("D")] == ["python", "api", "python"]
