"""A client that calls an application in this process, with its life around it, and no socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal


class _Transport(httpx.BaseTransport):
    """Sends each request into an application that lives in a loop of another thread."""

    def __init__(self, app: Any, portal: BlockingPortal) -> None:
        self._inner, self._portal = httpx.ASGITransport(app, raise_app_exceptions=False), portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        found = await self._inner.handle_async_request(asked)
        return httpx.Response(found.status_code, headers=found.headers, content=await found.aread())


@contextmanager
def living(app: Any, base_url: str = "http://localhost") -> Iterator[httpx.Client]:
    """The application alive, and a client of it."""
    with start_blocking_portal() as portal:
        life = portal.wrap_async_context_manager(app.router.lifespan_context(app))
        with life, httpx.Client(transport=_Transport(app, portal), base_url=base_url) as client:
            yield client


def post(client: httpx.Client, path: str, body: Any, **headers: str) -> httpx.Response:
    """A POST of a JSON document; header names with `_` for `-`."""
    return client.post(path, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
