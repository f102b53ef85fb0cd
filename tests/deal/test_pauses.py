"""Pauses: a deal waits on purpose, and what it waited counts in no stay."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_engine.deal import (
    ActivityLogged,
    ContactLinked,
    ContactUnlinked,
    DealLost,
    DealMoved,
    DealOpened,
    DealPaused,
    DealResumed,
    MoveDeal,
    MoveRefused,
    PauseDeal,
    Pauses,
    ResumeDeal,
    UnlinkContact,
    explain,
    paused,
    resumed,
)
from pipeline_engine.errors import BadMoment, BadValue, DealIsClosed, UnknownKind
from pipeline_engine.process import COUNTED_FROM, Judge, counted_from_each, load_process
from pipeline_engine.values import Personal
from tests.deal.story import MONDAY, Story

WORK = """
process: work
currency: EUR
calendar: {zone: UTC, week: "mon-thu 09:00-17:00, fri 09:00-13:00"}
stages:
  - id: a
  - {id: b, enter: [{stay_at_least: ENTRY}]}
  - {id: c, enter: [{stay_at_most: ENTRY}]}
outcomes: {lost: {reasons: [price]}}
"""
DAY = timedelta(days=1)


def waiting(stay: str, stage: str = "a") -> Story:
    """A deal that entered a stage on Monday the 2nd at nine, before a gate that asks how long it stayed."""
    judge = Judge(load_process(WORK.replace("ENTRY", stay), "work.yaml").model_copy(update={"version": 1}))
    story = Story(judge).given(DealOpened(process="work", version=1, stage="a"))
    return story if stage == "a" else story.given(DealMoved(from_stage="a", to_stage="b"))


def after(story: Story, days: float, command: type = MoveDeal, **what: Any) -> Story:
    """Ask something so many days after Monday the 2nd."""
    return story.when(command, after=days * DAY, **what)


def told(story: Story) -> str:
    """Why the last move was refused, in words."""
    attempt = story.recorded[-1]
    assert isinstance(attempt.event, MoveRefused)
    judged = explain(attempt, story.recorded, story.judge)
    return "; ".join(part.text for each in judged if each.verdict != "pass" for part in each.because)


def test_what_was_paused_does_not_count_as_stayed() -> None:
    """Five days are asked: seven days after it came, of which three were paused, only four count."""
    story = after(waiting("5d"), 1, PauseDeal, reason="budget").then(DealPaused)
    after(story, 4, ResumeDeal).then(DealResumed)
    after(story, 7, target="b").then(MoveRefused)
    after(story, 8, target="b").then(DealMoved)


def test_a_deal_is_not_too_old_by_what_it_waited_on_purpose() -> None:
    """At most two days in a stage: paused for three of four, it may still go on."""
    story = waiting("2d")
    story = Story(story.judge).given(DealOpened(process="work", version=1, stage="b"))
    after(story, 1, PauseDeal, reason="budget")
    after(story, 4, ResumeDeal)
    after(story, 4.9, target="c").then(DealMoved)


def test_a_pause_with_an_end_is_over_then_though_nobody_resumes() -> None:
    """Paused until Wednesday: time counts again from Wednesday on, and resuming later has nothing to do."""
    story = after(waiting("3d"), 1, PauseDeal, reason="budget", until=MONDAY + 2 * DAY)
    after(story, 3.5, target="b").then(MoveRefused)
    after(story, 4, ResumeDeal).then()
    after(story, 4, target="b").then(DealMoved)


def test_working_time_that_was_paused_is_taken_off_working_time() -> None:
    """Two working days are asked: paused for all of Tuesday, Monday and Wednesday make them."""
    story = after(waiting("2bd"), 1, PauseDeal, reason="budget", until=MONDAY + 2 * DAY)
    after(story, 2.25, target="b").then(MoveRefused)
    after(story, 2 + 8 / 24, target="b").then(DealMoved)


def test_a_pause_over_the_weekend_takes_no_working_time_off() -> None:
    """From Friday evening to Monday morning nobody would have worked: five working days are over on Friday."""
    story = after(waiting("5bd"), 4.5, PauseDeal, reason="weekend")
    after(story, 7, ResumeDeal)
    after(story, 7, target="b").then(DealMoved)


def test_a_working_day_counts_as_one_however_short_it_is() -> None:
    """A paused Friday of four hours takes one working day off five, and four working hours off thirty-six."""
    for stay, hours in (("5bd", 8), ("36bh", 4)):
        story = after(waiting(stay), 4, PauseDeal, reason="fair", until=MONDAY + 5 * DAY)
        after(story, 7 + (hours - 0.1) / 24, target="b").then(MoveRefused)
        after(story, 7 + hours / 24, target="b").then(DealMoved)


def test_while_it_is_paused_a_refusal_says_that_time_stands_still() -> None:
    """No day can be named from which on the move will do; once resumed there is one again."""
    story = after(waiting("5d"), 1, PauseDeal, reason="budget")
    after(story, 3, target="b").then(MoveRefused)
    text = "1 day in a (since 2026-03-02 09:00 UTC, pauses left out), must be at least 5 days"
    assert told(story) == f"{text}; it is paused, so its time stands still"
    after(story, 4, ResumeDeal)
    after(story, 4, target="b").then(MoveRefused)
    assert told(story) == f"{text}; possible from 2026-03-10 09:00 UTC"


def test_a_pause_counts_in_each_stay_from_its_beginning() -> None:
    """A deal that goes on while it is paused is paused in its new stage from the first moment on."""
    story = after(waiting("1h"), 1, PauseDeal, reason="budget")
    after(story, 2, target="b").then(DealMoved)
    assert story.deal
    assert list(story.deal.pauses.within(MONDAY + 2 * DAY, MONDAY + 5 * DAY)) == [(MONDAY + 2 * DAY, MONDAY + 5 * DAY)]


def test_paused_again_it_is_the_same_pause_with_another_end() -> None:
    """The same end again changes nothing; another one is the end from then on."""
    end, later = MONDAY + 5 * DAY, MONDAY + 9 * DAY
    story = after(waiting("5d"), 1, PauseDeal, reason="budget", until=end)
    after(story, 2, PauseDeal, reason="budget", until=end).then()
    after(story, 3, PauseDeal, reason="still no budget", until=later).then(DealPaused)
    after(story, 3, PauseDeal, reason="still no budget").then()
    assert story.deal
    assert (story.deal.pauses.begin, story.deal.pauses.until) == (MONDAY + DAY, later)


def test_what_cannot_be_a_pause_is_said() -> None:
    """Without a reason, with an end before its beginning, on a closed deal, or before the last one was over."""
    with pytest.raises(BadValue, match="what the deal waits for"):
        after(waiting("5d"), 1, PauseDeal, reason="  ")
    with pytest.raises(BadMoment, match="before it begins"):
        after(waiting("5d"), 1, PauseDeal, reason="x", until=MONDAY)
    with pytest.raises(DealIsClosed):
        after(waiting("5d").given(DealLost(from_stage="a", reason="price")), 1, PauseDeal, reason="x")
    story = after(waiting("5d"), 3, PauseDeal, reason="x")
    for command, what in ((ResumeDeal, {}), (PauseDeal, {"reason": "y"})):
        with pytest.raises(BadMoment, match="before the deal was last paused"):
            after(story, 2, command, **what)


def test_going_on_with_a_deal_that_does_not_wait_changes_nothing() -> None:
    """There is nothing to resume before a pause, nor twice after one."""
    story = after(waiting("5d"), 1, ResumeDeal).then()
    after(story, 1, PauseDeal, reason="x")
    after(story, 2, ResumeDeal).then(DealResumed)
    after(story, 2, ResumeDeal).then()


def test_a_contact_is_let_go() -> None:
    """Who is let go no longer counts; nobody of that name in that role leaves nothing to do."""
    story = Story().given(DealOpened(process="b2b", version=1, stage="lead"), ActivityLogged(kind="call"))
    story.given(ContactLinked(contact=Personal("deal:D-1", "kim@customer.example"), role="champion"))
    gone: dict[str, Any] = {"contact": "kim@customer.example", "role": "champion"}
    story.when(UnlinkContact, contact="lee@customer.example", role="champion").then()
    story.when(UnlinkContact, **gone).then(ContactUnlinked)
    assert story.deal
    assert story.deal.contacts == ()
    story.when(UnlinkContact, **gone).then()
    with pytest.raises(UnknownKind, match="champion"):
        story.when(UnlinkContact, contact="kim@customer.example", role="champio")


MARKS = st.lists(st.tuples(st.booleans(), st.none() | st.integers(0, 40), st.none() | st.integers(0, 60)), max_size=12)


def lived(marks: list[tuple[bool, int | None, int | None]]) -> Pauses[datetime]:
    """The pauses after some were begun and resumed, in whatever order of times."""
    pauses: Pauses[datetime] = Pauses()
    over: tuple[tuple[datetime, datetime], ...] = ()
    for begun, at, until in marks:
        pauses, gone = paused(pauses, hour(at), hour(until)) if begun else resumed(pauses, hour(at))
        over = (*over, gone) if gone else over
    return Pauses(pauses.waiting, pauses.begin, pauses.until, pauses.ended, over)


def hour(number: int | None) -> datetime | None:
    """So many hours after Monday, or nobody knows when."""
    return None if number is None else MONDAY + timedelta(hours=number)


@given(marks=MARKS, begin=st.integers(0, 60), length=st.integers(0, 60))
def test_paused_time_is_never_longer_than_the_time_it_lies_in(
    marks: list[tuple[bool, int | None, int | None]], begin: int, length: int
) -> None:
    """Whatever was recorded, in whatever order: no stay gets a negative length, by any way of counting."""
    start, end = MONDAY + timedelta(hours=begin), MONDAY + timedelta(hours=begin + length)
    stretches = list(lived(marks).within(start, end))
    assert all(first < last for first, last in stretches)
    assert all(one[1] <= other[0] for one, other in pairwise(stretches))
    assert sum((last - first for first, last in stretches), timedelta()) <= end - start
    week = waiting("5bd").judge.process.calendar.week
    found = counted_from_each(start, end, stretches, week)
    assert set(found) == set(COUNTED_FROM)
    assert all(start <= moment <= end for moment in found.values())
