"""Several processes serve one PostgreSQL store and one NATS server; any of them may be killed at any time."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from pipeline_engine import Engine
from pipeline_engine.deal import NoteRecorded
from pipeline_engine.service.bus import connect
from pipeline_engine.service.bus.port import Channels, Delivery, Done
from tests.engine.shop import PROCESS
from tests.nats_server import NatsServer

pytestmark = pytest.mark.slow
SERVE = [sys.executable, "-c", "from pipeline_engine.cli import main; main()"]
ASKED, KILLED_AT = 120, 60


@contextmanager
def replica(store: str, bus: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that serves, and where."""
    command = [*SERVE, "--store", store, "serve", "--port", "0", "--bus", bus, "--json"]
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=paths)
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())["address"]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def note(address: str, nth: int, key: str) -> bool:
    """Ask for a note; whether there was an answer."""
    body = {"text": f"note {nth}", "by": "rep"}
    try:
        answer = httpx.post(f"{address}/v1/deals/D/notes", json=body, headers={"Idempotency-Key": key}, timeout=20)
    except httpx.TransportError:
        return False
    assert answer.status_code == 200, answer.text
    return True


@contextmanager
def heard(url: str) -> Iterator[list[int]]:
    """The positions of events as somebody reads them off the bus."""
    told: list[int] = []

    def take(delivery: Delivery) -> Done:
        told.append(json.loads(delivery.body)["position"])
        return Done()

    listener = connect(url)
    listener.subscribe(Channels().events, "test", take)
    listener.start()
    try:
        yield told
    finally:
        listener.stop()


def ask_both(first: subprocess.Popen[str], one: str, other: str) -> int:
    """Ask one and the other in turns and kill the first in the middle; how many had to be asked again."""
    unanswered = 0
    for nth in range(ASKED):
        if nth == KILLED_AT:
            first.kill()
        if not note((one, other)[nth % 2], nth, f"key-{nth}"):
            unanswered += 1
            assert note(other, nth, f"key-{nth}")
    return unanswered


def test_one_that_is_killed_loses_nothing_and_doubles_nothing(postgres_schema: str, tmp_path: Path) -> None:
    """What it did not answer is asked of another one with the same key; the bus has every event once, in order."""
    with Engine.open(postgres_schema) as engine:
        engine.publish_text(PROCESS, "shop.yaml", by="ops")
        engine.open_deal("D", process="shop", owner="rep", by="rep")
    nats = NatsServer(tmp_path / "nats").start()
    begun = replica(postgres_schema, nats.url), replica(postgres_schema, nats.url)
    with heard(nats.url) as told, begun[0] as (first, one), begun[1] as (_, other):
        assert ask_both(first, one, other) == (ASKED - KILLED_AT) / 2
        # The control: what had been answered is known by its key to the one that goes on, and by another key it is not.
        assert note(other, 0, "key-0")
        assert note(other, 0, "another key")
        with Engine.open(postgres_schema) as engine:
            notes = [each for each in engine.timeline("D") if isinstance(each.event, NoteRecorded)]
            every = [row.position for row in engine.store_rows() if row.stream.startswith("deal:")]
        until = monotonic() + 60
        while len(told) < len(every) and monotonic() < until:
            sleep(0.05)
    nats.kill()
    assert len(notes) == ASKED + 1
    assert told == every
