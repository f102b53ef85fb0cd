"""Office hours and seasons."""

from datetime import UTC, date, datetime

from pipeline_engine.simulation.hours import (
    Arrivals,
    after,
    back,
    is_working_day,
    month_after,
    quarter_end,
    working,
)

FRIDAY_EVENING = datetime(2025, 3, 7, 19, 0, tzinfo=UTC)


def test_nobody_works_at_night_or_on_weekends():
    """What falls on a Friday evening is done on Monday, in office hours."""
    moved = working(FRIDAY_EVENING, 0.5)
    assert moved == datetime(2025, 3, 10, 12, 0, tzinfo=UTC)


def test_a_moment_in_office_hours_stays():
    """Working time is left as it is."""
    noon = datetime(2025, 3, 7, 12, 0, tzinfo=UTC)
    assert working(noon, 0.9) == noon


def test_nothing_happens_over_christmas():
    """An answer due on Christmas Eve comes on the first working day after."""
    assert after(datetime(2025, 12, 22, 9, 0, tzinfo=UTC), 2.0, 0.0).date() == date(2025, 12, 29)
    assert not is_working_day(date(2025, 12, 25))


def test_who_is_away_answers_when_back():
    """What falls into somebody's holidays is answered on the first working day after them."""
    away = (((8, 4), (8, 22)),)
    assert back(datetime(2025, 8, 12, 9, 0, tzinfo=UTC), away).date() == date(2025, 8, 25)
    assert back(FRIDAY_EVENING, away) == FRIDAY_EVENING


def test_quarters_and_months_know_their_ends():
    """The last day of a quarter, also across the year's end."""
    assert [quarter_end(date(2025, month, 3)) for month in (1, 3, 10, 12)] == [
        date(2025, 3, 31), date(2025, 3, 31), date(2025, 12, 31), date(2025, 12, 31),
    ]  # fmt: skip
    assert month_after(date(2025, 11, 15), 3) == date(2026, 2, 1)


def test_deals_come_in_by_season():
    """A month with half the weight brings about half the deals a working day, all of them in order."""
    season = [1.0] * 7 + [0.5] + [1.0] * 4
    arrivals = Arrivals.between(date(2025, 1, 1), date(2026, 1, 1), season)
    moments = [arrivals.at(n / 2000) for n in range(2000)]
    july, august = (sum(moment.month == month for moment in moments) for month in (7, 8))
    assert moments == sorted(moments)
    assert 0.4 < (august / 21) / (july / 23) < 0.6
    assert {moment.weekday() for moment in moments} == {0, 1, 2, 3, 4}
