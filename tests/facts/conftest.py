"""What the tests of the facts share."""

import pytest

from pipeline_engine import deal as e
from tests.facts.given import judged


@pytest.fixture
def judgement() -> e.Verdicts:
    """Verdicts that refuse."""
    return judged("pf")
