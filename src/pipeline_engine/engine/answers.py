"""The verbs that answer: views, backtests, rebuilding, and what doctor should know."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pipeline_engine.engine.bases import bases_beside
from pipeline_engine.engine.erasing import ErasureVerbs
from pipeline_engine.engine.follower import BATCH
from pipeline_engine.engine.following import FollowVerbs
from pipeline_engine.engine.setup import SetupVerbs
from pipeline_engine.errors import BadProcess
from pipeline_engine.facts import Facts
from pipeline_engine.notation import read_text
from pipeline_engine.process import Bases, Process, load_process
from pipeline_engine.replay import Backtest, Question, backtest
from pipeline_engine.store import Backup, Digest, Finding, Progress, Restored, Row, named_in, quiet, restore
from pipeline_engine.views import Bottlenecks, Funnel, Health, bottlenecks, funnel, health


class AnswerVerbs(SetupVerbs, ErasureVerbs, FollowVerbs):
    """Every answer says the log position and the moment it is for: `as_of`, else that of the last event of the log."""

    def facts(self, as_of: datetime | None = None, known_at: datetime | None = None) -> Facts:
        """The facts at (`as_of`, `known_at`), caught up with the log."""
        return self._follower.facts(as_of, known_at)

    def notes(self) -> list[str]:
        """What should be told beside the answers of this engine, a line each: events that had to be left out."""
        return self._follower.notes()

    def health(
        self,
        *,
        process: str | None = None,
        owner: str | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Health:
        """How the pipeline of a process stands: by stage, and which deals need a look."""
        return health(*self._at(as_of, known_at), process=process, owner=owner)

    def bottlenecks(
        self,
        *,
        process: str | None = None,
        owner: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Bottlenecks:
        """Where deals get stuck, the worst stage first, and what they wait for."""
        facts, moment = self._at(as_of, known_at)
        return bottlenecks(facts, since, until, as_of=moment, process=process, owner=owner)

    def funnel(
        self,
        *,
        process: str | None = None,
        owner: str | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Funnel:
        """How far deals got, each counted once by its furthest stage."""
        return funnel(*self._at(as_of, known_at), process=process, owner=owner)

    def _at(self, as_of: datetime | None, known_at: datetime | None) -> tuple[Facts, datetime | None]:
        """The facts, and the moment to answer for: where nothing of a deal is known there is no last event."""
        facts = self.facts(as_of, known_at)
        return facts, as_of or (None if facts.deals.num_rows else self._clock())

    def backtest(
        self, candidate: str | Path | Process, baseline: str | None = None, progress: Progress = quiet
    ) -> Backtest:
        """What would have been different had a candidate process been in force; `baseline` is `name@version`."""
        process = candidate if isinstance(candidate, Process) else self.load(candidate)
        question = Question(baseline=baseline, open_sealed=self._store.open_sealed)
        return backtest(self._follower.lived(), process, question, progress)

    def store_rows(self, after: int = 0) -> Iterator[Row]:
        """The log from a position on, in order, as it is stored: personal values sealed."""
        while rows := self._store.stored_rows(after, BATCH):
            yield from rows
            after = rows[-1].position

    def rebuild(self, progress: Progress = quiet) -> Facts:
        """Make the facts again from the log, in the store too where they are kept; two rebuilds give one digest."""
        return self._follower.rebuild(progress)

    def findings(self, *, deep: bool = False, progress: Progress = quiet) -> list[Finding]:
        """
        What the store's settings, format and positions are like, and what to do where something is wrong.

        Args:
            deep: Read every page and every event, which takes its time.
        """
        people = next(iter(self._store.streams("store:team")), None)
        found = "roles bind" if people else "no people: anybody may approve and waive"
        advice = "" if people else "`team apply config/people.yaml` puts people and their roles in"
        asked = self._store.findings(now=self._clock(), deep=deep, told=progress)
        looked_after = (*self.follower_findings(), *self.erasure_findings())
        return [*asked, *looked_after, Finding("people", people is not None, found, advice)]

    def back_up(self, file: str | Path, progress: Progress = quiet) -> Backup:
        """
        Write a copy of the store into a new file and read it back; commands go on meanwhile.

        Args:
            file: A file that is not there yet, or a folder: then the copy is named after the moment.

        Raises:
            BadStore: The file is there already, or the copy is not what the store holds.
            StoreUnreachable: It cannot be written.
        """
        return self._store.back_up(named_in(Path(file), "store", self._clock()), progress)

    @staticmethod
    def restore(file: str | Path, into: str, progress: Progress = quiet) -> Restored:
        """
        Bring a copy into the empty store at a URL, all of it or nothing, and read it back: `.same` says whether it is.

        Raises:
            BadStore: The copy is damaged or changed, or the store is not empty.
            StoreUnreachable: One of them cannot be reached.
        """
        return restore(Path(file), into, told=progress)

    def digest(self, upto: int | None = None) -> Digest:
        """What the log holds up to a position in one number: equal logs, equal digests, on every kind of store."""
        return self._store.digest(upto)


def load_file(file: str | Path, bases: Bases | None = None) -> Process:
    """The process in a file; the base of a variant is found by `bases`, else beside it. Raises BadProcess."""
    return load_process(read_text(file, BadProcess), str(file), bases or bases_beside(file))
