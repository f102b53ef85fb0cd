"""`GET /v1/events`: every event of a deal once, in the order of the log, from wherever a listener left off."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import uvicorn

from pipeline_engine.service.application import Service
from pipeline_engine.service.live import tail as tails
from pipeline_engine.service.settings import ServiceSettings
from tests.engine.shop import Shop

Told = tuple[int, str, dict[str, object]]


@contextmanager
def served(shop: Shop, **settings: Any) -> Iterator[tuple[str, Service]]:
    """The shop behind a real server, and where."""
    service = Service(shop.engine, ServiceSettings(timers=False, bus="", **settings))
    with socket.create_server(("127.0.0.1", 0)) as bound:
        config = uvicorn.Config(service.app(), http="httptools", ws="none", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        while not server.started:
            sleep(0.01)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}", service
        finally:
            service.listeners.end()
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def shop() -> Shop:
    """A shop with three deals."""
    found = Shop.opened()
    for deal in ("D-1", "D-2", "D-3"):
        found.deal_in("lead", deal)
    return found


@pytest.fixture(scope="module")
def address(shop: Shop) -> Iterator[str]:
    """Where the shop is served."""
    with served(shop) as (found, _):
        yield found


def read(lines: Iterator[str], many: int) -> list[Told]:
    """So many of the next events."""
    told, said = list[Told](), dict[str, str]()
    for line in lines:
        name, _, value = line.partition(": ")
        said[name] = value
        if not line and "id" in said:
            told.append((int(said["id"]), said["event"], json.loads(said["data"])))
            said = {}
            if len(told) == many:
                break
    return told


def heard(address: str, many: int, last: int | None = None, **query: Any) -> list[Told]:
    """What a listener hears that goes away after so many events, or at the end."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    with httpx.stream("GET", f"{address}/v1/events", params=query, headers=headers, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        return read(answer.iter_lines(), many)


def in_the_log(shop: Shop) -> list[int]:
    """The positions of all events of deals."""
    return [row.position for row in shop.engine.store_rows() if row.stream.startswith("deal:")]


def test_whoever_begins_at_the_beginning_hears_everything_once(shop: Shop, address: str) -> None:
    """In the order of the log, with the event's name and its deal; and it ends where it is asked to."""
    told = heard(address, 10**6, after=0, follow="false")
    assert [position for position, _, _ in told] == in_the_log(shop)
    assert (told[0][1], told[0][2]["deal"]) == ("DealOpened", "D-1")


def test_whoever_comes_back_goes_on_behind_what_was_heard(shop: Shop, address: str) -> None:
    """`Last-Event-ID` is the position; it counts before `after`."""
    every = heard(address, 10**6, after=0, follow="false")
    assert heard(address, 10**6, every[1][0], after=0, follow="false") == every[2:]


def test_what_is_new_is_heard_as_it_is_recorded(shop: Shop, address: str) -> None:
    """Without a position only what comes from now on."""
    with httpx.stream("GET", f"{address}/v1/events", timeout=20) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "retry: 1000"
        shop.engine.note("D-1", "called back", by="rep")
        ((position, name, data),) = read(lines, 1)
    assert (position, name, data["deal"]) == (shop.engine.position(), "NoteRecorded", "D-1")


def test_nothing_personal_is_told(shop: Shop, address: str) -> None:
    """What was left out is named, so that whoever listens can ask where they may."""
    shop.engine.note("D-2", "kim is away until monday", by="rep")
    data = heard(address, 10**6, after=0, follow="false", deal="D-2", name="NoteRecorded")[-1][2]
    assert "kim" not in json.dumps(data)
    event = data["event"]
    assert isinstance(event, dict)
    assert (event["withheld"], event["data"]) == (["text"], {})


def test_only_what_is_asked_for_is_told(address: str) -> None:
    """One deal, some names."""
    told = heard(address, 10**6, after=0, follow="false", deal="D-3", name=["DealOpened", "DealWon"])
    assert [(name, data["deal"]) for _, name, data in told] == [("DealOpened", "D-3")]


@pytest.mark.parametrize(
    ("query", "headers"),
    [({"after": "-1"}, {}), ({"after": "x"}, {}), ({"after": str(10**9)}, {}), ({}, {"Last-Event-ID": "seven"}),
     ({}, {"Last-Event-ID": str(10**9)})],
)  # fmt: skip
def test_a_position_that_cannot_be_is_refused(address: str, query: dict[str, str], headers: dict[str, str]) -> None:
    """Also one that the log has not come to: somebody heard it of another log."""
    answer = httpx.get(f"{address}/v1/events", params=query, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_an_event_that_cannot_be_read_is_told_as_such_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place is named, and what comes after it is heard."""
    shop = Shop.opened()
    shop.deal_in("lead", "D-1")
    rows = shop.engine.log_rows(0, 100)
    damaged = [row._replace(payload=b"") if row.name == "DealOpened" else row for row in rows]
    told = tails.frames_of(damaged)
    assert told[0].name == "unreadable"
    assert b'"event":"DealOpened"' in told[0].text


def test_writers_and_listeners_at_once_lose_and_repeat_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listeners that go and come back, and one so slow that what it wants is kept no longer."""
    monkeypatch.setattr(tails, "MOST_FRAMES", 20)
    shop = Shop.opened()
    shop.deal_in("lead", "D-1")
    heard_by: list[list[int]] = [[] for _ in range(4)]
    goal = 300

    def listen(nth: int, address: str) -> None:
        mine = heard_by[nth]
        while len(mine) < goal:
            part = heard(address, min(37, goal - len(mine)), mine[-1] if mine else None, after=0)
            mine += [position for position, _, _ in part]

    def slow(nth: int, address: str) -> None:
        with httpx.stream("GET", f"{address}/v1/events", params={"after": 0}, timeout=20) as answer:
            lines = answer.iter_lines()
            while len(heard_by[nth]) < goal:
                heard_by[nth] += [position for position, _, _ in read(lines, 1)]
                sleep(0.002)

    with served(shop) as (address, _):
        threads = [threading.Thread(target=slow if nth == 3 else listen, args=(nth, address)) for nth in range(4)]
        for thread in threads:
            thread.start()
        for nth in range(goal):
            shop.engine.note("D-1", f"note {nth}", by="rep")
        for thread in threads:
            thread.join(60)
    assert all(mine == in_the_log(shop)[:goal] for mine in heard_by)
    # The control: whoever took what is kept for everything would have missed some.
    assert tails.frames_of(shop.engine.log_rows(0, 10**6))[: -tails.MOST_FRAMES]


def test_only_so_many_listen_at_once(shop: Shop) -> None:
    """One more is told to come back in a while, and may once somebody has gone."""
    with served(shop, listeners=1) as (address, service):
        with httpx.stream("GET", f"{address}/v1/events", timeout=20) as first:
            lines = first.iter_lines()
            assert next(lines) == "retry: 1000"
            answer = httpx.get(f"{address}/v1/events")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert answer.json()["type"].endswith("too-many-listeners")
        until = monotonic() + 10
        while service.listeners.count and monotonic() < until:
            shop.engine.note("D-1", "still there", by="rep")
            sleep(0.1)
        assert heard(address, 10**6, after=0, follow="false")


def test_a_stop_lets_listeners_go(shop: Shop) -> None:
    """Their connection ends in good order, so that they go on elsewhere; nobody holds the process."""
    with served(shop) as (address, service), httpx.stream("GET", f"{address}/v1/events", timeout=20) as answer:
        lines = answer.iter_lines()
        next(lines)
        service.listeners.end()
        assert list(lines) == [""]
