"""When two refusals are one, and when they are two."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline_engine.deal import (
    ActivityLogged,
    AssignOwner,
    DealMoved,
    LoseDeal,
    MoveDeal,
    MoveRefused,
    OpenDeal,
    OpeningRefused,
    ReopenDeal,
    judged_again,
    verdicts_of,
)
from pipeline_engine.errors import BadValue
from pipeline_engine.process import Judge, load_process
from pipeline_engine.values import Personal
from tests.deal.story import JUDGE, PEOPLE, PROCESS, Story

HARD_TO_LOSE = PROCESS.replace(
    "  lost: {reasons: [price, no-decision]}",
    "  lost: {reasons: [price, no-decision], enter: [{id: talked, check: activities.size() > 0}]}",
)
READS_ROLES = PROCESS.replace("deal.email.contains('@')", "'manager' in actor.roles")


def judge(text: str) -> Judge:
    """A process ready to judge, as if published."""
    return Judge(load_process(text, "b2b.yaml").model_copy(update={"version": 1}))


def test_losing_for_another_reason_is_another_refusal(opened: Story) -> None:
    """Who asked to lose for the price and then for no decision asked for two things."""
    story = opened.later(judge=judge(HARD_TO_LOSE))
    story.when(LoseDeal, reason="price", competitor="Acme", note="too dear").then(MoveRefused)
    asked = story.recorded[-1].event
    assert (asked.lost_reason, asked.reason, asked.competitor) == (  # type: ignore[attr-defined]  # just checked
        "price", Personal("deal:D-1", "too dear"), Personal("deal:D-1", "Acme"),
    )  # fmt: skip
    story.when(LoseDeal, reason="price").then()
    story.when(LoseDeal, reason="no-decision").then(MoveRefused)


def test_opening_with_other_values_is_another_refusal(story: Story) -> None:
    """No prefix holds what an opening proposes, so what was proposed tells two of them apart."""
    story.when(OpenDeal, process="b2b", stage="proposal", fields={"amount": "1"}).then(OpeningRefused)
    story.when(OpenDeal, process="b2b", stage="proposal", fields={"amount": "1"}).then()
    story.when(OpenDeal, process="b2b", stage="proposal", fields={"amount": "2"}).then(OpeningRefused)
    story.when(OpenDeal, process="b2b", stage="proposal", fields={"amount": "2"}, owner="rep-1").then(OpeningRefused)


def test_asking_in_other_words_is_not(opened: Story) -> None:
    """Actor, target, digest, version, context and codes are what counts; the words of a reason are not."""
    opened.when(MoveDeal, target="qualified", reason="please").when(MoveDeal, target="qualified", reason="now").then()


def test_another_person_asking_is_another_refusal(opened: Story) -> None:
    """Who asked is part of it."""
    opened.when(MoveDeal, target="qualified").when(MoveDeal, target="qualified", by="mgr-1").then(MoveRefused)


def test_a_role_that_changed_makes_another_refusal(opened: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same letters on other versions of the people register are another refusal."""
    story = opened.later(judge=judge(READS_ROLES)).when(MoveDeal, target="qualified").then(MoveRefused)
    monkeypatch.setitem(PEOPLE, "rep-1", replace(PEOPLE["rep-1"], version=2))
    story.when(MoveDeal, target="qualified").then(MoveRefused)


def test_a_refusal_after_a_reopening_is_a_new_one(opened: Story) -> None:
    """Closing and reopening begins anew, whatever was refused before."""
    opened.when(MoveDeal, target="qualified").when(LoseDeal, reason="price").when(ReopenDeal, reason="they called")
    opened.when(MoveDeal, target="qualified").then(MoveRefused)


def test_refusals_at_two_targets_do_not_hide_each_other(opened: Story) -> None:
    """Each target remembers its own last refusal."""
    opened.when(MoveDeal, target="qualified").when(MoveDeal, target="proposal").then(MoveRefused)
    opened.when(MoveDeal, target="qualified").then()
    opened.when(AssignOwner, owner="rep-2").when(MoveDeal, target="qualified").then(MoveRefused)


def test_blanks_are_no_reason(opened: Story) -> None:
    """Going back needs a reason, and a blank is none; what is stored says so too."""
    opened.given(DealMoved(from_stage="lead", to_stage="qualified", basis="correction"))
    opened.when(MoveDeal, target="lead", reason="  \t").then(MoveRefused)
    assert opened.recorded[-1].event.reason is None  # type: ignore[attr-defined]  # the kind was just checked
    assert opened.codes("moves:back") == "u"


def test_a_process_without_reasons_takes_a_word_and_no_sentence(opened: Story) -> None:
    """A loss's reason is kept in the clear, so it must be a word of the trade; sentences go into the note."""
    story = opened.later(judge=judge(PROCESS.replace("  lost: {reasons: [price, no-decision]}", "  lost: {}")))
    with pytest.raises(BadValue, match="free text"):
        story.when(LoseDeal, reason="Mr Smith said no")
    story.when(LoseDeal, reason="price")


def test_every_verdict_of_a_story_is_explained_again(opened: Story) -> None:
    """Openings, refused losses and approvals with an end are judged again as they were."""
    hard = judge(HARD_TO_LOSE)
    story = opened.later(judge=hard).when(LoseDeal, reason="price").given(ActivityLogged(kind="call"))
    story.when(LoseDeal, reason="price", after=timedelta(days=5)).when(ReopenDeal, after=timedelta(days=6))
    story.when(ReopenDeal, reason="back", after=timedelta(days=7)).when(
        MoveDeal, target="qualified", after=timedelta(days=8)
    )
    seen = 0
    for each in story.recorded:
        verdicts = verdicts_of(each)
        if verdicts:
            again = judged_again(each, story.recorded, hard)
            assert again is not None
            assert hard.letters(again.asked, again.codes) == verdicts.codes
            seen += 1
    assert seen == 5
    assert JUDGE.process.digest != hard.process.digest
