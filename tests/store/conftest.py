"""A store on every backend: a test that asks for `url` runs three times."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline_engine.store import Store
from tests.servers import fresh_database
from tests.store.given import Clock, store_at


@pytest.fixture(scope="session")
def shared_database(postgres_url: str, testrun_uid: str, worker_id: str) -> Iterator[str]:
    """One database for all tests of a worker that are content with a schema of their own."""
    with fresh_database(postgres_url, f"store_{testrun_uid[:12]}_{worker_id}") as url:
        yield url


@pytest.fixture
def postgres_schema(shared_database: str, request: pytest.FixtureRequest) -> str:
    """The URL of a fresh schema: much quicker to have than a database."""
    return f"{shared_database}?schema={sha256(request.node.nodeid.encode()).hexdigest()[:16]}"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, on each backend."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_schema"))
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/sales.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store on each backend that can be opened more than once."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_schema"))
    return f"sqlite:///{tmp_path}/sales.db"


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
