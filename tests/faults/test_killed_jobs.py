"""A process that does jobs may be killed at any time: another one goes on, and what came in came in once."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from time import monotonic, sleep

import pytest

from pipeline_engine.engine import Engine
from tests.cli.given import CRM_MAPPING, CRM_PROCESS

pytestmark = pytest.mark.slow
WORK = [sys.executable, "-c", "from pipeline_engine.cli import main; main()"]
DEALS, STAGES = 12_000, ("lead", "offer", "contract", "Won")
# Longer than a lease, which the next worker has to wait for.
PATIENCE = 90.0


def history() -> str:
    """Many deals that go through every stage."""
    rows = [
        f"D-{deal},2026-01-{day:02}T09:00:00,rep,{stage},{deal}\n"
        for deal in range(DEALS)
        for day, stage in enumerate(STAGES, 1)
    ]
    return "deal,at,who,stage,amount\n" + "".join(rows)


@contextmanager
def worker(store: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does jobs."""
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [*WORK, "--store", store, "job", "work"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=paths)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_killed_import_is_gone_on_with_and_comes_in_once(lasting_url: str) -> None:
    """Killed in the midst of the batches, and a stopped one puts it back: the store ends as if nothing had been."""
    with Engine.open(lasting_url) as engine:
        engine.publish_text(CRM_PROCESS, "crm.yaml", by="ops")
        upload = engine.upload("crm.csv")
        upload.add(history().encode())
        asked, empty = engine.ask_import([upload.end().upload], CRM_MAPPING, by="ops").job.id, engine.position()
        with worker(lasting_url):
            _until(lambda: engine.position() > empty + 2_000)
            sleep(Random().random() / 5)
        half = engine.position()
        assert engine.job(asked).job.state == "running"
        with worker(lasting_url) as process:
            _until(lambda: not engine.job(asked).job.open)
            process.terminate()
            assert process.wait(20) == 0
        done = engine.job(asked)
        assert (done.job.state, done.job.attempt, done.job.lost) == ("done", 2, 1)
        report = json.loads(b"".join(engine.job_result(asked)))
        assert (report["rows"], report["deals"], report["rejected"]) == (DEALS * 4, DEALS, 0)
        assert empty < half < engine.position()
        assert (engine.funnel().won, engine.funnel().deals) == (DEALS, DEALS)
        per_deal = Counter(row.stream for row in engine.store_rows() if row.stream.startswith("deal:"))
        assert set(per_deal.values()) == {len(STAGES)}
        assert engine.waiting_jobs() == []


def _until(true: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not true():
        assert monotonic() < end, "it did not come true in time"
        sleep(0.05)
