"""A process that forks with a store open: parent and child both go on, and neither disturbs the other's connections."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.given import store_at

ROOT = Path(__file__).resolve().parents[3]
BEGIN = """
import os, signal, sys, time
from threading import Event, Thread
from pipeline_engine.errors import PipelineError, StoreUnreachable
from pipeline_engine.store import Decision, Request, forked, sqlite_forks
from tests.store.given import COUNT, Counted, ask, draft, store_at

url, *how = sys.argv[1:]
store = store_at(url)
ask(store, "parent-1")
"""
FORKED_WHILE_DECIDING = (
    BEGIN
    + """
def backends():
    asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    return {pid for (pid,) in store._log._ask(asked)} if url.startswith("postgres") else set()

before = backends()
deciding, forked_already = Event(), Event()

def slowly(state, version, reader):
    deciding.set()
    forked_already.wait()
    return Decision((draft(Counted(), "slow"),))

slow = Thread(target=lambda: store.transact("deal:D-1", Request("slow", "d"), COUNT, slowly, alone="alone" in how))
slow.start()
deciding.wait()
if "control" in how:
    forked._there.clear()
sqlite_forks.PATIENCE_SECONDS = 0.5
child = os.fork()
if child == 0:
    try:
        receipt = ask(store, "child")
    except StoreUnreachable as told:
        sys.stdout.write(str(told))
        sys.exit(7)
    assert store.load("deal:D-1", COUNT)[1] >= receipt.last == receipt.first
    if "at once" in how:
        os._exit(0)
    store.close()
    sys.exit(0)
forked_already.set()
slow.join()
until = time.monotonic() + (2 if "control" in how else 30)
ended = (0, 0)
while ended == (0, 0) and time.monotonic() < until:
    ended = os.waitpid(child, os.WNOHANG)
    time.sleep(0.01)
if ended == (0, 0):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    sys.exit("the child hangs")
assert before <= backends(), "the parent's connection is gone"
there = 3 if ended[1] == 0 else 2
assert ask(store, "parent-2").first == there + 1
assert store.load("deal:D-1", COUNT) == (there + 1, there + 1)
store.close()
sys.exit(os.waitstatus_to_exitcode(ended[1]))
"""
)
OUTLIVES_ITS_PARENT = (
    BEGIN
    + """
if "control" in how:
    sqlite_forks._pools.clear()
    sqlite_forks.PATIENCE_SECONDS = 0
(heard, closed), (told, ready) = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    sqlite_forks._spoiled.clear()
    ask(store, "child-1")
    os.write(ready, b"x")
    os.read(heard, 1)
    try:
        ask(store, "child-2")
    except PipelineError:
        os._exit(8)
    os._exit(0)
os.read(told, 1)
store.close()
os.write(closed, b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
)


def run(script: str, url: str, *how: str) -> "subprocess.CompletedProcess[str]":
    """Fork in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script, url, *how],
        cwd=ROOT, check=False, timeout=60, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["at once", "in order"])
def test_parent_and_child_both_go_on(lasting_url: str, ending: str) -> None:
    """Forked while another thread decides: the child has turns and connections of its own, the parent keeps its."""
    done = run(FORKED_WHILE_DECIDING, lasting_url, ending)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_child_waits_for_a_thread_of_its_parent_that_writes(postgres_database: str) -> None:
    """Forked while another thread keeps every writer out: the child comes after it, as any other process would."""
    done = run(FORKED_WHILE_DECIDING, postgres_database, "alone")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_child_that_inherits_an_open_file_is_told(tmp_path: Path) -> None:
    """On SQLite such a child could lose what it writes, so it writes nothing and is told why; the parent goes on."""
    done = run(FORKED_WHILE_DECIDING, f"sqlite:///{tmp_path}/sales.db", "alone")
    assert (done.returncode, done.stderr) == (7, "")
    assert "was in use when this process was forked" in done.stdout


@pytest.mark.slow
def test_control_with_its_parents_locks_the_child_hangs(lasting_url: str) -> None:
    """Control: where the child keeps the locks of its parent's threads, it waits for a thread that is not there."""
    done = run(FORKED_WHILE_DECIDING, lasting_url, "control", "at once")
    assert "the child hangs" in done.stderr


def told_by_a_child(url: str, *how: str) -> list[bool]:
    """Of what a forked child asked before and after its parent closed the store: was it told so, and is it there."""
    done = run(OUTLIVES_ITS_PARENT, url, *how)
    assert (done.returncode in {0, 8}, done.stderr) == (True, "")
    store = store_at(url)
    try:
        return [store.receipt("child-1") is not None, done.returncode == 0 and store.receipt("child-2") is not None]
    finally:
        store.close()


@pytest.mark.slow
def test_what_a_child_is_told_outlives_its_parent(lasting_url: str) -> None:
    """The parent closes the store, the forked child goes on: all that it asked is told, and is there."""
    assert told_by_a_child(lasting_url) == [True, True]


@pytest.mark.slow
def test_control_with_its_parents_connections_open_a_child_loses_what_it_writes(tmp_path: Path) -> None:
    """Control: where connections stay open over a fork, what the child asked is not there, or it cannot go on."""
    assert False in told_by_a_child(f"sqlite:///{tmp_path}/sales.db", "control")
