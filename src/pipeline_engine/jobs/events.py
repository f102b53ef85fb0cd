"""What can happen to a job, each in the stream `job:ID` of its own.

These classes are the stored format. What is asked for in full, its files, its progress and its result are papers beside
the log, which are thrown away; here stands that it was asked, by whom, and what became of it. No value of anybody's is
in these events: what went wrong is told by the name of the error alone.
"""

from typing import Literal

from pipeline_engine.envelope import Event

JobKind = Literal["import", "backtest", "rebuild", "migrate"]
Ended = Literal["done", "failed", "cancelled"]


class JobAsked(Event):
    """Somebody asks for long work. `about` is the process or the view; `inputs` are the files' SHA-256, in order."""

    kind: JobKind
    about: str
    inputs: tuple[str, ...] = ()


class JobBegun(Event):
    """A worker takes it up, for the first time or again."""

    attempt: int


class JobPutBack(Event):
    """The worker is stopped on purpose and leaves the job to another; that is no failed try."""

    attempt: int


class JobCancelAsked(Event):
    """Somebody wants it stopped; what it did by then stays done."""


class JobEnded(Event):
    """It came to its end. `why` names the error where it failed; `result` is the SHA-256 of what it answers."""

    attempt: int
    how: Ended
    why: str | None = None
    result: str | None = None


JOB_EVENTS: tuple[type[Event], ...] = (JobAsked, JobBegun, JobPutBack, JobCancelAsked, JobEnded)
