"""`pipeline-engine serve` as a process: it listens, answers, and stops without cutting anybody off."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from pipeline_engine import Engine

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
SERVE = [sys.executable, "-c", "from pipeline_engine.cli import main; main()"]
SECONDS = 60


@dataclass
class Served:
    """A process that serves, and where."""

    process: subprocess.Popen[str]
    address: str

    def stop(self) -> tuple[int, str]:
        """Its exit code after SIGTERM, and what it wrote to standard error."""
        self.process.send_signal(signal.SIGTERM)
        _, logged = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, logged


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The service on a store with a process and a deal, on a free port."""
    url = f"sqlite:///{tmp_path / 'sales.db'}"
    with Engine.open(url) as engine:
        engine.publish(ROOT / "config/processes/b2b-saas.yaml", by="ops-1")
        engine.open_deal("D-1", process="b2b-saas", by="rep-03", owner="rep-03")
    process = subprocess.Popen(
        [*SERVE, "--store", url, "serve", "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PIPELINE_ENGINE_SERVE_WAIT_SECONDS": "10"},
    )  # fmt: skip
    assert process.stdout is not None
    told = json.loads(process.stdout.readline() or "{}")
    yield Served(process, told.get("address", ""))
    process.kill()
    process.communicate()


def test_a_stop_cuts_no_request(served: Served):
    """A request that is being answered when SIGTERM comes is answered, and the process leaves with 0."""
    late: list[httpx.Response] = []

    def ask_for_what_is_not_there_yet() -> None:
        late.append(httpx.get(f"{served.address}/v1/deals/D-1", params={"min_position": 99}, timeout=SECONDS))

    asking = threading.Thread(target=ask_for_what_is_not_there_yet)
    asking.start()
    until = monotonic() + SECONDS
    # It waits for a position that never comes, ten seconds long: the stop comes while it does, also on a busy machine.
    sleep(3)
    code, logged = served.stop()
    asking.join(max(0.0, until - monotonic()))

    assert [(each.status_code, each.json()["type"].rpartition(":")[2]) for each in late] == [(409, "position-ahead")]
    assert code == 0
    assert "Traceback" not in logged
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{served.address}/healthz")


def test_it_serves_and_logs_one_object_a_line(served: Served):
    """Healthy and ready, a write and a read of it; each request is a line of JSON without the deal's name."""
    with httpx.Client(base_url=served.address) as client:
        assert client.get("/healthz").json() == {"alive": True}
        assert _ready(client)
        moved = client.post("/v1/deals/D-1/moves", json={"to": "qualified", "by": "rep-03"})
        noted = client.post("/v1/deals/D-1/notes", json={"text": "kim likes it", "by": "rep-03"}).json()
        seen = client.get("/v1/deals/D-1", params={"min_position": noted["position"]})
        counted = client.get("/metrics").text
    code, logged = served.stop()

    assert (moved.status_code, seen.status_code, code) == (409, 200, 0)
    assert 'pipeline_engine_requests_total{operation="move_deal",status="409"} 1.0' in counted
    assert "D-1" not in counted
    lines = [json.loads(line) for line in logged.splitlines()]
    assert {"move_deal", "record_note", "show_deal"} <= {line.get("operation") for line in lines}
    assert "D-1" not in logged
    assert "kim" not in logged


def _ready(client: httpx.Client) -> bool:
    until = monotonic() + SECONDS
    while monotonic() < until:
        if client.get("/readyz").status_code == 200:
            return True
        sleep(0.1)
    return False


def test_it_listens_on_this_machine_only(tmp_path: Path):
    """Asked for every address it does not start: exit code 2 and one line that says why and what to do."""
    asked = [*SERVE, "--store", f"sqlite:///{tmp_path / 'sales.db'}", "serve", "--host", "0.0.0.0"]
    found = subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS, check=False)

    assert found.returncode == 2
    assert "no sign-in yet" in found.stderr
    assert found.stderr.count("\n") == 1
