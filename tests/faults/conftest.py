"""What tests of faults are given: a store at work, and a seed that is printed, so that what failed can be had again."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import SystemRandom

import pytest

from tests.faults.office import Office, asked

SEED = "PIPELINE_ENGINE_TEST_SEED"


@pytest.fixture
def seed() -> int:
    """Another one each time, or the one named in the environment; it is printed with what failed."""
    drawn = int(os.environ.get(SEED) or SystemRandom().randrange(2**32))
    sys.stdout.write(f"{SEED}={drawn}\n")
    return drawn


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "sales.db"


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Office]]:
    """Opens offices and closes them after the test."""
    offices: list[Office] = []

    def open_one(path: Path) -> Office:
        offices.append(Office(f"sqlite:///{path}"))
        return offices[-1]

    yield open_one
    for office in offices:
        office.close()


@pytest.fixture
def office(path: Path, opened: Callable[[Path], Office]) -> Office:
    """An office that has been at work for a while."""
    office = opened(path)
    office.publish()
    asked(office, 0, 5)
    return office
