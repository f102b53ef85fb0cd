"""What every test may ask for: a real PostgreSQL and NATS, a fresh database, the data sets where they are there.

A test that uses PostgreSQL is never skipped: where no server can be had it fails and says why.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.nats_server import nats_of
from tests.servers import ServerFailed, ServerRun, fresh_database, postgres_of

ROOT = Path(__file__).resolve().parent.parent
RUN = pytest.StashKey[ServerRun]()

# The seed is printed with what failed (`print_blob`); a slow machine is no failure.
settings.register_profile("pipeline_engine", deadline=None, print_blob=True, max_examples=60)
settings.load_profile("pipeline_engine")


def pytest_configure(config: pytest.Config) -> None:
    """The process that ends last holds the run's lock."""
    if not hasattr(config, "workerinput"):
        config.stash[RUN] = ServerRun.begin()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the run keeps its servers."""
    node.workerinput["servers"] = str(node.config.stash[RUN].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """No server outlives the run."""
    if RUN in config.stash:
        config.stash[RUN].end()


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """The URL of a real PostgreSQL for all tests: PIPELINE_ENGINE_TEST_POSTGRES, else one of our own."""
    given = os.environ.get("PIPELINE_ENGINE_TEST_POSTGRES")
    if given:
        return given
    told = getattr(request.config, "workerinput", {}).get("servers")
    try:
        return postgres_of(Path(told) if told else request.config.stash[RUN].folder)
    except ServerFailed as failed:
        pytest.fail(f"no PostgreSQL for the tests: {failed}", pytrace=False)


@pytest.fixture(scope="session")
def nats_url(request: pytest.FixtureRequest) -> str:
    """The URL of a real NATS with JetStream for all tests: PIPELINE_ENGINE_TEST_NATS, else one of our own."""
    given = os.environ.get("PIPELINE_ENGINE_TEST_NATS")
    if given:
        return given
    told = getattr(request.config, "workerinput", {}).get("servers")
    try:
        return nats_of(Path(told) if told else request.config.stash[RUN].folder)
    except ServerFailed as failed:
        pytest.fail(f"no NATS for the tests: {failed}", pytrace=False)


@pytest.fixture(scope="session")
def _database_names(testrun_uid: str, worker_id: str) -> Iterator[str]:
    return (f"test_{testrun_uid[:12]}_{worker_id}_{number}" for number in count(1))


@pytest.fixture
def postgres_database(postgres_url: str, _database_names: Iterator[str]) -> Iterator[str]:
    """The URL of a fresh, empty database of this test's own; it is dropped afterwards."""
    with fresh_database(postgres_url, next(_database_names)) as url:
        yield url


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


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real-world data sets beside the project; where it is missing, the test is skipped."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the data sets are not beside the project: no folder {folder}")
    return folder
