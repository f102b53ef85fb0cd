"""An open deal goes on under another version: in which stage, and which approvals and waivers go on with it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_engine.deal import (
    Approve,
    Deal,
    DealMigrated,
    DealMoved,
    MoveDeal,
    MoveRefused,
    RequestApproval,
    Waive,
    evolve,
    migrated,
)
from pipeline_engine.envelope import Envelope, Recorded
from pipeline_engine.process import Judge, Process, load_process, taken_over
from tests.deal.story import JUDGE, MONDAY, PROCESS
from tests.deal.test_gate import at_proposal
from tests.deal.test_properties import HISTORY, deal_of, told

BEFORE = JUDGE.process


def version(*changes: tuple[str, str]) -> Process:
    """The next version of the process, with some of its text written otherwise."""
    text = PROCESS
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return load_process(text, "b2b.yaml").model_copy(update={"version": 2})


UNCHANGED = {
    "what a rule says": version(("needs a reachable contact", "ask who it is")),
    "another rule": version(("{meeting: 2}", "{meeting: 3}")),
    "a title": version(("currency: EUR", "currency: EUR\ntitle: Sales")),
    "a limit of the same value": version(("50000", "50000.00")),
}
CHANGED = {
    "the limit": version(("manager_from: 50000", "manager_from: 40000")),
    "the role": version(("big-deal, approval: manager", "big-deal, approval: vp")),
    "what ends it": version(("[amount, discount]", "[amount]")),
    "its severity": version(("{id: big-deal, ", "{id: big-deal, severity: warn, ")),
    "its gate": version(("  - id: negotiation\n", "  - id: talks\n"), ("from: [negotiation]", "from: [talks]")),
    "plan rates": version(("currency: EUR", "currency: EUR\nrates: {USD: 0.5}")),
    "it is gone": version(("big-deal, approval", "large-deal, approval")),
}


CALLED = {
    "another rule": version(("      - {id: big-deal", "      - {activities: {call: 9}}\n      - {id: big-deal")),
    "a title": UNCHANGED["a title"],
}


def approved() -> Deal:
    """A deal whose approval a manager gave, another that is asked for, and a skip that was waived."""
    story = at_proposal().when(Approve, by="mgr-1", rule="big-deal")
    story.when(RequestApproval, rule="big-deal", target="won")
    story.when(Waive, by="mgr-1", rule="moves:forward", target="negotiation", reason="in a hurry")
    deal = story.deal
    assert deal is not None
    assert [len(deal.approvals), len(deal.waivers), len(deal.requests)] == [1, 1, 1]
    return deal


def after(deal: Deal, event: DealMigrated) -> Deal:
    """The deal with one more event."""
    envelope = Envelope(at=MONDAY + timedelta(days=20), actor="ops-1", command_id="m")
    return evolve(deal, Recorded("deal:D-1", deal.version + 1, 99, MONDAY, envelope, event))


def moved_over(deal: Deal, to: Process, mapping: Mapping[str, str] = MappingProxyType({})) -> Deal:
    """The deal as it goes on."""
    event = migrated(deal, BEFORE, to, mapping)
    assert event is not None
    return after(deal, event)


@pytest.mark.parametrize("what", UNCHANGED)
def test_an_approval_goes_on_where_its_rule_asks_the_same(what: str) -> None:
    """Whatever else changed: given, asked for and waived all go on."""
    deal = moved_over(approved(), UNCHANGED[what])
    assert [grant.standing for grant in (*deal.approvals, *deal.waivers)] == [True, True]
    assert len(deal.requests) == 1


@pytest.mark.parametrize("what", CHANGED)
def test_an_approval_ends_where_its_rule_is_another_one(what: str) -> None:
    """What was approved is not what is asked now; the same holds for what was asked for."""
    mapping = {"negotiation": "talks"} if what == "its gate" else {}
    deal = moved_over(approved(), CHANGED[what], mapping)
    assert not deal.approvals[0].standing
    assert deal.requests == ()


@pytest.mark.parametrize(
    ("change", "goes_on"),
    [
        (("skip: {waivable_by: manager}", "skip: {waivable_by: vp}"), False),
        (("  - id: qualified\n", "  - id: seen\n  - id: qualified\n"), False),
        (("{meeting: 2}", "{meeting: 1}"), True),
    ],
)
def test_a_waived_skip_is_a_skip_over_the_same_stages(change: tuple[str, str], goes_on: bool) -> None:
    """Who may waive it and what lies in between are part of what was waived."""
    assert moved_over(approved(), version(change)).waivers[0].standing is goes_on


def test_a_deal_whose_stage_is_gone_is_stranded() -> None:
    """Nothing happens to it, unless somebody says which stage stands for it."""
    renamed = version(("  - id: proposal\n", "  - id: offer\n"))
    assert migrated(approved(), BEFORE, renamed, {}) is None
    assert migrated(approved(), BEFORE, renamed, {"proposal": "nowhere"}) is None
    deal = moved_over(approved(), renamed, {"proposal": "offer"})
    assert (deal.stage, deal.process_version, deal.entered_at) == ("offer", 2, MONDAY + timedelta(days=20))
    assert deal.last_stage_at == deal.entered_at


def test_a_deal_in_a_stage_that_keeps_its_name_waits_since_before() -> None:
    """The deal did not move; fields, owner and everything else stay as they are."""
    deal, event = approved(), migrated(approved(), BEFORE, UNCHANGED["a title"], {})
    assert event == DealMigrated(process="b2b", version=2, from_version=1, from_stage="proposal", to_stage="proposal")
    one_more = deal.version + 1
    assert after(deal, event) == replace(deal, process_version=2, version=one_more, solid_version=one_more)


@pytest.mark.parametrize("closing", [{"status": "won"}, {"status": "lost"}, {"merged_into": "D-2"}])
def test_a_closed_deal_is_left_alone(closing: dict[str, Any]) -> None:
    """Won, lost or merged: its version judged it."""
    assert migrated(replace(approved(), **closing), BEFORE, UNCHANGED["a title"], {}) is None


def test_the_next_move_is_judged_by_the_new_version() -> None:
    """The approval that went on serves it; a rule that is new is asked."""
    for what, accepted in (("another rule", False), ("a title", True)):
        story = at_proposal().when(Approve, by="mgr-1", rule="big-deal")
        assert story.deal is not None
        event = migrated(story.deal, BEFORE, CALLED[what], {})
        assert event is not None
        story.given(event).later(judge=Judge(CALLED[what])).when(
            MoveDeal, target="negotiation", after=timedelta(days=9)
        ).then(DealMoved if accepted else MoveRefused)


@settings(max_examples=150, deadline=None)
@given(HISTORY, st.sampled_from(sorted({**CHANGED, **UNCHANGED})))
def test_whatever_happened_a_deal_goes_on_once_and_with_it_what_its_rules_still_ask(
    history: list[Any], what: str
) -> None:
    """Asked again there is nothing to do; a grant stands afterwards where it stood before and its rule is the same."""
    deal, to = deal_of(told(history)), {**CHANGED, **UNCHANGED}[what]
    mapping = {"negotiation": "talks"} if what == "its gate" else {}
    event = migrated(deal, BEFORE, to, mapping) if deal is not None and deal.opened else None
    assert (event is None) == (deal is None or deal.status != "open")
    if deal is None or event is None:
        return
    moved = after(deal, event)
    assert migrated(moved, BEFORE, to, mapping) is migrated(moved, to, to, mapping) is None
    assert (moved.fields, moved.owner, moved.stage in to.stage_ids) == (deal.fields, deal.owner, True)
    for before, now in zip((*deal.approvals, *deal.waivers), (*moved.approvals, *moved.waivers), strict=True):
        assert now.standing is (before.standing and taken_over(before.rule, before.target, BEFORE, to))
