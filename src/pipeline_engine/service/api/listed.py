"""`/v1/problems`: every type of problem that any answer may be, with its status."""

from fastapi import Response
from typing_extensions import TypedDict

from pipeline_engine.service.api.resource import Resource, answer, get
from pipeline_engine.service.problem_kinds import every_kind
from pipeline_engine.service.problems import Problem


class KindDocument(TypedDict):
    """A type of problem; a name that a path has is answered with 404, whatever `status` says."""

    type: str
    title: str
    status: int
    retry_seconds: int | None


class KindsDocument(TypedDict):
    """Every type of problem; `example` is one as it is answered."""

    kinds: list[KindDocument]
    example: Problem


class Listed(Resource):
    """What this service says no with."""

    @get("/problems", KindsDocument)
    def list_problems(self) -> Response:
        """Every type of problem, with its status."""
        kinds = [
            KindDocument(type=each.type, title=each.title, status=each.status, retry_seconds=each.retry_seconds)
            for each in every_kind()
        ]
        first = kinds[0]
        example = Problem(
            type=first["type"], title=first["title"], status=first["status"],
            detail="deal `D-1` was refused: proposal:require:amount (unknown)", instance="/v1/deals/D-1/moves",
        )  # fmt: skip
        return answer(KindsDocument(kinds=kinds, example=example))
