"""A year lived in parts is the same year."""

from datetime import UTC, datetime

from tests.pages import ROOT

from pipeline_engine.engine import Engine, StoryClock
from pipeline_engine.simulation import Parts, YearPlan, sales_year

SMALL = YearPlan(deals=20)
NEW_YEAR, JULY = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
END = datetime(2026, 1, 1, tzinfo=UTC)


def lived(*ends: datetime) -> tuple[list[int], list[tuple[str, str]]]:
    """How many commands each part had, and what the log holds in the end."""
    with Engine.open("memory://", clock=StoryClock(NEW_YEAR)) as engine:
        engine.publish(ROOT / "config/processes/b2b-saas.yaml", by="ops-1")
        year = Parts(sales_year(7, SMALL))
        counts = [engine.live(year.until(end)) for end in ends]
        assert year.over
        return counts, [(row.stream, row.name) for row in engine.store_rows()]


def test_a_year_in_two_halves_is_the_year() -> None:
    """What is decided in between falls between two commands; none is lost, none asked twice."""
    (whole,), log = lived(END)
    halves, log_of_halves = lived(JULY, END)
    assert sum(halves) == whole
    assert min(halves) > 0
    assert log_of_halves == log


def test_nothing_of_a_part_that_is_over_comes_again() -> None:
    """Asked for the same part once more, there is nothing left of it."""
    counts, _ = lived(JULY, JULY, END)
    assert counts[1] == 0
