"""From an event to the bytes of its row and back; the rows are stored for ever.

The name of a row must be in the registry: no stored text ever chooses what is imported. A row that cannot be
read is an UnreadableEvent that names it; never skipped, and never quoted, since it may hold personal values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC
from math import isfinite
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.errors import BadValue, UnreadableEvent, printable, shown
from pipeline_engine.store.keys.sealing import SubjectKeys
from pipeline_engine.store.model import Draft, Row
from pipeline_engine.store.seal import Forged, KeyProvider, Sealed
from pipeline_engine.store.upcast import UPCASTERS, Upcasters
from pipeline_engine.store.writing import may_be_personal, tree_of
from pipeline_engine.values import Personal, moment_at

_ENVELOPE = Envelope.__pydantic_serializer__
_READ_ENVELOPE = Envelope.__pydantic_validator__
_SEALED_KEYS = frozenset(Sealed._fields)


class Codec:
    """Writes and reads rows for one registry of events and one provider of keys."""

    def __init__(self, events: Mapping[str, type[Event]], keys: KeyProvider, upcasters: Upcasters = UPCASTERS) -> None:
        self._events, self.keys, self.upcasters = dict(events), keys, upcasters
        self._names = {kind: name for name, kind in events.items()}
        self.keys_name = keys.name
        self.subject_keys = keys if isinstance(keys, SubjectKeys) else None

    def ready(self, drafts: Iterable[Draft]) -> None:
        """Make what closing these drafts takes, durably, before any of them is appended; raises SubjectIsErased."""
        subjects = [subject for draft in drafts for subject in _subjects(draft.event)]
        if subjects:
            self.keys.ready(subjects)

    def mark(self, digest: str) -> str:
        """How the digest of a request is kept in the command log."""
        return self.keys.mark(digest)

    def marks(self, mark: str, digest: str) -> bool | None:
        """Whether it is the mark of this digest; None where nobody can tell any more."""
        return self.keys.marks(mark, digest)

    def generation(self) -> int:
        """Goes up when states of decoded events may hold what nobody may read any more."""
        return self.keys.generation()

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
            body = self._body(event, stream, version)
            if b"null" in body and _beyond_numbers(event):
                # JSON would say null, and the value would be gone for ever.
                raise BadValue(name, "infinity or not a number", "a finite number")
            return _envelope_json(draft.envelope)[:-1] + b',"data":' + body + b"}"
        except (PydanticSerializationError, UnicodeEncodeError):
            raise BadValue(name, "text that is no Unicode", "text that can be written as UTF-8") from None

    def _body(self, event: Event, stream: str, version: int) -> bytes:
        if not may_be_personal(type(event)):
            return type(event).__pydantic_serializer__.to_json(event, exclude_defaults=True)
        seal = self.keys.seal

        def close(value: Personal, field: str) -> dict[str, Any]:
            if value.value is None:
                raise BadValue(field, "an erased value", "a text")
            subject, key, nonce, text = seal(value.subject, stream, version, field, value.value)
            return {"sealed": {"subject": subject, "key": key, "nonce": nonce, "text": text}}

        return to_json(tree_of(event, close), inf_nan_mode="null")

    def open_text(self, sealed: str, stream: str, version: int, name: str) -> str | None:
        """The text behind what `sealed` holds, as JSON text; None where its key is gone; raises UnreadableEvent."""
        parts = from_json(sealed)
        try:
            return self.keys.open(Sealed(**parts), stream, version, name)
        except ValueError as error:
            raise UnreadableEvent(stream, version, None, _not_opened(name, error)) from None

    def check_names(self, rows: Sequence[Row]) -> None:
        """Raises UnreadableEvent where a row is of an event that this version does not know, for who reads raw rows."""
        if strange := self.unknown({row.name for row in rows}):
            row = next(row for row in rows if row.name in strange)
            raise UnreadableEvent(row.stream, row.version, row.position, _unknown(row.name))

    def readable(self, rows: list[Row]) -> list[Row]:
        """Rows in the shape of this release; one that is of no event it knows, or cannot be read, has no payload."""
        strange = set(self.unknown({row.name for row in rows}))
        today = self.upcasters.rows(rows)
        return [row._replace(payload=b"") if row.name in strange else row for row in today] if strange else today

    def unknown(self, names: Set[str]) -> list[str]:
        """Those of the stored names that this version does not know."""
        return sorted(names - self._events.keys() - self.upcasters.names)

    def decode(self, row: Row) -> Recorded:
        """The event of a row; raises UnreadableEvent."""
        try:
            return self._decoded(row)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            # A key nobody knows came from the row, so it may be anything.
            why = f"`{shown('.'.join(str(part) for part in first['loc']))}`: {first['type']}"
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = str(error) if isinstance(error, _Unreadable) else _no_event(error)
        raise UnreadableEvent(row.stream, row.version, row.position, why)

    def _decoded(self, row: Row) -> Recorded:
        tree = from_json(row.payload)
        data, name = tree.pop("data"), row.name
        if name in self.upcasters.names:
            name, data = self.upcasters(name, data)
        if b'"sealed"' in row.payload:
            data = self._opened(data, row)
        kind = self._events.get(name)
        if kind is None:
            raise _Unreadable(_unknown(name))
        tree.setdefault("at", None)
        return Recorded(
            row.stream, row.version, row.position, moment_at(row.recorded_at),
            _READ_ENVELOPE.validate_python(tree), kind.__pydantic_validator__.validate_python(data),
        )  # fmt: skip

    def _opened(self, tree: Any, row: Row) -> Any:
        # Only what may hold a sealed value is looked into: most parts are text or numbers.
        if type(tree) is not dict:
            return tree
        return {name: self._part(part, name, row) if type(part) is dict else part for name, part in tree.items()}

    def _part(self, tree: dict[str, Any], name: str, row: Row) -> Any:
        sealed = tree.get("sealed")
        if len(tree) != 1 or type(sealed) is not dict or sealed.keys() != _SEALED_KEYS:
            return self._opened(tree, row)
        try:
            text = self.keys.open(Sealed(**sealed), row.stream, row.version, name)
        except ValueError as error:
            raise _Unreadable(_not_opened(name, error)) from None
        if type(sealed["subject"]) is not str:
            raise _Unreadable(f"the sealed value `{name}` is about nobody")
        return Personal(sealed["subject"], text)


def _unknown(name: str) -> str:
    return f"there is no event `{printable(name[:80])}` in this version"


def _no_event(error: Exception) -> str:
    # What the JSON reader itself says would quote the payload.
    return f"no event, but {type(error).__name__}" + (" (no whole JSON)" if type(error) is ValueError else "")


class _Unreadable(ValueError):
    """Why a row cannot be read, in words that quote nothing of its content."""


def _not_opened(name: str, error: ValueError) -> str:
    # What is not our own error may quote what it could not read.
    why = str(error) if isinstance(error, Forged) else "it is no closed text"
    return f"the sealed value `{name}` cannot be opened: {why}"


def _subjects(value: Any) -> Iterator[str]:
    """Whom an event is about, as often as it says something of them."""
    parts = value.values() if isinstance(value, dict) else value.__dict__.values()
    for part in parts:
        if isinstance(part, Personal):
            yield part.subject
        elif isinstance(part, (dict, BaseModel)):
            yield from _subjects(part)


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
