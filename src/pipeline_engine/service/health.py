"""`/healthz`, `/readyz` and `/metrics`: whether the process lives, whether it may be sent requests, and how it gets on.

None of them asks the store: a connection that hangs must not hold up the answer that tells of it. What they tell is
kept by threads that do ask, with how long ago that was.
"""

from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread
from time import monotonic
from typing import Any, Protocol, cast

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import TypeAdapter
from pydantic_core import to_json
from typing_extensions import TypedDict

from pipeline_engine.engine import Engine
from pipeline_engine.service.problems import ProblemRoute
from pipeline_engine.store import Health as Getting

LOOK_SECONDS = 1.0
JSON = "application/json"


class FollowerHealth(TypedDict):
    """Whether a view gets on: `quiet_seconds` since it last looked at the log with success."""

    name: str
    ok: bool
    quiet_seconds: float | None
    why: str | None


class ReadyDocument(TypedDict):
    """Whether requests may be sent here, and why not; what runs `beside` (bus, timers) only is told."""

    ready: bool
    stopping: bool
    followers: list[FollowerHealth]
    beside: list[FollowerHealth]


class LiveDocument(TypedDict):
    """The process lives."""

    alive: bool


class Numbers:
    """What is counted for Prometheus, in a registry of this application's own; no label is an id of anything."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("operation", "status")
        self.requests = Counter("pipeline_engine_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "pipeline_engine_request_seconds", "How long an answer took.", ("operation",), registry=self.registry
        )
        self.lag = Gauge(
            "pipeline_engine_follower_lag",
            "Positions a follower is behind the log.",
            ("follower",),
            registry=self.registry,
        )
        self.parked = Gauge(
            "pipeline_engine_follower_parked", "Events a follower put aside.", ("follower",), registry=self.registry
        )
        self.ok = Gauge(
            "pipeline_engine_follower_ok", "1 where a follower gets on.", ("follower",), registry=self.registry
        )
        self.age = Gauge(
            "pipeline_engine_follower_seen_seconds", "How old the numbers about followers are.", registry=self.registry
        )  # fmt: skip


class Beside(Protocol):
    """What runs beside requests while the application lives."""

    def __enter__(self) -> object:
        """Begin."""
        ...

    def stop(self) -> None:
        """Finish what is at hand, and end."""
        ...

    def health(self) -> Getting | list[Getting]:
        """How it gets on."""
        ...


class Health:
    """What runs beside requests, above all what keeps the views in step, and how it gets on; `start`, then `stop`."""

    def __init__(self, engine: Engine, numbers: Numbers, beside: Sequence[Beside] = ()) -> None:
        self._engine, self._numbers, self._beside = engine, numbers, beside
        self._runner = engine.following()
        self._stopped, self._looked_at = Event(), monotonic()
        self._looker = Thread(target=self._look, name="look at followers", daemon=True)
        self.stopping = False

    def start(self) -> None:
        """Begin to follow and to look."""
        self._runner.__enter__()
        self._looker.start()
        for each in self._beside:
            each.__enter__()

    def stop(self) -> None:
        """Leave off; a thread that hangs in a dead connection is left behind."""
        self._stopped.set()
        for each in reversed(self._beside):
            each.stop()
        self._runner.stop()

    def ready(self) -> ReadyDocument:
        """Whether requests may be sent here: every follower reached the log within the last seconds."""
        followers = [_told(each) for each in self._runner.health()]
        well = all(each["ok"] for each in followers) and not self.stopping
        beside = [_told(each) for each in self._others()]
        return ReadyDocument(ready=well, stopping=self.stopping, followers=followers, beside=beside)

    def _others(self) -> Iterator[Getting]:
        for each in self._beside:
            found = each.health()
            yield from found if isinstance(found, list) else (found,)

    def metrics(self) -> bytes:
        """The numbers in Prometheus' text form."""
        self._numbers.age.set(monotonic() - self._looked_at)
        for each in (*self._runner.health(), *self._others()):
            self._numbers.ok.labels(each.name).set(each.ok)
        return generate_latest(self._numbers.registry)

    def _look(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            try:
                standings = self._engine.standings()
            except Exception:  # noqa: BLE001, S112 - the age of the numbers tells it, and readiness tells why
                continue
            for each in standings:
                self._numbers.lag.labels(each.name).set(each.lag)
                self._numbers.parked.labels(each.name).set(each.parked)
            self._looked_at = monotonic()


def _told(each: Getting) -> FollowerHealth:
    quiet = None if each.quiet_seconds is None else round(each.quiet_seconds, 3)
    return FollowerHealth(name=each.name, ok=each.ok, why=each.why, quiet_seconds=quiet)


_TEXT = {"content": {"text/plain": {"schema": {"type": "string"}}}}


def routes(health: Callable[[], Health]) -> APIRouter:
    """The three of them, each a coroutine: the threads for requests may all be waiting for a store that hangs."""
    router = APIRouter(route_class=ProblemRoute, tags=["operations"], default_response_class=Response)

    async def is_alive() -> Response:
        """Whether the process lives."""
        return Response(to_json(LiveDocument(alive=True)), media_type=JSON)

    async def is_ready() -> Response:
        """Whether requests may be sent here: 503 says which follower does not get on, and why."""
        found = health().ready()
        return Response(to_json(found), 200 if found["ready"] else 503, media_type=JSON)

    async def metrics() -> Response:
        """How it gets on, in Prometheus' text form."""
        return Response(health().metrics(), media_type=CONTENT_TYPE_LATEST)

    for path, method, answers in (
        ("/healthz", is_alive, {200: _json(LiveDocument)}),
        ("/readyz", is_ready, {200: _json(ReadyDocument), 503: _json(ReadyDocument)}),
        ("/metrics", metrics, {200: _TEXT}),
    ):
        said = method.__doc__ or ""
        router.add_api_route(path, method, operation_id=method.__name__, summary=said.rstrip("."), response_model=None,
                             responses=cast(Any, answers))  # fmt: skip
    return router


def _json(document: type) -> dict[str, Any]:
    return {"content": {JSON: {"schema": TypeAdapter(document).json_schema()}}}
