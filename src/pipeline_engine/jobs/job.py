"""Deciding about jobs: begun, put back, cancelled, ended; each try has a number, and only the newest may end it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from pipeline_engine.envelope import Event, Recorded
from pipeline_engine.jobs.events import (
    Ended,
    JobAsked,
    JobBegun,
    JobCancelAsked,
    JobEnded,
    JobKind,
    JobPutBack,
)

JOB_STREAM = "job:"
LOST_TRIES = 5
"""After so many tries of which nobody heard again, a job is given up: perhaps it is what kills its workers."""
GIVEN_UP = "given-up"

JobState = Literal["waiting", "running", "cancelling", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Job:
    """
    A job as it stands.

    Args:
        attempt: The number of the newest try; 0 before the first.
        trying: Whether that try is under way, as far as anybody has heard.
        lost: How many tries before it were never heard of again.
        cancel_by: Who wants it stopped.
        how: How it ended; None while it is open. `why` names the error of one that failed.
        result: The SHA-256 of what it answers.
    """

    id: str
    kind: JobKind
    about: str
    by: str
    asked_at: datetime
    position: int
    inputs: tuple[str, ...] = ()
    attempt: int = 0
    trying: bool = False
    lost: int = 0
    begun_at: datetime | None = None
    cancel_by: str | None = None
    how: Ended | None = None
    why: str | None = None
    result: str | None = None
    ended_at: datetime | None = None

    @property
    def state(self) -> JobState:
        """Where it stands, in one word."""
        if self.how is not None:
            return self.how
        if self.cancel_by is not None:
            return "cancelling"
        return "running" if self.trying else "waiting"

    @property
    def open(self) -> bool:
        """Whether it has not ended yet."""
        return self.how is None


def evolve_job(state: Job | None, recorded: Recorded) -> Job | None:
    """The job after one more event; total over whatever is stored."""
    event: Any = recorded.event
    if isinstance(event, JobAsked):
        return state or _asked(event, recorded)
    if state is None:
        return None
    match event:
        case JobBegun():
            begun = state.begun_at or recorded.recorded_at
            lost = state.lost + state.trying
            return replace(state, attempt=event.attempt, trying=True, lost=lost, begun_at=begun)
        case JobPutBack():
            return replace(state, trying=False)
        case JobCancelAsked():
            return replace(state, cancel_by=recorded.envelope.actor)
        case JobEnded():
            ended = replace(state, trying=False, how=event.how, why=event.why, result=event.result)
            return replace(ended, ended_at=recorded.recorded_at)
    return state


def _asked(event: JobAsked, recorded: Recorded) -> Job:
    _, _, job_id = recorded.stream.partition(":")
    return Job(
        job_id, event.kind, event.about, recorded.envelope.actor, recorded.recorded_at, recorded.position, event.inputs
    )


def decide_begin(job: Job | None) -> Event | None:
    """Take it up, or end it where it is not to be tried any more; None where there is nothing to do."""
    if job is None or not job.open:
        return None
    if job.cancel_by is not None:
        return JobEnded(attempt=job.attempt, how="cancelled")
    if job.lost + job.trying >= LOST_TRIES:
        return JobEnded(attempt=job.attempt, how="failed", why=GIVEN_UP)
    return JobBegun(attempt=job.attempt + 1)


def decide_put_back(job: Job | None, attempt: int) -> Event | None:
    """Leave it to another worker; None where this try is no longer the newest."""
    return JobPutBack(attempt=attempt) if _is_newest(job, attempt) else None


def decide_end(job: Job | None, ended: JobEnded) -> Event | None:
    """End it; None where the try that comes to its end is no longer the newest."""
    return ended if _is_newest(job, ended.attempt) else None


def decide_cancel(job: Job) -> tuple[Event, ...]:
    """Stop it: at once where nobody has taken it up, else by whoever does it; nothing where it ended or is stopping."""
    if not job.open or job.cancel_by is not None:
        return ()
    ends = () if job.trying else (JobEnded(attempt=job.attempt, how="cancelled"),)
    return (JobCancelAsked(), *ends)


def _is_newest(job: Job | None, attempt: int) -> bool:
    return job is not None and job.open and job.trying and job.attempt == attempt
