"""The verbs that let open deals go on under another version: thought through first, then done, and done once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from pydantic_core import to_json

from pipeline_engine.deal import from_outside
from pipeline_engine.engine.answers import AnswerVerbs
from pipeline_engine.engine.migrating import Run
from pipeline_engine.engine.publishing import looking
from pipeline_engine.engine.reads import PROCESS, Reads, Unwatched
from pipeline_engine.engine.recording import drafts_of, request_of
from pipeline_engine.engine.shell import How, new_command_id
from pipeline_engine.envelope import Envelope
from pipeline_engine.errors import BadValue, UnknownStage
from pipeline_engine.process import (
    Asker,
    Migration,
    MigrationStarted,
    Process,
    PublicationRefused,
    PublishedProcess,
    begun,
    decide_migration,
    publishing_of,
    refused,
)
from pipeline_engine.replay import MigrationPlan, MigrationQuestion, landed, plan_migration
from pipeline_engine.store import Decision, Progress, Receipt, quiet
from pipeline_engine.values import microseconds

Mapped = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of a migration.

    `done` is false where nothing was done: deals would be stranded, or who asked may not (`refused`). `kept` and
    `mapped` deals went on, also in earlier tries of the same migration; `stranded` ones stay under their version.
    """

    process: str
    target: str
    done: bool
    kept: int = 0
    mapped: int = 0
    stranded: int = 0
    refused: str | None = None


class MigrationVerbs(AnswerVerbs):
    """Deals keep the version they were opened under until they are migrated."""

    def plan_migration(self, name: str, to: str, mapping: Mapped | None = None) -> MigrationPlan:
        """
        What a migration of the open deals of a process would do; nothing is written.

        Args:
            to: A version of the process (`3`), or of another one (`b2b-emea@2`).
            mapping: Which stage stands for which; a stage that is not in it keeps its name.

        Raises:
            UnknownProcess: That version is not published.
            UnknownStage: The mapping names a stage that is not there.
        """
        return plan_migration(self._follower.facts(), self._question(name, to, mapping or {}))

    def migrate(
        self,
        name: str,
        to: str,
        mapping: Mapped | None = None,
        *,
        why: str,
        allow_stranded: bool = False,
        progress: Progress = quiet,
        **how: Unpack[How],
    ) -> Migrated:
        """
        Let the open deals of a process go on under another version; broken off, the same call goes on with it.

        Other writers go on meanwhile. Where a deal would find no stage nothing is done at all, unless `allow_stranded`
        says that such deals stay under their version.
        """
        if not why.strip():
            raise BadValue("--why", "", f"why the open deals of `{name}` go on under another version")
        question, envelope = self._question(name, to, mapping or {}), self._envelope(how)
        wanted = MigrationStarted(
            process=question.target.name, version=question.target.version, mapping=dict(question.mapping),
            allow_stranded=allow_stranded, why=why,
        )  # fmt: skip
        if self._store.receipt(envelope.command_id) is not None:
            return self._again(name, wanted, question, envelope, progress)
        found = landed(self._follower.facts(), question)
        nothing = Migrated(name, question.target.label, False, stranded=int((~found.goes).sum()))
        if nothing.stranded and not allow_stranded:
            return nothing
        if not found.goes.any() and begun(self._state(name), wanted) is None:
            return Migrated(name, question.target.label, True, stranded=nothing.stranded)
        said = self._why_refused(self._begin(name, wanted, question.target, envelope))
        if said is not None:
            return Migrated(name, question.target.label, False, refused=said)
        return self._run(self._started(name, wanted), question, envelope, progress)

    def _again(
        self, name: str, wanted: MigrationStarted, question: MigrationQuestion, envelope: Envelope, told: Progress
    ) -> Migrated:
        """What became of a migration whose command id is known; one that broke off goes on, by who may do so now."""
        receipt, target = self._begin(name, wanted, question.target, envelope), question.target.label
        if (first := self._why_refused(receipt)) is not None:
            return Migrated(name, target, False, refused=first)
        migration = next(each for each in reversed(self._state(name).migrations) if each.started <= receipt.first)
        if (done := migration.finished) is not None:
            return Migrated(name, target, True, done.kept, done.mapped, done.stranded)
        if (said := self._no_longer(name, wanted, question.target, envelope)) is not None:
            return Migrated(name, target, False, refused=said)
        return self._run(migration, question, envelope, told)

    def _no_longer(self, name: str, wanted: MigrationStarted, target: Process, envelope: Envelope) -> str | None:
        """Why who began it may not go on with it; None where they may. That they tried is recorded."""
        own = envelope.model_copy(update={"command_id": new_command_id()})

        def on(state: PublishedProcess | None, version: int, reader: Reads) -> Decision:
            asker = self._migrator((self._in_force(state, name), target), own, wanted.why, reader)
            return drafts_of(own, refused("migrate", asker, target.digest))

        return self._why_refused(self._store.transact(f"process:{name}", request_of(own, "go on"), PROCESS, on))

    def _why_refused(self, receipt: Receipt) -> str | None:
        return next((event.why for event in self._said(receipt) if isinstance(event, PublicationRefused)), None)

    def _run(self, migration: Migration, question: MigrationQuestion, envelope: Envelope, told: Progress) -> Migrated:
        run = Run((self._store, self._desk, self._clock), migration, question, envelope)
        run.through(self._rounds(question), told)
        left = landed(self._follower.facts(), question)
        finished = run.finish(int((~left.goes).sum()))
        return Migrated(
            question.process, question.target.label, True, finished.kept, finished.mapped, finished.stranded
        )  # fmt: skip

    def _rounds(self, question: MigrationQuestion) -> Iterator[list[str]]:
        """The deals that are to go on; asked again, those that came meanwhile, until there are none."""
        deals: list[str] = []
        while True:
            facts = self._follower.facts()
            found = landed(facts, question)
            before, deals = deals, facts.deals["deal_id"].take(found.landings.rows[found.goes]).to_pylist()
            if not deals or deals == before:
                return
            yield deals

    def _begin(self, name: str, wanted: MigrationStarted, target: Process, envelope: Envelope) -> Receipt:
        """Record that it begins, once, or that who asks may not."""

        def on(state: PublishedProcess | None, version: int, reader: Reads) -> Decision:
            published = self._in_force(state, name)
            asker = self._migrator((published, target), envelope, wanted.why, reader)
            return drafts_of(envelope, decide_migration(published, wanted, target.digest, asker))

        request = request_of(envelope, f"migrate {wanted!r}")
        return self._store.transact(f"process:{name}", request, PROCESS, on)

    def _migrator(self, both: tuple[PublishedProcess, Process], envelope: Envelope, why: str, reader: Reads) -> Asker:
        """Whoever lets deals go from one process to another may change both."""
        leaves, target = both
        look = looking(reader)
        return self._asker([publishing_of(each, look) for each in (leaves, look(target.name))], envelope, why, reader)

    def _started(self, name: str, wanted: MigrationStarted) -> Migration:
        state = self._state(name)
        same = [each for each in state.migrations if each.begin.model_copy(update={"why": wanted.why}) == wanted]
        return same[-1]

    def _state(self, name: str) -> PublishedProcess:
        return self._in_force(self._store.load(f"process:{name}", PROCESS)[0], name)

    def _question(self, name: str, to: str, mapping: Mapped) -> MigrationQuestion:
        state, now = self._state(name), self._clock()
        target = self._target(name, to)
        _check(mapping, state, target)
        return MigrationQuestion(
            process=name, target=target, mapping=mapping, now=microseconds(now), variants=self._family(state, target),
            said=lambda owner, process: self._register_says(owner, process, now), open_sealed=self._store.open_sealed,
        )  # fmt: skip

    def _register_says(self, owner: str | None, process: Process, now: datetime) -> str:
        return to_json(from_outside(self._desk.asked_by_owner(owner, process, now))).decode()

    def _target(self, name: str, to: str) -> Process:
        process, _, version = f"{name}@{to}".rpartition("@") if to.isdecimal() else to.rpartition("@")
        if not process or not version.isdecimal() or not version.isascii():
            raise BadValue("--to", to, f"a version of `{name}` like `2`, or of another process like `other@2`")
        target = self._desk.judge(process, int(version)).process
        if process != name and self._state(process).retired is not None:
            raise BadValue("--to", to, f"a process that is not retired; `{process}` is")
        return target

    def _family(self, state: PublishedProcess, target: Process) -> tuple[Process, ...] | None:
        """The variants in force where deals change over between the variants of one process; else None."""
        mine = state.in_force.process
        base = mine.extends.process if mine.extends else mine.name
        other = target.extends.process if target.extends else target.name
        if target.name == mine.name or base != other:
            return None
        return tuple(self._desk.families.variants(base, Unwatched(self._store)))


def _check(mapping: Mapped, state: PublishedProcess, target: Process) -> None:
    """Every stage of the mapping is there: on the left in some version of the process, on the right in the target."""
    known = tuple(dict.fromkeys(stage for each in reversed(state.versions) for stage in each.process.stage_ids))
    for start, end in mapping.items():
        if start not in known:
            raise UnknownStage(start, known, f"no version of process `{state.name}`")
        if end not in target.stage_ids:
            raise UnknownStage(end, target.stage_ids, f"process `{target.label}`")
