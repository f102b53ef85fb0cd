"""Files of cases, found and tried: what `process test` and a test suite of your own call."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from pipeline_engine.casebook.load import load_casebook
from pipeline_engine.casebook.model import Case, Casebook
from pipeline_engine.casebook.rehearsal import Rehearsal
from pipeline_engine.casebook.result import CaseResult, broken, compared
from pipeline_engine.engine import load_file
from pipeline_engine.errors import BadCases, BadProcess, BadValue, Refused, Rejected
from pipeline_engine.notation import read_text
from pipeline_engine.process import Process

SUFFIX = ".cases.yaml"
_OF_FILES = (".yaml", ".yml")

# A published process and its text, by `name` or `name@version`.
Published = Callable[[str], tuple[Process, str]]


def run_cases(
    *paths: str | Path, published: Published | None = None, process: str | Path | None = None, containing: str = ""
) -> list[CaseResult]:
    """
    Try every case in files and folders, in their order.

    Args:
        paths: Files of cases, or folders: every `*.cases.yaml` below one.
        published: Finds a process that a file names and does not point to; without it only files are found.
        process: A process file to try all cases on, whatever they name.
        containing: Only cases with this in their title, in whatever case of letters.

    Raises:
        BadCases, BadProcess, BadPeople: A file cannot be read as what it should be.
    """
    found = Finder(published, Path(process) if process else None)
    return [result for file in files_in(paths) for result in found.results(file, containing)]


def files_in(paths: Sequence[str | Path]) -> list[Path]:
    """The files of cases that paths stand for, by name within a folder; raises BadCases where there are none."""
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        files = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not files:
            raise BadCases(str(path), None, None, "no file of cases below this folder", f"a file `NAME{SUFFIX}`")
        found.update(dict.fromkeys(files))
    return list(found)


class Finder:
    """Reads files of cases with their processes, each process once."""

    def __init__(self, published: Published | None, instead: Path | None) -> None:
        self._published, self._instead = published, instead
        self._read: dict[Path, tuple[Process, str]] = {}

    def results(self, file: Path, containing: str = "") -> Iterator[CaseResult]:
        """The cases of one file, tried."""
        casebook = load_casebook(read_text(file, BadCases), file, self.process)
        yield from tried(casebook, containing)

    def process(self, named: str, file: Path) -> tuple[Process, str]:
        """The process that a file of cases names: a file beside it, or one that is published."""
        if self._instead is not None:
            return self._of_file(self._instead)
        if named.endswith(_OF_FILES):
            return self._of_file(file.parent / named)
        if self._published is None:
            raise BadValue("process", named, "a process file, like `../b2b-saas.yaml`; no store was named")
        return self._published(named)

    def _of_file(self, path: Path) -> tuple[Process, str]:
        key = path.resolve()
        if key not in self._read:
            self._read[key] = (load_file(path), read_text(path, BadProcess))
        return self._read[key]


def tried(casebook: Casebook, containing: str = "") -> Iterator[CaseResult]:
    """The cases of a casebook, tried one after the other, each on a deal of its own."""
    wanted = [case for case in casebook.cases if containing.casefold() in case.title.casefold()]
    with closing(Rehearsal(casebook)) as rehearsal:
        for number, case in enumerate(wanted, 1):
            yield _tried(rehearsal, f"case-{number}", case, casebook.file)


def _tried(rehearsal: Rehearsal, deal_id: str, case: Case, file: str) -> CaseResult:
    try:
        return compared(file, case, rehearsal.ask(deal_id, case))
    except (Rejected, Refused) as problem:
        return broken(file, case, deal_id, problem)
