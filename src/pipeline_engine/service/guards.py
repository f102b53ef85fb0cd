"""What every request passes before it reaches a route: its Host and Origin are ours; and what every answer carries.

A page in somebody's browser can send requests to this machine. Its `Origin` tells it apart, and where a stranger's
name was made to point here (DNS rebinding), the `Host` does.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline_engine.naming import shown
from pipeline_engine.service.problem_kinds import WRONG_HOST, WRONG_ORIGIN
from pipeline_engine.service.problems import problem
from pipeline_engine.service.settings import ServiceSettings
from pipeline_engine.service.unsafe import is_here

ALWAYS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_ALWAYS = [(name.lower().encode(), value.encode()) for name, value in ALWAYS.items()]


class Guards:
    """Answers what comes under another name or from a page of another site, and lets all else through."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self._app = app
        self._hosts, self._origins = frozenset(map(str.lower, settings.hosts)), frozenset(settings.origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one life of the application."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            wrong = self._wrong(scope)
            await (wrong or self._app)(scope, receive, _with_headers(send))

    def _wrong(self, scope: Scope) -> Response | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        host = [value.decode("latin-1") for name, value in headers if name == b"host"]
        origin = next((value.decode("latin-1") for name, value in headers if name == b"origin"), None)
        if len(host) != 1 or not self._is_ours(host[0]):
            found = shown(host[0]) if host else "nothing"
            return problem(WRONG_HOST, f"`Host` is `{found}`; expected a name of this machine", scope["path"])
        if origin is not None and not self._may_call(origin, host[0], scope["scheme"]):
            detail = f"`Origin` is `{shown(origin)}`; expected a page of this service"
            return problem(WRONG_ORIGIN, detail, scope["path"])
        return None

    def _is_ours(self, host: str) -> bool:
        name = _name_in(host)
        return name is not None and (_is_here(name) or name.lower() in self._hosts)

    def _may_call(self, origin: str, host: str, scheme: str) -> bool:
        return origin in self._origins or origin.lower() == f"{scheme}://{host}".lower()


# Nearly every request names the same host.
_is_here = lru_cache(64)(is_here)


@lru_cache(64)
def _name_in(host: str) -> str | None:
    """The name of `name:port`; None where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        # Reading the port is what checks it.
        _port = parts.port
        return parts.hostname if "@" not in host and not parts.path and not parts.query else None
    except ValueError:
        return None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message["headers"] = list(message.get("headers", ()))
            there = {name for name, _ in headers}
            headers += [each for each in _ALWAYS if each[0] not in there]
        await send(message)

    return sending
