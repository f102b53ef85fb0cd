"""What may be done with a job, and what it adds up to: any order of events, any number of workers."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.jobs import (
    LOST_TRIES,
    Job,
    JobAsked,
    JobBegun,
    JobEnded,
    decide_begin,
    decide_cancel,
    decide_end,
    decide_put_back,
    evolve_job,
)

MOMENT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ASKED = JobAsked(kind="import", about="crm", inputs=("a" * 64,))


def after(*events: Event, job: Job | None = None, by: str = "ops") -> Job:
    """The job after these events."""
    for number, event in enumerate(events, 1):
        envelope = Envelope(at=MOMENT, actor=by, via="api", command_id=f"c-{number}")
        job = evolve_job(job, Recorded("job:1", number, number, MOMENT + timedelta(seconds=number), envelope, event))
    assert job is not None
    return job


def test_a_job_waits_runs_and_ends() -> None:
    """Each state in one word."""
    asked = after(ASKED)
    begun = after(JobBegun(attempt=1), job=asked)
    done = after(JobEnded(attempt=1, how="done", result="b" * 64), job=begun)
    assert [each.state for each in (asked, begun, done)] == ["waiting", "running", "done"]
    assert (done.open, done.result) == (False, "b" * 64)


def test_an_ended_job_is_never_begun_again() -> None:
    """Whatever it ended as."""
    for how in ("done", "failed", "cancelled"):
        assert decide_begin(after(ASKED, JobBegun(attempt=1), JobEnded(attempt=1, how=how))) is None
    assert decide_begin(None) is None


def test_a_cancel_before_the_first_try_ends_it_at_once() -> None:
    """Nobody has to be there to hear of it."""
    asked = after(ASKED)
    assert [type(each).__name__ for each in decide_cancel(asked)] == ["JobCancelAsked", "JobEnded"]
    assert after(*decide_cancel(asked), job=asked, by="boss").cancel_by == "boss"


def test_a_cancel_of_a_running_job_waits_for_its_worker() -> None:
    """Asked twice it is recorded once; a worker that died leaves its end to the next."""
    running = after(ASKED, JobBegun(attempt=1))
    cancelling = after(*decide_cancel(running), job=running)
    assert cancelling.state == "cancelling"
    assert decide_cancel(cancelling) == ()
    assert decide_begin(cancelling) == JobEnded(attempt=1, how="cancelled")


def test_what_was_done_before_the_cancel_was_heard_is_done() -> None:
    """The truth is told, not what was wished."""
    running = after(ASKED, JobBegun(attempt=1))
    cancelling = after(*decide_cancel(running), job=running)
    assert decide_end(cancelling, JobEnded(attempt=1, how="done")) is not None


def test_only_the_newest_try_ends_a_job() -> None:
    """A worker that stood still for an hour comes too late."""
    twice = after(ASKED, JobBegun(attempt=1), JobBegun(attempt=2))
    assert decide_end(twice, JobEnded(attempt=1, how="done")) is None
    assert decide_put_back(twice, 1) is None
    assert decide_end(twice, JobEnded(attempt=2, how="done")) is not None


def test_a_job_that_kills_its_workers_is_given_up() -> None:
    """Lost tries count, those that were put back on purpose do not."""
    job = after(ASKED)
    for attempt in range(1, LOST_TRIES + 1):
        event = decide_begin(job)
        assert event == JobBegun(attempt=attempt)
        job = after(event, job=job)
    assert decide_begin(job) == JobEnded(attempt=LOST_TRIES, how="failed", why="given-up")


def test_a_stopped_worker_is_no_lost_try() -> None:
    """A deployment a minute must not end a job."""
    job = after(ASKED)
    for _ in range(4 * LOST_TRIES):
        event = decide_begin(job)
        assert isinstance(event, JobBegun)
        job = after(event, job=job)
        back = decide_put_back(job, job.attempt)
        assert back is not None
        job = after(back, job=job)
    assert job.state == "waiting"


STEPS: dict[str, Callable[[Job], Sequence[Event | None]]] = {
    "begin": lambda job: [decide_begin(job)],
    "back": lambda job: [decide_put_back(job, job.attempt)],
    "end": lambda job: [decide_end(job, JobEnded(attempt=job.attempt, how="done"))],
    "late end": lambda job: [decide_end(job, JobEnded(attempt=job.attempt - 1, how="failed"))],
    "cancel": decide_cancel,
}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=30))
def test_every_job_ends_once_and_stays_ended(steps: list[str]) -> None:
    """Any number of workers in any order: at most one end, after which nothing happens any more."""
    job, ends = after(ASKED), 0
    for step in steps:
        happened = [event for event in STEPS[step](job) if event is not None]
        assert not happened or job.open
        ends += sum(isinstance(event, JobEnded) for event in happened)
        job = after(*happened, job=job) if happened else job
    assert ends == (0 if job.open else 1)
