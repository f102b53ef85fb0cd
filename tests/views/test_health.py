"""Pipeline health: counts, amounts, durations and signs of small books, worked out by hand."""

from datetime import time
from decimal import Decimal

import pytest

from pipeline_engine.errors import EmptyWindow, UnknownName, UnknownProcess
from pipeline_engine.process import Calendar, Field
from pipeline_engine.views import deals_behind, health
from tests.views.book import Book, day, process, requires, stage

DAY_US = 86_400_000_000


def flagged(answer, flag):
    """The deals a flag shows, worst first."""
    return [one.deal for one in answer.flags[flag].deals]


def test_open_won_and_lost_deals_are_counted_with_their_money():
    """
    Each deal is counted by its status, its money per currency, exact.

    A deal without a value is said to have none.
    """
    book = (
        Book()
        .deal("D-1", [("lead", 0)], value="100.5")
        .deal("D-2", [("lead", 0)], value="50", currency="USD")
        .deal("D-3", [("lead", 0), ("proposal", 4)])
        .deal("D-4", [("lead", 0)], won=3, value="1000")
        .deal("D-5", [("lead", 0)], lost=3, value="9", lost_reason="price")
    )
    answer = health(book.facts())
    assert (answer.open, answer.won, answer.lost, answer.decided) == (3, 1, 1, 2)
    assert answer.open_value.to_json() == {"EUR": "100.5", "USD": "50"}
    assert answer.open_value.unknown == 1
    assert answer.won_value.to_json() == {"EUR": "1000"}
    assert [(one.stage, one.open) for one in answer.stages] == [
        ("lead", 2),
        ("qualified", 0),
        ("proposal", 1),
    ]
    assert answer.position == 7


def test_a_lost_reason_that_does_not_count_is_left_out_of_the_win_rate():
    """Duplicates are lost but no defeat: one of two decided deals was won, and the third is named apart."""
    book = Book().deal("D-1", [("lead", 0)], won=1).deal("D-2", [("lead", 0)], lost=1, lost_reason="price")
    book.deal("D-3", [("lead", 0)], lost=1, lost_reason="duplicate")
    answer = health(book.facts())
    assert (answer.win_rate.hits, answer.win_rate.of, answer.lost_not_counted, answer.lost) == (1, 2, 1, 2)


def test_a_stay_that_is_not_over_counts_in_the_median():
    """
    Finished stays of 2 and 4 days beside four open ones of 60 do not make a median of 3.

    It is not known yet.
    """
    book = Book().deal("D-1", [("lead", 0), ("qualified", 2)]).deal("D-2", [("lead", 0), ("qualified", 4)])
    for number in range(4):
        book.deal(f"D-9{number}", [("lead", 0)])
    lead = health(book.facts()).stages[0]
    assert (lead.median.days, lead.stays, lead.ended) == (None, 6, 2)


def test_a_stay_nobody_dated_is_open_but_has_no_age():
    """
    Without an entry date a deal counts as open and undated.

    No start such as `a minute ago` is invented.
    """
    book = Book().deal("D-1", [("lead", None)]).deal("D-2", [("lead", 0), ("qualified", 3)])
    answer = health(book.facts())
    lead = answer.stages[0]
    assert (lead.open, lead.undated, lead.stays, lead.median.days) == (1, 1, 1, 3.0)
    assert flagged(answer, "undated") == ["D-1"]
    assert answer.flags["age_beyond_p75"].count == 0


@pytest.mark.parametrize(
    ("clock", "expected"), [("last_activity", ["D-1"]), ("last_change", ["D-2"]), ("stage_entered", [])]
)
def test_a_deal_is_stalled_by_the_clock_its_stage_names(clock, expected):
    """The same two deals are stalled or not by whether calls, changes or the entry count as life."""
    book = Book(process([stage("lead", stalled=14, clock=clock)]))
    book.deal("D-1", [("lead", 50)], last_activity_at=day(40), last_change_at=day(59), opened_at=day(1))
    book.deal("D-2", [("lead", 50)], last_activity_at=day(59), last_change_at=day(40), opened_at=day(1))
    assert flagged(health(book.facts()), "stalled") == expected


def test_a_deal_nothing_ever_happened_to_is_silent_since_it_was_opened():
    """No activity at all is the longest silence, not none; an unknown opening says nothing."""
    book = Book(process([stage("lead", stalled=14)])).deal("D-1", [("lead", 10)]).deal("D-2", [("lead", None)])
    answer = health(book.facts())
    assert flagged(answer, "stalled") == ["D-1"]
    assert answer.stages[0].stalled == 1
    assert answer.flags["stalled"].deals[0].why == "36 d over; allowed 14 d since last activity"


def test_the_threshold_in_force_is_the_one_the_deal_runs_under():
    """
    A changed threshold counts at once, for deals of its version.

    Deals keep the version they were opened under.
    """
    strict = process([stage("lead", stalled=5)])
    loose = process([stage("lead", stalled=50)], version=2)
    book = Book(strict, loose).deal("D-1", [("lead", 50)]).deal("D-2", [("lead", 50)], process_version=2)
    assert flagged(health(book.facts()), "stalled") == ["D-1"]
    assert flagged(health(book.facts(53)), "stalled") == []


def test_a_service_level_in_working_days_lets_the_weekend_pass():
    """
    Entered on Friday noon, 1 working day is over on Monday noon.

    Not late on Monday morning, late on Tuesday.
    """
    week = Calendar(zone="Europe/Berlin", hours={one: (time(9), time(17)) for one in range(5)})
    book = Book(process([stage("lead", level="1 bd")], calendar=week)).deal("D-1", [("lead", 2 + 11 / 24)])
    monday, tuesday = 5, 6
    assert health(book.facts(monday + 9 / 24)).stages[0].over_service_level == 0
    assert health(book.facts(monday + 11.1 / 24)).stages[0].over_service_level == 1
    late = health(book.facts(tuesday + 1))
    assert (late.stages[0].service_level, late.stages[0].service_level_days) == ("1bd", None)


def test_paused_time_is_taken_off_the_clocks():
    """
    Ten days in a stage, eight of them paused, are two.

    Not late for five days, until two days after the pause and more.
    """
    book = Book(process([stage("lead", level="5 d", stalled=5, clock="stage_entered")]))
    book.deal("D-1", [("lead", 50)], stay={"paused_us": 8 * DAY_US})
    book.deal("D-2", [("lead", 50)], stay={"paused_since": day(54)}, paused=True)
    book.deal("D-3", [("lead", 50)])
    book.add("pauses", "D-1", 52, paused=False, over_from=day(51), over_to=day(59))
    book.add("pauses", "D-2", 54, paused=True, began=day(54))
    answer = health(book.facts())
    assert flagged(answer, "over_service_level") == ["D-3"]
    assert flagged(answer, "stalled") == ["D-3"]


def test_a_pause_with_an_end_is_over_then_whether_or_not_anybody_resumed():
    """Paused from day 51 to day 53 and never resumed: of ten days eight count, and the fifth of them is over."""
    book = Book(process([stage("lead", level="5 d", stalled=9, clock="stage_entered")]))
    book.deal("D-1", [("lead", 50)], stay={"paused_since": day(51), "paused_until": day(53)}, paused=True)
    book.add("pauses", "D-1", 51, paused=True, began=day(51), until=day(53))
    answer = health(book.facts())
    assert answer.flags["over_service_level"].deals[0].why == "3 d over the service level of 5d"
    assert flagged(answer, "stalled") == []


def test_a_pause_before_the_last_sign_of_life_excuses_no_silence_after_it():
    """Silent for ten days since the last call: a pause of a month that was over before it changes nothing."""
    book = Book(process([stage("lead", stalled=5, clock="last_activity")]))
    book.deal("D-1", [("lead", 1)], stay={"paused_us": 30 * DAY_US}, last_activity_at=day(50))
    book.add("pauses", "D-1", 40, paused=False, over_from=day(10), over_to=day(40))
    assert flagged(health(book.facts()), "stalled") == ["D-1"]


def test_a_pause_over_the_weekend_takes_no_working_time_off_a_service_level():
    """One working day from Friday noon on, paused from Friday evening to Monday morning, is over on Monday noon."""
    week = Calendar(zone="UTC", hours={one: (time(9), time(17)) for one in range(5)})
    friday, monday, tuesday = 2, 5, 6
    book = Book(process([stage("lead", level="1 bd")], calendar=week))
    book.deal("D-1", [("lead", friday + 11 / 24)], stay={"paused_us": int(2.7 * DAY_US)})
    book.add("pauses", "D-1", monday, paused=False, over_from=day(friday + 17 / 24), over_to=day(monday + 9 / 24))
    book.deal("D-2", [("lead", friday + 11 / 24)], stay={"paused_us": DAY_US // 3})
    book.add("pauses", "D-2", monday, paused=False, over_from=day(monday + 9 / 24), over_to=day(monday + 17 / 24))
    assert flagged(health(book.facts(tuesday)), "over_service_level") == ["D-1"]


def test_the_age_in_a_stage_is_that_of_the_stay_it_is_in():
    """
    Neither empty in the first stay nor left over in the second.

    Back in lead for two days is two days, not sixty.
    """
    book = Book(process([stage("lead", level="5 d"), stage("qualified")]))
    book.deal("D-1", [("lead", 0), ("qualified", 3), ("lead", 58)]).deal("D-2", [("lead", 50)])
    answer = health(book.facts())
    assert flagged(answer, "over_service_level") == ["D-2"]
    assert answer.flags["over_service_level"].deals[0].why == "5 d over the service level of 5d"


def test_a_history_outlives_its_deal():
    """What a deal went through before its source deleted it still counts in how long stays last."""
    book = Book().deal("D-1", [("lead", 0), ("qualified", 4)], removed=True)
    lead, qualified, _ = health(book.facts()).stages
    assert (lead.median.days, lead.ended) == (4.0, 1)
    assert (qualified.open, qualified.stays) == (0, 0)


def test_a_close_date_in_the_past_and_one_put_off_are_signs():
    """
    A date that passed is told by how long ago, one put off by how often and how far.

    Pulling it in is no sign.
    """
    epoch_day = 20_089  # 1 January 2025
    book = Book().deal("D-1", [("lead", 0)]).deal("D-2", [("lead", 0)]).deal("D-3", [("lead", 0)], lost=2)
    for name, dates in {"D-1": (30, 40, 55), "D-2": (90, 80, None), "D-3": (1,)}.items():
        for at, number in enumerate(dates):
            state = {"state": "set", "kind": "date", "integer": epoch_day + number} if number else {"state": "cleared"}
            book.add("changes", name, at, field="close_date", **state)
    answer = health(book.facts())
    assert flagged(answer, "close_date_past") == ["D-1"]
    assert answer.flags["close_date_past"].deals[0].why == "close_date was 5 d ago"
    assert answer.flags["close_date_pushed"].deals[0].why == "put off 2 times, 25 d in all"
    assert answer.flags["close_date_pushed"].count == 1


def test_what_the_next_gate_will_ask_for_is_missed_before_it_is_asked():
    """
    A deal in lead lacks what qualified requires.

    A field with a default, or cleared, or a later gate's, is told apart.
    """
    fields = {
        "amount": Field(name="amount", kind="money"),
        "discount": Field(name="discount", kind="percent", default=0),
    }
    rules = (
        requires("qualified", "amount"),
        requires("qualified", "discount"),
        requires("proposal", "region"),
    )
    book = Book(process(rules=rules, fields=fields))
    for name in ("D-1", "D-2", "D-3"):
        book.deal(name, [("lead", 0)])
    book.add("changes", "D-1", 1, field="amount", state="set", kind="money", integer=1, currency="EUR")
    book.add("changes", "D-2", 1, field="amount", state="set", kind="money", integer=1, currency="EUR")
    book.add("changes", "D-2", 2, field="amount", state="cleared")
    answer = health(book.facts())
    assert flagged(answer, "missing_facts") == ["D-2", "D-3"]
    assert answer.flags["missing_facts"].deals[0].why == "not recorded: amount"


def test_one_known_person_is_too_few():
    """One person in two roles is one, an unlinked one is none; a process without contact roles cannot say."""
    book = Book(process(contact_roles=("champion", "buyer")))
    for name in ("D-1", "D-2", "D-3"):
        book.deal(name, [("lead", 0)])
    for name, role, who, linked in [
        ("D-1", "champion", "a", True), ("D-1", "buyer", "a", True),
        ("D-2", "champion", "a", True), ("D-2", "buyer", "b", True),
        ("D-3", "champion", "a", True), ("D-3", "buyer", "b", True), ("D-3", "buyer", "b", False),
    ]:  # fmt: skip
        book.add("contacts", name, 1, role=role, contact=who, linked=linked)
    assert flagged(health(book.facts()), "single_threaded") == ["D-1", "D-3"]
    without = health(Book().deal("D-1", [("lead", 0)]).facts()).flags["single_threaded"]
    assert (without.to_json()["count"], without.not_judged) == (None, "the process names no contact roles")


def test_nobody_owns_it():
    """
    A deal without an owner is a sign, unless no deal ever had one.

    Every flag's deals can be had in full.
    """
    book = Book().deal("D-1", [("lead", 0)], owner=None).deal("D-2", [("lead", 0)])
    assert flagged(health(book.facts()), "no_owner") == ["D-1"]
    assert deals_behind(book.facts(), "no_owner") == ("D-1",)
    without = health(Book().deal("D-1", [("lead", 0)], owner=None).facts()).flags["no_owner"]
    assert without.not_judged == "no deal of this process has an owner"
    with pytest.raises(UnknownName, match="did you mean `no_owner`"):
        deals_behind(book.facts(), "noowner")


def test_a_deal_older_than_three_quarters_of_its_peers_is_a_sign():
    """
    Where stays last 1 to 8 days, one of 30 days stands out.

    A flag shows its worst first and counts all.
    """
    book = Book()
    for number in range(1, 9):
        book.deal(f"D-{number}", [("lead", 0), ("qualified", number)], lost=number + 1)
    book.deal("E-1", [("lead", 30)]).deal("E-2", [("lead", 25)])
    flag = health(book.facts(), shown=1).flags["age_beyond_p75"]
    assert (flag.count, [one.deal for one in flag.deals]) == (2, ["E-2"])


def test_one_owner_can_be_asked_about():
    """With an owner named, only that person's deals are counted."""
    book = Book().deal("D-1", [("lead", 0)], owner="rep-2").deal("D-2", [("lead", 0)])
    assert health(book.facts(), owner="rep-2").open == 1


def test_of_several_processes_the_one_with_most_deals_answers_and_names_the_others():
    """
    Without a choice the biggest process answers and says so.

    An unknown name is a mistake with the nearest name.
    """
    book = Book(process(), process(name="renewal")).deal("D-1", [("lead", 0)]).deal("D-2", [("lead", 0)])
    book.deal("D-3", [("lead", 0)], process="renewal")
    answer = health(book.facts())
    assert (answer.process, answer.open) == ("b2b", 2)
    assert answer.notes == ("answers for process `b2b` (2 deals); also here: `renewal` (1 deals)",)
    assert health(book.facts(), process="renewal").open == 1
    with pytest.raises(UnknownProcess, match="did you mean `renewal`"):
        health(book.facts(), process="renewals")


def test_a_store_without_a_process_has_nothing_to_look_at():
    """An empty store is told in one sentence; a process without deals is an answer of zeros."""
    with pytest.raises(EmptyWindow, match="no process yet"):
        health(Book().facts(processes={}))
    answer = health(Book().facts(as_of=None))
    assert (answer.open, answer.win_rate.share, answer.stages[0].median.days) == (0, None, None)


def test_merged_and_removed_deals_are_told_apart():
    """A merged deal and one its source deleted are in no figure but their own."""
    book = Book().deal("D-1", [("lead", 0)], status="merged").deal("D-2", [("lead", 0)], removed=True)
    answer = health(book.facts())
    assert (answer.open, answer.merged, answer.removed, answer.stages[0].open) == (0, 1, 1, 0)


def test_money_past_64_bits_is_exact():
    """Twelve deals of nine hundred million million add up to the cent."""
    book = Book()
    for number in range(12):
        book.deal(f"D-{number:02}", [("lead", 0)], value="900000000000000.01")
    assert health(book.facts()).open_value.to_json() == {"EUR": str(12 * Decimal("900000000000000.01"))}


def test_the_answer_is_plain_json():
    """What scripts rely on is there, under its names, with null where nothing is known."""
    answer = health(
        Book(process([stage("lead", level="2.5 d")])).deal("D-1", [("lead", 0)], value="12").facts()
    ).to_json()
    assert answer["as_of"] == "2025-03-02T00:00:00.000000Z"
    assert answer["open_value"] == {"EUR": "12"}
    assert answer["stages"][0] | {"title": "Lead"} == {
        "stage": "lead", "title": "Lead", "open": 1, "value": {"EUR": "12"}, "value_unknown": 0,
        "median_days": None, "p75_days": None, "p90_days": None, "median_interval": [None, None],
        "stays": 1, "ended": 0, "service_level": "2.5d", "service_level_days": 2.5,
        "over_service_level": 1, "stalled": 0, "undated": 0,
    }  # fmt: skip
    assert set(answer["flags"]) == {
        "stalled", "over_service_level", "close_date_past", "close_date_pushed", "missing_facts",
        "single_threaded", "no_owner", "age_beyond_p75", "undated",
    }  # fmt: skip
