"""The bus from the command line: run beside a real broker, its dead letters told, what was put aside sent again."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline_engine.service.bus import Channels
from tests.cli.conftest import Type
from tests.cli.test_following import spoil
from tests.service.bus.given import PROCESS, Broker, Inbox, asked, command, until

RUN = "import sys; from pipeline_engine.cli import main; sys.argv = ['pipeline-engine', *sys.argv[1:]]; main()"


@pytest.fixture
def office(line: Type, folder: Path) -> Type:
    """A store with a process and a deal."""
    (folder / "b2b.yaml").write_text(PROCESS, encoding="utf-8")
    line("process publish b2b.yaml --by ops-1")
    line("deal open D-1 --process b2b --owner rep-03 --by rep-03")
    return line


@pytest.fixture
def broker(nats_url: str, request: pytest.FixtureRequest) -> Broker:
    """A real NATS, and channels of this test's own."""
    prefix = f"c{sha256(request.node.nodeid.encode()).hexdigest()[:12]}"
    return Broker(nats_url, Channels(prefix), prefix)


@contextmanager
def running(folder: Path, broker: Broker) -> Iterator["subprocess.Popen[str]"]:
    """`bus run` in a process of its own; stopped as an operator would."""
    words = [sys.executable, "-c", RUN, "bus", "run", "--bus", broker.url, "--prefix", broker.prefix]
    with subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


@pytest.mark.slow
def test_a_process_of_its_own_sends_events_and_takes_commands(office: Type, folder: Path, broker: Broker) -> None:
    """Events go out, a command comes in, a bad one is told by `bus dead`; the status names who runs it."""
    inbox = Inbox()
    held = broker.connected(reader=(broker.channels.events, inbox.take))
    with held as bus, running(folder, broker):
        until(lambda: len(inbox.got) == 1, "what was there is sent")
        for number, deal in enumerate(("D-1", "D-404")):
            body = command("note", deal, f"c-{number}", text="they want it in writing")
            bus.publish(broker.channels.commands, asked(broker.channels, "note", body, f"m-{number}"))
        until(lambda: len(inbox.got) == 2, "what was asked is done and sent")
        where = f"--bus {broker.url} --prefix {broker.prefix}"
        until(lambda: office(f"bus dead {where}").code == 1, "the bad one is put aside")
        told = office(f"bus dead {where} --json").json
        (view,) = office("follow status --json").json["views"]
        assert (view["view"], view["failing"], view["beat_by"] is not None) == (f"bus-{broker.prefix}", None, True)
    (letter,) = told["dead"]
    assert letter["reason"].startswith("UnknownDeal: ")
    assert json.loads(letter["body"])["subject"] == "D-404"


@pytest.mark.slow
def test_what_could_not_be_sent_is_let_go(office: Type, folder: Path, broker: Broker) -> None:
    """It takes the bus to send again; to go on without takes who and why."""
    spoil(folder, "deal:D-1")
    where = f"--bus {broker.url} --prefix {broker.prefix}"
    with running(folder, broker):
        until(lambda: office(f"follow parked bus-{broker.prefix}").code == 1, "it is put aside")
    assert office(f"follow retry bus-{broker.prefix} deal:D-1").code == 2
    assert office(f"bus retry deal:D-1 {where}").code == 1
    let = office(f"bus release deal:D-1 {where} --by ops-1 --reason never --json")
    assert (let.code, let.json["parked"]) == (0, 0)


def test_a_bus_that_is_not_there_is_said(office: Type) -> None:
    """An address of no bus is wrong use; a broker that does not answer is a server that cannot be reached."""
    assert office("bus dead --bus amqp://localhost").code == 2
    away = office("bus dead --bus nats://127.0.0.1:1")
    assert (away.code, "nats://127.0.0.1:1" in away.err) == (3, True)


def test_the_document_is_written(line: Type, folder: Path) -> None:
    """The AsyncAPI document goes to standard output or into a file."""
    assert json.loads(line("bus describe").out)["asyncapi"] == "3.0.0"
    line("bus describe --output asyncapi.json --prefix north")
    assert "north.pipeline_engine" in (folder / "asyncapi.json").read_text()
