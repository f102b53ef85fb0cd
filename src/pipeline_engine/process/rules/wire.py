"""Protobuf at the border to Google's checker: message schemas going in, the checked expression coming out."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    message_factory,
    timestamp_pb2,
)
from google.protobuf.message import DecodeError

from pipeline_engine.errors import RuleError

_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS: Mapping[str, int] = {
    "bool": _FIELD.TYPE_BOOL,
    "int": _FIELD.TYPE_INT64,
    "uint": _FIELD.TYPE_UINT64,
    "double": _FIELD.TYPE_DOUBLE,
    "string": _FIELD.TYPE_STRING,
    "bytes": _FIELD.TYPE_BYTES,
    "enum": _FIELD.TYPE_INT32,
}

# What a rule can contain of cel.expr.CheckedExpr: message → field → (number, type); `*` marks repeated.
_CHECKED: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "Checked": {"refs": (2, "*Ref"), "types": (3, "*TypeOf"), "expr": (4, "Expr"), "source": (5, "Source")},
    "Ref": {"key": (1, "int")},
    "TypeOf": {"key": (1, "int"), "value": (2, "Type")},
    "Source": {"positions": (4, "*Position")},
    "Position": {"key": (1, "int"), "value": (2, "enum")},
    "Type": {
        "dyn": (1, "Empty"),
        "null": (2, "enum"),
        "primitive": (3, "enum"),
        "wrapper": (4, "enum"),
        "well_known": (5, "enum"),
        "list": (6, "ListType"),
        "map": (7, "Empty"),
        "message": (9, "string"),
        "param": (10, "string"),
        "type": (11, "Empty"),
    },
    "Empty": {},
    "ListType": {"of": (1, "Type")},
    "Expr": {
        "id": (2, "int"),
        "const": (3, "Constant"),
        "ident": (4, "Ident"),
        "select": (5, "Select"),
        "call": (6, "Call"),
        "list": (7, "List"),
        "struct": (8, "Empty"),
        "loop": (9, "Loop"),
    },
    "Ident": {"name": (1, "string")},
    "Select": {"operand": (1, "Expr"), "field": (2, "string"), "test_only": (3, "bool")},
    "Call": {"target": (1, "Expr"), "function": (2, "string"), "args": (3, "*Expr")},
    "List": {"elements": (1, "*Expr")},
    "Loop": {
        "variable": (1, "string"),
        "range": (2, "Expr"),
        "result_variable": (3, "string"),
        "start": (4, "Expr"),
        "step": (6, "Expr"),
    },
    "Constant": {
        "null": (1, "enum"),
        "bool": (2, "bool"),
        "int": (3, "int"),
        "uint": (4, "uint"),
        "double": (5, "double"),
        "string": (6, "string"),
        "bytes": (7, "bytes"),
    },
}


def checked_expression(serialized: bytes) -> Any:
    """
    The checked expression that `Expression.serialize()` wrote, as a message shaped like _CHECKED.

    Raises:
        RuleError: It nests deeper than protobuf's own bound of a hundred messages.
    """
    try:
        return _checked_class().FromString(any_pb2.Any.FromString(serialized).value)
    except DecodeError:
        raise RuleError("the rule nests too deeply", "fewer brackets or operators inside one another") from None


@lru_cache(maxsize=1)
def _checked_class() -> Any:
    # proto2, so that presence is kept for every field.
    pool = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(name="checked.proto", package="checked", syntax="proto2")
    for name, fields in _CHECKED.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            _add_field(message, field, number, kind, "checked")
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("checked.Checked"))


def _add_field(message: Any, name: str, number: int, kind: str, package: str) -> None:
    label = _FIELD.LABEL_REPEATED if kind.startswith("*") else _FIELD.LABEL_OPTIONAL
    plain = kind.lstrip("*")
    field = message.field.add(name=name, number=number, label=label, json_name=f"f{number}")
    if plain in _SCALARS:
        field.type = _SCALARS[plain]
    else:
        field.type = _FIELD.TYPE_MESSAGE
        field.type_name = plain if plain.startswith(".") else f".{package}.{plain}"


def message_pool(messages: Mapping[str, Mapping[str, str]], package: str) -> Any:
    """A descriptor pool of messages: name → field → type as in _CHECKED, `timestamp`, `duration`."""
    # proto2 and JSON names of our own, or protobuf would refuse `close_date` beside `closeDate`.
    well_known = {"timestamp": ".google.protobuf.Timestamp", "duration": ".google.protobuf.Duration"}
    pool = descriptor_pool.DescriptorPool()
    for module in (timestamp_pb2, duration_pb2):
        known = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(known)
        pool.Add(known)
    needed = ["google/protobuf/timestamp.proto", "google/protobuf/duration.proto"]
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto", package=package, syntax="proto2", dependency=needed
    )
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields.items(), start=1):
            _add_field(message, field, number, well_known.get(kind, kind), package)
    pool.Add(file)
    return pool
