"""Long work: what was uploaded for it, how a job stands, and how far it is."""

from typing_extensions import TypedDict

from pipeline_engine.engine import JobLook, Uploaded
from pipeline_engine.values import instant_text


class UploadDocument(TypedDict):
    """A file that was taken in for a job, under the id that the job is to name."""

    id: str
    name: str
    sha256: str


class ProgressDocument(TypedDict):
    """How much is done, in what the kind counts (rows, deals, events, steps); `total` is null where nobody knows."""

    done: int
    total: int | None


class FailureDocument(TypedDict):
    """Which error a job failed with, and its line for people."""

    type: str
    detail: str


class JobDocument(TypedDict):
    """
    A job as it stands.

    `state` is waiting, running or cancelling, then done, failed or cancelled. `about` is the process or the view;
    `why` says why it failed. `result` and `rejects` tell whether these can be had now.
    """

    id: str
    kind: str
    about: str
    state: str
    asked_by: str
    asked_at: str
    begun_at: str | None
    ended_at: str | None
    attempts: int
    cancelled_by: str | None
    progress: ProgressDocument | None
    why: str | None
    failure: FailureDocument | None
    result: bool
    rejects: bool
    inputs: list[str]
    position: int


class JobPageDocument(TypedDict):
    """Jobs, the newest first; `next` is what to ask for after them, null at the end."""

    jobs: list[JobDocument]
    next: str | None


def upload_document(uploaded: Uploaded) -> UploadDocument:
    """What a client needs of an upload."""
    return {"id": uploaded.upload, "name": uploaded.name, "sha256": uploaded.sha256}


def job_document(look: JobLook) -> JobDocument:
    """A job with what is kept beside it."""
    job, progress, failure = look.job, look.progress, look.failure
    return {
        "id": job.id,
        "kind": job.kind,
        "about": job.about,
        "state": job.state,
        "asked_by": job.by,
        "asked_at": instant_text(job.asked_at),
        "begun_at": instant_text(job.begun_at) if job.begun_at else None,
        "ended_at": instant_text(job.ended_at) if job.ended_at else None,
        "attempts": job.attempt,
        "cancelled_by": job.cancel_by,
        "progress": {"done": progress.done, "total": progress.total} if progress else None,
        "why": job.why,
        "failure": {"type": failure.type, "detail": failure.detail} if failure else None,
        "result": look.result,
        "rejects": look.rejects,
        "inputs": list(job.inputs),
        "position": job.position,
    }


def job_page_document(looks: list[JobLook], limit: int) -> JobPageDocument:
    """A page of jobs: one more than the limit was asked for, to know whether there are more."""
    shown = looks[:limit]
    return {"jobs": [job_document(each) for each in shown], "next": shown[-1].job.id if len(looks) > limit else None}
