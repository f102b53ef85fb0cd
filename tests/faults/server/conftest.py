"""What these tests are given: a seed that is printed, and wires to the server that can be cut."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import SystemRandom

import pytest

from pipeline_engine.store import Store, postgres, postgres_server
from tests.conftest import RUN
from tests.faults.server.own_server import OwnServer, own_server
from tests.faults.server.wire import Wire
from tests.store.given import store_at

SEED = "PIPELINE_ENGINE_TEST_SEED"


@pytest.fixture
def seed() -> int:
    """Another one each time, or the one named in the environment; it is printed with what failed."""
    drawn = int(os.environ.get(SEED) or SystemRandom().randrange(2**32))
    sys.stdout.write(f"{SEED}={drawn}\n")
    return drawn


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
    stores: list[Store] = []

    def open_one(url: str, *args: object, **options: object) -> Store:
        stores.append(store_at(url, *args, **options))  # type: ignore[arg-type]  # passed on as they came
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


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
