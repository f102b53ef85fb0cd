"""The servers that tests run against are real, empty for each test, and gone when the run is gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.servers import fresh_database

ROOT = Path(__file__).resolve().parent.parent
A_RUN_THAT_HANGS = """
import time

def test_hangs(postgres_url):
    print(postgres_url, flush=True)
    time.sleep(60)
"""


def answers(url: str) -> bool:
    """Whether a server answers at this URL."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_server_keeps_its_promises(postgres_database):
    """Commits are flushed to disk: a store tested without that would be tested against another database."""
    with psycopg.connect(postgres_database) as connection:
        shown = [connection.execute(f"show {name}").fetchone() for name in ("fsync", "synchronous_commit")]
    assert shown == [("on",), ("on",)]


def test_a_database_is_empty_and_dropped_afterwards(postgres_url):
    """What one test writes no other test sees, even where a connection was left open."""
    with fresh_database(postgres_url, "test_left_open") as first:
        left_open = psycopg.connect(first, autocommit=True)
        left_open.execute("create table deals (id text)")
    left_open.close()
    with fresh_database(postgres_url, "test_left_open") as second, psycopg.connect(second) as connection:
        assert connection.execute("select to_regclass('deals')").fetchone() == (None,)


@pytest.mark.slow
def test_no_server_outlives_a_killed_run(tmp_path):
    """A run killed without a word takes its server with it; as a control, the server did answer before."""
    environment = {name: value for name, value in os.environ.items() if "POSTGRES" not in name}
    (tmp_path / "test_hangs.py").write_text(A_RUN_THAT_HANGS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-sq",
        "-p",
        "tests.conftest",
        f"--rootdir={tmp_path}",
        tmp_path,
    ]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        url = next(line.strip() for line in run.stdout if line.startswith("postgresql:"))
        assert answers(url)
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while answers(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(url)
