"""What tests of faults are given: a seed that is printed, so that what failed can be had again."""

import os
import sys
from random import SystemRandom

import pytest

SEED = "PIPELINE_ENGINE_TEST_SEED"


@pytest.fixture
def seed() -> int:
    """Another one each time, or the one named in the environment; it is printed with what failed."""
    drawn = int(os.environ.get(SEED) or SystemRandom().randrange(2**32))
    sys.stdout.write(f"{SEED}={drawn}\n")
    return drawn
