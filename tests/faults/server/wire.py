"""A wire between a store and its server that a test can cut: before a request arrives, within its answer, or for good.

Faults are counted from when the wire is armed, and only on what a store asks: making a connection is no request.
"""

import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from urllib.parse import urlsplit

BYTES = 65_536
# What a connection begins with: sizes, passwords, and the settings that are made on each.
_BEGINNINGS = (0, ord("p"))
_SETTINGS = b"default_transaction_isolation"


@dataclass
class Fault:
    """What happens to a request: it does not arrive, or only the first bytes of its answer come back.

    It is the `request`th of those that begin with `mark`, or have it in them where it is a word.
    """

    request: int
    answered: bool
    kept_bytes: int = 0
    mark: bytes = b""

    def meets(self, said: bytes) -> bool:
        """Whether it is this request's turn."""
        if said[0] in _BEGINNINGS or _SETTINGS in said:
            return False
        self.request -= said.startswith(self.mark) or (len(self.mark) > 1 and self.mark in said)
        return self.request == 0


@dataclass(eq=False)
class Ends:
    """The two ends of one connection."""

    client: socket.socket
    server: socket.socket
    cut_answer: int | None = None

    def cut(self) -> None:
        """End it at once, without a word."""
        for end in (self.client, self.server):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@dataclass(eq=False)
class Wire:
    """Listens on a port of its own and passes on what comes, unless it is told otherwise."""

    url: str
    fault: Fault | None = None
    dead: bool = False
    met: list[Fault] = field(default_factory=list)
    _ends: list[Ends] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        Thread(target=self._accept, daemon=True).start()

    @property
    def through(self) -> str:
        """The server's URL by way of this wire; a line without encryption, to be looked into."""
        parts = urlsplit(self.url)
        port = self._listening.getsockname()[1]
        place = parts.netloc.rpartition("@")[0] + f"@127.0.0.1:{port}"
        return parts._replace(netloc=place, query="sslmode=disable&gssencmode=disable").geturl()

    def arm(self, fault: Fault | None) -> None:
        """Have something happen to the request of that number from now on."""
        with self._lock:
            self.fault = fault

    def cut(self) -> None:
        """Cut every connection there is."""
        with self._lock:
            ends, self._ends = self._ends, []
        for pair in ends:
            pair.cut()

    def close(self) -> None:
        """Cut everything and listen no more."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        parts = urlsplit(self.url)
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    server = socket.create_connection((parts.hostname or "", parts.port or 5432))
                except OSError:
                    client.close()
                    continue
                ends = Ends(client, server)
                with self._lock:
                    self._ends.append(ends)
                Thread(target=self._pass, args=(ends, self._request, client, server), daemon=True).start()
                Thread(target=self._pass, args=(ends, self._answer, server, client), daemon=True).start()

    def _pass(self, ends: Ends, through: object, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(BYTES):
                if self.dead:
                    continue
                if not through(ends, said, target):  # type: ignore[operator]  # one of the two methods below
                    break
        if not self.dead:
            ends.cut()

    def _request(self, ends: Ends, said: bytes, server: socket.socket) -> bool:
        with self._lock:
            fault = self.fault
            if fault and fault.meets(said):
                self.fault = None
                self.met.append(fault)
                if not fault.answered:
                    return False
                ends.cut_answer = fault.kept_bytes
        server.sendall(said)
        return True

    def _answer(self, ends: Ends, said: bytes, client: socket.socket) -> bool:
        if ends.cut_answer is not None:
            client.sendall(said[: ends.cut_answer])
            return False
        client.sendall(said)
        return True
