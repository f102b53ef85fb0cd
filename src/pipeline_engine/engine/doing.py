"""The verbs of whoever does jobs: take one up, do it, put it back, end it, and throw away what is no longer needed."""

from collections.abc import Callable
from typing import Literal

from pydantic_core import to_json

from pipeline_engine.engine.jobs import (
    ASK,
    ERROR,
    JOB,
    PROGRESS,
    RESULT,
    RESULTS_KEPT,
    UPLOADS_KEPT,
    JobFailure,
    JobProgress,
    JobVerbs,
    answers_folder,
)
from pipeline_engine.engine.recording import drafts_of, request_of
from pipeline_engine.engine.shell import new_command_id
from pipeline_engine.engine.works import FILE, REJECTS, AskedWork, Came, Doing, upload_folder
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.jobs import JOB_STREAM, Ended, Job, JobEnded, decide_begin, decide_end, decide_put_back
from pipeline_engine.store import Decision, Lease

ACTOR = "worker"
Left = Literal["cancelled", "put-back", "lost"]


class Stopped(Exception):
    """The work is to be left at once: cancelled, put back for another worker, or another one's already."""

    def __init__(self, why: Left) -> None:
        super().__init__(why)
        self.why: Left = why


class WorkVerbs(JobVerbs):
    """For whoever does jobs."""

    def waiting_jobs(self) -> list[str]:
        """The ids of jobs that are open or not tidied up yet, in the order they were asked."""
        return [folder.removeprefix(JOB_STREAM) for folder in self._papers.folders(ASK)]

    def begin_job(self, job_id: str) -> Job | None:
        """Take a job up; as it stands then: ended, where it is not to be tried. None where it is not recorded yet."""
        if self._store.load(JOB_STREAM + job_id, JOB)[0] is not None:
            self._on_job(job_id, decide_begin)
        return self._store.load(JOB_STREAM + job_id, JOB)[0]

    def do_job(self, job: Job, told: Callable[[int, int], None]) -> Came:
        """Do what was asked; raises what the work raises."""
        asked = self._paper(JOB_STREAM + job.id, ASK, AskedWork)
        if asked is None:
            raise Stopped("lost")
        folder = answers_folder(job.id, job.attempt)
        engine = self.through(asked.via)
        return asked.work.do(Doing(engine, self._papers, asked.how, job.id, job.attempt, folder, told))

    def put_back_job(self, job: Job) -> None:
        """Leave a job to another worker."""
        self._on_job(job.id, lambda state: decide_put_back(state, job.attempt))

    def end_job(self, job: Job, how: Ended, came: Came | None = None, failure: JobFailure | None = None) -> None:
        """Keep what came of it, then record that it ended, then throw away what it needed."""
        folder, kept, result = answers_folder(job.id, job.attempt), self._papers, None
        if came is not None:
            writer = kept.begin(folder, RESULT)
            writer.add(to_json(came.result))
            result = writer.end().sha256
        if failure is not None:
            kept.put(folder, ERROR, failure.model_dump_json().encode())
        why = came.why if came else failure.type if failure else None
        ended = JobEnded(attempt=job.attempt, how=how, why=why, result=result)
        self._on_job(job.id, lambda state: decide_end(state, ended))
        now = self._store.load(JOB_STREAM + job.id, JOB)[0]
        if now is not None and not now.open:
            self.tidy_job(now)

    def note_progress(self, job: Job, progress: JobProgress) -> None:
        """Say how far a job is."""
        self._papers.put(JOB_STREAM + job.id, PROGRESS, progress.model_dump_json().encode())

    def why_left(self, job: Job) -> Left | None:
        """Why this try of a job is not to go on: somebody wants it stopped, or it is somebody else's by now."""
        now = self._store.load(JOB_STREAM + job.id, JOB)[0]
        if now is None or now.attempt != job.attempt or not now.trying:
            return "lost"
        return "cancelled" if now.cancel_by is not None else None

    def sweep_papers(self) -> None:
        """Throw away uploads that no job took up, old answers, and what was asked but never recorded."""
        now, papers = self._clock(), self._papers
        asked = {job_id: self._paper(JOB_STREAM + job_id, ASK, AskedWork) for job_id in self.waiting_jobs()}
        needed = {upload_folder(i.upload) for each in asked.values() if each for i in each.work.inputs}
        for folder in papers.folders(FILE, now - UPLOADS_KEPT):
            if folder not in needed:
                papers.drop(folder)
        for name in (RESULT, REJECTS, ERROR):
            for folder in papers.folders(name, now - RESULTS_KEPT):
                papers.drop(folder)
        for folder in papers.folders(ASK, now - UPLOADS_KEPT):
            if self._store.load(folder, JOB)[0] is None:
                papers.drop(folder)

    def _on_job(self, job_id: str, decide: Callable[[Job | None], Event | None]) -> None:
        envelope = Envelope(at=self._clock(), actor=ACTOR, via=self._via, command_id=new_command_id())

        def on(job: Job | None, version: int, reader: object) -> Decision:
            return drafts_of(envelope, decide(job))

        self._store.transact(JOB_STREAM + job_id, request_of(envelope, f"work {job_id}"), JOB, on)

    def job_lease(self, job_id: str, holder: str) -> Lease:
        """The right to do a job."""
        return self._store.lease(JOB_STREAM + job_id, holder, self._clock)
