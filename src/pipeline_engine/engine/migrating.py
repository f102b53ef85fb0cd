"""Doing a migration: deal by deal decided, in batches written, so that other writers hardly wait.

Each deal is decided on its own newest state and appended on top of exactly that; a deal that is there already is left
alone. So it does not matter where an earlier run broke off, nor whether two run at once.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from time import perf_counter, sleep
from typing import Any

from pydantic_core import from_json

from pipeline_engine.deal import Deal, DealMigrated, migrated
from pipeline_engine.engine.desk import Desk
from pipeline_engine.engine.follower import BATCH
from pipeline_engine.engine.reads import DEAL, PROCESS
from pipeline_engine.engine.recording import derived_id, drafts_of, request_of
from pipeline_engine.engine.shell import new_command_id
from pipeline_engine.envelope import Envelope
from pipeline_engine.errors import WrongExpectedVersion
from pipeline_engine.process import Migration, MigrationFinished, PublishedProcess, fits
from pipeline_engine.replay import MigrationQuestion
from pipeline_engine.store import Decision, Draft, Progress, Store, StreamAppend
from pipeline_engine.values import Value

# Few, so that nobody waits long for the writers' lock, also where the machine is busy and this process is made to wait
# while it holds it: with 100 the worst write beside it was seen to take 650 ms on two busy cores, with 25 a third.
TOGETHER = 25
# After each batch this process rests as long as it wrote, at most so many seconds: others get the lock in between.
LONGEST_REST = 0.05


class Run:
    """One migration that was begun."""

    def __init__(
        self,
        by: tuple[Store, Desk, Callable[[], datetime]],
        migration: Migration,
        question: MigrationQuestion,
        envelope: Envelope,
    ) -> None:
        self._store, self._desk, self._clock = by
        self._migration, self._q, self._envelope = migration, question, envelope
        self._id = f"migration:{question.process}:{migration.started}"

    def through(self, rounds: Iterator[list[str]], told: Progress) -> int:
        """Migrate the deals of every round; how many went on now."""
        done = total = 0
        for deals in rounds:
            total += len(deals)
            for begin in range(0, len(deals), TOGETHER):
                done += self._together(deals[begin : begin + TOGETHER])
                told(done, total)
        return done

    def _together(self, deals: list[str]) -> int:
        parts = [part for deal in deals if (part := self._part(deal)) is not None]
        if not parts:
            return 0
        begin = perf_counter()
        try:
            self._store.append_many(parts)
        except WrongExpectedVersion:
            # Somebody wrote to one of them meanwhile; nothing was appended, so each is decided anew by itself.
            for part in parts:
                self._alone(part.stream)
        sleep(min(perf_counter() - begin, LONGEST_REST))
        return len(parts)

    def _part(self, deal_id: str) -> StreamAppend | None:
        deal, version = self._store.load(f"deal:{deal_id}", DEAL)
        event = self._decided(deal)
        if deal is None or event is None:
            return None
        return StreamAppend(deal.stream, version, (Draft(self._of(deal), event),))

    def _alone(self, stream: str) -> None:
        """One deal, however busy it is: the store keeps other writers out after some patience."""
        own = self._envelope.model_copy(update={"command_id": new_command_id()})

        def on(deal: Deal | None, version: int, reader: object) -> Decision:
            event = self._decided(deal)
            return drafts_of(self._of(deal), event) if deal is not None and event is not None else Decision()

        self._store.transact(stream, request_of(own, self._id), DEAL, on)

    def _decided(self, deal: Deal | None) -> DealMigrated | None:
        if deal is None or deal.process != self._q.process or not self._meant(deal.fields):
            return None
        before = self._desk.judge(deal.process, deal.process_version).process
        return migrated(deal, before, self._q.target, self._q.mapping)

    def _meant(self, fields: Mapping[str, Value]) -> bool:
        """Between variants of one process: whether the target is the one for a deal with these fields."""
        variants, target = self._q.variants, self._q.target
        if variants is None:
            return True
        if target.extends is not None:
            return fits(target, fields)
        return not any(fits(variant, fields) for variant in variants)

    def _of(self, deal: Deal) -> Envelope:
        now = self._clock()
        at = max(now, deal.last_stage_at) if deal.last_stage_at else now
        own = {"at": at, "via": "migration", "command_id": derived_id(self._id, deal.id), "correlation_id": self._id}
        return self._envelope.model_copy(update=own)

    def finish(self, stranded: int) -> MigrationFinished:
        """Record that it has come to its end, once, with what became of all its deals."""
        kept, mapped = self._counted()
        started = self._migration.started
        finished = MigrationFinished(started=started, kept=kept, mapped=mapped, stranded=stranded)
        own = self._envelope.model_copy(update={"command_id": new_command_id()})

        def on(state: PublishedProcess | None, version: int, reader: object) -> Decision:
            mine = next((each for each in state.migrations if each.started == started), None) if state else None
            return Decision() if mine is None or mine.finished is not None else drafts_of(own, finished)

        self._store.transact(f"process:{self._q.process}", request_of(own, self._id), PROCESS, on)
        return finished

    def _counted(self) -> tuple[int, int]:
        """How many deals were kept and mapped by all runs of this migration, by the log itself."""
        counts, after = [0, 0], self._migration.position
        mark = f'"correlation_id":"{self._id}"'.encode()
        while rows := self._store.rows(after, BATCH):
            for row in rows:
                if row.name == "DealMigrated" and mark in row.payload:
                    said: dict[str, Any] = from_json(row.payload)["data"]
                    counts[said["from_stage"] != said["to_stage"]] += 1
            after = rows[-1].position
        return counts[0], counts[1]
