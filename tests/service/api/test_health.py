"""Whether the process lives and may be sent requests: told within five seconds, also where the store says nothing."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from pipeline_engine import Engine
from tests.engine.shop import PROCESS
from tests.faults.server.wire import Wire
from tests.service.in_process import living

pytestmark = pytest.mark.slow
SHOWN_SECONDS = 5.0
BACK_SECONDS = 60.0
AT_ONCE_SECONDS = 2.0


@dataclass
class Hanging:
    """A store that can be made to say nothing."""

    url: str
    begin: Callable[[], None]
    end: Callable[[], None]


@pytest.fixture(params=["a line that goes nowhere", "a lock that is kept"])
def hanging(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hanging]:
    """Each way to hang without a word."""
    if request.param == "a lock that is kept":
        yield from _locked(tmp_path / "sales.db")
    else:
        yield from _dead(Wire(request.getfixturevalue("postgres_database")))


def _locked(path: Path) -> Iterator[Hanging]:
    others: list[sqlite3.Connection] = []

    def keep() -> None:
        others.append(sqlite3.connect(path, isolation_level=None, check_same_thread=False))
        others[-1].execute("BEGIN IMMEDIATE")

    yield Hanging(f"sqlite:///{path}", keep, lambda: others.pop().close())


def _dead(wire: Wire) -> Iterator[Hanging]:
    def begin() -> None:
        wire.dead = True

    def end() -> None:
        wire.dead = False
        wire.cut()

    yield Hanging(wire.through, begin, end)
    wire.close()


def seconds_until(what: Callable[[], bool], most: float) -> float:
    """How long it takes."""
    begin = monotonic()
    while monotonic() - begin < most and not what():
        sleep(0.05)
    return monotonic() - begin


@contextmanager
def waiting(client: httpx.Client, many: int) -> Iterator[None]:
    """So many writes that hang, more than there are threads for requests."""
    ended = threading.Event()

    def write(number: int) -> None:
        if not ended.is_set():
            client.post(f"/v1/deals/D-{number}/notes", json={"by": "rep", "text": "hm"}, timeout=None)

    with ThreadPoolExecutor(many) as pool:
        for number in range(many):
            pool.submit(write, number)
        yield
        ended.set()


@pytest.fixture
def client(hanging: Hanging) -> Iterator[httpx.Client]:
    """A service on that store, with few threads, once it is ready."""
    with Engine.open(hanging.url) as engine:
        engine.publish_text(PROCESS, "shop.yaml", by="ops")
        with living(engine.app(threads=4, bus="", timers=False)) as found:
            assert seconds_until(lambda: ready(found), BACK_SECONDS) < BACK_SECONDS
            yield found


def ready(client: httpx.Client) -> bool:
    """Whether requests may be sent there."""
    return client.get("/readyz").status_code == 200


def asked(client: httpx.Client, path: str) -> float:
    """How long an answer takes."""
    return seconds_until(lambda: bool(client.get(path).content), BACK_SECONDS)


def test_a_store_that_says_nothing_shows_within_five_seconds(hanging: Hanging, client: httpx.Client):
    """Not ready any more, told at once and with why; alive all the same; and ready again when the store is back."""
    hanging.begin()
    try:
        with waiting(client, 8):
            shown = seconds_until(lambda: not ready(client), 2 * SHOWN_SECONDS)
            longest = max(asked(client, path) for path in ("/healthz", "/readyz", "/metrics"))
            told = client.get("/readyz").json()
            hanging.end()
    finally:
        back = seconds_until(lambda: ready(client), BACK_SECONDS)

    assert shown < SHOWN_SECONDS
    assert longest < AT_ONCE_SECONDS
    assert any(not each["ok"] and each["why"] for each in told["followers"])
    assert back < BACK_SECONDS


def test_the_numbers_name_no_deal(tmp_path: Path):
    """Requests by operation and status, followers by name; no id of anything, or there would be no end of them."""
    with Engine.open(f"sqlite:///{tmp_path}/sales.db") as engine:
        engine.publish_text(PROCESS, "shop.yaml", by="ops")
        with living(engine.app()) as client:
            client.get("/v1/deals/D-secret")
            client.get("/v1/secret")
            told = client.get("/metrics").text

    assert 'pipeline_engine_requests_total{operation="show_deal",status="404"} 1.0' in told
    assert 'pipeline_engine_requests_total{operation="none",status="404"} 1.0' in told
    assert "secret" not in told
