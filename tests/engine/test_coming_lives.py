"""What comes due, by the fold of each deal and by the columns of all of them: one law, however lives are mixed."""

from collections import Counter
from contextlib import suppress

import pytest

from pipeline_engine.deal import Due
from pipeline_engine.errors import PipelineError
from tests.engine.mixed import DEALS, Lives
from tests.engine.timed import OTHERWISE, TIMED, by_columns, by_fold

IN_CI, IN_SOAK = range(10), range(10, 600)


def compared(seed: int) -> list[Due]:
    """The same by both ways, a few times in one life; what it was each time."""
    lives, found = Lives(seed, (TIMED, OTHERWISE)), list[Due]()
    for _ in range(8):
        lives.live(20)
        wait_for_somebody(lives)
        assert by_columns(lives.engine.facts()) == by_fold(lives.engine, DEALS), f"seed {seed}"
        found += by_fold(lives.engine, DEALS)
        ring(lives)
    return found


def wait_for_somebody(lives: Lives) -> None:
    """Now and then a deal waits until somebody resumes it."""
    with suppress(PipelineError):
        lives.engine.pause(lives.one(*DEALS), "they call back", by="boss-2") if lives.one(True, False) else None


def ring(lives: Lives) -> None:
    """What has come due is announced; then nothing is due by either way, and nothing is said twice."""
    before = [due for due in by_fold(lives.engine, DEALS) if due.at <= lives.now]
    said = lives.engine.ring()
    deals = [due for due in said.recorded if due.kind != "loan"]
    assert sorted(deals, key=str) == before, f"seed {lives.seed}"
    assert [due for due in by_fold(lives.engine, DEALS) if due.at <= lives.now] == [], f"seed {lives.seed}"
    assert by_columns(lives.engine.facts()) == by_fold(lives.engine, DEALS), f"seed {lives.seed}"
    assert lives.engine.ring().recorded == ()


def test_the_fold_and_the_columns_say_what_comes_due() -> None:
    """Paused, moved back, reopened, corrected, migrated, merged: both ways name the same moments."""
    kinds = Counter(due.kind for seed in IN_CI for due in compared(seed))
    assert [kind for kind in ("service_level", "stalled", "pause", "expiry", "escalation") if not kinds[kind]] == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", IN_SOAK)
def test_the_same_of_many_lives(seed: int) -> None:
    """The same of hundreds of lives."""
    compared(seed)
