"""The relay against what the client library alone can do, on one NATS server in one run: a backlog, and a quiet day.

The peer publishes the same bytes in windows of the same size, and reads no log, notes no position and keeps no order.
The latency is from the moment a command has returned to the moment a subscriber of the subject has the event.
"""

import asyncio
import os
import tempfile
import time
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from threading import Event, Thread
from typing import Any

import nats
from bench._turns import filled, in_turns, ratio, verdict
from tests.nats_server import NatsServer

from pipeline_engine import Engine
from pipeline_engine.service.bus import BusOptions, BusService, Channels
from pipeline_engine.service.bus.cloudevents import outgoing
from pipeline_engine.service.bus.nats import WINDOW

EVENTS = int(os.environ.get("BENCH_BUS_EVENTS", "100000"))
ROUNDS, A_SECOND, SECONDS = 3, 200, 20
WANTED_A_SECOND, WANTED_P99 = 3_000, 0.250
PROCESS = """
process: bench
currency: EUR
activities: [call]
stages: [{id: lead}]
outcomes: {lost: {reasons: [price]}}
"""


def drained(engine: Engine, url: str, prefix: str) -> float:
    """Seconds an event until the relay has sent the whole log, from its connecting on."""
    service = BusService(engine, url, BusOptions(prefix=prefix, commands=False))
    begin = time.perf_counter()
    with service:
        while not any(each.name == service.name and not each.lag for each in engine.standings()):
            time.sleep(0.01)
        seconds = time.perf_counter() - begin
    return seconds / EVENTS


async def bare(url: str, bodies: list[bytes], prefix: str) -> float:
    """Seconds an event where windows of the same bytes are published and nothing else is done."""
    client = await nats.connect(url)
    streams = client.jetstream()
    await streams.add_stream(name=prefix, subjects=[f"{prefix}.>"])
    begin = time.perf_counter()
    for first in range(0, EVENTS, WINDOW):
        window = [
            await streams.publish_async(f"{prefix}.e", bodies[n % len(bodies)], headers={"Nats-Msg-Id": f"{n}"})
            for n in range(first, min(first + WINDOW, EVENTS))
        ]
        await asyncio.gather(*window)
    seconds = time.perf_counter() - begin
    await client.close()
    return seconds / EVENTS


def backlog(url: str, folder: Path) -> None:
    """A log of so many events is sent from its beginning."""
    store = f"sqlite:///{folder}/backlog.db"
    filled(store, EVENTS)
    with Engine.open(store) as engine:
        deals = (row for row in engine.store_rows() if row.stream.startswith("deal:"))
        bodies = [outgoing(next(deals), "bench").body for _ in range(2_000)]
    number = count()

    def ours() -> float:
        with Engine.open(store) as engine:
            return drained(engine, url, f"d{next(number)}")

    found = in_turns(ROUNDS, {"bare": lambda: asyncio.run(bare(url, bodies, f"BARE{next(number)}")), "ours": ours})
    rate = 1 / median(found["ours"])
    short = "" if rate >= WANTED_A_SECOND else "  ◄ short"
    print(f"a backlog of {EVENTS:,} events: {rate:,.0f} a second (wanted: {WANTED_A_SECOND:,}){short}")
    print(f"  the client alone: {1 / median(found['bare']):,.0f} a second")
    print(verdict(ratio(found["bare"], found["ours"]), 0.3, "the client alone"))


class Listener:
    """When each event arrived, by its id."""

    def __init__(self, url: str, subject: str) -> None:
        self.arrived: dict[str, float] = {}
        self._url, self._subject, self._ready, self._over = url, subject, Event(), Event()
        self._thread = Thread(target=lambda: asyncio.run(self._listen()))

    async def _listen(self) -> None:
        client = await nats.connect(self._url)

        async def hear(message: Any) -> None:
            """Note when it came."""
            self.arrived[message.headers["Nats-Msg-Id"]] = time.perf_counter()

        await client.subscribe(self._subject, cb=hear)
        await client.flush()
        self._ready.set()
        while not self._over.is_set():
            await asyncio.sleep(0.01)
        await client.close()

    def __enter__(self) -> "Listener":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def steady(url: str, folder: Path) -> None:
    """So many commands a second, each sent as it comes."""
    (folder / "bench.yaml").write_text(PROCESS)
    committed: dict[str, float] = {}
    with Engine.open(f"sqlite:///{folder}/steady.db") as engine:
        engine.publish(folder / "bench.yaml", by="ops-1")
        for number in range(50):
            engine.open_deal(f"D-{number}", process="bench", by="rep-03")
        service = BusService(engine, url, BusOptions(prefix="steady", commands=False))
        with service, Listener(url, Channels("steady").events.subjects) as listener:
            while not service.well():
                time.sleep(0.01)
            begin = time.perf_counter()
            for number in range(A_SECOND * SECONDS):
                time.sleep(max(0.0, begin + number / A_SECOND - time.perf_counter()))
                outcome = engine.log(f"D-{number % 50}", "call", by="rep-03")
                committed[f"{service.source}/{outcome.position}"] = time.perf_counter()
            rate = len(committed) / (time.perf_counter() - begin)
            while not committed.keys() <= listener.arrived.keys():
                time.sleep(0.01)
    waits = [max(0.0, listener.arrived[each] - at) for each, at in committed.items()]
    cuts = quantiles(waits, n=100)
    short = "" if cuts[98] <= WANTED_P99 else "  ◄ short"
    print(f"from commit to bus at {rate:,.0f} commands a second: median {cuts[49] * 1e3:.1f} ms,")
    print(
        f"  p99 {cuts[98] * 1e3:.1f} ms, worst {max(waits) * 1e3:.1f} ms (wanted: p99 ≤ {WANTED_P99 * 1e3:g} ms){short}"
    )


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as folder:
        server = NatsServer(Path(folder) / "nats").start()
        try:
            backlog(server.url, Path(folder))
            steady(server.url, Path(folder))
        finally:
            server.kill()
