"""Servers that are set up badly, each made for the tests that want one."""

import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests import servers
from tests.conftest import RUN
from tests.servers import Account, Postgres, stop

CARELESS = {"fsync": "off", "full_page_writes": "off", "data_sync_retry": "on"}


@pytest.fixture(scope="session")
def other_server(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[Postgres]:
    """A cluster of its own, not started yet; its programs are those of the run's server where there is one."""
    told = getattr(request.config, "workerinput", {}).get("servers")
    programs = (Path(told) if told else request.config.stash[RUN].folder) / "programs" / "pginstall" / "bin"
    folder = Path(tempfile.mkdtemp(prefix="pipeline-engine-other-", dir=servers._open_to_all()))
    folder.chmod(0o755)
    try:
        made = Postgres(folder, programs, Account.needed(), secrets.token_hex(16))
        made = made if programs.is_dir() else Postgres.prepare(folder)
        made.create()
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(server: Postgres, settings: dict[str, str]) -> Iterator[str]:
    """The server with these settings, until the end; its URL."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setitem(servers.SETTINGS, name, value)
        process, url = server.start()
    try:
        yield url
    finally:
        stop(process)


@pytest.fixture
def careless_server(other_server: Postgres) -> Iterator[str]:
    """A server that would lose what it accepted."""
    with running(other_server, CARELESS) as url:
        yield url


@pytest.fixture
def standby(other_server: Postgres) -> Iterator[str]:
    """A server that follows another one, and answers reads."""
    signal = other_server.folder / "cluster" / "standby.signal"
    signal.touch()
    port = servers._free_port()
    url = f"postgresql://postgres:{other_server.password}@127.0.0.1:{port}/postgres"
    process = other_server.serve(port)
    try:
        _wait_until_it_answers(process, url)
        yield url
    finally:
        stop(process)
        signal.unlink()


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", url: str) -> None:
    until = time.monotonic() + servers.START_SECONDS
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None, "the standby ended"
            assert time.monotonic() < until, "the standby does not answer"
            time.sleep(0.05)
