"""The verbs of an auditor: what went past the gate, and who allowed, refused and corrected what."""

from datetime import datetime
from typing import TypedDict, Unpack

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
from pipeline_engine.facts import Instants
from pipeline_engine.replay import gate_then


class Asked(TypedDict, total=False):
    """Which events: of a rule, a person, a deal, the deals of an owner or a process, in a time; a page at a time."""

    rule: str | None
    by: str | None
    deal: str | None
    owner: str | None
    process: str | None
    since: datetime | None
    until: datetime | None
    limit: int
    before: int | None


class AuditVerbs(AnswerVerbs):
    """Every answer has a page of rows, the latest recorded first, and totals over all that was asked for."""

    def audit_bypasses(self, **asked: Unpack[Asked]) -> Answer[Bypass]:
        """Every change of a stage that asked no gate, with what the gate would have said at that moment."""
        facts, opener = self.facts(), self._store.open_sealed
        return bypasses(facts, gate_then(Instants(facts, opener), opener), Wanted(**asked), opener)

    def audit_waivers(self, **asked: Unpack[Asked]) -> Answer[Waiver]:
        """Every waiver, what became of it, and every try to give one."""
        return waivers(self.facts(), Wanted(**asked), self._clock(), self._store.open_sealed)

    def audit_approvals(self, **asked: Unpack[Asked]) -> Answer[Approval]:
        """Every approval asked for, given, refused or returned, how long it waited and what became of it."""
        return approvals(self.facts(), Wanted(**asked), self._clock(), self._store.open_sealed)

    def audit_refusals(self, **asked: Unpack[Asked]) -> Answer[Refusal]:
        """Every no of the gate, and every try of somebody who may not."""
        return refusals(self.facts(), Wanted(**asked), self._store.open_sealed)

    def audit_corrections(self, **asked: Unpack[Asked]) -> Answer[Correction]:
        """Every correction, every proposal for one, and every try of somebody who may not."""
        return corrections(self.facts(), Wanted(**asked), self._store.open_sealed)
