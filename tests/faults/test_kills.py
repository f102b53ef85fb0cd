"""Row 1: writers on one SQLite file are killed in the middle of whatever they do, and nothing acknowledged is lost."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pipeline_engine.store import Row, Store
from tests.faults.lives import Plan, acknowledged
from tests.faults.office import Losses, Office, damage, losses

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
Kill = Callable[..., Plan]


@pytest.fixture
def kill(tmp_path: Path, seed: int) -> Kill:
    """Let writers live and kill them, so many times."""

    def run(kills: int, way: str) -> Plan:
        new = way == "new"
        plan = Plan(tmp_path if new else tmp_path / "sales.db", tmp_path / "journals", new=new)
        if not new:
            with closing(Office(f"sqlite:///{plan.store}")) as office:
                office.publish()
        plan.journals.mkdir()
        told = [plan.store, plan.journals, kills, seed, way]
        subprocess.run(
            [sys.executable, "-m", "tests.faults.lives", *map(str, told)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=True, timeout=600,
        )  # fmt: skip
        return plan

    return run


@pytest.mark.parametrize("kills", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_writers_that_are_killed_lose_nothing(kill: Kill, kills: int):
    """Every acknowledged command is there once and whole, whoever was killed when, and no stream has a gap."""
    plan = kill(kills, "writers")
    said = acknowledged(plan)
    sys.stdout.write(f"{len(said)} acknowledged\n")
    with closing(Office(f"sqlite:///{plan.store}")) as office:
        assert losses(office.store, said) == Losses()
        assert len(said) > kills // 4
    assert damage(plan.store) == ["ok"]


def test_control_an_acknowledgement_before_the_commit_is_found_to_be_lost(kill: Kill):
    """Control: writers that acknowledge first and write then must be found to have lost something."""
    plan = kill(40, "early")
    with closing(Office(f"sqlite:///{plan.store}")) as office:
        found = losses(office.store, acknowledged(plan))
    assert found.lost
    assert found == Losses(lost=found.lost)


@pytest.mark.parametrize("kills", [40, pytest.param(400, marks=pytest.mark.soak)])
def test_a_store_whose_making_was_killed_is_made_by_the_next(kill: Kill, kills: int):
    """Whoever opens a file that somebody began to make finds a store in it, whole or new, and goes on."""
    plan = kill(kills, "new")
    said = acknowledged(plan)
    for number in range(kills):
        with closing(Office(f"sqlite:///{plan.store_of(f'n{number}')}")) as office:
            assert losses(office.store, [each for each in said if f".n{number}." in each]) == Losses()
            office.publish()
            assert office.engine.processes()


MAPPING = """
format: csv
rows: events
source: crm
process: b2b
id: deal
at: {column: at, date: iso, zone: UTC}
stage: stage
"""
DEALS = 1500


@pytest.mark.parametrize("kills", [15, pytest.param(150, marks=pytest.mark.soak)])
def test_an_import_that_was_killed_is_brought_to_its_end_by_the_next(kill: Kill, tmp_path: Path, kills: int):
    """However often whoever brings a history in was killed, in the end every row is there once."""
    days = {"lead": "2026-01-05", "offer": "2026-01-09"}
    rows = [f"D-{number},{day}T09:00:00,{stage}" for number in range(DEALS) for stage, day in days.items()]
    (tmp_path / "crm.csv").write_text("\n".join(["deal,at,stage", *rows]))
    (tmp_path / "crm.yaml").write_text(MAPPING)
    plan = kill(kills, "imports")
    with closing(Office(f"sqlite:///{plan.store}")) as office:
        assert losses(office.store, []) == Losses()
        names = Counter(tuple(row.name for row in each) for each in by_deal(office.store))
        again = office.engine.import_history([tmp_path / "crm.csv"], tmp_path / "crm.yaml")
    assert names == {("DealOpened", "DealMoved"): DEALS}
    assert (again.events, again.unchanged) == (0, DEALS)


def by_deal(store: Store) -> list[list[Row]]:
    """The rows of the log, deal by deal."""
    found = defaultdict(list)
    for row in store.rows(0, 1_000_000):
        if row.stream.startswith("deal:"):
            found[row.stream].append(row)
    return list(found.values())
