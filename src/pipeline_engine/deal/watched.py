"""A deal with what only time asks about: which stay it is in, its last signs of life, and what was announced of it.

A fold of its own beside the deal's, so that commands keep nothing they do not read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pipeline_engine.deal import events as e
from pipeline_engine.deal.effective import effective, refold
from pipeline_engine.deal.evolve import evolve
from pipeline_engine.deal.state import Deal
from pipeline_engine.envelope import Recorded

Told = tuple[str, int]
_CHANGING = (e.DealOpened, e.FieldsChanged, e.OwnerAssigned, e.HandoffAccepted)


@dataclass(frozen=True, slots=True)
class Watched:
    """
    A deal as time looks at it.

    `stay` and `pause` are the versions of the events that began the stay and said how long the pause lasts, `active_at`
    and `changed_at` the latest activity and the latest opening, change of a field or of the owner. `told` is what was
    announced: of what and of which version → for which moment, the latest of them.
    """

    deal: Deal
    stay: int = 0
    pause: int = 0
    active_at: datetime | None = None
    changed_at: datetime | None = None
    told: Mapping[Told, datetime] = field(default_factory=lambda: MappingProxyType({}))


def evolve_watched(watched: Watched | None, recorded: Recorded) -> Watched:
    """After one more event; total over whatever is stored."""
    before = watched or Watched(Deal(id=recorded.stream.partition(":")[2]))
    return replace(before, deal=evolve(before.deal, recorded), **_changed(before, recorded))


def refold_watched(watched: Watched | None, history: Sequence[Recorded]) -> Watched:
    """After a correction, which changes what the events before it add up to."""
    after: Watched | None = None
    for recorded in effective(history):
        after = evolve_watched(after, recorded)
    assert after is not None, "a history that ends with a correction has events"
    return replace(after, deal=refold(watched.deal if watched else None, history))


def _changed(before: Watched, recorded: Recorded) -> dict[str, Any]:
    event, at = recorded.event, recorded.envelope.at
    changed: dict[str, Any] = {"stay": recorded.version} if _begins(before.deal, event) else {}
    if isinstance(event, e.DealPaused):
        changed["pause"] = recorded.version
    if at is None:
        return changed
    if isinstance(event, e.ActivityLogged):
        changed["active_at"] = max(at, before.active_at or at)
    if isinstance(event, _CHANGING):
        changed["changed_at"] = max(at, before.changed_at or at)
    if (about := announced(event)) is not None:
        changed["told"] = MappingProxyType({**before.told, about: max(at, before.told.get(about, at))})
    return changed


def _begins(deal: Deal, event: Any) -> bool:
    """Whether a stay begins with the event."""
    match event:
        case e.DealOpened():
            return not deal.opened
        case e.DealMigrated():
            return event.to_stage != event.from_stage and deal.goes_on
    return isinstance(event, (e.DealMoved, e.DealReopened))


def announced(event: object) -> Told | None:
    """What an event announces: of which version of the deal's stream what; None where it announces nothing."""
    match event:
        case e.ServiceLevelBreached():
            return "service_level", event.stay
        case e.DealStalled():
            return "stalled", event.stay
        case e.PauseEnded():
            return "pause", event.paused
        case e.DealEscalated():
            return f"escalation {event.rule}", event.stay if event.request is None else event.request
    return None
