"""A store on every backend: a test that asks for `url` runs three times."""

from collections.abc import Callable, Iterator

import pytest

from pipeline_engine.store import Store
from tests.store.given import Clock, store_at


@pytest.fixture
def opened() -> Iterator[Callable[..., Store]]:
    """Opens stores and closes them after the test."""
    stores: list[Store] = []

    def open_one(url: str, *args: object, **options: object) -> Store:
        stores.append(store_at(url, *args, **options))  # type: ignore[arg-type]  # passed on as they came
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def store(url: str, clock: Clock, opened: Callable[..., Store]) -> Store:
    """An empty store, on each backend."""
    return opened(url, clock)
