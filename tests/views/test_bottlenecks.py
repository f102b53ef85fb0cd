"""Bottlenecks: flows, waits and the ranking of small books, worked out by hand; and a planted one, found."""

import numpy as np
import pytest

from pipeline_engine.errors import EmptyWindow
from pipeline_engine.views import bottlenecks
from tests.views.book import Book, day, process, stage


def by_stage(answer):
    """The stages of an answer by name."""
    return {one.stage: one for one in answer.stages}


def test_what_came_in_and_went_out_balances():
    """There at the start + arrivals − departures = there at the end, and L is the time-average in between."""
    book = Book().deal("D-1", [("lead", 0), ("qualified", 15)]).deal("D-2", [("lead", 12), ("qualified", 18)])
    book.deal("D-3", [("lead", 14)]).deal("D-4", [("lead", 25)])
    flow = by_stage(bottlenecks(book.facts(), day(10), day(20)))["lead"].flow
    assert (flow.at_start, flow.arrivals, flow.departures, flow.at_end) == (1, 2, 2, 1)
    assert flow.in_stage_mean == pytest.approx((5 + 6 + 6) / 10)
    assert flow.accumulation == 0


def test_littles_law_gets_its_end_correction():
    """
    L = λW.

    Where the stage emptied, time ÷ departures is the mean stay, and the correction says how far L ÷ λ is off.
    """
    book = Book().deal("D-1", [("lead", 5), ("qualified", 15)]).deal("D-2", [("lead", 6), ("qualified", 16)])
    book.deal("D-3", [("lead", 12), ("qualified", 18)])
    flow = by_stage(bottlenecks(book.facts(), day(10), day(20)))["lead"].flow
    assert flow.little_wait_days == pytest.approx(17 / 1)
    assert flow.mean_wait_days == pytest.approx(17 / 3)
    assert flow.end_correction_days == pytest.approx(17 / 3 - 17)
    nobody_left = by_stage(bottlenecks(book.facts(), day(10), day(14)))["lead"]
    assert nobody_left.flow.mean_wait_days is None


def test_in_a_steady_stage_both_sides_of_littles_law_agree():
    """One deal a day that stays 7 days each, for a long time: L ÷ λ and the mean stay are both 7."""
    book = Book()
    for number in range(100):
        book.deal(f"D-{number:03}", [("lead", number), ("qualified", number + 7)], lost=number + 8)
    flow = by_stage(bottlenecks(book.facts(200), day(20), day(90)))["lead"].flow
    assert flow.in_stage_mean == pytest.approx(7)
    assert flow.little_wait_days == pytest.approx(7)
    assert flow.mean_wait_days == pytest.approx(7)


def test_a_stay_under_way_when_the_window_opens_is_truncated_not_new():
    """Entered on day 0 and left on day 30, seen from day 20: it is 30 days long, not 10."""
    book = Book().deal("D-1", [("lead", 0), ("qualified", 30)]).deal("D-2", [("lead", 18), ("qualified", 21)])
    book.deal("D-3", [("lead", 19), ("qualified", 44)])
    lead = by_stage(bottlenecks(book.facts(), day(20), day(50)))["lead"]
    assert (lead.stays, lead.ended) == (3, 3)
    assert (lead.median.days, lead.p90.days) == (3.0, 30.0)


def test_how_stays_end_adds_up_to_one():
    """Of four stays one advanced, one was lost, one went back and one is still there: a quarter each."""
    book = Book().deal("D-1", [("qualified", 0), ("proposal", 5)]).deal("D-2", [("qualified", 0)], lost=6)
    book.deal("D-3", [("qualified", 0), ("lead", 7)]).deal("D-4", [("qualified", 0)])
    leaving = by_stage(bottlenecks(book.facts()))["qualified"].leaving
    assert leaving is not None
    assert leaving.to_json() == {
        "horizon_days": 90,
        "advance": 0.25,
        "lost": 0.25,
        "back": 0.25,
        "still_there": 0.25,
    }


def test_undated_and_impossible_stays_are_counted_apart():
    """A stay without a beginning, and one that ended before it began, are in no figure; both are counted."""
    book = Book().deal("D-1", [("lead", None)]).deal("D-2", [("lead", 0), ("qualified", 5)])
    book.deal("D-3", [("lead", 9)], lost=4, stay={"anomaly": True})
    answer = bottlenecks(book.facts())
    assert (answer.undated, answer.anomalies) == (1, 1)
    lead = by_stage(answer)["lead"]
    assert (lead.flow.arrivals, lead.undated, lead.stays) == (1, 2, 1)


def test_a_window_without_time_or_deals_is_refused():
    """A window that ends before it begins, or in which no deal was anywhere, has no bottleneck."""
    book = Book().deal("D-1", [("lead", 20)])
    with pytest.raises(EmptyWindow, match="holds no time"):
        bottlenecks(book.facts(), day(30), day(30))
    with pytest.raises(EmptyWindow, match="no deal was in a stage then"):
        bottlenecks(book.facts(), day(1), day(10))
    with pytest.raises(EmptyWindow, match="known beginning"):
        bottlenecks(Book().deal("D-1", [("lead", None)]).facts())


def test_the_default_window_is_all_that_is_known():
    """
    Without a window it runs from the first dated stay to the moment of the facts.

    The future is cut off.
    """
    book = Book().deal("D-1", [("lead", 3)])
    answer = bottlenecks(book.facts(50), until=day(900))
    assert (answer.since, answer.until) == (day(3), day(50))


def test_time_in_a_stage_is_told_apart_to_the_last_microsecond():
    """Approval, customer, pause and unexplained never overlap and add up to the time in the stage."""
    book = Book(process([stage("lead", stalled=10), stage("qualified"), stage("proposal")]))
    book.deal("D-1", [("lead", 0), ("qualified", 40)], stay={"paused_us": 86_400_000_000})
    book.add("activities", "D-1", 2, kind="call")  # with the customer until the change on day 5
    book.add("changes", "D-1", 5, field="amount", state="cleared")
    book.add("approvals", "D-1", 10, event="requested", rule="r", target="qualified")
    book.add("activities", "D-1", 12, kind="call")  # pending goes before the customer
    book.add("approvals", "D-1", 11, event="requested", rule="r", target="qualified")  # asked again: one wait
    book.add("approvals", "D-1", 14, event="granted", rule="r", target="qualified")
    book.add("activities", "D-1", 20, kind="call")  # silence: ten days with the customer, then nobody's
    answer = by_stage(bottlenecks(book.facts()))
    waits = answer["lead"].waits
    assert (waits.approval_pending_days, waits.with_customer_days) == (4.0, 3.0 + 10.0)
    assert waits.unexplained_days == 40 - 4 - 13
    last = answer["qualified"].waits
    assert (last.paused_days, last.unexplained_days) == (1.0, 19.0)


def test_changes_without_a_date_are_in_no_wait_and_break_nothing():
    """An export may hold values that nobody dated, more of them than there are stays."""
    book = Book().deal("D-1", [("lead", 10)])
    for number in range(5):
        book.add("changes", "D-1", None, field=f"f{number}", state="set", kind="text", text="x")
    waits = by_stage(bottlenecks(book.facts(20)))["lead"].waits
    assert waits.unexplained_days == 10


def test_what_deals_wait_for_now():
    """Of four deals one waits for an approval, one for the customer, one is paused, of one nobody can say."""
    book = Book().deal("A", [("lead", 50)]).deal("B", [("lead", 50)]).deal("D", [("lead", 30)])
    book.deal("C", [("lead", 50)], stay={"paused_since": day(55)})
    book.add("approvals", "A", 55, event="requested", rule="r", target="qualified")
    book.add("activities", "B", 55, kind="call")
    book.add("activities", "D", 31, kind="call")
    now = by_stage(bottlenecks(book.facts()))["lead"].waits.now
    assert now == {"approval_pending": 1, "with_customer": 1, "paused": 1, "unexplained": 1}


def test_an_approval_is_waited_for_only_in_the_stay_it_was_asked_in():
    """
    A request nobody answered ends with its stay.

    Asked again in the next one, it is a wait of that stay.
    """
    book = Book().deal("D-1", [("lead", 0), ("qualified", 10)])
    book.add("approvals", "D-1", 4, event="requested", rule="r", target="qualified")
    book.add("approvals", "D-1", 15, event="requested", rule="r", target="qualified")
    answer = by_stage(bottlenecks(book.facts(20)))
    assert answer["lead"].waits.approval_pending_days == 6.0
    assert answer["qualified"].waits.approval_pending_days == 5.0


def test_an_event_at_the_moment_of_a_move_belongs_where_its_version_says():
    """
    A call noted before the move of the same moment is over with the old stage.

    One after it opens the new one.
    """
    book = Book()
    book.deal("D-1", [("lead", 0), ("qualified", 10)])
    book.rows["activities"] += [{"deal_id": "D-1", "version": 1, "at": day(10), "kind": "call"}]
    assert by_stage(bottlenecks(book.facts(12)))["qualified"].waits.with_customer_days == 0
    book.rows["activities"][0]["version"] = 3
    assert by_stage(bottlenecks(book.facts(12)))["qualified"].waits.with_customer_days == 2


def test_the_waits_of_random_deals_add_up():
    """Whatever was recorded when, the four waits add up to the time in the stage, in any window."""
    draw = np.random.default_rng(11)
    book = Book()
    for number in range(60):
        days = np.sort(draw.integers(0, 50, 3)).tolist()
        book.deal(f"D-{number}", list(zip(("lead", "qualified", "lead"), days, strict=True)))
        for at in draw.integers(0, 60, 8):
            table = ("activities", "changes", "approvals")[int(draw.integers(3))]
            event = ("requested", "granted", "rejected", "expired")[int(draw.integers(4))]
            extra = {"event": event, "rule": "r", "target": "won"} if table == "approvals" else {}
            book.add(table, f"D-{number}", int(at), **extra)
    answer = bottlenecks(book.facts(), day(7), day(41))
    for one in answer.stages:
        parts = one.waits
        total = parts.approval_pending_days + parts.with_customer_days + parts.paused_days + parts.unexplained_days
        assert total == pytest.approx(one.flow.in_stage_mean * 34, abs=1e-9)
        assert sum(parts.now.values()) == one.flow.at_end


def test_without_service_levels_the_largest_share_of_delay_comes_first():
    """Where no plan says how long stages take, the one most time is spent in is first, and it says so."""
    book = Book().deal("D-1", [("lead", 0), ("qualified", 5), ("proposal", 35)])
    answer = bottlenecks(book.facts(40))
    assert answer.criterion == "share_of_delay"
    assert [(one.rank, one.stage) for one in answer.stages] == [
        (1, "qualified"),
        (2, "lead"),
        (3, "proposal"),
    ]
    assert answer.stages[0].share_of_delay == pytest.approx(0.75)
    assert answer.stages[0].why == "75% of all the time deals spent in the pipeline; half had left after 30.0 d"


def test_a_stage_slow_by_plan_is_no_bottleneck_one_that_breaks_its_plan_is():
    """
    Proposal takes thirty days of a planned forty, qualified ten of a planned two.

    Qualified is the constraint.
    """
    book = Book(process([stage("lead", level="5 d"), stage("qualified", level="2 d"), stage("proposal", level="40 d")]))
    book.deal("D-1", [("lead", 0), ("qualified", 3), ("proposal", 13)], won=43)
    answer = bottlenecks(book.facts(50))
    assert answer.criterion == "beyond_service_level"
    first = answer.stages[0]
    assert first.stage == "qualified"
    assert first.beyond_mean == pytest.approx(8 / 50)
    assert first.why.startswith("0.2 deals on average past the service level of 2d, 100% of all that are")
    assert answer.stages[1].stage == "proposal"


@pytest.mark.parametrize("seed", range(10))
def test_a_planted_bottleneck_is_found(seed):
    """
    A made-up year in which stays in proposal take 2.5 times their plan.

    It ranks first, though lead has most deals.
    """
    draw = np.random.default_rng(seed)
    plans = {"lead": 5, "qualified": 10, "proposal": 14}
    book = Book(process([stage(name, level=f"{plan} d") for name, plan in plans.items()]))
    for number, opened in enumerate(draw.uniform(0, 365, 600)):
        journey: list[tuple[str, float]] = []
        at = float(opened)
        for name, plan in plans.items():
            if at >= 365 or (journey and draw.random() < 0.3):
                break
            journey.append((name, at))
            at += float(draw.gamma(2, plan * 0.7 / 2) * (2.5 if name == "proposal" else 1))
        book.deal(f"D-{number:03}", journey, lost=at if at < 365 else None)
    answer = bottlenecks(book.facts(365))
    assert answer.stages[0].stage == "proposal"


def test_the_answer_is_plain_json():
    """What scripts rely on is there, ranked, under its names."""
    book = Book().deal("D-1", [("lead", 0), ("qualified", 5)])
    answer = bottlenecks(book.facts(20)).to_json()
    first = answer["stages"][0]
    assert (answer["as_of"], answer["since"]) == (
        "2025-01-21T00:00:00.000000Z",
        "2025-01-01T00:00:00.000000Z",
    )
    assert {key: first[key] for key in ("rank", "stage", "arrivals", "departures", "in_stage_mean")} == {
        "rank": 1, "stage": "qualified", "arrivals": 1, "departures": 0, "in_stage_mean": 0.75,
    }  # fmt: skip
    assert (first["median_days"], first["p90_days"], answer["stages"][1]["median_days"]) == (None, None, 5.0)
