"""A story begins with nothing, or with an opened deal."""

import pytest

from pipeline_engine.deal import DealOpened
from tests.deal.story import Story


@pytest.fixture
def story() -> Story:
    """Nothing has happened yet."""
    return Story()


@pytest.fixture
def opened() -> Story:
    """A deal of rep-1 stands in lead, without any field."""
    return Story().given(DealOpened(process="b2b", version=1, stage="lead", owner="rep-1"))
