"""The verbs of long work: files are uploaded, work is asked for, looked at and cancelled; `working` does it.

A job is asked once: its command id tells. What is asked in full and the files are papers until it ends, what it
answers is kept for a week or until the next erasure, whichever is first.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import TypeVar, Unpack

from pydantic import BaseModel

from pipeline_engine.engine.reads import Reads
from pipeline_engine.engine.recording import drafts_of, request_of
from pipeline_engine.engine.shell import How
from pipeline_engine.engine.works import (
    FILE,
    REJECTS,
    AskedHow,
    AskedWork,
    BacktestWork,
    ImportWork,
    LongWork,
    MigrateWork,
    RebuildWork,
    Uploaded,
    Work,
    upload_folder,
)
from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadValue, NoAnswer, TooManyJobs, UnknownJob
from pipeline_engine.jobs import JOB_STREAM, Job, JobAsked, decide_cancel, evolve_job
from pipeline_engine.store import Decision, Fold, Papers, PaperWriter
from pipeline_engine.values import microseconds

JOB: Fold[Job | None] = Fold("job", evolve_job)
MOST_OPEN = 20
MOST_UPLOAD_BYTES = 256 << 20
MOST_WAITING_BYTES = 1 << 30
MOST_FILES = 20
UPLOADS_KEPT = timedelta(days=1)
RESULTS_KEPT = timedelta(days=7)
ASK, TAKEN, NAME, PROGRESS, RESULT, ERROR = "ask", "job", "name", "progress", "result", "error"
_ID = re.compile(r"[0-9a-f]{20}")
S = TypeVar("S", bound=BaseModel)


class JobProgress(BaseModel):
    """How much of how much is done; what is counted is the kind's own (rows, deals, events, steps)."""

    done: int
    total: int | None


class JobFailure(BaseModel):
    """What went wrong, as it was told: the name of the error, and its one line for people."""

    type: str
    detail: str


@dataclass(frozen=True, slots=True)
class JobLook:
    """A job with what is kept beside it: its progress while it is open; what it answered, as long as that is kept."""

    job: Job
    progress: JobProgress | None = None
    failure: JobFailure | None = None
    result: bool = False
    rejects: bool = False


class Upload:
    """A file that is being taken in, piece by piece; there once it is ended."""

    def __init__(self, upload: str, name: str, papers: Papers, room: int) -> None:
        self.id, self.name = upload, name
        self._papers, self._room = papers, room
        self._writer: PaperWriter = papers.begin(upload_folder(upload), FILE)

    @property
    def size(self) -> int:
        """How many are taken in so far."""
        return self._writer.bytes

    def add(self, content: bytes) -> None:
        """More of the file. Raises BadValue where it is too large; then nothing of it is kept."""
        if self._writer.bytes + len(content) > MOST_UPLOAD_BYTES:
            self.give_up()
            raise BadValue("upload", f"{self.name}, longer than that", f"at most {MOST_UPLOAD_BYTES:,} bytes")
        if self._writer.bytes + len(content) > self._room:
            self.give_up()
            raise TooManyJobs(_full())
        self._writer.add(content)

    def end(self) -> Uploaded:
        """All of it is there."""
        self._papers.put(upload_folder(self.id), NAME, self.name.encode())
        return Uploaded(upload=self.id, name=self.name, sha256=self._writer.end().sha256)

    def give_up(self) -> None:
        """Keep nothing of it."""
        self._papers.drop(upload_folder(self.id))


class JobVerbs(LongWork):
    """What takes long is asked for here, and done by whoever runs `working`."""

    @property
    def _papers(self) -> Papers:
        return self._store.papers(self._clock)

    def upload(self, name: str) -> Upload:
        """
        Begin to take in a file for a job; what no job takes up is thrown away after a day.

        Args:
            name: What it is called; its ending says what it is.

        Raises:
            BadValue: It cannot be a file's name.
            TooManyJobs: As much as may be is uploaded already.
        """
        room = MOST_WAITING_BYTES - self._papers.bytes_of(FILE)
        if room <= 0:
            raise TooManyJobs(_full())
        return Upload(self._new_id(), _file_name(name), self._papers, room)

    def ask_import(self, files: Sequence[str], mapping: str, process: str | None = None, **how: Unpack[How]) -> JobLook:
        """
        Ask that uploaded history comes in by a mapping, given as its text.

        Raises:
            BadMapping, UnknownProcess: The mapping fits no published process.
            BadValue: A file was not uploaded, or another job has it.
            TooManyJobs: As many jobs are open as may be.
        """
        if not 1 <= len(files) <= MOST_FILES or len(set(files)) < len(files):
            raise BadValue("files", f"{len(files)} of them", f"1 to {MOST_FILES} different uploads")

        def work() -> Work:
            return ImportWork(files=tuple(map(self._uploaded, files)), mapping=mapping, process=process)

        return self._ask_job(work, f"import {list(files)} {mapping} {process}", how)

    def ask_backtest(self, candidate: str, baseline: str | None = None, **how: Unpack[How]) -> JobLook:
        """Ask what would have been different under a candidate, given as its text; raises BadProcess."""
        return self._ask_job(
            lambda: BacktestWork(candidate=candidate, baseline=baseline), f"backtest {candidate} {baseline}", how
        )

    def ask_rebuild(self, view: str | None = None, **how: Unpack[How]) -> JobLook:
        """Ask that a view is made anew from the log, or all facts; raises BadValue for an unknown view."""
        return self._ask_job(lambda: RebuildWork(view=view), f"rebuild {view}", how)

    def ask_migration(
        self, name: str, to: str, mapping: dict[str, str] | None = None, *, why: str, allow_stranded: bool = False,
        **how: Unpack[How],
    ) -> JobLook:  # fmt: skip
        """Ask that open deals go on under another version, as `migrate` has it; raises what that raises."""
        given = {"process": name, "to": to, "mapping": mapping or {}, "why": why, "allow_stranded": allow_stranded}
        return self._ask_job(lambda: MigrateWork.model_validate(given), f"migrate {given}", how)

    def job(self, job_id: str) -> JobLook:
        """A job as it stands; raises UnknownJob."""
        job = self._job(job_id)
        if job.open:
            return JobLook(job, progress=self._paper(f"{JOB_STREAM}{job.id}", PROGRESS, JobProgress))
        folder, papers = answers_folder(job.id, job.attempt), self._papers
        return JobLook(
            job, failure=self._paper(folder, ERROR, JobFailure), result=papers.about(folder, RESULT) is not None,
            rejects=papers.about(folder, REJECTS) is not None,
        )  # fmt: skip

    def jobs(self, limit: int = 50, before: str | None = None) -> list[JobLook]:
        """The newest jobs, newest first: those asked before another one, at most so many."""
        streams = [each for each in self._store.streams(JOB_STREAM) if before is None or each < JOB_STREAM + before]
        return [self.job(stream.removeprefix(JOB_STREAM)) for stream in streams[: -limit - 1 : -1]]

    def cancel_job(self, job_id: str, **how: Unpack[How]) -> JobLook:
        """Stop a job: what it did stays done, what it has not begun is not begun. One that ended stays as it is."""
        self._job(job_id)
        envelope = self._envelope(how)

        def on(job: Job | None, version: int, reader: Reads) -> Decision:
            return drafts_of(envelope, *(decide_cancel(job) if job else ()))

        self._store.transact(JOB_STREAM + job_id, request_of(envelope, f"cancel {job_id}"), JOB, on)
        if not (job := self._job(job_id)).open:
            self.tidy_job(job)
        return self.job(job_id)

    def job_result(self, job_id: str) -> Iterator[bytes]:
        """What a job answered, as JSON, piece by piece; raises NoAnswer where there is none."""
        return self._answered(job_id, RESULT, "a job that is done, and for a week after")

    def job_rejects(self, job_id: str) -> Iterator[bytes]:
        """The rows that an import did not take, as CSV, piece by piece; raises NoAnswer where there are none."""
        return self._answered(job_id, REJECTS, "an import with rows that it did not take, and for a week after")

    def _answered(self, job_id: str, name: str, expected: str) -> Iterator[bytes]:
        job = self._job(job_id)
        folder = answers_folder(job.id, job.attempt)
        if job.open or self._papers.about(folder, name) is None:
            raise NoAnswer(name, job.state, expected)
        return self._papers.read(folder, name)

    def _job(self, job_id: str) -> Job:
        found = self._store.load(JOB_STREAM + job_id, JOB)[0] if _ID.fullmatch(job_id) else None
        if found is None:
            raise UnknownJob(job_id)
        return found

    def _paper(self, folder: str, name: str, kind: type[S]) -> S | None:
        said = self._papers.whole(folder, name)
        return kind.model_validate_json(said) if said else None

    def _uploaded(self, upload: str) -> Uploaded:
        folder, papers = upload_folder(upload), self._papers
        name, paper = papers.whole(folder, NAME), papers.about(folder, FILE)
        if name is None or paper is None:
            raise BadValue("files", upload, "the id of an upload of the last day that no job has done with")
        return Uploaded(upload=upload, name=name.decode(), sha256=paper.sha256)

    def _ask_job(self, work: Callable[[], Work], asked: str, how: How) -> JobLook:
        envelope = self._envelope(how)
        request = request_of(envelope, f"job {asked}")
        stream, event = JOB_STREAM + self._new_id(), list[Event]()
        if self._store.receipt(envelope.command_id) is None:
            said = AskedHow.model_validate({name: how.get(name) for name in AskedHow.model_fields})
            asked_work = AskedWork(work=work(), how=said, via=self._via)
            event.append(self._put_down(stream, asked_work, envelope.command_id))

        def on(job: Job | None, version: int, reader: Reads) -> Decision:
            return drafts_of(envelope, *event)

        receipt = self._store.transact(stream, request, JOB, on)
        if receipt.stream != stream:
            # It was asked before under this id: that is the job.
            self._papers.drop(stream)
        return self.job(receipt.stream.removeprefix(JOB_STREAM))

    def _put_down(self, stream: str, asked: AskedWork, command_id: str) -> Event:
        """Keep what is asked where workers look, and take its files; what it is recorded as."""
        papers, work, taken = self._papers, asked.work, list[str]()
        about = work.check(self)
        papers.put(stream, ASK, asked.model_dump_json().encode())
        try:
            # Counted with this one in it, so that several at once cannot pass the limit together.
            if len(papers.folders(ASK)) > MOST_OPEN:
                raise TooManyJobs(f"{MOST_OPEN} jobs are open, as many as may be; ask again when one is done")
            for each in work.inputs:
                folder = upload_folder(each.upload)
                if not papers.claim(folder, TAKEN, command_id.encode()):
                    raise BadValue("files", each.upload, "an upload that no other job has")
                taken.append(folder)
        except BaseException:
            for folder in taken:
                papers.drop(folder, (TAKEN,))
            papers.drop(stream)
            raise
        return JobAsked(kind=work.kind, about=about, inputs=tuple(each.sha256 for each in work.inputs))

    def _new_id(self) -> str:
        """An id that sorts by the time it was made."""
        return f"{microseconds(self._clock()):013x}{secrets.randbits(28):07x}"

    def tidy_job(self, job: Job) -> None:
        """Throw away what an ended job needed."""
        folder = JOB_STREAM + job.id
        asked = self._paper(folder, ASK, AskedWork)
        for each in asked.work.inputs if asked else ():
            self._papers.drop(upload_folder(each.upload))
        self._papers.drop(folder)


def answers_folder(job_id: str, attempt: int) -> str:
    """The folder of what a try of a job answers: apart from every other try's, which may still be under way."""
    return f"{JOB_STREAM}{job_id}/{attempt}"


def _file_name(name: str) -> str:
    if not name.isprintable() or PurePath(name).name != name or name in ("", ".", "..") or len(name.encode()) > 200:
        raise BadValue("name", name, "a file's name without its folder, at most 200 bytes: deals.csv")
    return name


def _full() -> str:
    return f"{MOST_WAITING_BYTES:,} bytes are uploaded, as many as may be; upload again when a job is done"
