"""Whoever follows the log is woken by what is new in it, and is in nobody's way while it waits."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from pipeline_engine.store import Store
from tests.store.following.given import count

ROOT = Path(__file__).resolve().parents[3]
FORKS_WHILE_IT_WAITS = """
import os, sys
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from tests.store.following.given import count
from tests.store.given import store_at

store = store_at(sys.argv[1])
count(store, "deal:D-1", 1)
waiting, woken, stop = Event(), Event(), Event()

def wait_for_news():
    with store.hints() as wait:
        waiting.set()
        while not stop.is_set():
            before = store.position()
            wait(0.5)
            if store.position() > before:
                woken.set()

Thread(target=wait_for_news, daemon=True).start()
waiting.wait()
longest = 0.0
for nth in range(5):
    began = monotonic()
    child = os.fork()
    longest = max(longest, monotonic() - began)
    if child == 0:
        with suppress(BaseException):
            count(store, f"deal:C-{nth}", 1)
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0, "the child could not write"
assert store.position() == 6, store.position()
woken.clear()
count(store, "deal:D-2", 1)
assert woken.wait(10), "nobody was woken any more"
stop.set()
assert longest < 2, f"a fork took {longest:.2f} s"
"""


def test_a_commit_wakes_whoever_waits(lasting_url: str, opened: Callable[..., Store]) -> None:
    """Long before the wait is over, and also where another connection committed."""
    reader, writer, ready = opened(lasting_url), opened(lasting_url), Event()
    took: list[float] = []

    def wait_for_news() -> None:
        with reader.hints() as wait:
            ready.set()
            began = monotonic()
            wait(30)
            took.append(monotonic() - began)

    waiting = Thread(target=wait_for_news)
    waiting.start()
    ready.wait()
    count(writer, "deal:D-1", 1)
    waiting.join()
    assert took[0] < 10


def test_a_process_forks_at_once_although_one_of_its_threads_waits(tmp_path: Path) -> None:
    """What waits on an SQLite file closes its connection for the fork: it costs no time, and no side loses a write."""
    ran = subprocess.run(
        [sys.executable, "-c", FORKS_WHILE_IT_WAITS, f"sqlite:///{tmp_path}/sales.db"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
