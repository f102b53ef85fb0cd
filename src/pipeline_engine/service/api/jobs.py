"""`/v1/uploads`, what asks for long work, and `/v1/jobs`: work that is asked for now and done beside requests."""

from collections.abc import Iterator
from typing import Annotated, Any

import anyio
import anyio.to_thread
from fastapi import Path, Query, Response
from pydantic import Field, StrictBool, StrictStr
from starlette.requests import Request
from starlette.responses import StreamingResponse

from pipeline_engine.documents import (
    JobDocument,
    JobPageDocument,
    UploadDocument,
    job_document,
    job_page_document,
    upload_document,
)
from pipeline_engine.engine import MOST_FILES, MOST_UPLOAD_BYTES, JobLook, Upload
from pipeline_engine.service.api.processes import Source
from pipeline_engine.service.api.resource import JSON, LONGEST_NAME, Once, Resource, answer, beside, get, post
from pipeline_engine.service.bodies import TooLarge, WrongType
from pipeline_engine.service.commands import Asked

BYTES = "application/octet-stream"
JobId = Annotated[str, Path(description="A job, as its `id` says.", max_length=LONGEST_NAME)]
FileName = Annotated[
    str, Query(description="What the file is called; `.csv` or `.xes`, also with `.gz`.", min_length=1, max_length=200)
]
Limit = Annotated[int, Query(description="At most so many.", ge=1, le=100)]
Before = Annotated[str | None, Query(description="`next` of the page before.", max_length=LONGEST_NAME)]


class ImportAsk(Asked):
    """Uploaded history that is to come in by a mapping."""

    files: Annotated[
        list[StrictStr],
        Field(description="The ids of uploads, in order.", min_length=1, max_length=MOST_FILES),
    ]  # fmt: skip
    mapping: Annotated[StrictStr, Field(description="A mapping file in YAML, as text.", max_length=1_000_000)]
    process: Annotated[StrictStr | None, Field(description="Instead of the process that the mapping names.")] = None


class BacktestAsk(Asked):
    """A process that is to be tried on history."""

    candidate: Source
    baseline: Annotated[
        StrictStr | None, Field(description="A version to compare with, `b2b@2`; else the one that judged each move.")
    ] = None


class RebuildAsk(Asked):
    """A view that is to be made anew."""

    view: Annotated[StrictStr | None, Field(description="As `/v1/following` names it; else all facts.")] = None


class MigrationAsk(Asked):
    """Open deals that are to go on under another version; `/v1/processes/{process}/migration-plan` looks first."""

    process: StrictStr
    to: Annotated[StrictStr, Field(description="A version of it, `3`, or of another process, `b2b-emea@2`.")]
    mapping: Annotated[dict[str, StrictStr], Field(description="In which stage deals go on that stand in one.")] = {}
    why: Annotated[StrictStr, Field(description="Why; kept with the migration.")]
    allow_stranded: Annotated[
        StrictBool, Field(description="Deals that find no stage stay under their version; else nothing is done.")
    ] = False


class Jobs(Resource):
    """Files for jobs, the four kinds of them, and how each stands."""

    @post("/uploads", UploadDocument, 429, status=201, takes=BYTES)
    async def upload_file(self, request: Request, name: FileName) -> Response:
        """Take in a file for a job, as its plain bytes. What no job takes up within a day is thrown away."""
        _check(request)
        upload = await anyio.to_thread.run_sync(self.engine.upload, name)
        try:
            await _taken_in(request, upload)
            uploaded = await anyio.to_thread.run_sync(upload.end)
        except BaseException:
            # Also where the client went: nothing of half a file is kept.
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(upload.give_up)
            raise
        return answer(upload_document(uploaded), 201)

    @post("/imports", JobDocument, 429, status=202)
    def import_history(self, request: Request, ask: ImportAsk, how: Once) -> Response:
        """Bring uploaded history in by a mapping. Rows that cannot come in are among the job's rejects."""
        return _accepted(request, self.engine.ask_import(ask.files, ask.mapping, ask.process, **how.of(ask)))

    @post("/backtests", JobDocument, 429, status=202)
    def backtest(self, request: Request, ask: BacktestAsk, how: Once) -> Response:
        """Try a process on history: what would have been refused, and what let through. Changes nothing."""
        return _accepted(request, self.engine.ask_backtest(ask.candidate, ask.baseline, **how.of(ask)))

    @post("/rebuilds", JobDocument, 429, status=202)
    def rebuild(self, request: Request, ask: RebuildAsk, how: Once) -> Response:
        """Make a view, or all facts, anew from the log, beside what is read meanwhile."""
        return _accepted(request, self.engine.ask_rebuild(ask.view, **how.of(ask)))

    @post("/migrations", JobDocument, 429, status=202)
    def migrate(self, request: Request, ask: MigrationAsk, how: Once) -> Response:
        """Let the open deals of a process go on under another version; others go on working meanwhile."""
        to, stay = (ask.process, ask.to, ask.mapping), ask.allow_stranded
        return _accepted(request, self.engine.ask_migration(*to, why=ask.why, allow_stranded=stay, **how.of(ask)))

    @get("/jobs", JobPageDocument)
    def list_jobs(self, limit: Limit = 50, before: Before = None) -> Response:
        """The jobs, the newest first."""
        return answer(job_page_document(self.engine.jobs(limit + 1, before), limit))

    @get("/jobs/{job}", JobDocument)
    def show_job(self, job: JobId) -> Response:
        """How a job stands, how far it is, and why it failed where it did."""
        return answer(job_document(self.engine.job(job)))

    @get("/jobs/{job}/result", dict[str, Any], 409)
    def read_result(self, job: JobId) -> Response:
        """What a job answered: the document that the same command of the command line gives with `--json`."""
        return _streamed(self.engine.job_result(job), JSON)

    @get("/jobs/{job}/rejects", ("text/csv",), 409)
    def read_rejects(self, job: JobId) -> Response:
        """The rows that an import did not take, with where they stood and why."""
        return _streamed(self.engine.job_rejects(job), "text/csv; charset=utf-8")

    @post("/jobs/{job}/cancel", JobDocument)
    def cancel_job(self, job: JobId, ask: Asked, how: Once) -> Response:
        """Stop a job. What it did by then stays done; one that has ended stays as it is."""
        return answer(job_document(self.engine.cancel_job(job, **how.of(ask))))


def _check(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != BYTES:
        raise WrongType(f"`{kind[:100] or 'nothing'}` is named as the content type; expected `{BYTES}`")
    said = request.headers.get("content-length", "")
    if said.isdecimal() and len(said) < 20 and int(said) > MOST_UPLOAD_BYTES:
        raise TooLarge(_TOO_LARGE)


_TOO_LARGE = f"the file is larger than {MOST_UPLOAD_BYTES:,} bytes; split it, imports take several"


async def _taken_in(request: Request, upload: Upload) -> None:
    async for part in request.stream():
        # Whatever the header said, or where it said nothing.
        if upload.size + len(part) > MOST_UPLOAD_BYTES:
            raise TooLarge(_TOO_LARGE)
        await anyio.to_thread.run_sync(upload.add, part)


def _accepted(request: Request, look: JobLook) -> Response:
    return answer(job_document(look), 202, {"Location": beside(request, "jobs", look.job.id)})


def _streamed(pieces: Iterator[bytes], kind: str) -> Response:
    return StreamingResponse(pieces, media_type=kind)
