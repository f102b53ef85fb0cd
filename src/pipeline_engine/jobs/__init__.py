"""Long work that is asked for and done later: what can happen to a job, and what may be done with it."""

from pipeline_engine.jobs.events import (
    JOB_EVENTS,
    Ended,
    JobAsked,
    JobBegun,
    JobCancelAsked,
    JobEnded,
    JobKind,
    JobPutBack,
)
from pipeline_engine.jobs.job import (
    JOB_STREAM,
    LOST_TRIES,
    Job,
    JobState,
    decide_begin,
    decide_cancel,
    decide_end,
    decide_put_back,
    evolve_job,
)

__all__ = [
    "JOB_EVENTS",
    "JOB_STREAM",
    "LOST_TRIES",
    "Ended",
    "Job",
    "JobAsked",
    "JobBegun",
    "JobCancelAsked",
    "JobEnded",
    "JobKind",
    "JobPutBack",
    "JobState",
    "decide_begin",
    "decide_cancel",
    "decide_end",
    "decide_put_back",
    "evolve_job",
]
