"""A PostgreSQL of a test's own, to be killed, stopped, and started again as a standby on the same port."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.servers import Postgres, ServerFailed, stop

BACK_SECONDS = 60.0


@dataclass
class OwnServer:
    """One server on one port."""

    postgres: Postgres
    process: "subprocess.Popen[bytes]"
    url: str
    port: int = field(init=False)
    _guard: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self.port = urlsplit(self.url).port or 0
        self._guard = guarded(self.process)

    def crash(self) -> None:
        """Kill every process of it at once."""
        self._let_go()
        family = [self.process.pid, *children(self.process.pid)]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def halt(self) -> None:
        """Shut it down in order."""
        self._let_go()
        stop(self.process)

    def begin(self) -> float:
        """Start it again where it was, and wait until it answers; when that was, on the monotonic clock."""
        until = time.monotonic() + BACK_SECONDS
        self.process = self.postgres.serve(self.port)
        while time.monotonic() < until:
            if self.process.poll() is not None:
                # What was killed may hold its memory for a moment longer, and then it does not start.
                self.process = self.postgres.serve(self.port)
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url, connect_timeout=2).close()
                self._guard = guarded(self.process)
                return time.monotonic()
            time.sleep(0.02)
        raise ServerFailed(f"the server did not come back within {BACK_SECONDS:g} s")

    def _let_go(self) -> None:
        self._guard.kill()
        self._guard.communicate()

    def become_standby(self) -> None:
        """Stop, and come back as a standby: the address of the primary now leads to a server that takes no writes."""
        self.halt()
        self._standby.touch()
        self.begin()

    def become_primary(self) -> None:
        """Stop, and come back as what it was."""
        self.halt()
        self._standby.unlink()
        self.begin()

    @property
    def _standby(self) -> Path:
        return self.postgres.folder / "cluster" / "standby.signal"


def guarded(server: "subprocess.Popen[bytes]") -> "subprocess.Popen[bytes]":
    """A process that kills the server where the tests die without a word: then the pipe it reads is closed."""
    return subprocess.Popen(["/bin/sh", "-c", f"read _; kill -9 {server.pid}"], stdin=subprocess.PIPE)


def children(parent: int) -> list[int]:
    """The processes that one started; empty where the system does not tell (they end by themselves then)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name is in brackets and may hold anything; state and parent come after it.
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


@contextmanager
def own_server(folder: Path) -> Iterator[OwnServer]:
    """A new server in this folder, gone afterwards."""
    postgres = Postgres.prepare(folder)
    postgres.create()
    process, url = postgres.start()
    server = OwnServer(postgres, process, url)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.crash()
