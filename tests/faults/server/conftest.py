"""What these tests are given: stores on either database, and wires to the server that can be cut."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline_engine.store import Store, postgres, postgres_server
from tests.conftest import RUN
from tests.faults.server.own_server import OwnServer, own_server
from tests.faults.server.wire import Wire
from tests.store.given import opening


@pytest.fixture
def wire(postgres_database: str) -> Iterator[Wire]:
    """A wire to an empty database of this test's own."""
    made = Wire(postgres_database)
    yield made
    made.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have stores wait one second for a connection, where it is five by itself."""
    for module in (postgres, postgres_server):
        monkeypatch.setattr(module, "WAIT_SECONDS", 1.0)


@pytest.fixture
def opened() -> Iterator[Callable[..., Store]]:
    """Opens stores and closes them after the test."""
    with opening() as open_one:
        yield open_one


@pytest.fixture(params=["sqlite", "postgresql"])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store on each backend that can be opened more than once."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_database"))
    return f"sqlite:///{tmp_path}/sales.db"


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, worker_id: str) -> Iterator[OwnServer]:
    """A server of this module's own, which its tests may kill."""
    told = getattr(request.config, "workerinput", {}).get("servers")
    run = Path(told) if told else request.config.stash[RUN].folder
    folder = run / f"own-{worker_id}-{request.module.__name__.rpartition('.')[2]}"
    folder.mkdir(mode=0o755)
    with own_server(folder) as made:
        yield made
