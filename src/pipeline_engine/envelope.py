"""The envelope every event travels in, whatever it is about: who, when, by which door.

These classes are the stored format. A new field needs a default; a renamed one needs an upcaster (store/upcast.py).
The stored name of an event is its class name, or `STORED_AS` where the class was renamed since; free text about people
is `Personal`, sealed by the store.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer, PlainValidator

from pipeline_engine.values import Document, Money, Personal, Value, value_from_json, value_to_json

Precision = Literal["instant", "day", "unknown"]
Provenance = Literal["observed", "inferred"]
Via = Literal["python", "api", "bus", "cli", "dashboard", "timer", "import", "simulation", "migration"]


_KINDS = (Money, Personal, Document, date, time, datetime)
_TYPED = frozenset(_KINDS)


def _read(stored: Any) -> Any:
    # By type, which is quick; a day or moment of a kind of its own is one too.
    if type(stored) in _TYPED or isinstance(stored, _KINDS):
        return stored
    return value_from_json(list(stored) if isinstance(stored, tuple) else stored)


def _read_money(stored: Any) -> Any:
    value = _read(stored)
    if not isinstance(value, Money):
        raise ValueError("expected money")
    return value


def _read_personal(stored: Any) -> Any:
    value = _read(stored)
    if not isinstance(value, Personal):
        raise ValueError("expected a personal value")
    return value


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.utcoffset() else moment


# One moment has one stored form, whatever zone it came in.
Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
StoredValue = Annotated[Value, PlainValidator(_read), PlainSerializer(value_to_json)]
StoredMoney = Annotated[Money, PlainValidator(_read_money), PlainSerializer(value_to_json)]
StoredText = Annotated[Personal, PlainValidator(_read_personal), PlainSerializer(value_to_json)]


class Stored(BaseModel):
    """Whatever is stored: frozen, and nothing in it that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceRef(Stored):
    """Which row of which source an imported event came from: never a file or a line, so that re-imports are known."""

    source: str
    deal: str
    kind: str
    key: str


class Envelope(Stored):
    """Who, when, by which door: the same around every event.

    `at` is None exactly where `at_precision` is unknown. Times are aware UTC. `recorded_at` is not here: it is a
    column beside the payload, assigned under the writers' lock.
    """

    at: Moment | None
    at_precision: Precision = "instant"
    source_recorded_at: Moment | None = None
    actor: str
    on_behalf_of: str | None = None
    via: Via = "python"
    command_id: str
    correlation_id: str | None = None
    causation_id: str | None = None
    source_ref: SourceRef | None = None
    provenance: Provenance = "observed"

    @property
    def hands(self) -> frozenset[str]:
        """Whose act it was: of whoever did it, and of the person in whose stead."""
        return hands(self.actor, self.on_behalf_of)


class Event(Stored):
    """Something that happened; a class that is renamed keeps its stored name in a `STORED_AS` of its own."""

    STORED_AS: ClassVar[str] = ""


def stored_name(kind: type[Event]) -> str:
    """Under which name events of a class are stored, wherever the class lives and whatever it is called by now."""
    # Never inherited: two classes with one stored name could not be told apart.
    return str(vars(kind).get("STORED_AS") or kind.__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the log holds it: where it stands, when it was recorded, and what it says."""

    stream: str
    version: int
    position: int
    recorded_at: datetime
    envelope: Envelope
    event: Event


def hands(by: str, in_stead_of: str | None) -> frozenset[str]:
    """Who acts together: whoever does something, and the person in whose stead."""
    return frozenset((by, in_stead_of or by))
