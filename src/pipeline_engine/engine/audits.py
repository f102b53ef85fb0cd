"""The verbs of an auditor: what went past the gate, and who allowed, refused and corrected what."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TypedDict, Unpack

from pydantic_core import from_json

from pipeline_engine.audit import (
    Answer,
    Approval,
    Bypass,
    Correction,
    Refusal,
    Waiver,
    Wanted,
    approvals,
    bypasses,
    corrections,
    refusals,
    waivers,
)
from pipeline_engine.engine.answers import AnswerVerbs
from pipeline_engine.envelope import Recorded
from pipeline_engine.facts import Facts, Instants
from pipeline_engine.privacy import ERASURE_STREAM
from pipeline_engine.replay import gate_then


class Asked(TypedDict, total=False):
    """Which events: of a rule, a person, a deal, the deals of an owner or a process, in a time; a page at a time.

    See `audit.Wanted`.
    """

    rule: str | None
    by: str | None
    deal: str | None
    owner: str | None
    process: str | None
    since: datetime | None
    until: datetime | None
    limit: int
    before: int | None


class AskedAt(Asked, total=False):
    """The same, and `known_at`: only what was recorded by then."""

    known_at: datetime | None


class AuditVerbs(AnswerVerbs):
    """Every answer has a page of rows, the latest recorded first, and totals over all that was asked for."""

    def audit_bypasses(self, **asked: Unpack[AskedAt]) -> Answer[Bypass]:
        """Every change of a stage that asked no gate, with what the gate would have said at that moment."""
        (facts, wanted), opener = self._asked_for(asked), self._store.open_sealed
        found = bypasses(facts, gate_then(Instants(self._follower.lived(), opener), opener), wanted, opener)
        return replace(found, rows=tuple(map(self._from_source, found.rows)))

    def _from_source(self, row: Bypass) -> Bypass:
        """The same, with which source told it under which key; the facts keep neither."""
        (stored,) = self._store.stored_rows(row.position - 1, 1)
        ref = from_json(stored.payload).get("source_ref") or {}
        return replace(row, source=ref.get("source"), key=ref.get("key"))

    def audit_waivers(self, **asked: Unpack[AskedAt]) -> Answer[Waiver]:
        """Every waiver, what became of it, and every try to give one."""
        return waivers(*self._asked_for(asked), self._clock(), self._store.open_sealed)

    def audit_approvals(self, **asked: Unpack[AskedAt]) -> Answer[Approval]:
        """Every approval asked for, given, refused or returned, how long it waited and what became of it."""
        return approvals(*self._asked_for(asked), self._clock(), self._store.open_sealed)

    def audit_refusals(self, **asked: Unpack[AskedAt]) -> Answer[Refusal]:
        """Every no of the gate, and every try of somebody who may not, with a deal, a process or a lent role."""
        facts, wanted = self._asked_for(asked)
        return refusals(facts, wanted, self._store.open_sealed, self._beside(facts))

    def _beside(self, facts: Facts) -> Iterator[Recorded]:
        """The events of processes, people and erasures, as far as the facts go."""
        streams = (*self._store.streams("process:"), *self._store.streams("person:"), ERASURE_STREAM)
        for stream in streams:
            yield from (each for each in self._store.events(stream) if each.position <= facts.position)

    def audit_corrections(self, **asked: Unpack[AskedAt]) -> Answer[Correction]:
        """Every correction, every proposal for one, and every try of somebody who may not."""
        return corrections(*self._asked_for(asked), self._store.open_sealed)

    def _asked_for(self, asked: AskedAt) -> tuple[Facts, Wanted]:
        known_at = asked.pop("known_at", None)
        wanted: Asked = asked
        return self.facts(known_at=known_at), Wanted(**wanted)
