"""One office per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.life.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A sales office with people, on a Monday morning."""
    office = Office(tmp_path)
    yield office
    office.engine.close()
