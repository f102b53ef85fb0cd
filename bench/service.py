"""Processor time of a request to the service, on PostgreSQL, beside what is inside it and what is around it.

A move over HTTP against the same call of the engine in a process without HTTP; a look at a deal against the framework's
own answer with a document of the same size. Server and sender run beside each other; what counts is what the server
used, which other work on the machine changes little.
"""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from bench._commands import EACH, PROCESS, engine_moves
from bench._turns import Turn, in_turns, micro, postgres

from pipeline_engine import Engine

ROUNDS, MOVES, LOOKS = 5, 300, 600
# At rest is a server that uses less than this share of a core for so many seconds.
REST, WAIT = 0.05, 0.4
MOVE_WANTED, LOOK_WANTED = 1.6, 1.5


class Sender:
    """One connection to a server, kept."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method: str, path: str, body: object = None) -> dict[str, float]:
        """The document of an answer; it must be one that went well."""
        said = json.dumps(body).encode() if body is not None else None
        self._line.request(method, path, said, {"Content-Type": "application/json"})
        answer = self._line.getresponse()
        read = answer.read()
        assert answer.status < 300, (path, answer.status, read[:500])
        document: dict[str, float] = json.loads(read)
        return document

    def renew(self) -> None:
        """A new line: the server ends those that were idle."""
        self._line.close()

    def cpu(self) -> float:
        """The processor time that the server has used, once it is at rest: what runs beside requests may lag behind.

        Asked on a new line, since it may take a while.
        """
        used, before = self._used(), -1.0
        while used - before > REST * WAIT:
            time.sleep(WAIT)
            used, before = self._used(), used
        return used

    def _used(self) -> float:
        self.renew()
        return self.ask("GET", "/cpu")["seconds"]


@contextmanager
def served(url: str, which: str) -> Iterator[Sender]:
    """A server in a process of its own: the engine's, `whole` or `alone`, or the peer of a deal."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bench._served", url, str(port), which]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            yield Sender(_listening(port))
        finally:
            server.terminate()


def _listening(port: int) -> int:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return port
        time.sleep(0.05)
    raise TimeoutError("the server did not begin")


def moves_over_http(sender: Sender, mark: str) -> Turn:
    """What the server uses for a move of a deal that is got ready here, and for what follows from it."""
    names = (f"{mark}-{number}" for number in count())
    fields = {"amount": "12000", "close_date": "2030-01-01", "email": "a@example.org"}

    def turn() -> float:
        sender.renew()
        deals = [next(names) for _ in range(MOVES)]
        for deal in deals:
            sender.ask("POST", "/v1/deals", {"deal": deal, "process": "bench", "by": "rep", "fields": fields})
            for _ in range(2):
                sender.ask("POST", f"/v1/deals/{deal}/activities", {"kind": "meeting", "by": "rep"})
        begin = sender.cpu()
        for deal in deals:
            sender.ask("POST", f"/v1/deals/{deal}/moves", {"to": "two", "by": "rep"})
        return (sender.cpu() - begin) / MOVES

    return turn


def moves_inside(engine: Engine) -> Turn:
    """What this process uses for the same."""
    ready = engine_moves(engine, (f"E-{number}" for number in count()))

    def turn() -> float:
        run = ready()
        begin = time.process_time()
        run()
        return (time.process_time() - begin) / EACH

    return turn


def looks(sender: Sender, path: str) -> Turn:
    """What a server uses for one answer."""

    def turn() -> float:
        begin = sender.cpu()
        for _ in range(LOOKS):
            sender.ask("GET", path)
        return (sender.cpu() - begin) / LOOKS

    return turn


def verdict(ours: list[float], peer: list[float], wanted: float, of: str) -> str:
    """One line: how many times the peer's, what was wanted, and whether it holds."""
    times = sorted(own / theirs for own, theirs in zip(ours, peer, strict=True))[len(ours) // 2]
    return f"  {times:.2f} times {of} (wanted: at most {wanted:g}){'' if times <= wanted else '  ◄ over'}"


def main() -> None:
    """Print the ratios."""
    with postgres() as database:
        url, other = database(), database()
        # Of its own, so that its followers and timers do not work for what the others write.
        with Engine.open(other) as engine:
            engine.publish_text(PROCESS, "bench.yaml", by="ops")
        with Engine.open(url) as engine:
            engine.publish_text(PROCESS, "bench.yaml", by="ops")
            engine_moves(engine, iter(["D-1", *(f"W-{n}" for n in range(EACH))]))()()
            with served(url, "alone") as alone, served(other, "whole") as whole, served(url, "D-1") as peer:
                turns = {
                    "http": moves_over_http(alone, "H"), "whole": moves_over_http(whole, "H"),
                    "inside": moves_inside(engine),
                    "look": looks(alone, "/v1/deals/D-1"), "hello": looks(peer, "/hello/D-1"),
                }  # fmt: skip
                found = in_turns(ROUNDS, turns)
    told = {name: micro(seconds) for name, seconds in found.items()}
    print(f"processor time of a move over HTTP {told['http']}, of the engine's call {told['inside']}")
    print(verdict(found["http"], found["inside"], MOVE_WANTED, "the engine's call"))
    print(f"with timers, bus and jobs in the same process {told['whole']}")
    print(verdict(found["whole"], found["inside"], MOVE_WANTED, "the engine's call"))
    print(f"processor time of a look at a deal over HTTP {told['look']}, of the framework's own {told['hello']}")
    print(verdict(found["look"], found["hello"], LOOK_WANTED, "the framework's own"))
