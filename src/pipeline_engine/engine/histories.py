"""The verbs of history: bringing one in, and making one up."""

from collections.abc import Generator, Sequence
from pathlib import Path

from pipeline_engine.deal import Command, Outcome
from pipeline_engine.engine.follower import Progress, quiet
from pipeline_engine.engine.shell import Shell
from pipeline_engine.exchange import ImportOptions, ImportReport, Proposal, import_history, load_mapping, propose


class HistoryVerbs(Shell):
    """Imports are recorded as observed: never refused, never counted as passes."""

    def import_history(
        self,
        files: Sequence[str | Path],
        mapping: str | Path,
        process: str | None = None,
        reject_file: str | Path | None = None,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Bring history files in by a mapping; what is there already is not brought in again."""
        read = load_mapping(Path(mapping))
        pinned = self._desk.judge(process or read.process, read.version).process
        options = ImportOptions(reject_file=Path(reject_file) if reject_file else None, progress=progress)
        return import_history(self._store, [Path(file) for file in files], read, pinned, options)

    def propose(self, file: str | Path, folder: str | Path) -> Proposal:
        """Write a mapping and a rule-free process for a CSV file into a folder; imports nothing."""
        return propose(Path(file), Path(folder))

    def live(self, story: Generator[Command, Outcome, None], expected: int = 0, progress: Progress = quiet) -> int:
        """Run commands one after the other, tell the story what became of each, and count them."""
        done, command = 0, next(story, None)
        while command is not None:
            outcome, done = self.run(command), done + 1
            progress(done, expected)
            command = _next(story, outcome)
        return done


def _next(story: Generator[Command, Outcome, None], outcome: Outcome) -> Command | None:
    try:
        return story.send(outcome)
    except StopIteration:
        return None
