"""When a length of time is used up that pauses do not count in: against counting minute by minute."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from pipeline_engine.process import FAR, Calendar, Span, Stretches, due_at, used_up
from pipeline_engine.values import microseconds, moment_at

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOURS = {day: (time(9), time(17)) for day in range(5)}
CALENDAR = Calendar(zone="Europe/Berlin", hours=HOURS)
MINUTE = 60_000_000
NOBODY_WAITS = Stretches.of((), None)


def used(
    start: datetime, span: Span, waits: Stretches = NOBODY_WAITS, calendar: Calendar = CALENDAR
) -> datetime | None:
    """The moment of one start; None for one that does not come."""
    (found,) = used_up(np.array([microseconds(start)], np.int64), span, calendar, waits)
    return None if found == FAR else moment_at(int(found))


def span(amount: str, unit: str) -> Span:
    """A length of time."""
    return Span.model_validate({"amount": Decimal(amount), "unit": unit})


def stretches(chance: Random, start: int) -> list[tuple[int, int]]:
    """Some pauses after a moment, in order, in whole hours."""
    edges = sorted(chance.sample(range(-20, 120), 2 * chance.randint(0, 4)))
    return [
        (start + begin * 60 * MINUTE, start + end * 60 * MINUTE)
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
    ]


def by_minutes(start: int, minutes: int, pauses: list[tuple[int, int]]) -> int:
    """The same, one minute after the other."""
    now = start
    while minutes:
        minutes -= not any(begin <= now < end for begin, end in pauses)
        now += MINUTE
    return now


@pytest.mark.parametrize("seed", range(40))
def test_by_the_clock_it_is_what_counting_minutes_gives(seed: int) -> None:
    """Whatever was paused, before the start, across it and after it."""
    chance = Random(seed)
    start, hours = microseconds(MONDAY), chance.randint(1, 60)
    pauses = stretches(chance, start)
    found = used(MONDAY, span(str(hours), "h"), Stretches.of(pauses, None))
    assert found == moment_at(by_minutes(start, hours * 60, pauses)), f"seed {seed}"


@pytest.mark.parametrize("seed", range(20))
def test_in_working_time_it_is_what_counting_working_minutes_gives(seed: int) -> None:
    """A pause over a night or a weekend takes off nothing."""
    chance = Random(seed)
    start, hours = microseconds(MONDAY), chance.randint(1, 30)
    pauses, now, left = stretches(chance, start), start, hours * 60
    while left:
        berlin = moment_at(now) + timedelta(hours=1)  # before the clock change of 29 March
        working = berlin.weekday() < 5 and 9 <= berlin.hour < 17
        left -= working and not any(begin <= now < end for begin, end in pauses)
        now += MINUTE
    assert used(MONDAY, span(str(hours), "bh"), Stretches.of(pauses, None)) == moment_at(now), f"seed {seed}"


def test_without_pauses_it_is_when_an_answer_would_be_due() -> None:
    """One law for the service level of a stay and that of an answer."""
    friday = MONDAY + timedelta(days=4, hours=15, minutes=30)
    for length in (span("5", "d"), span("2.5", "h"), span("1", "bd"), span("12", "bh"), span("1", "w")):
        assert used(friday, length) == due_at(friday, length, CALENDAR)


def test_where_nobody_works_working_time_is_plain() -> None:
    """A calendar without hours counts round the clock, as the views do."""
    assert used(MONDAY, span("2", "bd"), calendar=Calendar()) == MONDAY + timedelta(days=2)


def test_a_deal_that_waits_for_somebody_has_no_moment_unless_it_was_over_before() -> None:
    """Without an end of the pause it does not come; what was used up before the pause began was."""
    since = microseconds(MONDAY + timedelta(days=3))
    assert used(MONDAY, span("5", "d"), Stretches.of((), since)) is None
    assert used(MONDAY, span("3", "d"), Stretches.of((), since)) == MONDAY + timedelta(days=3)


def test_a_later_pause_never_brings_a_moment_nearer() -> None:
    """The longer it waited, the later it comes; a pause after the moment changes nothing."""
    begin = microseconds(MONDAY)
    waited = [Stretches.of([(begin, begin + n * 60 * MINUTE)], None) for n in range(1, 80)]
    moments = [used(MONDAY, span("10", "bh"), waits) for waits in waited]
    assert all(one is not None and other is not None and one <= other for one, other in pairwise(moments))
    late = microseconds(MONDAY + timedelta(days=30))
    assert used(MONDAY, span("10", "bh"), Stretches.of([(late, late + MINUTE)], None)) == used(MONDAY, span("10", "bh"))


def test_a_start_that_nobody_knows_has_no_moment() -> None:
    """None is invented."""
    unknown = np.array([np.iinfo(np.int64).min, microseconds(MONDAY)])
    both = Stretches(np.zeros(0, np.int64), np.zeros(0, np.int64), np.full(2, FAR), 0)
    assert used_up(unknown, span("1", "d"), CALENDAR, both).tolist() == [
        int(FAR), microseconds(MONDAY + timedelta(days=1)),
    ]  # fmt: skip
