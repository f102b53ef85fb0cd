"""A store on every backend: a test that asks for `url` runs three times."""

from collections.abc import Callable, Iterator

import pytest

from pipeline_engine.store import Store
from tests.store.given import Clock, opening


@pytest.fixture
def opened() -> Iterator[Callable[..., Store]]:
    """Opens stores and closes them after the test."""
    with opening() as open_one:
        yield open_one


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def store(url: str, clock: Clock, opened: Callable[..., Store]) -> Store:
    """An empty store, on each backend."""
    return opened(url, clock)
