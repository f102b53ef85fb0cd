"""The verbs of history: bringing one in, and making one up."""

import hashlib
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Unpack

from pipeline_engine.deal import Command, ObserveDeal, Outcome, RawValue
from pipeline_engine.engine.clocks import StoryClock
from pipeline_engine.engine.shell import How, Shell
from pipeline_engine.errors import BadValue
from pipeline_engine.exchange import (
    HistoryMapping,
    ImportOptions,
    ImportRan,
    ImportReport,
    Proposal,
    import_history,
    load_mapping,
    propose,
)
from pipeline_engine.store import Progress, quiet


class HistoryVerbs(Shell):
    """Imports are recorded as observed: never refused, never counted as passes."""

    def import_history(
        self,
        files: Sequence[str | Path],
        mapping: str | Path | HistoryMapping,
        process: str | None = None,
        reject_file: str | Path | None = None,
        *,
        progress: Progress | None = None,
        bare_names: bool = False,
        **how: Unpack[How],
    ) -> ImportReport:
        """
        Bring history files in by a mapping; what is there already is not brought in again. That it ran is kept.

        Args:
            bare_names: Leave the folders out of what is told of files.
        """
        read = mapping if isinstance(mapping, HistoryMapping) else load_mapping(Path(mapping))
        pinned = self._desk.judge(process or read.process, read.version).process
        options = ImportOptions(Path(reject_file) if reject_file else None, progress, bare_names)
        paths = [Path(file) for file in files]
        report = import_history(self._store, paths, read, pinned, options)
        self._record("store:imports", _ran(report, paths), self._envelope({"by": f"import:{read.source}", **how}))
        return report

    def observe(
        self,
        deal_id: str,
        to: str,
        *,
        source: str,
        key: str,
        reason: str | None = None,
        amount: RawValue = None,
        reopens: bool = False,
        **how: Unpack[How],
    ) -> Outcome:
        """
        Record what another system did to a deal: it entered a stage, or was won, lost or opened again (`reopen`).

        It is never refused for a rule, and stands in `audit_bypasses` with what the gate would have said. Told again
        under the same key of the same source, it is recorded once; told later than the deal went on, it is only noted.

        Args:
            how: `at` says when it happened there, and is always needed.

        Raises:
            BadValue: The source told something else under this key before, or `at` is missing.
        """
        if how.get("at") is None:
            raise BadValue("at", "", f"when it happened in `{source}`: a time with its zone, like 2026-01-31T09:00:00Z")
        what = {"target": to, "source": source, "key": key, "reason": reason, "amount": amount, "reopens": reopens}
        return self._ask(ObserveDeal, deal_id, how, **what)

    def propose(self, file: str | Path, folder: str | Path) -> Proposal:
        """Write a mapping and a rule-free process for a CSV file into a folder; imports nothing."""
        return propose(Path(file), Path(folder))

    def live(self, story: Generator[Command, Outcome, None], expected: int = 0, progress: Progress = quiet) -> int:
        """Run commands one after the other, tell the story what became of each, and count them.

        On an engine with a StoryClock the clock goes along, so that the log is recorded in the story's own time.
        """
        done, command = 0, next(story, None)
        while command is not None:
            if isinstance(self._clock, StoryClock):
                self._clock.reach(command.at)
            outcome, done = self.run(command), done + 1
            progress(done, expected)
            command = _next(story, outcome)
        return done


def _ran(report: ImportReport, paths: Sequence[Path]) -> ImportRan:
    return ImportRan(
        source=report.source, process=report.process, digests=tuple(_digest(path) for path in paths), rows=report.rows,
        deals=report.deals, events=report.events, rejected=report.rejected, conflicts=report.conflicts,
        grade=report.fidelity.grade,
    )  # fmt: skip


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _next(story: Generator[Command, Outcome, None], outcome: Outcome) -> Command | None:
    try:
        return story.send(outcome)
    except StopIteration:
        return None
