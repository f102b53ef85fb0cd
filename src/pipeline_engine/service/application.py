"""Putting the rooms together: one router to include elsewhere, and one application that stands alone."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from pipeline_engine.engine import Engine
from pipeline_engine.service import api, browsing, health, live, page
from pipeline_engine.service.api.buses import BusLooks
from pipeline_engine.service.api.resource import add_to
from pipeline_engine.service.bus import BusOptions, BusService
from pipeline_engine.service.guards import Guards
from pipeline_engine.service.health import Beside, Health, Numbers
from pipeline_engine.service.live import GATHER_SECONDS, Listeners
from pipeline_engine.service.problems import problem_of
from pipeline_engine.service.settings import ServiceSettings
from pipeline_engine.service.timers import Timers
from pipeline_engine.service.watching import Logs, Watching

TITLE = "pipeline_engine"
DESCRIPTION = """
Deals move through one gate; every answer of it is recorded. Commands are `POST`s and answer what became of them; a rule
that says no is a problem with status 409 whose `verdicts` say which, what it saw and what would meet it.

Ask twice with the same `Idempotency-Key` and it is recorded once. A write answers the log's `position`; a read that is
given it as `min_position` has seen the write. Problems are RFC 9457; `/v1/problems` lists them all.
"""


class Service:
    """One engine behind HTTP, with what runs beside it while the application lives."""

    def __init__(self, engine: Engine, settings: ServiceSettings | None = None) -> None:
        self.engine, self.settings = engine.through("api"), settings or ServiceSettings()
        self.numbers = Numbers()
        self._health: Health | None = None
        self._listeners: Listeners | None = None
        self._bus: BusService | None = None

    def _beside(self) -> list[Beside]:
        """What is to run beside requests, as the settings say."""
        listening = self.engine.running([self.listeners.tail], GATHER_SECONDS)
        timers: list[Beside] = [Timers(self.engine)] if self.settings.timers else []
        options = BusOptions(prefix=self.settings.bus_prefix)
        jobs: list[Beside] = [self.engine.working()] if self.settings.jobs else []
        self._bus = BusService(self.engine, self.settings.bus, options) if self.settings.bus else None
        bus: list[Beside] = [self._bus] if self._bus else []
        return [listening, *timers, *jobs, *bus]

    @property
    def health(self) -> Health:
        """How it gets on; made when the application begins to live, or when first asked."""
        if self._health is None:
            self._health = Health(self.engine, self.numbers, self._beside())
        return self._health

    @property
    def listeners(self) -> Listeners:
        """Those who listen to live events; made anew with each life."""
        if self._listeners is None:
            self._listeners = Listeners(self.engine, self.settings.listeners)
        return self._listeners

    def router(self) -> APIRouter:
        """Everything under `/v1`, with its life: what it needs beside requests begins and ends with the application."""
        router = api.routes(self.engine, self.settings, self._life)
        add_to(router, BusLooks(self.engine, self.settings, lambda: self._bus), "bus")
        live.add_to(router, lambda: self.listeners)
        page.add_to(router, self.engine)
        return router

    def operations(self) -> APIRouter:
        """`/healthz`, `/readyz` and `/metrics`."""
        return health.routes(lambda: self.health)

    def app(self, log: Logs | None = None) -> FastAPI:
        """An application of its own, with guards, documentation, health and a line in the log for each request."""
        app = FastAPI(
            title=TITLE, version=version("pipeline-engine"), description=DESCRIPTION, docs_url=None, redoc_url=None,
            middleware=self._middleware(log), license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
            servers=[{"url": "/"}],
        )  # fmt: skip
        for part in (self.router(), self.operations(), browsing.routes(TITLE)):
            app.include_router(part)
        app.add_exception_handler(HTTPException, _answered)
        app.add_exception_handler(Exception, _answered)
        return app

    def _middleware(self, log: Logs | None) -> list[Middleware]:
        stack: list[Middleware] = [
            Middleware(Watching, numbers=self.numbers, log=log), Middleware(Guards, settings=self.settings),
        ]  # fmt: skip
        if self.settings.origins:
            shown = ["ETag", "Location", "Retry-After", "X-Request-Id"]
            stack.append(
                Middleware(CORSMiddleware, allow_origins=self.settings.origins, allow_methods=["GET", "POST"],
                           allow_headers=["Content-Type", "Idempotency-Key", "If-Match"], expose_headers=shown)
            )  # fmt: skip
        return stack

    @asynccontextmanager
    async def _life(self, app: Any) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = self.settings.threads
        async with AsyncExitStack() as stack:
            await _kept(stack, self.health.start, self.health.stop)
            try:
                yield
            finally:
                self.health.stopping = True
                self.listeners.end()
                # A health that was stopped is not begun again: an application that lives twice gets a new one.
                self._health = self._listeners = self._bus = None


async def _kept(stack: AsyncExitStack, start: Callable[[], None], stop: Callable[[], None]) -> None:
    """Begin something now, and end it with the application, in a thread since either may wait for the store."""
    await anyio.to_thread.run_sync(start)
    stack.push_async_callback(anyio.to_thread.run_sync, stop)


@asynccontextmanager
async def mounted(app: FastAPI) -> AsyncIterator[None]:
    """The life of an application that another one mounts, which would not give it any: for the other's lifespan."""
    async with app.router.lifespan_context(app):
        yield


def router(engine: Engine, **options: Any) -> APIRouter:
    """Everything under `/v1`, to be included in an application; options are those of `ServiceSettings`."""
    return Service(engine, ServiceSettings(**options)).router()


def app(engine: Engine, **options: Any) -> FastAPI:
    """An application of its own: the router with guards, health, metrics and documentation."""
    return Service(engine, ServiceSettings(**options)).app()


async def _answered(request: Request, error: Exception) -> Response:
    return problem_of(error, request)
