"""Working time in rules, against a walk over every minute, and against the working time of the views."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_engine.process import Calendar, Frame, Kind, Program, Span, Vocabulary, WorkingHours
from pipeline_engine.process.rules import compile_expression
from pipeline_engine.process.rules.working_hours import WorkWeek
from pipeline_engine.values import microseconds, moment_at
from pipeline_engine.views.working_time import used_up

pytestmark = pytest.mark.slow

# Days around the changes of the clock in Berlin and New York, and Apia's year without a 30 December.
BEGINS = st.sampled_from(
    [date(2026, 3, 26), date(2026, 10, 22), date(2026, 3, 5), date(2011, 12, 27), date(2026, 6, 1)]
)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
MINUTES = st.integers(0, 6 * 1440)
HOURS = st.sampled_from([
    (time(9), time(18)), (time(8, 30), time(12)), (time(0), time(23, 59)), (time(22), time(23, 30)), (time(4), time(6)),
])  # fmt: skip


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Working days and hours, with days off."""
    days = draw(st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True))
    off = draw(st.lists(st.integers(0, 8), max_size=3))
    begin = draw(BEGINS)
    hours = {day: draw(HOURS) for day in sorted(days)}
    return Calendar(zone=draw(ZONES), hours=hours, holidays=tuple(sorted({begin + timedelta(days=d) for d in off})))


def walked(calendar: Calendar, begin: datetime, end: datetime) -> tuple[float, float]:
    """Working days and hours between two moments, one minute after the other."""
    zone, days, hours = ZoneInfo(calendar.zone), 0.0, 0.0
    lengths: dict[date, int] = {}
    moment = begin
    while moment < end:
        day = moment.astimezone(zone).date()
        if _works(calendar, moment.astimezone(zone)):
            hours += 1 / 60
            days += 1 / lengths.setdefault(day, _length(calendar, day, zone))
        moment += timedelta(minutes=1)
    return days, hours


def _works(calendar: Calendar, local: datetime) -> bool:
    opens, closes = calendar.hours.get(local.weekday(), (time(0), time(0)))
    return local.date() not in calendar.holidays and opens <= local.time() < closes


def _length(calendar: Calendar, day: date, zone: ZoneInfo) -> int:
    """The working minutes of a day as they are lived, a clock change among them."""
    begin = datetime.combine(day, time(0), zone).astimezone(UTC) - timedelta(hours=3)
    minutes = (begin + timedelta(minutes=number) for number in range(30 * 60))
    locals_ = (minute.astimezone(zone) for minute in minutes)
    return sum(local.date() == day and _works(calendar, local) for local in locals_)


def in_a_rule(function: str, calendar: Calendar, begin: datetime, end: datetime) -> float:
    """What the function says in a rule; by bisection, as a rule says no more than true or false."""
    low, high = 0.0, 500.0
    vocabulary = Vocabulary(deal={"begin": Kind.TIMESTAMP}, week=calendar.week)
    frame = Frame.from_rows(vocabulary, [{"deal.begin": begin, "now": end}])
    for _ in range(30):
        middle = (low + high) / 2
        tree = compile_expression(f"{function}(deal.begin, now) >= {middle:.9f}", vocabulary, Kind.BOOL)
        low, high = (middle, high) if int(Program(tree).verdicts(frame)[0]) == 1 else (low, middle)
    return low


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(calendars(), BEGINS, MINUTES, MINUTES)
def test_working_time_in_rules_is_what_a_walk_over_the_minutes_finds(calendar, day, first, second):
    """Over weekends, days off, clock changes and a day that a zone leaves out."""
    start = datetime.combine(day, time(0), UTC)
    begin, end = (start + timedelta(minutes=each) for each in sorted((first, second)))
    days, hours = walked(calendar, begin, end)
    assert in_a_rule("working_days", calendar, begin, end) == pytest.approx(days, abs=1e-5)
    assert in_a_rule("working_hours", calendar, begin, end) == pytest.approx(hours, abs=1e-5)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(calendars(), BEGINS, MINUTES, st.sampled_from(["1", "2", "0.5", "3.25"]), st.sampled_from(["bd", "bh"]))
def test_a_service_level_is_used_up_when_a_rule_counts_it_full(calendar, day, minute, amount, unit):
    """Views and rules share one working time: what is due then is so long here, and not a minute before."""
    begin = datetime.combine(day, time(0), UTC) + timedelta(minutes=minute)
    horizon = microseconds(begin + timedelta(days=60))
    due = int(used_up(np.array([microseconds(begin)]), Span(amount=Decimal(amount), unit=unit), calendar, horizon)[0])
    if due >= horizon:
        return
    hours = WorkingHours.over(calendar.week, microseconds(begin), horizon)
    spent = [
        hours.worked(np.array([at]), by_day=unit == "bd")[0] for at in (microseconds(begin), due - 60_000_000, due)
    ]
    assert spent[2] - spent[0] == pytest.approx(float(amount), abs=1e-8)
    assert spent[1] - spent[0] < float(amount)
    assert moment_at(due) >= begin


def test_hours_that_a_clock_change_leaves_out_are_no_working_time():
    """On 29 March 2026 Berlin has no time from two to three: a shop open only then is closed that Sunday."""
    week = WorkWeek("Europe/Berlin", ((6, time(2, 10), time(2, 50)),))
    sunday = microseconds(datetime(2026, 3, 29, tzinfo=UTC))
    hours = WorkingHours.over(week, sunday, sunday + 86_400_000_000)
    assert all(hours.opens < hours.closes)


def test_a_working_rule_without_working_hours_is_refused():
    """Nobody is told zero where nothing was counted."""
    with pytest.raises(Exception, match="without working hours"):
        compile_expression("working_days(now, now) > 1.0", Vocabulary(deal={}), Kind.BOOL)
