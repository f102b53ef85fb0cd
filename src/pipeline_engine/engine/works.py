"""The kinds of long work: what each is asked with, what is checked when it is asked, and how it is done.

What is asked is kept as a paper until it is done, so that any process of the store may do it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pipeline_engine.engine.histories import HistoryVerbs
from pipeline_engine.engine.migrations import MigrationVerbs
from pipeline_engine.engine.shell import How
from pipeline_engine.envelope import Via
from pipeline_engine.errors import BadHistory, BadValue
from pipeline_engine.exchange import HistoryMapping, check_mapping, read_mapping
from pipeline_engine.facts import TABLES
from pipeline_engine.jobs import JobKind
from pipeline_engine.process import Process, load_process
from pipeline_engine.store import PIECE, Papers, Progress

ALL_VIEWS = "facts"
FILE, REJECTS = "file", "rejects"


class LongWork(HistoryVerbs, MigrationVerbs):
    """The verbs that long work is done with."""

    def read_mapping(self, text: str, process: str | None = None) -> tuple[HistoryMapping, Process]:
        """A mapping, and the published process that it is for; raises BadMapping and UnknownProcess."""
        read = read_mapping(text, "mapping")
        pinned = self._desk.judge(process or read.process, read.version).process
        check_mapping(read, pinned)
        return read, pinned

    def read_candidate(self, text: str) -> Process:
        """A process to try; the base of a variant is a published one. Raises BadProcess."""
        return load_process(text, "candidate", self._published_bases)

    def known_view(self, name: str) -> None:
        """Raises BadValue where no view of the store has this name."""
        self._named(name)

    def check_migration(self, name: str, to: str, mapping: Mapping[str, str], why: str) -> None:
        """Raises UnknownProcess, UnknownStage and BadValue as `migrate` would."""
        if not why.strip():
            raise BadValue("why", "", f"why the open deals of `{name}` go on under another version")
        self._question(name, to, mapping)


class Uploaded(BaseModel):
    """A file that was uploaded: under which id and name, and its SHA-256."""

    model_config = ConfigDict(frozen=True)

    upload: str
    name: str
    sha256: str


class _Work(BaseModel):
    """What all kinds have: they are kept as they were asked."""

    model_config = ConfigDict(frozen=True)

    @property
    def inputs(self) -> tuple[Uploaded, ...]:
        """The files it reads."""
        return ()


class AskedHow(BaseModel):
    """Who asked, and when it is to have happened where that was said."""

    model_config = ConfigDict(frozen=True)

    by: str
    at: AwareDatetime | None = None
    on_behalf_of: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Doing:
    """With what a try does its work: who asked and how, the files, whom to tell, and where rejects are put."""

    engine: LongWork
    papers: Papers
    how: AskedHow
    job_id: str
    attempt: int
    folder: str
    told: Progress

    def once(self, command_id: str) -> How:
        """Who asked and how, under the id of a command of this job."""
        said = self.how
        return How(
            by=said.by, at=said.at, on_behalf_of=said.on_behalf_of, correlation_id=said.correlation_id,
            causation_id=said.causation_id or f"job:{self.job_id}", command_id=command_id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it. `why` names what kept it from being done though nothing failed: nobody may, or deals strand."""

    result: Mapping[str, Any]
    why: str | None = None


class ImportWork(_Work):
    """History files that are to come in by a mapping."""

    kind: Literal["import"] = "import"
    files: tuple[Uploaded, ...]
    mapping: str
    process: str | None = None

    @property
    def inputs(self) -> tuple[Uploaded, ...]:
        """The files it reads."""
        return self.files

    def check(self, engine: LongWork) -> str:
        """Whether it may be asked; what it is about. Raises BadMapping and UnknownProcess."""
        _, process = engine.read_mapping(self.mapping, self.process)
        return process.name

    def do(self, doing: Doing) -> Came:
        """Bring them in; that a try ran is kept a try."""
        read, _ = doing.engine.read_mapping(self.mapping, self.process)
        how = doing.once(f"job:{doing.job_id}:{doing.attempt}")
        with _laid_out(self.files, doing.papers) as (folder, files):
            rejects = folder / "rejects.csv"
            try:
                report = doing.engine.import_history(
                    files, read, self.process, rejects, progress=lambda rows, deals: doing.told(rows, 0),
                    bare_names=True, **how,
                )  # fmt: skip
            except BadHistory as bad:
                raise BadHistory(Path(bad.file).name, bad.line, bad.column, bad.found, bad.expected, bad.near) from None
            if report.reject_file is not None:
                _keep(rejects, doing)
        return Came({**report.to_json(), "reject_file": REJECTS if report.reject_file else None})


class BacktestWork(_Work):
    """A candidate process that is to be tried on history."""

    kind: Literal["backtest"] = "backtest"
    candidate: str
    baseline: str | None = None

    def check(self, engine: LongWork) -> str:
        """Whether it may be asked; what it is about. Raises BadProcess and UnknownProcess."""
        process = engine.read_candidate(self.candidate)
        engine.process(process.name)
        return process.name

    def do(self, doing: Doing) -> Came:
        """Try it."""
        candidate = doing.engine.read_candidate(self.candidate)
        return Came(doing.engine.backtest(candidate, self.baseline, doing.told).to_json())


class RebuildWork(_Work):
    """A view that is to be made anew from the log; all facts where none is named."""

    kind: Literal["rebuild"] = "rebuild"
    view: str | None = None

    def check(self, engine: LongWork) -> str:
        """Whether it may be asked; what it is about. Raises BadValue."""
        if self.view is not None:
            engine.known_view(self.view)
        return self.view or ALL_VIEWS

    def do(self, doing: Doing) -> Came:
        """Make it anew."""
        if self.view is not None:
            return Came({"view": self.view, "position": doing.engine.rebuild_view(self.view, doing.told)})
        facts = doing.engine.rebuild(doing.told)
        rows = {name: facts.table(name).num_rows for name in TABLES}
        told = {"position": facts.position, "digest": facts.digest(), "rows": rows, "undated": facts.undated}
        return Came({"view": ALL_VIEWS, **told})


class MigrateWork(_Work):
    """The open deals of a process that are to go on under another version."""

    kind: Literal["migrate"] = "migrate"
    process: str
    to: str
    mapping: Mapping[str, str] = {}
    why: str
    allow_stranded: bool = False

    def check(self, engine: LongWork) -> str:
        """Whether it may be asked; what it is about. Raises BadValue, UnknownProcess and UnknownStage."""
        engine.check_migration(self.process, self.to, self.mapping, self.why)
        return self.process

    def do(self, doing: Doing) -> Came:
        """Let them go on; every try goes on with the one migration."""
        how = doing.once(f"job:{doing.job_id}")
        came = doing.engine.migrate(
            self.process, self.to, self.mapping, why=self.why, allow_stranded=self.allow_stranded, progress=doing.told,
            **how,
        )  # fmt: skip
        why = None if came.done else came.refused or "would-strand"
        return Came(asdict(came), why)


Work = Annotated[ImportWork | BacktestWork | RebuildWork | MigrateWork, Field(discriminator="kind")]


class AskedWork(BaseModel):
    """What was asked in full: the work, by whom and how, and through which door."""

    model_config = ConfigDict(frozen=True)

    work: Work
    how: AskedHow
    via: Via

    @property
    def kind(self) -> JobKind:
        """Which kind of work it is."""
        return self.work.kind


@contextmanager
def _laid_out(inputs: tuple[Uploaded, ...], papers: Papers) -> Iterator[tuple[Path, list[Path]]]:
    """The files in a folder that only this user reads, each under its name; gone afterwards."""
    with TemporaryDirectory(prefix="pipeline-engine-job-") as name:
        folder, files = Path(name), list[Path]()
        for number, each in enumerate(inputs):
            files.append(folder / str(number) / each.name)
            files[-1].parent.mkdir()
            with files[-1].open("wb") as file:
                file.writelines(papers.read(upload_folder(each.upload), FILE))
        yield folder, files


def upload_folder(upload: str) -> str:
    """The folder of papers of what was uploaded under an id."""
    return f"upload:{upload}"


def _keep(rejects: Path, doing: Doing) -> None:
    writer = doing.papers.begin(doing.folder, REJECTS)
    with rejects.open("rb") as file:
        while piece := file.read(PIECE):
            writer.add(piece)
    writer.end()
