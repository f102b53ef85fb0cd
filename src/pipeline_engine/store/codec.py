"""From an event to the bytes of its row and back; the rows are stored for ever.

The name of a row must be in the registry: no stored text ever chooses what is imported. A row that cannot be
read is an UnreadableEvent that names it; never skipped, and never quoted, since it may hold personal values.
"""

from collections.abc import Mapping
from datetime import UTC
from math import isfinite
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.errors import BadValue, UnreadableEvent, shown
from pipeline_engine.store.model import Draft, Row
from pipeline_engine.store.seal import KeyProvider, Sealed
from pipeline_engine.store.upcast import UPCASTERS, Upcasters
from pipeline_engine.values import Personal, moment_at

_ENVELOPE = Envelope.__pydantic_serializer__
_READ_ENVELOPE = Envelope.__pydantic_validator__
_SEALED_KEYS = frozenset(Sealed._fields)


class Codec:
    """Writes and reads rows for one registry of events and one provider of keys."""

    def __init__(self, events: Mapping[str, type[Event]], keys: KeyProvider, upcasters: Upcasters = UPCASTERS) -> None:
        self._events, self._keys, self.upcasters = dict(events), keys, upcasters
        self._names = {kind: name for name, kind in events.items()}
        self.keys_name = keys.name

    def name_of(self, event: Event) -> str:
        """The stored name of an event; raises BadValue for one not registered."""
        name = self._names.get(type(event))
        if name is None:
            raise BadValue("event", type(event).__name__, "an event this store was opened with")
        return name

    def encode(self, stream: str, version: int, draft: Draft) -> bytes:
        """The payload of a row; raises BadValue for an event not registered, or one that JSON cannot hold."""
        event, name = draft.event, self.name_of(draft.event)
        try:
            body = type(event).__pydantic_serializer__.to_json(event, exclude_defaults=True)
            if b"null" in body and _beyond_numbers(event):
                # JSON would say null, and the value would be gone for ever.
                raise BadValue(name, "infinity or not a number", "a finite number")
            if b'"personal":' in body:
                body = to_json(self._closed(event, from_json(body), "", (stream, version)))
            return _envelope_json(draft.envelope)[:-1] + b',"data":' + body + b"}"
        except (PydanticSerializationError, UnicodeEncodeError):
            raise BadValue(name, "text that is no Unicode", "text that can be written as UTF-8") from None

    def _closed(self, value: Any, tree: Any, name: str, place: tuple[str, int]) -> Any:
        # Led by the event and not by its JSON: a process may have fields `personal` and `subject`.
        if isinstance(value, Personal):
            return self._sealed(value, name, place)
        if isinstance(value, BaseModel):
            return {key: self._closed(getattr(value, key), part, key, place) for key, part in tree.items()}
        if isinstance(value, dict):
            return {key: self._closed(value[key], part, key, place) for key, part in tree.items()}
        return tree

    def _sealed(self, value: Personal, name: str, place: tuple[str, int]) -> dict[str, Any]:
        if value.value is None:
            raise BadValue(name, "an erased value", "a text")
        return {"sealed": self._keys.seal(value.subject, *place, name, value.value)._asdict()}

    def open_text(self, sealed: str, stream: str, version: int, name: str) -> str | None:
        """The text behind what `sealed` holds, as JSON text; None where its key is gone."""
        parts = from_json(sealed)
        return self._keys.open(Sealed(**parts), stream, version, name)

    def decode(self, row: Row) -> Recorded:
        """The event of a row; raises UnreadableEvent."""
        try:
            return self._decoded(row)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            # A key nobody knows came from the row, so it may be anything.
            why = f"`{shown('.'.join(str(part) for part in first['loc']))}`: {first['type']}"
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = str(error) if isinstance(error, _Unreadable) else f"no event, but {type(error).__name__}"
        raise UnreadableEvent(row.stream, row.version, row.position, why)

    def _decoded(self, row: Row) -> Recorded:
        tree = from_json(row.payload)
        data, name = tree.pop("data"), row.name
        if name in self.upcasters.names:
            name, data = self.upcasters(name, data)
        if b'"sealed"' in row.payload:
            data = self._opened(data, "", row)
        kind = self._events.get(name)
        if kind is None:
            raise _Unreadable(f"there is no event `{shown(name)}`")
        tree.setdefault("at", None)
        return Recorded(
            row.stream, row.version, row.position, moment_at(row.recorded_at),
            _READ_ENVELOPE.validate_python(tree), kind.__pydantic_validator__.validate_python(data),
        )  # fmt: skip

    def _opened(self, tree: Any, name: str, row: Row) -> Any:
        if not isinstance(tree, dict):
            return tree
        sealed = tree.get("sealed")
        if len(tree) == 1 and isinstance(sealed, dict) and sealed.keys() == _SEALED_KEYS:
            try:
                text = self._keys.open(Sealed(**sealed), row.stream, row.version, name)
            except ValueError:
                raise _Unreadable(f"the sealed value `{name}` cannot be opened with these keys") from None
            return {"personal": text, "subject": sealed["subject"]}
        return {key: self._opened(part, key, row) for key, part in tree.items()}


class _Unreadable(ValueError):
    """Why a row cannot be read, in words that quote nothing of its content."""


def _beyond_numbers(value: Any) -> bool:
    if isinstance(value, BaseModel):
        return any(_beyond_numbers(part) for _, part in value)
    if isinstance(value, Mapping):
        return any(map(_beyond_numbers, value.values()))
    return isinstance(value, float) and not isfinite(value)


def _envelope_json(envelope: Envelope) -> bytes:
    at, noted = envelope.at, envelope.source_recorded_at
    if (at and at.utcoffset()) or (noted and noted.utcoffset()):
        utc = {"at": at and at.astimezone(UTC), "source_recorded_at": noted and noted.astimezone(UTC)}
        envelope = envelope.model_copy(update=utc)
    without_time = {"at"} if at is None else None
    return _ENVELOPE.to_json(envelope, exclude_defaults=True, exclude=without_time)
