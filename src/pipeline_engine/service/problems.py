"""Errors as answers: RFC 9457 problem details, whoever's application our routes are in.

A router carries no exception handlers, so every room gives its `APIRouter` `route_class=ProblemRoute`.
"""

import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ConfigDict, with_config
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from typing_extensions import TypedDict

from pipeline_engine.documents import outcome_document
from pipeline_engine.errors import BadValue, PipelineError, Refused, UnknownName, shown
from pipeline_engine.service.bodies import BadBody, TooLarge, WrongType, checked
from pipeline_engine.service.problem_kinds import (
    BAD_JSON,
    BAD_REQUEST,
    NO_SUCH_PATH,
    NOT_FOUND,
    REFUSED,
    TOO_LARGE,
    UNFORESEEN,
    UNKNOWN,
    URN,
    WRONG_METHOD,
    WRONG_TYPE,
    Kind,
    every_kind,
    kind_of,
)

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger("pipeline_engine.service")
# What a client can do nothing with, or what an outcome's own document says.
_KEPT_BACK = {"known", "outcome"}
_CALLED = {"deal_id": "deal", "file": "source"}
_IN_PATHS = {"unknown-deal", "unknown-process", "unknown-person", "unknown-job", "unknown-name"}
_STANDARD = {"type", "title", "status", "detail", "instance"}


@with_config(ConfigDict(extra="allow"))
class Problem(TypedDict):
    """Why a request was not answered as it was asked (RFC 9457); members beside these are those of the type."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


def problem(kind: Kind, detail: str, instance: str, members: Mapping[str, Any] | None = None) -> Response:
    """The answer of one problem."""
    document = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": detail, "instance": instance}
    headers = {"Retry-After": str(kind.retry_seconds)} if kind.retry_seconds is not None else {}
    # What was found is told as it is, also where it is a text that UTF-8 does not know.
    body = to_json({**document, **(members or {})}, inf_nan_mode="constants", fallback=shown)
    return Response(body, kind.status, headers, MEDIA_TYPE)


def problem_of(error: Exception, request: Request) -> Response:
    """The answer to a request that ended in an error; what nobody foresaw is logged, and told without its trace."""
    path = request.url.path
    match error:
        case PipelineError():
            return problem(_kind(error, request), str(error), path, _members(error))
        case SaidNo():
            return problem(REFUSED, str(error), path, error.told)
        case RequestValidationError():
            return problem(BAD_REQUEST, _first(error.errors()), path, {"errors": _places(error.errors())})
        case BadBody():
            kind = {TooLarge: TOO_LARGE, WrongType: WRONG_TYPE}.get(type(error), BAD_JSON)
            return problem(kind, str(error), path)
        case HTTPException(status_code=status, detail=detail, headers=headers):
            answer = problem(_of_status(status), str(detail), path)
            answer.headers.update(headers or {})
            return answer
    # The stack says where; the path may name a deal and stays out of the log.
    _LOG.error("a request could not be answered", exc_info=error)
    return problem(UNFORESEEN, "it was logged; asking again may help, with the same `Idempotency-Key`", path)


class SaidNo(Exception):
    """Somebody who may not was told so; `told` is the document of what became of it. Answered like a refusal."""

    def __init__(self, detail: str, told: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.told = told


class ProblemRoute(APIRoute):
    """A route that reads its body strictly and answers its errors itself."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with every error answered."""
        answer, reads = super().get_route_handler(), self.body_field is not None

        async def handle(request: Request) -> Response:
            """The answer, whatever it is."""
            try:
                return await answer(await checked(request) if reads else request)
            except ClientDisconnect:
                raise
            except Exception as error:  # noqa: BLE001 - the last place that can answer: what is unforeseen is logged
                return problem_of(error, request)

        return handle


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says in the OpenAPI document of these statuses: `responses=problem_responses(404, 409)`.

    They name a schema that `/v1/problems` declares, so that it is not written out a hundred times.
    """
    return {status: _described(status) for status in sorted(statuses)}


def _described(status: int) -> dict[str, Any]:
    kinds = sorted(
        kind.name for kind in every_kind() if kind.status == status or (status == NOT_FOUND and kind.name in _IN_PATHS)
    )
    told: dict[str, Any] = {
        "description": f"A problem; `type` is `{URN}` and one of: {', '.join(kinds)}",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if any(kind.retry_seconds is not None for kind in every_kind() if kind.status == status):
        seconds = {"schema": {"type": "integer"}, "description": "After how many seconds to ask again."}
        told["headers"] = {"Retry-After": seconds}
    return told


def _kind(error: PipelineError, request: Request) -> Kind:
    kind = kind_of(error)
    if isinstance(error, UnknownName) and _in_path(error.name, request):
        return Kind(kind.name, NOT_FOUND, kind.title)
    if isinstance(error, BadValue) and error.name == "view" and error.found == request.path_params.get("view"):
        return Kind(UNKNOWN.name, NOT_FOUND, UNKNOWN.title)
    return kind


def _in_path(name: str, request: Request) -> bool:
    return any(name in {str(value), str(value).partition("@")[0]} for value in request.path_params.values())


def _members(error: PipelineError) -> dict[str, Any]:
    """What the error carries, by the names that documents use."""
    named = {_CALLED.get(name, name): _plain(value) for name, value in vars(error).items() if name not in _KEPT_BACK}
    told = {name: value for name, value in named.items() if name not in _STANDARD and not name.startswith("_")}
    return told | (_refused(error) if isinstance(error, Refused) else {})


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Sequence):
        return [_plain(each) for each in value]
    return shown(value)


def _refused(error: Refused) -> dict[str, Any]:
    """What became of the command, how each rule judged, and what would help."""
    outcome: Any = error.outcome
    fixes = [{"rule": judged.rule, "fix": judged.fix} for judged in outcome.unmet if judged.fix]
    return {**outcome_document(outcome), "fixes": fixes}


def _of_status(status: int) -> Kind:
    known = {404: NO_SUCH_PATH, 405: WRONG_METHOD, 413: TOO_LARGE, 415: WRONG_TYPE}
    return known.get(status, Kind("http", status, "the request cannot be answered"))


def _first(errors: Sequence[Any]) -> str:
    found = _places(errors)
    more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
    return f"`{found[0]['path']}`: {found[0]['found']}{more}" if found else "the request does not fit its description"


def _places(errors: Sequence[Any]) -> list[dict[str, str]]:
    """Each place with what is wrong there; what was sent is not said again."""
    return [{"path": _path(each["loc"]), "found": each["msg"], "code": each["type"]} for each in errors]


def _path(place: Sequence[Any]) -> str:
    """`body.fields.amount`, `query.limit`."""
    return ".".join(shown(part) for part in place)
