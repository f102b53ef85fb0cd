"""What another system did to a deal, as events: the one way for whole histories and for single moves as they happen.

Nothing here asks a gate: it happened. What comes after an outcome is noted and changes nothing, unless the source opens
closed deals again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline_engine.deal.commands import ObserveDeal
from pipeline_engine.deal.events import DealLost, DealMoved, DealReopened, DealWon, ObservationRefused, SourceStageNoted
from pipeline_engine.envelope import Envelope, Event, Recorded, SourceRef
from pipeline_engine.errors import BadValue

KINDS = {"won": "status", "lost": "status", "reopen": "reopened"}
STAGE = "stage"


@dataclass(frozen=True, slots=True)
class Stood:
    """How a deal stood when its source moved it; `reopens` says that the source opens closed deals again."""

    status: str
    stage: str
    reopens: bool = False

    @property
    def takes(self) -> bool:
        """Whether a stage or an outcome still changes anything."""
        return self.status == "open" or self.reopens


def entered_elsewhere(stood: Stood, stage: str) -> Event | None:
    """The event of a deal that entered a stage in its source; None where it stands there already."""
    if not stood.takes:
        return SourceStageNoted(stage=stage)
    if stood.status != "open":
        return DealReopened(to_stage=stage, basis="source")
    return None if stage == stood.stage else DealMoved(from_stage=stood.stage, to_stage=stage, basis="source")


def ended_elsewhere(stood: Stood, outcome: DealWon | DealLost) -> tuple[Event, ...]:
    """The events of a deal that was won or lost in its source; none where it is so already.

    What stands before the last one is not told by the source but follows from it: a closed deal that ends otherwise was
    opened again.
    """
    word = "won" if isinstance(outcome, DealWon) else "lost"
    if stood.status == word:
        return ()
    if not stood.takes:
        return (SourceStageNoted(stage=word),)
    reopened = (DealReopened(to_stage=stood.stage, basis="source"),) if stood.status != "open" else ()
    return (*reopened, outcome)


def kind_of(target: str) -> str:
    """The kind of row that an import would find it in."""
    return KINDS.get(target, STAGE)


def drawn_from(envelope: Envelope, command: ObserveDeal, event: Event, last: bool) -> Envelope:
    """The envelope of one event of an observation: it names its source, and whether the source told it (`last`)."""
    if isinstance(event, ObservationRefused):
        return envelope
    kind = kind_of(command.target) if last else KINDS["reopen"]
    ref = SourceRef(source=command.source, deal=command.deal_id, kind=kind, key=command.key)
    return envelope.model_copy(update={"source_ref": ref, "provenance": "observed" if last else "inferred"})


def told_before(command: ObserveDeal, history: Iterable[Recorded]) -> int | None:
    """The version at which the same observation stands already, by whatever door; None where it is new.

    Raises:
        BadValue: The source told something else under this key.
    """
    for recorded in history:
        if _is_of(recorded.envelope, command):
            said = (_target(recorded.event), recorded.envelope.at)
            if said != (_as_recorded(command.target, recorded.event), command.at):
                found = f"`{said[0]}`" if said[1] == command.at else "another time"
                expected = f"a key of its own: source `{command.source}` has told {found} under this one before"
                raise BadValue("key", command.key, expected)
            return recorded.version
    return None


def _is_of(envelope: Envelope, command: ObserveDeal) -> bool:
    ref = envelope.source_ref
    if ref is None or (ref.source, ref.key) != (command.source, command.key) or envelope.provenance != "observed":
        return False
    # The rows of an import have a key within their kind; whoever observes has one key for what happened.
    return ref.kind == kind_of(command.target) or envelope.via != "import"


def _target(event: Event) -> str:
    match event:
        case DealMoved(to_stage=stage) | DealReopened(to_stage=stage) | SourceStageNoted(stage=stage):
            return stage
        case DealWon():
            return "won"
        case DealLost():
            return "lost"
    return type(event).__name__


def _as_recorded(target: str, event: Event) -> str:
    """What an event says that records this target; a reopening says the stage it led to."""
    return _target(event) if target == "reopen" and isinstance(event, (DealReopened, SourceStageNoted)) else target


def refused_before(refusal: ObservationRefused, by: str, history: Iterable[Recorded]) -> int | None:
    """The version at which this person was refused the same; None where it is new."""
    same = (each.version for each in history if each.event == refusal and each.envelope.actor == by)
    return next(same, None)
