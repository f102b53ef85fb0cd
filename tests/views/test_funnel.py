"""The funnel: each deal once, by the furthest stage it reached, whatever became of it."""

from pipeline_engine.views import funnel
from tests.views.book import Book


def test_each_deal_is_counted_once_by_its_furthest_stage_lost_ones_included():
    """A lost deal stays in the stages it reached; going back or entering twice counts nothing twice."""
    book = (
        Book()
        .deal("D-1", [("lead", 0), ("qualified", 1)], lost=2)
        .deal("D-2", [("lead", 0), ("qualified", 1), ("lead", 2), ("qualified", 3)])
        .deal("D-3", [("lead", 0)])
        .deal("D-4", [("lead", 0), ("proposal", 1)], won=4)
    )
    answer = funnel(book.facts())
    assert (answer.deals, answer.won, answer.lost, answer.open) == (4, 1, 1, 2)
    assert [(one.stage, one.reached) for one in answer.stages] == [
        ("lead", 4),
        ("qualified", 3),
        ("proposal", 1),
    ]
    assert [(one.open, one.lost_here, one.won_here) for one in answer.stages] == [
        (1, 0, 0),
        (1, 1, 0),
        (0, 0, 1),
    ]


def test_a_deal_opened_beyond_the_first_stage_passed_it():
    """The first stage is counted from opening: every deal is in it, also one nobody ever saw there."""
    answer = funnel(Book().deal("D-1", [("proposal", 0)]).facts())
    assert [one.reached for one in answer.stages] == [1, 1, 1]


def test_going_back_keeps_what_was_reached():
    """A deal that went back to lead has reached proposal; it stands in lead."""
    answer = funnel(Book().deal("D-1", [("proposal", 0), ("lead", 2)]).facts())
    assert [(one.reached, one.open) for one in answer.stages] == [(1, 1), (1, 0), (1, 0)]


def test_open_deals_say_nothing_yet_about_how_many_get_further():
    """
    Of six deals in lead three got further or were won from there, one was lost, two are still open.

    Three of four.
    """
    book = Book().deal("D-1", [("lead", 0), ("qualified", 1)]).deal("D-2", [("lead", 0), ("qualified", 1)], lost=2)
    book.deal("D-3", [("lead", 0)], won=2).deal("D-4", [("lead", 0)], lost=2)
    book.deal("D-5", [("lead", 0)]).deal("D-6", [("lead", 0)])
    lead = funnel(book.facts()).stages[0]
    assert (lead.onward.hits, lead.onward.of) == (3, 4)
    assert (lead.onward.low or 1.0) < 0.75 < (lead.onward.high or 0.0)


def test_undated_deals_count_where_they_stand():
    """A deal without any date is open in its stage like every other."""
    answer = funnel(Book().deal("D-1", [("lead", None)]).deal("D-2", [("lead", 0), ("qualified", 3)]).facts())
    assert [(one.reached, one.open) for one in answer.stages] == [(2, 1), (1, 1), (0, 0)]


def test_a_move_that_was_taken_back_never_happened():
    """A stay ended by a correction reached nothing."""
    book = Book().deal("D-1", [("lead", 0), ("proposal", 1), ("lead", 2)])
    book.rows["stays"][1]["ended"] = "corrected"
    assert [one.reached for one in funnel(book.facts()).stages] == [1, 0, 0]


def test_values_follow_the_deals():
    """The value of all that reached a stage, and of what is open in it, per currency."""
    book = (
        Book().deal("D-1", [("lead", 0), ("qualified", 1)], lost=2, value="10.25").deal("D-2", [("lead", 0)], value="5")
    )
    book.deal("D-3", [("lead", 0)], value="7", currency="USD").deal("D-4", [("lead", 0)])
    lead = funnel(book.facts()).stages[0].to_json()
    assert lead["value"] == {"EUR": "15.25", "USD": "7"}
    assert lead["open_value"] == {"EUR": "5", "USD": "7"}
    assert lead["value_unknown"] == 1


def test_merged_and_removed_deals_are_in_no_stage():
    """What a source merged or deleted is counted apart."""
    book = Book().deal("D-1", [("lead", 0)], status="merged").deal("D-2", [("lead", 0)], removed=True)
    answer = funnel(book.facts()).to_json()
    assert (answer["deals"], answer["merged"], answer["removed"], answer["stages"][0]["reached"]) == (
        0,
        1,
        1,
        0,
    )
