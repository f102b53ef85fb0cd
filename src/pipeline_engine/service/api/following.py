"""`/v1/following` and `/v1/store`: the views that are kept in step with the log, and how the store is."""

from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import Field, StrictStr

from pipeline_engine.documents import (
    DigestDocument,
    DoctorDocument,
    FollowingDocument,
    ParkedDocument,
    digest_document,
    doctor_document,
    following_document,
    parked_document,
)
from pipeline_engine.service.api.resource import (
    LONGEST_NAME,
    MOST_POSITION,
    Body,
    Once,
    Resource,
    answer,
    get,
    post,
)
from pipeline_engine.service.commands import Asked

View = Annotated[str, Path(description="A view, as `/v1/following` names it.", max_length=LONGEST_NAME)]
After = Annotated[int, Query(description="Only those after this position.", ge=0, le=MOST_POSITION)]
Limit = Annotated[int, Query(description="At most so many.", ge=1, le=100)]
Stream = Annotated[StrictStr, Field(description="A stream, as the parked events name it: deal:D-1.")]


class RetryAsk(Body):
    """Which stream to take in again."""

    stream: Stream


class ReleaseAsk(Asked):
    """Which stream may be gone on without, and why."""

    stream: Stream
    reason: Annotated[StrictStr, Field(description="Why the view may do without; kept sealed.")]


class Following(Resource):
    """Where each view stands, what it put aside, and mending that."""

    @get("/following", FollowingDocument)
    def list_followers(self) -> Response:
        """Where each view stands, how far behind the log, and what it put aside."""
        return answer(following_document(self.engine.standings(), self.engine.now()))

    @get("/following/{view}/parked", ParkedDocument)
    def list_parked(self, view: View, after: After = 0, limit: Limit = 100) -> Response:
        """The events that a view could not take in, with the reason, and those that wait behind them."""
        return answer(parked_document(view, self.engine.parked(view, after, limit)))

    @post("/following/{view}/retry", ParkedDocument)
    def retry_parked(self, view: View, ask: RetryAsk) -> Response:
        """Take in again what was put aside of a stream, once what was wrong is mended; what is left is told."""
        return answer(parked_document(view, self.engine.retry(view, ask.stream)))

    @post("/following/{view}/release", ParkedDocument)
    def release_parked(self, view: View, ask: ReleaseAsk, how: Once) -> Response:
        """Let a view go on without the first event it put aside of a stream; who and why is recorded."""
        return answer(parked_document(view, self.engine.release(view, ask.stream, ask.reason, **how.of(ask))))


class StoreLooks(Resource):
    """How the store is."""

    @get("/store/doctor", DoctorDocument)
    def examine_store(self) -> Response:
        """Settings, format, positions, disk or server, people: what was found, and what to do where it is not well."""
        return answer(doctor_document(self.engine.findings()))

    @get("/store/digest", DigestDocument)
    def digest_store(
        self, upto: Annotated[int | None, Query(description="Up to a position.", ge=0, le=MOST_POSITION)] = None
    ) -> Response:
        """What the log holds in one number: equal logs, equal digests."""
        return answer(digest_document(self.engine.digest(upto)))
