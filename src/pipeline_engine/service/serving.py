"""Running the application in this process until it is told to stop, and then answering what was asked before."""

import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

import uvicorn

from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadValue
from pipeline_engine.service.application import Service
from pipeline_engine.service.logs import to_standard_error
from pipeline_engine.service.settings import ServiceSettings
from pipeline_engine.service.unsafe import check

BACKLOG = 2048
Listens = Callable[[str], None]


def serve(engine: Engine, settings: ServiceSettings, environment: Mapping[str, str], listens: Listens) -> None:
    """
    Serve until SIGTERM or SIGINT; then no new connection is taken, and what was asked is answered.

    Args:
        environment: Looked through for what would make a start unsafe.
        listens: Told the address once requests are taken.

    Raises:
        UnsafeService: A setting is unsafe.
        BadValue: The address is taken.
    """
    check(settings, environment)
    service = Service(engine, settings)
    with _bound(settings) as bound:
        log = to_standard_error()
        config = uvicorn.Config(
            service.app(log), http="httptools", ws="none", lifespan="on", log_config=None, access_log=False,
            proxy_headers=False, server_header=False, timeout_graceful_shutdown=int(settings.stop_seconds),
            workers=1, backlog=BACKLOG,
        )  # fmt: skip
        _Server(config, service, lambda: listens(_address(bound))).run([bound])


class _Server(uvicorn.Server):
    """uvicorn, which tells when it listens, and leaves by itself after a signal instead of being ended by it."""

    def __init__(self, config: uvicorn.Config, service: Service, listens: Callable[[], None]) -> None:
        super().__init__(config)
        self._service, self._listens = service, listens

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests, and tell so."""
        await super().startup(sockets)
        if self.started:
            self._listens()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Not ready any more from now on, so that whoever sends requests sends them elsewhere."""
        self._service.health.stopping = True
        self._service.listeners.end()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals, and give them back without raising them again: the store is closed in good order."""
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


@contextmanager
def _bound(settings: ServiceSettings) -> Iterator[socket.socket]:
    """A socket that listens at the address, before anything else is begun."""
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, settings.port))
        except OSError as taken:
            raise BadValue("port", settings.port, f"an address that is free ({taken.strerror})") from None
        yield found
    finally:
        found.close()


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
