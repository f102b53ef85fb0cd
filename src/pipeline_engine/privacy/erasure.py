"""Deciding about erasures: one person proposes, another one confirms, and both may do this in this store."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pipeline_engine.envelope import Event, Recorded, hands
from pipeline_engine.errors import BadValue, NoErasure
from pipeline_engine.privacy.events import ErasureProposed, ErasureRefused, ErasureWithdrawn, SubjectErased
from pipeline_engine.values import Personal

ROLE = "privacy"
ERASURE_STREAM = "store:erasures"
_KINDS = ("deal:", "person:")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody proposes to erase, or in whose stead, and waits for a second person."""

    subject: str
    by: str
    at: datetime
    version: int
    reason: str | None
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """An erasure that was decided; `id` tells it from every other one, also in a log restored from a back-up."""

    subject: str
    by: str
    proposed_by: str
    at: datetime
    position: int
    id: str


@dataclass(frozen=True, slots=True)
class Erasures:
    """What is proposed, by subject, and what was erased, in order."""

    proposed: Mapping[str, Proposal] = field(default_factory=lambda: MappingProxyType({}))
    erased: tuple[Erased, ...] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, or in whose stead; whether they hold the role, and who lends it to them where it is not their own."""

    by: str
    holds: bool
    lent_by: frozenset[str] = frozenset()
    on_behalf_of: str | None = None

    def is_one_with(self, proposal: Proposal) -> bool:
        """Whether this is no second person: whose proposal it is, somebody for them, or in nobody's role but theirs."""
        theirs = hands(proposal.by, proposal.on_behalf_of)
        lent = bool(self.lent_by) and self.lent_by <= theirs
        return lent or not theirs.isdisjoint(hands(self.by, self.on_behalf_of))


def checked_subject(subject: str) -> str:
    """The subject; raises BadValue for what is no id of a deal or a person."""
    kind = next((kind for kind in _KINDS if subject.startswith(kind)), None)
    if kind is None or len(subject) == len(kind):
        raise BadValue("subject", subject, "`deal:ID` or `person:ID`, as `erase list` shows them")
    return subject


def evolve_erasures(state: Erasures | None, recorded: Recorded) -> Erasures:
    """The erasures after one more event; total over whatever is stored."""
    state = state or Erasures()
    event: Any = recorded.event
    proposed = dict(state.proposed)
    match event:
        case ErasureProposed():
            proposed[event.subject] = _proposal(event, recorded)
        case ErasureWithdrawn():
            proposed.pop(event.subject, None)
        case SubjectErased():
            erased = _erased(event, recorded, proposed.pop(event.subject, None))
            state = replace(state, erased=(*state.erased, erased))
    return replace(state, proposed=MappingProxyType(proposed))


def _proposal(event: ErasureProposed, recorded: Recorded) -> Proposal:
    at = recorded.envelope.at or recorded.recorded_at
    who = recorded.envelope
    return Proposal(event.subject, who.actor, at, recorded.version, event.reason.value, who.on_behalf_of)


def _erased(event: SubjectErased, recorded: Recorded, proposal: Proposal | None) -> Erased:
    at, who = recorded.envelope.at or recorded.recorded_at, recorded.envelope.actor
    by = proposal.by if proposal else ""
    return Erased(event.subject, who, by, at, recorded.position, erasure_id(event, recorded))


def erasure_id(event: SubjectErased, recorded: Recorded) -> str:
    """What tells one erasure from every other, also from one that stands in its place in a log that was restored."""
    return f"{recorded.version} {recorded.recorded_at.isoformat()} {event.subject}"


def decide_propose(state: Erasures, subject: str, reason: str, asker: Asker) -> Event | None:
    """Propose an erasure; None where it is proposed already. Raises BadValue without a reason."""
    if not reason.strip():
        raise BadValue("reason", reason, "why, in a sentence")
    if not asker.holds:
        return ErasureRefused(subject=subject, tried="propose", why="no-role")
    if subject in state.proposed:
        return None
    return ErasureProposed(subject=subject, reason=Personal(ERASURE_STREAM, reason))


def decide_confirm(state: Erasures, subject: str, asker: Asker) -> Event:
    """A second person agrees, or may not; raises NoErasure."""
    proposal = state.proposed.get(subject)
    if proposal is None:
        raise NoErasure(subject)
    if not asker.holds:
        return ErasureRefused(subject=subject, tried="confirm", why="no-role")
    if asker.is_one_with(proposal):
        return ErasureRefused(subject=subject, tried="confirm", why="four-eyes")
    return SubjectErased(subject=subject, proposed=proposal.version)


def decide_withdraw(state: Erasures, subject: str, reason: str | None, asker: Asker) -> Event:
    """Take a proposal back: by who made it, or by somebody who may erase; raises NoErasure."""
    proposal = state.proposed.get(subject)
    if proposal is None:
        raise NoErasure(subject)
    if not asker.holds and asker.by not in (proposal.by, proposal.on_behalf_of):
        return ErasureRefused(subject=subject, tried="withdraw", why="no-role")
    said = Personal(ERASURE_STREAM, reason) if reason and reason.strip() else None
    return ErasureWithdrawn(subject=subject, reason=said)
