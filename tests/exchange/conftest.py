"""What the tests of the exchange are given."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_engine.store import Store
from tests.exchange.given import empty_store


@pytest.fixture
def store() -> Store:
    """An empty store."""
    return empty_store()


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a text (or bytes) to a file of a name and gives its path."""

    def write(content: str | bytes, name: str = "history.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
