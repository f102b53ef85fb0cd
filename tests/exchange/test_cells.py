"""What a cell of text means."""

from datetime import UTC, datetime

import pytest

from pipeline_engine.exchange.cells import read_decimal, read_moment
from pipeline_engine.exchange.row import UNDATED, Unreadable


@pytest.mark.parametrize(
    ("text", "form", "zone", "at", "precision"),
    [
        ("2025-12-31", "iso", "Europe/Berlin", datetime(2025, 12, 31, tzinfo=UTC), "day"),
        ("31.12.2025", "%d.%m.%Y", "Europe/Berlin", datetime(2025, 12, 31, tzinfo=UTC), "day"),
        ("31.12.2025 12:00", "%d.%m.%Y %H:%M", "Europe/Berlin", datetime(2025, 12, 31, 11, tzinfo=UTC), "instant"),
        ("2011-10-01T00:38:44.546+02:00", "iso", "UTC", datetime(2011, 9, 30, 22, 38, 44, 546000, UTC), "instant"),
        ("02/23/26 08:55 PM", "%m/%d/%y %I:%M %p", "UTC", datetime(2026, 2, 23, 20, 55, tzinfo=UTC), "instant"),
        ("1948-03-01", "iso", "UTC", datetime(1948, 3, 1, tzinfo=UTC), "day"),
    ],
)
def test_a_day_keeps_its_label_and_a_time_its_zone(text, form, zone, at, precision):
    """A date alone is a day, whatever the zone; a time without an offset is local to the zone named."""
    moment = read_moment("when", text, (form,), zone)
    assert (moment.at, moment.precision) == (at, precision)


def test_the_hour_that_comes_twice_is_the_first_one():
    """On the night the clock goes back, 02:30 is taken as summer time."""
    moment = read_moment("when", "2025-10-26 02:30", ("iso",), "Europe/Berlin")
    assert moment.at == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


def test_an_empty_cell_has_no_time():
    """No date stays no date; none is invented."""
    assert read_moment("when", "  ", ("iso",), "UTC") == UNDATED


@pytest.mark.parametrize("text", ["31.02.2025", "soon", "2025-13-01", "0000-01-01"])
def test_a_date_that_cannot_be_is_refused(text):
    """What does not fit the format is refused with the column and the form that was meant."""
    with pytest.raises(Unreadable, match=r"when.*iso"):
        read_moment("when", text, ("iso",), "UTC")


@pytest.mark.parametrize(
    ("text", "separator", "plain"),
    [
        ("1,234.50", ".", "1234.50"),
        ("1234.5", ".", "1234.5"),
        ("1.234,50 €", ",", "1234.50"),
        ("99.000", ",", "99000"),
        ("-12,5", ",", "-12.5"),
        ("1'234.50", ".", "1234.50"),
    ],
)
def test_a_number_is_read_by_its_own_separator(text, separator, plain):
    """Grouping signs and a currency sign fall away; the separator named becomes a point."""
    assert read_decimal("amount", text, separator) == plain


@pytest.mark.parametrize(
    ("text", "separator"), [("1,5", "."), ("1.5", ","), ("12,34,567.0", "."), ("NaN", "."), ("", ".")]
)
def test_a_number_that_two_people_could_read_differently_is_refused(text, separator):
    """`1,5` is no number where the point is the separator: it could be fifteen, or one and a half."""
    with pytest.raises(Unreadable):
        read_decimal("amount", text, separator)
