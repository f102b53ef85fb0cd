"""The conformance vectors of CEL as they were written, and their values as CEL or as values of a row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.process.rules.conformance.textproto import Message, parse

from pipeline_engine.process.rules import Kind, ListOf

PROTOBUF = "protobuf messages"
VARIABLE = "a variable of a type that rules do not have"

_KINDS: Mapping[str, Kind] = {
    "bool_value": Kind.BOOL,
    "int64_value": Kind.INT,
    "double_value": Kind.DOUBLE,
    "string_value": Kind.STRING,
}
_DECLARED: Mapping[str, Mapping[str, Kind]] = {
    "primitive": {"BOOL": Kind.BOOL, "INT64": Kind.INT, "DOUBLE": Kind.DOUBLE, "STRING": Kind.STRING},
    "well_known": {"TIMESTAMP": Kind.TIMESTAMP, "DURATION": Kind.DURATION},
}
_TIMES: Mapping[str, Kind] = {"Timestamp": Kind.TIMESTAMP, "Duration": Kind.DURATION}
_FIRST = datetime(1970, 1, 1)  # noqa: DTZ001  # written with a Z, or given its zone, where it leaves


class CannotAsk(Exception):
    """Rules have no way to say this vector; the message is what it needs."""


@dataclass(frozen=True, slots=True)
class Vector:
    """
    One vector.

    Args:
        wanted: The value it must come to; empty where it must fail.
        types: The declared types of its variables; bindings: what they hold.
        only_type: It asks which type the checker finds, and for no value.
    """

    file: str
    name: str
    source: str
    wanted: Message = field(default_factory=dict)
    types: Mapping[str, Message] = field(default_factory=dict)
    bindings: Mapping[str, Message] = field(default_factory=dict)
    container: str = ""
    only_type: bool = False


def vectors(folder: Path) -> Iterator[Vector]:
    """Every vector below a folder, by file and in the order of the file."""
    for path in sorted(folder.rglob("*.textproto")):
        for section in parse(path.read_text(encoding="utf-8")).get("section", []):
            for test in section.get("test", []):
                yield _vector(path.stem, section["name"][0].decode(), test)


def _vector(file: str, section: str, test: Message) -> Vector:
    typed = test.get("typed_result", [{}])[0]
    # Without a value a vector asks for true.
    value = test.get("value") or typed.get("result") or [{"bool_value": ["true"]}]
    declared = [each for each in test.get("type_env", []) if "ident" in each]
    return Vector(
        file=file,
        name=f"{file}/{section}/{test['name'][0].decode()}",
        source=test["expr"][0].decode(),
        wanted={} if "eval_error" in test else value[0],
        types={each["name"][0].decode(): each["ident"][0]["type"][0] for each in declared},
        bindings={each["key"][0].decode(): each["value"][0]["value"][0] for each in test.get("bindings", [])},
        container=test.get("container", [b""])[0].decode(),
        only_type="check_only" in test or ("typed_result" in test and "result" not in typed),
    )


def only(value: Message) -> tuple[str, Any]:
    """The one thing that a value holds: what kind it is of, and what stands there."""
    ((kind, (held, *_)),) = value.items()
    return kind, held


def literal(value: Message) -> str:
    """A value as CEL; raises CannotAsk for a message."""
    kind, held = only(value)
    match kind:
        case "string_value":
            return "'" + "".join(map(_escaped, held.decode())) + "'"
        case "bytes_value":
            return "b'" + "".join(f"\\x{byte:02x}" for byte in held) + "'"
        case "list_value":
            return "[" + ", ".join(map(literal, held.get("values", []))) + "]"
        case "map_value":
            return "{" + ", ".join(map(_entry, held.get("entries", []))) + "}"
        case "object_value":
            return _moment_literal(held)
        case "enum_value":
            raise CannotAsk(PROTOBUF)
    return _plain(kind, held)


def _plain(kind: str, held: Any) -> str:
    if kind == "type_value":
        return str(held.decode())
    if kind == "double_value":
        return repr(float(held))
    return {"null_value": "null", "uint64_value": f"{held}u"}.get(kind, str(held))


def _entry(entry: Message) -> str:
    return f"{literal(entry['key'][0])}: {literal(entry['value'][0])}"


def _escaped(letter: str) -> str:
    if letter in "\\'":
        return "\\" + letter
    return letter if " " <= letter <= "~" else f"\\U{ord(letter):08x}"


def _time_of(held: Message) -> tuple[Kind, timedelta]:
    name, inner = only(held)
    kind = _TIMES.get(name.rpartition(".")[2].rstrip("]"))
    if kind is None:
        raise CannotAsk(PROTOBUF)
    seconds, nanos = (int(inner.get(part, ["0"])[0]) for part in ("seconds", "nanos"))
    if nanos % 1_000:
        raise CannotAsk("nanoseconds")
    return kind, timedelta(seconds=seconds, microseconds=nanos // 1_000)


def _moment_literal(held: Message) -> str:
    kind, span = _time_of(held)
    if kind is Kind.DURATION:
        return f"duration('{span // timedelta(microseconds=1)}us')"
    return f"timestamp('{(_FIRST + span).isoformat()}Z')"


def declared_kind(declared: Message) -> Kind | ListOf | None:
    """The kind of a variable by its declaration; None where rules have none."""
    sort, told = only(declared)
    if sort == "list_type":
        inner = declared_kind(told["elem_type"][0])
        return ListOf(Kind.STRING) if inner is Kind.STRING else None
    return _DECLARED.get(sort, {}).get(told) if isinstance(told, str) else None


def held_kind(value: Message) -> Kind | None:
    """The kind of a variable by what it holds."""
    kind, held = only(value)
    return _time_of(held)[0] if kind == "object_value" else _KINDS.get(kind)


def held_value(value: Message) -> Any:
    """What a variable holds, as a value of a row."""
    kind, held = only(value)
    match kind:
        case "bool_value":
            return held == "true"
        case "int64_value":
            return int(held)
        case "double_value":
            return float(held)
        case "string_value":
            return held.decode()
        case "list_value":
            return [held_value(item) for item in held.get("values", [])]
    found, span = _time_of(held)
    return span if found is Kind.DURATION else (_FIRST + span).replace(tzinfo=UTC)
