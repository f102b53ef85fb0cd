"""Processes that send and take commands are killed at any moment: no gap in what goes out, what comes in done once."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.service.bus.given import Broker, Inbox, asked, command, selling, until

pytestmark = pytest.mark.slow

RUN = "import sys; from pipeline_engine.cli import main; sys.argv = ['pipeline-engine', *sys.argv[1:]]; main()"
KILLS = [pytest.param(1, id="1"), pytest.param(20, id="20", marks=pytest.mark.soak)]
COMMANDS = 150


@contextmanager
def running(url: str, broker: Broker) -> Iterator["subprocess.Popen[bytes]"]:
    """`bus run` in a process of its own, killed at the end without a word."""
    words = [sys.executable, "-c", RUN, "--store", url, "bus", "run", "--bus", broker.url, "--prefix", broker.prefix]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("broker", ["nats"], indirect=True)
@pytest.mark.parametrize("kills", KILLS)
def test_a_process_that_is_killed_is_gone_on_from(broker: Broker, tmp_path: Path, kills: int, seed: int) -> None:
    """Killed within what it sends and takes, the next one goes on: each command once, each event out, in order."""
    chance, inbox, url = Random(seed), Inbox(), f"sqlite:///{tmp_path}/sales.db"
    held = broker.connected(reader=(broker.channels.events, inbox.take))
    with selling(url, tmp_path) as engine, held as bus:
        engine.open_deal("D-1", process="b2b", by="rep-03")
        for life in range(kills + 1):
            for number in range(COMMANDS):
                body = command("log", "D-1", f"c-{life}-{number}", kind="call")
                bus.publish(broker.channels.commands, asked(broker.channels, "log", body, f"m-{life}-{number}"))
            wanted = 1 + life * COMMANDS + (chance.randint(10, COMMANDS - 10) if life < kills else COMMANDS)
            with running(url, broker):
                until(partial(came, inbox, wanted), "it gets on", 60.0)
        assert positions(inbox) == [row.position for row in engine.store_rows() if row.stream == "deal:D-1"]
        ids = [each.envelope.command_id for each in engine.timeline("D-1")[1:]]
        assert ids == [f"c-{life}-{number}" for life in range(kills + 1) for number in range(COMMANDS)]


def came(inbox: Inbox, wanted: int) -> bool:
    """Whether so many events came."""
    return len(set(positions(inbox))) >= wanted


def positions(inbox: Inbox) -> list[int]:
    """The positions that came."""
    return [event["position"] for event in inbox.events]
