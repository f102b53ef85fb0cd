"""Whoever approves or waives may say which version of the deal they looked at: an answer to that one is no other."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline_engine.deal import ApprovalGranted, ApprovalRefused, Approve, RecordNote, RuleWaived, SetFields, Waive
from pipeline_engine.errors import BadValue, ChangedSince
from pipeline_engine.process import Judge, load_process
from tests.deal.story import PROCESS, Story
from tests.deal.test_gate import at_proposal

BIG: dict[str, Any] = {"rule": "big-deal", "by": "mgr-1"}
AMOUNT: dict[str, Any] = {"rule": "proposal:require:amount", "target": "proposal", "reason": "known", "by": "mgr-1"}


def looked_at() -> tuple[Story, int]:
    """A deal of 62,000 that needs a manager, and its version when the manager looked."""
    story = at_proposal()
    return story, len(story.recorded)


def seen_version(story: Story) -> int:
    """What the last grant says was seen."""
    event = story.recorded[-1].event
    assert isinstance(event, (ApprovalGranted, RuleWaived))
    return event.seen_version


def test_an_approval_of_what_was_looked_at_names_that_version() -> None:
    """What happened meanwhile and has nothing to do with the rule does not matter."""
    story, version = looked_at()
    story.when(RecordNote, text="they called").when(Approve, seen=version, **BIG).then(ApprovalGranted)
    assert seen_version(story) == version


def test_without_a_version_it_is_the_deal_as_it_stands() -> None:
    """Nobody has to say it."""
    story, version = looked_at()
    assert seen_version(story.when(RecordNote, text="they called").when(Approve, **BIG)) == version + 1


def test_what_was_looked_at_at_one_amount_is_not_approved_at_another() -> None:
    """The amount went up between looking and typing: nothing is recorded, and the error names the field."""
    story, version = looked_at()
    story.when(SetFields, values={"amount": "500000"})
    before = len(story.recorded)
    with pytest.raises(ChangedSince, match=r"event \d+: `amount` changed since"):
        story.when(Approve, seen=version, **BIG)
    assert len(story.recorded) == before


def test_a_value_that_came_back_is_the_one_that_was_looked_at() -> None:
    """Up and down again is where it was."""
    story, version = looked_at()
    story.when(SetFields, values={"amount": "500000"}).when(SetFields, values={"amount": "62000"})
    story.when(Approve, seen=version, **BIG).then(ApprovalGranted)


def test_a_waiver_looks_at_what_its_rule_reads() -> None:
    """As an approval does."""
    text = PROCESS.replace("{require: [amount, close_date], waivable_by", "{require: [amount], waivable_by")
    process = load_process(text, "b2b.yaml").model_copy(update={"version": 1})
    story, version = looked_at()
    story = story.later(judge=Judge(process))
    assert seen_version(story.later().when(Waive, seen=version, **AMOUNT)) == version
    story.when(SetFields, values={"amount": "1"})
    with pytest.raises(ChangedSince):
        story.when(Waive, seen=version, **AMOUNT)


def test_who_may_not_approve_is_recorded_whatever_they_looked_at() -> None:
    """An auditor hears of the try; the version comes after the right."""
    story, version = looked_at()
    story.when(SetFields, values={"amount": "500000"}).when(Approve, rule="big-deal", by="rep-1", seen=version)
    story.then(ApprovalRefused)


@pytest.mark.parametrize("seen", [0, -1, 99])
def test_nobody_looked_at_a_version_that_is_not_there(seen: int) -> None:
    """Neither before the first nor after the last."""
    with pytest.raises(BadValue, match="a version of the deal, from 1 to"):
        looked_at()[0].when(Approve, seen=seen, after=timedelta(days=4), **BIG)
