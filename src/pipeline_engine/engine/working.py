"""Does the jobs of a store: of all processes one does a job, and another takes it over where that one falls silent.

A job may be done twice in part, never twice in effect: what it appends is keyed, and only its newest try ends it.
"""

import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from uuid import uuid4

from pipeline_engine.engine.doing import Left, Stopped, WorkVerbs
from pipeline_engine.engine.jobs import JobFailure, JobProgress
from pipeline_engine.errors import PipelineError, StoreUnreachable
from pipeline_engine.jobs import Job
from pipeline_engine.naming import kebab
from pipeline_engine.store import Health, Lease

NAME = "jobs"
LEASE_SECONDS = 15.0
LOOK_SECONDS = 0.5
BEAT_SECONDS = 1.0
SWEEP_SECONDS = 3600.0
STALLED_SECONDS = 5.0
_LOG = logging.getLogger("pipeline_engine.jobs")


class WorkingVerbs(WorkVerbs):
    """Jobs are done by threads, here or in a process of their own."""

    def working(self, at_once: int = 1) -> "Workers":
        """What does the jobs of this store, so many at once: `with engine.working() as workers`."""
        return Workers(self, at_once)


class Workers:
    """Threads that do jobs until they are stopped; `with` starts and stops them."""

    def __init__(self, engine: WorkVerbs, at_once: int = 1) -> None:
        self._engine, self._stopping = engine, Event()
        self._workers = [_Worker(engine, self._stopping) for _ in range(at_once)]
        self._threads: list[Thread] = []

    def __enter__(self) -> "Workers":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin; while the store is away it is tried again."""
        for worker in self._workers:
            thread = Thread(target=worker.keep, name=NAME, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Put back what is being done, as soon as the work looks up; of what does not in time the try is given up."""
        self._stopping.set()
        until = monotonic() + seconds
        for thread, worker in zip(self._threads, self._workers, strict=False):
            thread.join(max(0.0, until - monotonic()))
            if thread.is_alive():
                worker.leave()

    def health(self) -> Health:
        """How the worker gets on that has been silent the longest."""
        return max((worker.health() for worker in self._workers), key=lambda each: each.quiet_seconds or 0.0)


class _Worker:
    """One thread that does one job at a time."""

    def __init__(self, engine: WorkVerbs, stopping: Event) -> None:
        self._engine, self.stopping = engine, stopping
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.looked_at: float | None = None
        self.failing: str | None = None
        self._swept_at: float | None = None
        self._doing: tuple[Job, Lease] | None = None

    def health(self) -> Health:
        """How it gets on."""
        quiet = None if self.looked_at is None else monotonic() - self.looked_at
        return Health(NAME, self.failing is None and quiet is not None and quiet < STALLED_SECONDS, quiet, self.failing)

    def keep(self) -> None:
        """Do one job after the other."""
        while not self.stopping.is_set():
            try:
                did = self._once()
                self.looks()
            except Exception as error:  # noqa: BLE001 - a worker that died would never tell; one that goes on does
                self.failing, did = f"{type(error).__name__}: {error}", False
            if not did:
                self.stopping.wait(LOOK_SECONDS)

    def looks(self) -> None:
        """The store was reached just now."""
        self.failing, self.looked_at = None, monotonic()

    def _once(self) -> bool:
        """Do the first job that nobody else does; whether there was one."""
        if self._swept_at is None or monotonic() - self._swept_at > SWEEP_SECONDS:
            self._engine.sweep_papers()
            self._swept_at = monotonic()
        for job_id in self._engine.waiting_jobs():
            lease = self._engine.job_lease(job_id, self._holder)
            if lease.holder() is None and lease.take(LEASE_SECONDS) and self._under(lease, job_id):
                return True
        return False

    def _under(self, lease: Lease, job_id: str) -> bool:
        try:
            return self._take_up(job_id, lease)
        finally:
            with suppress(PipelineError):
                lease.give_back()

    def _take_up(self, job_id: str, lease: Lease) -> bool:
        job = self._engine.begin_job(job_id)
        if job is None:
            # It is being asked at this moment, or never was.
            return False
        if not job.open:
            self._engine.tidy_job(job)
            return True
        self._doing = job, lease
        with _Watch(self._engine, job, lease, self) as watch:
            ended = self._done(job, watch)
        self._surely(ended)
        self._doing = None
        return True

    def leave(self) -> None:
        """Put back what is being done though it goes on: its try is not the newest any more, so it ends nothing."""
        if (doing := self._doing) is not None:
            with suppress(PipelineError):
                self._engine.put_back_job(doing[0])
                doing[1].give_back()

    def _done(self, job: Job, watch: "_Watch") -> Callable[[], None]:
        """Do it; how that is to be recorded."""
        engine = self._engine
        try:
            came = engine.do_job(job, watch.told)
        except Stopped as stopped:
            if stopped.why == "cancelled":
                return lambda: engine.end_job(job, "cancelled")
            return (lambda: engine.put_back_job(job)) if stopped.why == "put-back" else (lambda: None)
        except StoreUnreachable:
            return lambda: engine.put_back_job(job)
        except PipelineError as error:
            failure = JobFailure(type=kebab(type(error).__name__), detail=str(error))
            return lambda: engine.end_job(job, "failed", failure=failure)
        except Exception as error:  # noqa: BLE001 - as with requests: what is unforeseen is logged, told without a trace
            _LOG.error("a job could not be done", exc_info=error)
            failure = JobFailure(type="unforeseen", detail="something went wrong that nobody foresaw; it was logged")
            return lambda: engine.end_job(job, "failed", failure=failure)
        return lambda: engine.end_job(job, "failed" if came.why else "done", came)

    def _surely(self, record: Callable[[], None]) -> None:
        """Record it, however long the store is away; where this process is stopped meanwhile another one goes on."""
        while True:
            try:
                record()
            except StoreUnreachable as error:
                self.failing = str(error)
                if self.stopping.wait(BEAT_SECONDS):
                    return
            else:
                return


class _Watch:
    """Looks after a job while it is done: keeps its lease, says how far it is, and hears that it is to be stopped."""

    def __init__(self, engine: WorkVerbs, job: Job, lease: Lease, worker: _Worker) -> None:
        self._engine, self._job, self._lease, self._worker = engine, job, lease, worker
        self._progress: JobProgress | None = None
        self._noted: JobProgress | None = None
        self._why: Left | None = None
        self._over = Event()
        self._thread = Thread(target=self._keep, name=f"{NAME} watch", daemon=True)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(BEAT_SECONDS)

    def told(self, done: int, total: int) -> None:
        """Take in how far it is; raises Stopped where it is to be left."""
        self._progress = JobProgress(done=done, total=total or None)
        if self._worker.stopping.is_set():
            raise Stopped("put-back")
        if self._why is not None:
            raise Stopped(self._why)

    def _keep(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            # What fails here is told by the work itself; a lease that could not be kept is taken by another.
            with suppress(Exception):
                self._look()
                self._worker.looks()

    def _look(self) -> None:
        self._why = self._why or self._engine.why_left(self._job)
        # What is somebody else's by now is not to be kept from them.
        if self._why != "lost" and not self._lease.take(LEASE_SECONDS):
            self._why = "lost"
        if self._why == "lost":
            return
        if (progress := self._progress) != self._noted and progress is not None:
            self._engine.note_progress(self._job, progress)
            self._noted = progress
