"""Working time: when a span is used up by a calendar, checked against a plain walk over the minutes."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pipeline_engine.process import Calendar, Span
from pipeline_engine.values import microseconds, moment_at
from pipeline_engine.views.columns import FAR
from pipeline_engine.views.working_time import plain, span_days, span_text, used_up

pytestmark = pytest.mark.slow

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Calendar(
    zone="Europe/Berlin", hours={one: (time(9), time(18)) for one in range(5)}, holidays=(date(2026, 1, 1),)
)
HORIZON = microseconds(datetime(2027, 1, 1, tzinfo=UTC))


def due(begun, amount, unit, calendar=WEEK):
    """The local moment a span begun then is used up; None: not before the horizon."""
    span = Span(amount=Decimal(amount), unit=unit)
    found = int(used_up(np.array([microseconds(begun)]), span, calendar, HORIZON)[0])
    return None if found == FAR else moment_at(found).astimezone(BERLIN)


def local(year, month, day, hour=0):
    """A moment of the clock on the wall in Berlin."""
    return datetime(year, month, day, hour, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("begun", "amount", "unit", "expected"),
    [
        (local(2026, 3, 4, 12), "1", "bd", local(2026, 3, 5, 12)),  # Wednesday noon to Thursday noon
        (local(2026, 3, 6, 12), "1", "bd", local(2026, 3, 9, 12)),  # over the weekend
        (local(2026, 3, 7, 12), "1", "bd", local(2026, 3, 9, 18)),  # Saturday: all of Monday
        (local(2025, 12, 31, 9), "2", "bd", local(2026, 1, 2, 18)),  # New Year's Day is off
        (local(2026, 3, 4, 17), "2", "bh", local(2026, 3, 5, 10)),  # an hour today, an hour tomorrow
        (local(2026, 3, 4, 20), "9", "bh", local(2026, 3, 5, 18)),  # after hours: a whole day, to its end
        (local(2026, 3, 27, 12), "5", "bd", local(2026, 4, 3, 12)),  # the clocks change on the 29th
        (local(2026, 3, 28, 12), "1", "d", local(2026, 3, 29, 13)),  # a plain day is 24 hours
    ],
)  # fmt: skip
def test_working_time_is_used_up_by_working(begun, amount, unit, expected):
    """
    Nights, weekends, holidays and clock changes are not worked.

    A plain day is 24 hours whatever the clock says.
    """
    assert due(begun, amount, unit) == expected


def test_working_hours_agree_with_a_walk_over_the_minutes():
    """For random beginnings and lengths the answer is the one found minute by minute."""
    draw = np.random.default_rng(5)
    for _ in range(25):
        begun = local(2026, 3, 20) + timedelta(minutes=int(draw.integers(0, 20_000)))
        minutes = int(draw.integers(1, 2_000))
        moment, left = begun.astimezone(UTC), minutes
        while left:
            here = moment.astimezone(BERLIN)
            left -= here.weekday() < 5 and time(9) <= here.time() < time(18) and here.date() != date(2026, 1, 1)
            moment += timedelta(minutes=1)
        expected = moment.astimezone(BERLIN)
        assert abs(due(begun, Decimal(minutes) / 60, "bh") - expected) < timedelta(milliseconds=1)


def test_what_lies_beyond_the_horizon_is_far():
    """A year of working days is not over before the horizon; without working hours nothing ever is."""
    assert due(local(2026, 3, 4, 12), "900", "bd") is None
    off = tuple(date(2026, 1, 5) + timedelta(weeks=n) for n in range(60))
    nowhere = Calendar(hours={0: (time(9), time(10))}, holidays=off)
    assert due(local(2026, 3, 4, 12), "1", "bh", nowhere) is None


def test_without_working_hours_a_working_day_is_a_day():
    """
    A calendar that names no hours has no working time to count in.

    `bd` is then a plain day, and the view can tell.
    """
    span = Span(amount=Decimal(2), unit="bd")
    assert plain(span, Calendar())
    assert (span_days(span, Calendar()), span_days(span, WEEK), span_text(span)) == (2.0, None, "2bd")
    assert due(local(2026, 3, 7, 12), "2", "bd", Calendar()) == local(2026, 3, 9, 12)


def test_nothing_to_count_is_nothing():
    """No beginnings, no ends."""
    assert len(used_up(np.array([], dtype=np.int64), Span(amount=Decimal(1), unit="bd"), WEEK, HORIZON)) == 0
