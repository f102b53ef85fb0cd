"""Row 1: writers on one SQLite file are killed in the middle of whatever they do, and nothing acknowledged is lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.lives import Plan, acknowledged
from tests.faults.office import Losses, Office, damage, losses

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
Kill = Callable[..., Plan]


@pytest.fixture
def kill(tmp_path: Path, seed: int) -> Kill:
    """Let writers live and kill them, so many times."""

    def run(kills: int, *options: str) -> Plan:
        plan = Plan(tmp_path / "sales.db", tmp_path / "journals", new="--new" in options)
        if plan.new:
            plan = Plan(tmp_path, plan.journals, new=True)
        else:
            with closing(Office(f"sqlite:///{plan.store}")) as office:
                office.publish()
        plan.journals.mkdir()
        told = [plan.store, plan.journals, kills, seed, *options]
        subprocess.run(
            [sys.executable, "-m", "tests.faults.lives", *map(str, told)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=True, timeout=600,
        )  # fmt: skip
        return plan

    return run


@pytest.mark.parametrize("kills", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_writers_that_are_killed_lose_nothing(kill: Kill, kills: int):
    """Every acknowledged command is there once and whole, whoever was killed when, and no stream has a gap."""
    plan = kill(kills)
    said = acknowledged(plan)
    sys.stdout.write(f"{len(said)} acknowledged\n")
    with closing(Office(f"sqlite:///{plan.store}")) as office:
        assert losses(office.store, said) == Losses()
        assert len(said) > kills
    assert damage(plan.store) == ["ok"]


def test_control_an_acknowledgement_before_the_commit_is_found_to_be_lost(kill: Kill):
    """Control: writers that acknowledge first and write then must be found to have lost something."""
    plan = kill(40, "--early")
    with closing(Office(f"sqlite:///{plan.store}")) as office:
        found = losses(office.store, acknowledged(plan))
    assert found.lost
    assert found == Losses(lost=found.lost)


@pytest.mark.parametrize("kills", [40, pytest.param(400, marks=pytest.mark.soak)])
def test_a_store_whose_making_was_killed_is_made_by_the_next(kill: Kill, kills: int):
    """Whoever opens a file that somebody began to make finds a store in it, whole or new, and goes on."""
    plan = kill(kills, "--new")
    said = acknowledged(plan)
    for number in range(kills):
        with closing(Office(f"sqlite:///{plan.store_of(f'n{number}')}")) as office:
            assert losses(office.store, [each for each in said if f".n{number}." in each]) == Losses()
            office.publish()
            assert office.engine.processes()
