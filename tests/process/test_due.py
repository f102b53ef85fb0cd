"""When something is due that is to be done within a length of time."""

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest

from pipeline_engine.process import Calendar, Span, due_at

FRIDAY = datetime(2026, 1, 9, 12, tzinfo=UTC)
WEEK = Calendar(zone="UTC", hours={day: (time(9), time(17)) for day in range(5)})


@pytest.mark.parametrize(
    ("amount", "unit", "due"),
    [
        ("36", "h", datetime(2026, 1, 11, 0, tzinfo=UTC)),
        ("1", "w", datetime(2026, 1, 16, 12, tzinfo=UTC)),
        ("1", "bd", datetime(2026, 1, 12, 12, tzinfo=UTC)),
        ("8", "bh", datetime(2026, 1, 12, 12, tzinfo=UTC)),
        ("0.5", "bd", datetime(2026, 1, 9, 16, tzinfo=UTC)),
    ],
)
def test_it_is_due_when_so_much_time_has_passed(amount: str, unit: str, due: datetime) -> None:
    """By the clock, or in the hours people work."""
    assert due_at(FRIDAY, Span(amount=Decimal(amount), unit=unit), WEEK) == due  # type: ignore[arg-type]  # one of the units


def test_without_working_hours_nothing_is_ever_due_in_working_time() -> None:
    """No moment is invented where nobody works."""
    assert due_at(FRIDAY, Span(amount=Decimal(1), unit="bd"), Calendar()) is None
