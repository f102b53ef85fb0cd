"""`/v1/erasures`: one person proposes to erase what is kept about somebody, another one confirms."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field, StrictStr

from pipeline_engine.documents import (
    ErasureDocument,
    ErasuresDocument,
    HeldDocument,
    erasure_document,
    erasures_document,
    held_documents,
)
from pipeline_engine.engine import Erasure
from pipeline_engine.service.api.resource import LONGEST_NAME, Once, Resource, answer, get, post
from pipeline_engine.service.commands import Asked
from pipeline_engine.service.problems import SaidNo

Subject = Annotated[
    StrictStr, Field(description="`deal:ID` for a deal's customer, `person:ID` for a person.", max_length=LONGEST_NAME)
]
Only = Annotated[str | None, Query(description="Only this one.", max_length=LONGEST_NAME)]


class SubjectAsk(Asked):
    """Whom it is about."""

    subject: Subject


class EraseAsk(SubjectAsk):
    """Whom it is about, and why."""

    reason: Annotated[StrictStr, Field(description="Why; kept sealed, and not erased with the subject.")]


class KeepAsk(SubjectAsk):
    """Whom it is about, and why not."""

    reason: Annotated[StrictStr | None, Field(description="Why not; kept sealed.")] = None


class ErasureRoom(Resource):
    """Proposed, confirmed, withdrawn; and what is kept about whom."""

    @get("/erasures", ErasuresDocument)
    def list_erasures(self, subject: Only = None) -> Response:
        """What is proposed to be erased, and what was erased."""
        return answer(erasures_document(self.engine.erasures(), subject))

    @get("/erasures/held", list[HeldDocument])
    def list_held(self, subject: Only = None) -> Response:
        """About whom personal values are kept, how many and in which stream. Reads the whole log."""
        return answer(held_documents([each for each in self.engine.subjects() if subject in (None, each.subject)]))

    @post("/erasures", ErasureDocument)
    def propose_erasure(self, ask: EraseAsk, how: Once) -> Response:
        """Propose to erase what is kept about a subject. Nothing is erased before somebody else confirms it."""
        return self._came_of(self.engine.erase(ask.subject, ask.reason, **how.of(ask)), "propose")

    @post("/erasures/confirm", ErasureDocument)
    def confirm_erasure(self, ask: SubjectAsk, how: Once) -> Response:
        """Erase what somebody else proposed: its key is destroyed, and nobody can undo it."""
        return self._came_of(self.engine.confirm_erasure(ask.subject, **how.of(ask)), "confirm")

    @post("/erasures/withdraw", ErasureDocument)
    def withdraw_erasure(self, ask: KeepAsk, how: Once) -> Response:
        """Take back what was proposed: by who proposed it, or by somebody who may erase."""
        return self._came_of(self.engine.withdraw_erasure(ask.subject, ask.reason, **how.of(ask)), "withdraw")

    def _came_of(self, became: Erasure, tried: str) -> Response:
        told = erasure_document(became, self.engine.unsealed_of(became.subject) if became.erased else 0)
        if became.refused is not None:
            raise SaidNo(f"may not {tried} the erasure of `{became.subject}`: {became.refused}", told)
        return answer(told)
