"""What every resource of the API shares: how its methods become routes, what a write carries, and how it is answered.

A method marked with `get` or `post` is one operation: its name is the operation id, its docstring the description.
"""

import re
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from inspect import signature
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json
from starlette.requests import Request
from starlette.routing import Match
from starlette.types import Scope

from pipeline_engine.documents import OutcomeDocument, outcome_document
from pipeline_engine.engine import Engine, How
from pipeline_engine.service.commands import Asked
from pipeline_engine.service.problems import ProblemRoute, problem_of, problem_responses
from pipeline_engine.service.settings import ServiceSettings

JSON = "application/json"
_UNKNOWN = "there is no such parameter"
_SLASH = re.compile("%2f", re.IGNORECASE)
# No character of Unicode, so that it is in no name.
_HELD = "\ufdd0"
LONGEST_NAME = 200
MOST_POSITION = 2**63 - 1

F = TypeVar("F", bound=Callable[..., Any])

DealId = Annotated[str, Path(description="The deal's id.", min_length=1, max_length=LONGEST_NAME)]
MinPosition = Annotated[
    int | None,
    Query(
        description="The answer includes at least the log up to here, as a write's `position` says.", ge=0,
        le=MOST_POSITION,
    ),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marked:
    """One operation as its method is marked."""

    method: str
    path: str
    answers: Any
    status: int
    problems: tuple[int, ...]
    takes: str | None = None


def get(path: str, answers: Any, *problems: int) -> Callable[[F], F]:
    """The method reads: `answers` is the document, `problems` the statuses beside the usual ones."""
    return _marked(Marked("GET", path, answers, 200, (400, 403, 422, 500, 503, *problems)))


def post(path: str, answers: Any, *problems: int, status: int = 200, takes: str | None = None) -> Callable[[F], F]:
    """The method writes, or has a body to be read; `takes` is the media type of one that is no JSON."""
    usual = (400, 403, 409, 413, 415, 422, 500, 503)
    return _marked(Marked("POST", path, answers, status, (*usual, *problems), takes))


def command(path: str, *problems: int, status: int = 200) -> Callable[[F], F]:
    """The method asks something of a deal and answers what became of it."""
    return post(path, OutcomeDocument, 412, *problems, status=status)


def _marked(marked: Marked) -> Callable[[F], F]:
    def mark(method: F) -> F:
        method.__dict__["operation"] = marked
        return method

    return mark


class Body(BaseModel):
    """Anything that is sent and is no command; what is not declared is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Said:
    """What a write says beside its body: under which key it is asked once, which version of the deal was seen, and
    whether it wants to be told how each rule judged."""

    command_id: str | None
    seen_version: int | None
    explained: bool = False

    def of(self, asked: Asked) -> How:
        """Both with the body's part, as the engine's verbs take them."""
        return asked.how(self.command_id, self.seen_version)


Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=LONGEST_NAME,
        description="The command's id: asked again with the same one, it is recorded once.",
    ),
]  # fmt: skip
Seen = Annotated[
    str | None,
    Header(
        alias="If-Match", pattern=r'^"\d{1,18}"$',
        description="The deal's `ETag` as it was seen: 412 where the deal has changed since.",
    ),
]  # fmt: skip

Verdicts = Annotated[bool, Query(description="Tell of every rule how it judged, also where none said no.")]


# Whatever a route depends on is a coroutine: anything else would be sent to a thread of its own.
async def _said(idempotency_key: Key = None, if_match: Seen = None, verdicts: Verdicts = False) -> Said:
    return Said(idempotency_key, int(if_match.strip('"')) if if_match else None, verdicts)


async def _once(idempotency_key: Key = None) -> Said:
    return Said(idempotency_key, None)


Headers = Annotated[Said, Depends(_said)]
"""Of a command on one deal."""
Once = Annotated[Said, Depends(_once)]
"""Of any other write."""


class Resource:
    """Some operations on one engine."""

    def __init__(self, engine: Engine, settings: ServiceSettings) -> None:
        self.engine, self.settings = engine, settings

    def reached(self, min_position: int | None) -> None:
        """Wait until the log has come there; raises NotThereYet."""
        if min_position is not None:
            self.engine.wait_for(min_position, self.settings.wait_seconds)

    def known(self, *people: str | None) -> None:
        """Raises UnknownPerson for a slip: somebody whom neither the register nor any deal's history knows."""
        for who in people:
            if who is not None:
                self.engine.somebody(who)

    def came_of(self, deal: str, asked: Asked, how: Said, status: int = 200) -> Response:
        """Ask it of a deal, and tell what became of it; raises Refused where a rule said no."""
        outcome = asked.ask(self.engine, deal, how.command_id, how.seen_version).raise_if_refused()
        # After what was accepted the last event is no refusal, so it names the deal's version.
        headers = {"ETag": f'"{outcome.events[-1].version}"'} if outcome.events else {}
        return answer(outcome_document(outcome, explained=how.explained), status, headers)

    def ready_for(self, min_position: int | None, *people: str | None) -> None:
        """Both of these, for what is asked of people's deals."""
        self.reached(min_position)
        self.known(*people)


def beside(request: Request, *parts: str) -> str:
    """The address of something beside what was asked, wherever the routes were put: its last part is another."""
    whole: str = request.scope["path"]
    return "/".join([quote(whole.rpartition("/")[0]), *(quote(part, safe="") for part in parts)])


def answer(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A document as it is; it was made to fit what the route declares."""
    return Response(to_json(document), status, headers, JSON)


class Route(ProblemRoute):
    """A route that takes no query it does not know: a slip in a filter's name would answer of everything.

    A slash that is written `%2F` is part of a name: ids of other systems have them.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the request is for it, and the names in the path."""
        raw: bytes = scope.get("raw_path") or b""
        if b"%2" not in raw or b"%2f" not in raw.lower():
            return super().matches(scope)
        written = raw.partition(b"?")[0].decode("ascii", "replace")
        match, child = super().matches({**scope, "path": unquote(_SLASH.sub(_HELD, written))})
        names = {name: str(value).replace(_HELD, "/") for name, value in child.get("path_params", {}).items()}
        return match, {**child, "path_params": names}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, asked only what it knows."""
        answering = super().get_route_handler()
        known = set(_queries(self.dependant))

        async def handle(request: Request) -> Response:
            """The answer, whatever it is."""
            if strange := [name for name in request.query_params if name not in known]:
                told = [{"type": "extra_forbidden", "loc": ("query", each), "msg": _UNKNOWN} for each in strange]
                return problem_of(RequestValidationError(told), request)
            return await answering(request)

        return handle


def _queries(dependant: Dependant) -> Iterator[str]:
    yield from (param.alias for param in dependant.query_params)
    for each in dependant.dependencies:
        yield from _queries(each)


def add_to(router: APIRouter, resource: Resource, tag: str) -> None:
    """Every marked method of the resource as a route, in the order they are written.

    They stand in one router and not in one of each room: every router on the way costs a request as much as a dozen
    routes.
    """
    for name, method in vars(type(resource)).items():
        if (marked := getattr(method, "operation", None)) is not None:
            _add(router, marked, getattr(resource, name), tag)


def _add(router: APIRouter, marked: Marked, method: Callable[..., Any], tag: str) -> None:
    said, problems = (method.__doc__ or "").strip(), set(marked.problems)
    problems |= {409} if "min_position" in signature(method).parameters else set()
    problems |= {404} if "{" in marked.path else set()
    router.add_api_route(
        marked.path, method, methods=[marked.method], operation_id=method.__name__, status_code=marked.status,
        summary=said.splitlines()[0].rstrip("."), description=said, response_model=None, tags=[tag],
        responses={marked.status: _answers(marked.answers), **problem_responses(*problems)}, response_class=Response,
        openapi_extra=_bytes(marked.takes) if marked.takes else None,
    )  # fmt: skip


def _bytes(kind: str) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {kind: {"schema": {"type": "string", "format": "binary"}}}}}


def _answers(told: Any) -> dict[str, Any]:
    """A document, or the media types of a text."""
    texts = told if isinstance(told, tuple) else ()
    return {"content": {each: {"schema": {"type": "string"}} for each in texts}} if texts else {"model": told}
