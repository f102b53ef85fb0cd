"""Ranges of numbers, and differences between them."""

from fractions import Fraction

import pytest

from pipeline_engine.process.analysis.distances import Distances, NoRoom
from pipeline_engine.process.analysis.spans import Span, roundest


@pytest.mark.parametrize(
    ("span", "likes", "found"),
    [
        (Span(0, 100), 10, 10),
        (Span(25_000, None), 10, 25_000),
        (Span(None, 249_999), 500_000, 200_000),
        (Span(123_457, 123_999), 10, 123_500),
        (Span(7, 7), 10, 7),
        (Span(3, 2), 10, None),
        (Span(1, 2, low_open=True, high_open=True), 10, None),
    ],
)
def test_a_number_is_chosen_as_people_would(span: Span, likes: int, found: int | None) -> None:
    """The likely one where it fits, else a round one, and none where there is none."""
    assert roundest(span, likes) == found


def test_an_open_end_leaves_fractions_but_not_itself() -> None:
    """Above 20 and at most 21."""
    chosen = roundest(Span(20, 21, low_open=True), 10, step=None)
    assert chosen is not None
    assert 20 < Fraction(chosen) <= 21


def test_a_round_trip_below_zero_leaves_no_room() -> None:
    """Three moments each before the next cannot be a circle."""
    roads = Distances()
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        roads.bound(other, Span(1, None), one)
    with pytest.raises(NoRoom):
        roads.check()


def test_strict_bounds_that_meet_leave_no_room() -> None:
    """Less than, and not less than."""
    roads = Distances()
    roads.bound("a", Span(None, 0, high_open=True), "b")
    roads.bound("b", Span(None, 0), "a")
    with pytest.raises(NoRoom):
        roads.check()


def test_what_room_the_others_leave_is_told() -> None:
    """Two days after something that lies between 3 and 5."""
    roads = Distances()
    roads.bound("a", Span(3, 5))
    roads.bound("b", Span(2, 2), "a")
    assert roads.room("b") == Span(5, 7)
