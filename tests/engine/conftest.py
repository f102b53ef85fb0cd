"""A shop for every test of the engine."""

from collections.abc import Iterator

import pytest

from tests.engine.shop import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A store in memory with a process and people, and no deal."""
    made = Shop.opened()
    yield made
    made.engine.close()
