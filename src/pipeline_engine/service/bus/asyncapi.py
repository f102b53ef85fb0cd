"""The bus as an AsyncAPI 3 document: every event that goes out, every command that may come in, made from the models.

A document to read and to make clients from. Nothing here runs a handler, and nothing offers to.
"""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from pipeline_engine.deal import DEAL_EVENTS
from pipeline_engine.envelope import Event, stored_name
from pipeline_engine.service.bus.cloudevents import CONTENT_TYPE, SPEC, TYPE
from pipeline_engine.service.bus.handling import PLACE, REASON, SUBJECT, TRIES
from pipeline_engine.service.bus.port import MOST_BYTES, Channels
from pipeline_engine.service.commands import COMMANDS
from pipeline_engine.values import Personal

Json = dict[str, Any]
_TEXT: Json = {"type": "string"}
_WHOLE: Json = {"type": "integer"}
_MOMENT: Json = {"type": "string", "format": "date-time"}
_ABOUT = f"""Every event of a deal goes out as a CloudEvent {SPEC} in structured JSON, in the order of the log, at least
once, under an id that never changes. Commands come in the same way: the CloudEvent's `subject` is the deal, its `id`
the command id, so that what is asked twice is recorded once. A message is at most {MOST_BYTES:,} bytes."""


def describe(prefix: str = "") -> Json:
    """The document; the same for the same version of this program and the same prefix, byte for byte."""
    channels = Channels(prefix)
    schemas: Json = {}
    events = {stored_name(kind): _event_message(kind, schemas) for kind in DEAL_EVENTS}
    commands = {f"command.{kind}": _command_message(kind, schemas) for kind in COMMANDS}
    others = {"reply": _reply_message(), "deadLetter": _dead_letter()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "pipeline_engine on a bus", "version": "1.0.0", "description": " ".join(_ABOUT.split()),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": _channels(channels, list(events), list(commands)),
        "operations": _operations(list(events), list(commands)),
        "components": {
            "messages": {**events, **commands, **others},
            "schemas": dict(sorted(schemas.items())),
        },
    }  # fmt: skip


def _channels(channels: Channels, events: list[str], commands: list[str]) -> Json:
    return {
        "events": {
            "address": channels.event("{event}"), "description": f"JetStream stream `{channels.events.name}`.",
            "parameters": {"event": {"description": "The event's name.", "enum": events}},
            "messages": _named(events),
        },
        "commands": {
            "address": channels.command("{kind}"), "description": f"JetStream stream `{channels.commands.name}`.",
            "parameters": {"kind": {"description": "The kind of command.", "enum": list(COMMANDS)}},
            "messages": _named(commands),
        },
        "replies": {
            "address": None, "messages": _named(["reply"]),
            "description": "The subject that a command names as `replyto`: one that begins with `_INBOX.` or "
            f"`{channels.root}.replies.`; nobody keeps what is sent there.",
        },
        "dead": {
            "address": channels.dead.subjects, "messages": _named(["deadLetter"]),
            "description": f"JetStream stream `{channels.dead.name}`: what could not be handled, whole, and why.",
        },
    }  # fmt: skip


def _named(names: Iterable[str]) -> Json:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _operations(events: list[str], commands: list[str]) -> Json:
    def operation(action: str, channel: str, summary: str, messages: list[str]) -> Json:
        return {
            "action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary,
            "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
        }  # fmt: skip

    reply = {
        "address": {"location": "$message.payload#/replyto", "description": "Where the answer goes, if anywhere."},
        "channel": {"$ref": "#/channels/replies"},
        "messages": [{"$ref": "#/channels/replies/messages/reply"}],
    }
    received = operation("receive", "commands", "What is asked of a deal, through the one gate.", commands)
    return {
        "sendEvents": operation("send", "events", "Every event of a deal, in the order of the log.", events),
        "receiveCommands": {**received, "reply": reply},
        "sendDeadLetters": operation("send", "dead", "Commands that could not be handled.", ["deadLetter"]),
    }


def _wrapped(kind: str, data: Json, more: Json, needed: list[str]) -> Json:
    """The CloudEvent around some data."""
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "data", *needed],
        "properties": {
            "specversion": {"const": SPEC}, "id": _TEXT, "source": {"type": "string", "format": "uri-reference"},
            "type": {"const": kind}, "subject": {**_TEXT, "description": "The deal's id."}, "time": _MOMENT,
            "datacontenttype": {"const": "application/json"}, **more, "data": data,
        },
    }  # fmt: skip


def _event_message(kind: type[Event], schemas: Json) -> Json:
    name = stored_name(kind)
    schemas[name] = _schema(kind, "serialization", schemas)
    document = {
        "type": "object",
        "required": ["event", "version", "position", "at", "recorded_at", "actor", "via", "command_id", "data"],
        "properties": {
            "event": {"const": name}, "version": _WHOLE, "position": _WHOLE, "at": {"type": ["string", "null"]},
            "recorded_at": _MOMENT, "actor": _TEXT, "on_behalf_of": {"type": ["string", "null"]}, "via": _TEXT,
            "command_id": _TEXT, "data": {"$ref": f"#/components/schemas/{name}"},
            "withheld": {
                "type": "array", "items": _TEXT,
                "description": "What is personal and was left out of `data`; absent where nothing was.",
            },
        },
    }  # fmt: skip
    more = {"position": _WHOLE, "streamversion": _WHOLE}
    wrapped = _wrapped(f"{TYPE}.{name}", document, more, ["position", "streamversion"])
    return _message(name, _first_line(kind), wrapped)


def _command_message(kind: str, schemas: Json) -> Json:
    model, name = COMMANDS[kind], f"command.{kind}"
    schemas[name] = _schema(model, "validation", schemas)
    more = {"replyto": {**_TEXT, "description": "The subject on which an answer is awaited."}}
    wrapped = _wrapped(f"{TYPE}.{name}", {"$ref": f"#/components/schemas/{name}"}, more, [])
    return _message(name, _first_line(model), wrapped)


def _reply_message() -> Json:
    events = {"event": _TEXT, "version": _WHOLE, "position": _WHOLE}
    verdicts = dict.fromkeys(("rule", "verdict", "severity", "says", "fix"), _TEXT)
    told = {
        "type": "object", "required": ["deal", "accepted"],
        "properties": {
            "deal": _TEXT, "accepted": {"type": "boolean"}, "repeated": {"type": "boolean"}, "position": _WHOLE,
            "events": {"type": "array", "items": {"type": "object", "properties": events}},
            "verdicts": {"type": "array", "items": {"type": "object", "properties": verdicts}},
            "error": {**_TEXT, "description": "Why it can never be done; then nothing was recorded."},
        },
    }  # fmt: skip
    return _message("reply", "What became of a command.", _wrapped(f"{TYPE}.reply", told, {}, []))


def _dead_letter() -> Json:
    headers = {"type": "object", "properties": dict.fromkeys((REASON, SUBJECT, TRIES, PLACE), _TEXT)}
    summary = "The original bytes of a message that could not be handled."
    return {"name": "deadLetter", "summary": summary, "contentType": "application/octet-stream", "headers": headers}


def _message(name: str, summary: str, payload: Json) -> Json:
    return {"name": name, "summary": summary, "contentType": CONTENT_TYPE, "payload": payload}


def _schema(model: type[BaseModel], mode: JsonSchemaMode, schemas: Json) -> Json:
    """A model's schema; what it refers to is put beside it."""
    found = model.model_json_schema(mode=mode, ref_template="#/components/schemas/{model}")
    schemas.update(found.pop("$defs", {}))
    if issubclass(model, Event):
        found["required"] = [name for name in found.get("required", ()) if not _withheld(model, name)]
    return found


def _withheld(model: type[BaseModel], name: str) -> bool:
    hint = model.model_fields[name].annotation
    return hint is Personal or Personal in get_args(hint)


def _first_line(model: type[BaseModel]) -> str:
    words: Mapping[str, Any] = vars(model)
    return " ".join(str(words.get("__doc__") or "").strip().partition("\n\n")[0].split())
