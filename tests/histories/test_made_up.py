"""Made-up years through the real gate: what was planted is found, and every verdict is reproduced."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_engine import Engine
from pipeline_engine.engine import EVENTS, StoryClock
from pipeline_engine.simulation import YearPlan, planted, sales_year
from pipeline_engine.store import IDENTITY, open_store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def lived(seed: int, deals: int, url: str = "memory://") -> Engine:
    """A store in which that year was lived."""
    clock = StoryClock(datetime(2025, 1, 1, tzinfo=UTC))
    # Under keys of their own no two stores hold the same bytes, and none of these tests is about what is sealed.
    store = open_store(url, clock=clock, clock_name="simulation", keys=IDENTITY, events=EVENTS)
    engine = Engine(store, clock, "simulation")
    engine.publish(ROOT / "config" / "processes" / "b2b-saas.yaml", by="ops-1")
    engine.apply_team(ROOT / "config" / "people.yaml", by="ops-1")
    engine.live(sales_year(seed, YearPlan(deals=deals)))
    return engine


@pytest.mark.parametrize("deals", [300, pytest.param(1200, marks=pytest.mark.soak)])
def test_the_planted_bottleneck_ranks_first_for_nine_seeds_of_ten(deals: int) -> None:
    """A manager who reads the first line of `view bottlenecks` reads what was planted."""
    found = []
    for seed in range(10):
        with lived(seed, deals) as engine:
            found.append(engine.bottlenecks(as_of=NEW_YEAR).to_json()["stages"][0]["stage"])
    assert sum(stage == planted(YearPlan()).stage for stage in found) >= 9, found


def test_every_verdict_of_a_year_is_reproduced_from_the_log() -> None:
    """The control of the backtest: the rules in force give the recorded letters again, all of them."""
    with lived(3, deals=150) as engine:
        fidelity = engine.backtest(ROOT / "config" / "processes" / "b2b-saas-strict.yaml").fidelity
        assert fidelity.replayable > 300
        assert fidelity.reproduced == fidelity.replayable, fidelity.mismatches


def test_a_year_leaves_the_same_facts_in_every_store(postgres_database: str, tmp_path: Path) -> None:
    """Memory, SQLite and PostgreSQL hold the same log, so that the facts have one digest."""
    urls = ("memory://", f"sqlite:///{tmp_path}/year.db", postgres_database)
    digests = set()
    for url in urls:
        with lived(5, deals=60, url=url) as engine:
            digests.add(engine.facts().digest())
    assert len(digests) == 1


def test_the_same_seed_gives_the_same_year() -> None:
    """Two runs of one seed leave the same facts, to the last bit."""
    with lived(5, deals=60) as one, lived(5, deals=60) as other:
        assert one.facts().digest() == other.facts().digest()
