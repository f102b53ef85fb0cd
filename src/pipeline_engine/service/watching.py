"""What every request leaves behind: an id in its answer, a line in the log, and a count; never a value of anybody.

The line has the operation and not the path, which names a deal.
"""

import uuid
from time import perf_counter
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline_engine.service.health import Numbers

REQUEST_ID = b"x-request-id"
LONGEST_ID = 100
UNKNOWN = "none"


class Logs(Protocol):
    """Whatever takes an event with its parts, as structlog's loggers do."""

    def info(self, event: str, **parts: Any) -> Any:
        """Take one."""
        ...


class Watching:
    """Counts and logs each request, whatever answers it."""

    def __init__(self, app: ASGIApp, numbers: Numbers, log: Logs | None) -> None:
        self._app, self._numbers, self._log = app, numbers, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one life of the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(next((value for name, value in scope["headers"] if name == REQUEST_ID), b""), send)
        try:
            await self._app(scope, receive, request.send)
        finally:
            self._tell(scope, request)

    def _tell(self, scope: Scope, request: "_Request") -> None:
        seconds = perf_counter() - request.began
        operation = getattr(scope.get("route"), "operation_id", None) or UNKNOWN
        self._numbers.requests.labels(operation, str(request.status)).inc()
        self._numbers.seconds.labels(operation).observe(seconds)
        if self._log is not None:
            self._log.info(
                "request", operation=operation, method=scope["method"], status=request.status,
                milliseconds=round(seconds * 1000, 2), request_id=request.id,
            )  # fmt: skip


class _Request:
    """One request on its way, with what its answer begins with."""

    def __init__(self, asked_id: bytes, send: Send) -> None:
        self._send, self.began = send, perf_counter()
        # Where the client went before an answer began there is no status; proxies write 499 then.
        self.status = 499
        fits = 0 < len(asked_id) <= LONGEST_ID and asked_id.isascii() and asked_id.decode("ascii").isprintable()
        self.id = asked_id.decode("ascii") if fits else uuid.uuid4().hex

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (REQUEST_ID, self.id.encode())]
        await self._send(message)
