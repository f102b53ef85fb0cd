"""Stays: how a time in a stage begins, ends, and what is taken off it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from pipeline_engine import deal as e
from pipeline_engine.envelope import Event
from tests.facts.given import Log, column, day, opened
from tests.facts.histories import histories

DAY = timedelta(days=1) // timedelta(microseconds=1)
QUALIFIED = e.DealMoved(from_stage="lead", to_stage="qualified")


def stays(log: Log) -> list[dict[str, Any]]:
    """The stays of a log as rows."""
    return log.facts().stays.to_pylist()


def test_an_opening_begins_a_stay_that_is_still_there() -> None:
    """An open deal stands in a stay without an end: censored, not ignored."""
    (stay,) = stays(Log().deal("D", day(0), opened()))
    assert (stay["nth"], stay["stage"], stay["owner"], stay["basis"]) == (1, "lead", "rep-1", "gate")
    assert (stay["entered"], stay["left"], stay["ended"]) == (day(0), None, "still there")
    assert (stay["entered_version"], stay["left_version"]) == (1, None)


@pytest.mark.parametrize(
    ("event", "ended", "next_stage"),
    [
        (e.DealMoved(from_stage="qualified", to_stage="proposal"), "advance", "proposal"),
        (e.DealMoved(from_stage="qualified", to_stage="negotiation"), "advance", "negotiation"),
        (e.DealMoved(from_stage="qualified", to_stage="lead"), "back", "lead"),
        (e.DealMoved(from_stage="qualified", to_stage="qualified", basis="source"), "back", "qualified"),
        (e.DealMoved(from_stage="qualified", to_stage="elsewhere", basis="source"), "advance", "elsewhere"),
        (e.DealMoved(from_stage="qualified", to_stage="proposal", basis="migration"), "migrated", "proposal"),
        (e.DealMoved(from_stage="qualified", to_stage="lead", basis="correction"), "corrected", "lead"),
        (e.DealWon(from_stage="qualified"), "won", None),
        (e.DealLost(from_stage="qualified", reason="price"), "lost", None),
        (e.DealMerged(into="E"), "merged", None),
    ],
)
def test_a_stay_ends_in_its_own_way(event: Event, ended: str, next_stage: str | None) -> None:
    """Every ending has its word; a move is an advance or a step back by the order of the process."""
    log = Log().deal("D", day(0), opened("qualified")).deal("D", day(3), event)
    first = stays(log)[0]
    assert (first["ended"], first["next_stage"], first["left"]) == (ended, next_stage, day(3))
    assert first["left_version"] == 2


def test_a_refused_move_ends_nothing(judgement: e.Verdicts) -> None:
    """A refusal leaves the deal where it is."""
    refused = e.MoveRefused(attempt="move", from_stage="lead", to_stage="qualified", verdicts=judgement)
    (stay,) = stays(Log().deal("D", day(0), opened()).deal("D", day(1), refused))
    assert stay["ended"] == "still there"


def test_a_reopening_and_a_return_are_stays_of_their_own() -> None:
    """Coming back to a stage is another stay, and so is a reopening."""
    log = Log().deal("D", day(0), opened()).deal("D", day(1), QUALIFIED)
    log.deal("D", day(2), e.DealMoved(from_stage="qualified", to_stage="lead"))
    log.deal("D", day(3), e.DealLost(from_stage="lead")).deal("D", day(9), e.DealReopened(to_stage="lead"))
    assert column(stays(log), "nth", "stage", "ended") == [
        (1, "lead", "advance"),
        (2, "qualified", "back"),
        (3, "lead", "lost"),
        (4, "lead", "still there"),
    ]
    assert column(stays(log), "entered")[3] == day(9)


def test_the_owner_of_a_stay_is_the_one_at_its_beginning() -> None:
    """A later owner owns the next stay, not the one before."""
    log = Log().deal("D", day(0), opened(owner=None)).deal("D", day(1), e.OwnerAssigned(owner="rep-2"))
    log.deal("D", day(2), QUALIFIED).deal("D", day(3), e.OwnerAssigned(owner="rep-3"))
    assert column(stays(log), "owner") == [None, "rep-2"]


def test_an_undated_opening_begins_at_no_invented_time() -> None:
    """Nobody knows when: the beginning stays null, the end is kept."""
    log = Log().imported("D", None, opened(basis="source")).imported("D", day(4), QUALIFIED)
    first, second = stays(log)
    assert (first["entered"], first["entered_precision"], first["left"]) == (None, "unknown", day(4))
    assert not first["anomaly"]
    assert second["entered"] == day(4)
    assert log.facts().undated == 1


def test_an_import_out_of_order_is_an_anomaly_and_no_negative_duration() -> None:
    """Both times stay as the source has them, and the row says that they contradict each other."""
    log = Log().imported("D", day(5), opened(basis="source")).imported("D", day(2), QUALIFIED)
    first, second = stays(log)
    assert (first["entered"], first["left"], first["anomaly"]) == (day(5), day(2), True)
    assert not second["anomaly"]


def test_paused_time_is_counted_apart_in_each_stay() -> None:
    """A pause goes on over a move; each stay has its part of it."""
    log = Log().deal("D", day(0), opened()).deal("D", day(1), e.DealPaused())
    log.deal("D", day(3), QUALIFIED).deal("D", day(4), e.DealPaused()).deal("D", day(7), e.DealResumed())
    log.deal("D", day(8), e.DealWon(from_stage="qualified"))
    assert column(stays(log), "paused_us", "paused_since") == [(2 * DAY, None), (4 * DAY, None)]


def test_a_pause_that_is_not_over_says_since_when() -> None:
    """
    How long it lasts is for the view to say, which knows its own instant; within a stay it counts from the
    entry.
    """
    log = Log().deal("D", day(0), opened()).deal("D", day(1), e.DealPaused()).deal("D", day(3), QUALIFIED)
    assert column(stays(log), "paused_us", "paused_since") == [(2 * DAY, None), (0, day(3))]
    (deal,) = log.facts().deals.to_pylist()
    assert (deal["paused"], deal["paused_since"]) == (True, day(1))


def test_one_deals_pause_is_not_anothers() -> None:
    """Where the rows of one deal end, its pause does not run on into the next."""
    log = Log().deal("A", day(0), opened()).deal("A", day(1), e.DealPaused()).deal("B", day(5), opened())
    assert column(stays(log), "paused_us", "paused_since") == [(0, day(1)), (0, None)]


def test_the_time_after_an_outcome_is_no_paused_time_of_a_stay() -> None:
    """A deal that was lost while paused waits in no stay until it is reopened."""
    log = Log().deal("D", day(0), opened(), e.DealPaused()).deal("D", day(2), e.DealLost(from_stage="lead"))
    log.deal("D", day(10), e.DealReopened(to_stage="lead")).deal("D", day(11), e.DealResumed())
    log.deal("D", day(20), QUALIFIED)
    assert column(stays(log), "paused_us") == [2 * DAY, DAY, 0]


def test_an_unpublished_process_orders_no_stages() -> None:
    """Where nobody knows the order, a move counts as an advance."""
    log = Log(published=False).deal("D", day(0), opened("qualified"))
    log.deal("D", day(1), e.DealMoved(from_stage="qualified", to_stage="lead"))
    assert column(stays(log), "ended") == ["advance", "still there"]


def test_a_pause_is_over_at_its_end_though_nobody_resumed() -> None:
    """Of a stay that is over only the time until then was paused; one that holds says when the pause ends."""
    log = Log().deal("D", day(0), opened()).deal("D", day(1), e.DealPaused(until=day(3)))
    (stay,) = stays(log)
    assert (stay["paused_us"], stay["paused_since"], stay["paused_until"]) == (0, day(1), day(3))
    log.deal("D", day(9), QUALIFIED)
    assert column(stays(log), "paused_us")[0] == 2 * DAY


def test_pauses_that_contradict_each_other_are_counted_once() -> None:
    """Recorded out of order, the later one counts only from where the earlier ended."""
    log = Log().deal("D", day(0), opened()).deal("D", day(1), e.DealPaused()).deal("D", day(5), e.DealResumed())
    log.deal("D", day(3), e.DealPaused()).deal("D", day(6), e.DealResumed()).deal("D", day(9), QUALIFIED)
    assert column(stays(log), "paused_us")[0] == 5 * DAY


@given(histories())
def test_no_stay_was_paused_for_longer_than_it_lasted(log: Log) -> None:
    """Whatever was recorded, in whatever order, a length less its pauses is never negative."""
    for stay in stays(log):
        if stay["left"] and stay["entered"] and not stay["anomaly"]:
            assert 0 <= stay["paused_us"] <= (stay["left"] - stay["entered"]) / timedelta(microseconds=1)


@given(histories())
def test_pauses_are_what_the_fold_of_each_deal_says(log: Log) -> None:
    """Those that are over, and the one that holds, by both roads."""
    rows = log.facts().pauses.to_pylist()
    for name in {row["deal_id"] for row in rows}:
        deal = e.fold(each for each in log.recorded if each.stream == f"deal:{name}")
        mine = [row for row in rows if row["deal_id"] == name]
        assert deal is not None
        assert deal.pauses.over == tuple((row["over_from"], row["over_to"]) for row in mine if row["over_from"])
        assert (deal.paused, deal.pauses.begin, deal.pauses.until) == tuple(
            mine[-1][column] for column in ("paused", "began", "until")
        )
