"""Two hundred who listen to live events, beside none: memory for each, and what a writer waits for a move.

Each listener is a connection that is read. The memory is the most that the server had, so that nothing is flattered.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from statistics import median
from threading import Event, Thread

from bench._commands import EACH, PROCESS
from bench._turns import postgres
from bench.service import Sender, served

from pipeline_engine import Engine

LISTENERS, TURNS = 200, 5
WANTED_BYTES = 200_000


@contextmanager
def listening(port: int) -> Iterator[list[int]]:
    """Everybody listens; how many bytes each was told."""
    told, over = [0] * LISTENERS, Event()
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(LISTENERS)]
    for line in lines:
        line.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        line.setblocking(False)

    def read() -> None:
        while not over.wait(0.02):
            for nth, line in enumerate(lines):
                try:
                    told[nth] += len(line.recv(1 << 20))
                except BlockingIOError:
                    continue

    reader = Thread(target=read)
    reader.start()
    try:
        yield told
    finally:
        over.set()
        reader.join()
        for line in lines:
            line.close()


def moves(sender: Sender, names: Iterator[str]) -> float:
    """Seconds a writer waits for a move."""
    deals = [next(names) for _ in range(EACH)]
    for deal in deals:
        sender.ask("POST", "/v1/deals", {"deal": deal, "process": "bench", "by": "rep"})
    begin = time.perf_counter()
    for deal in deals:
        sender.ask("POST", f"/v1/deals/{deal}/notes", {"text": "called back", "by": "rep"})
    return (time.perf_counter() - begin) / EACH


def measured(sender: Sender) -> tuple[float, list[float], list[float]]:
    """Bytes for each listener, and the seconds of a note without and with them."""
    names = (f"L-{number}" for number in count())
    moves(sender, names)
    alone = [moves(sender, names) for _ in range(TURNS)]
    before = sender.ask("GET", "/cpu")["bytes"]
    with listening(sender.port) as told:
        while not all(told):
            time.sleep(0.05)
        among = [moves(sender, names) for _ in range(TURNS)]
        time.sleep(1)
        each = (sender.ask("GET", "/cpu")["bytes"] - before) / LISTENERS
        assert min(told) > EACH * TURNS * 100, "all were told"
    return each, alone, among


def main() -> None:
    """Print both."""
    with postgres() as database:
        url = database()
        with Engine.open(url) as engine:
            engine.publish_text(PROCESS, "bench.yaml", by="ops")
        with served(url, "whole") as sender:
            each, alone, among = measured(sender)
    print(f"{LISTENERS} listeners: {each / 1000:,.0f} kB each (wanted: at most {WANTED_BYTES / 1000:,.0f})")
    print(f"  a note takes {median(among) * 1000:.1f} ms among them, {median(alone) * 1000:.1f} ms alone: "
          f"{median(among) / median(alone):.2f} times")  # fmt: skip
