"""Events and commands as CloudEvents 1.0: a row of the log as the JSON that goes out, and what comes in, read strictly.

A row is never opened on its way: sealed values are left out and named, unless whoever runs the relay may have them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from pipeline_engine.documents import Open, row_document
from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.service.bodies import BadBody, document_of
from pipeline_engine.service.bus.handling import Hopeless
from pipeline_engine.service.bus.port import MOST_BYTES
from pipeline_engine.store import Row
from pipeline_engine.values import instant_text

SPEC = "1.0"
TYPE = "pipeline_engine"
CONTENT_TYPE = "application/cloudevents+json"
HEADERS = {"content-type": CONTENT_TYPE}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A CloudEvent of a row: the stored name of its event, its id, and its JSON."""

    name: str
    id: str
    body: bytes


def outgoing(row: Row, source: str, opened: Open | None = None) -> Outgoing:
    """
    The CloudEvent of a row of a deal.

    Args:
        opened: Opens a sealed value, where personal values are to be in it.

    Raises:
        UnreadableEvent: It is not as this version writes it, or too large for a bus.
    """
    document, at = row_document(row, opened)
    event_id = f"{source}/{row.position}"
    body = to_json(_wrapped(event_id, source, row, at) | {"data": document})
    if len(body) > MOST_BYTES:
        raise UnreadableEvent(
            row.stream, row.version, row.position, f"larger than the {MOST_BYTES:,} bytes of a message"
        )
    return Outgoing(row.name, event_id, body)


def _wrapped(event_id: str, source: str, row: Row, at: datetime | None) -> dict[str, Any]:
    said = {
        "specversion": SPEC, "id": event_id, "source": source, "type": f"{TYPE}.{row.name}",
        "subject": row.stream.partition(":")[2], "datacontenttype": "application/json",
        "position": row.position, "streamversion": row.version,
    }  # fmt: skip
    return said if at is None else said | {"time": instant_text(at)}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A CloudEvent that came in: `kind` is the last word of its type."""

    id: str
    source: str
    kind: str
    subject: str
    data: Mapping[str, Any]
    reply_to: str | None


def incoming(body: bytes) -> Incoming:
    """The CloudEvent in structured JSON behind some bytes; raises Hopeless, which quotes nothing of the data."""
    if len(body) > MOST_BYTES:
        raise Hopeless(f"larger than {MOST_BYTES:,} bytes")
    found = _document_of(body)
    _check_wrapping(found)
    begin, _, kind = found["type"].rpartition(".")
    if begin != f"{TYPE}.command":
        raise Hopeless(f"`type` has to be `{TYPE}.command.` and a kind of command")
    return Incoming(found["id"], found["source"], kind, found["subject"], found["data"], found.get("replyto"))


def _check_wrapping(found: Any) -> None:
    if not isinstance(found, dict) or found.get("specversion") != SPEC:
        raise Hopeless(f"not a CloudEvent: expected one JSON object with the `specversion` `{SPEC}`")
    for name in ("id", "source", "type", "subject"):
        if not isinstance(found.get(name), str) or not found[name]:
            raise Hopeless(f"not a CloudEvent of ours: `{name}` has to be a text that is not empty")
    if found.get("datacontenttype", "application/json") != "application/json":
        raise Hopeless("`datacontenttype` has to be `application/json`")
    if not isinstance(found.get("data"), dict):
        raise Hopeless("`data` has to be a JSON object")
    if not isinstance(found.get("replyto", ""), str):
        raise Hopeless("`replyto` has to be a subject")


def _document_of(body: bytes) -> Any:
    try:
        return document_of(body)
    except BadBody as wrong:
        raise Hopeless(str(wrong)) from None
