"""Google's CEL runtime as the oracle of the rule language, and how to ask it without falling into its traps.

On CPython 3.11 an expression that returns null corrupts the reference count of None, so only conditions are
evaluated. Errors come back as values that are true in Python, so the type is asked. `has()` of a dotted
flat variable is no bool, so presence is a variable of its own. A field of a message is never an error, so a
field of a record that is missing is written as an index out of bounds.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings
from google.protobuf import message_factory
from tests.process.rules.generated import READ, VOCABULARY

from pipeline_engine.process.rules import FALSE, TRUE, UNKNOWN, Kind, ListOf
from pipeline_engine.process.rules.wire import message_pool

PLAIN = {
    Kind.BOOL: cel.Type.BOOL,
    Kind.INT: cel.Type.INT,
    Kind.DOUBLE: cel.Type.DOUBLE,
    Kind.STRING: cel.Type.STRING,
    Kind.TIMESTAMP: cel.Type.TIMESTAMP,
    Kind.DURATION: cel.Type.DURATION,
}
_KNOWN = re.compile(r"known\(([\w.]+)\)")
_DATE = re.compile(r"date\('([\d-]+)'\)")
_DAYS = re.compile(r"days\((-?\d+)\)")
_HAS = re.compile(r"has\((deal|stage|move)\.(\w+)\)")
_HAS_FIELD = re.compile(r"has\(([abc])\.(\w+)\)")
_FIELD = re.compile(r"\b([abc])\.(role|by|at|live)\b")
_APPROVAL = {"role": "string", "by": "string", "at": "timestamp", "live": "bool"}
_PRESENT = {f"has_{field}": "bool" for field in _APPROVAL}
_POOL = message_pool({"Approval": _APPROVAL | _PRESENT}, "reference")
_MESSAGE = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("reference.Approval"))


def _variables() -> dict[str, Any]:
    variables: dict[str, Any] = {"approvals": cel.Type.List(cel.Type("reference.Approval"))}
    for path in (path for paths in READ.values() for path in paths):
        kind = VOCABULARY.types[path]
        assert not isinstance(kind, ListOf)
        variables[path] = PLAIN[kind]  # type: ignore[index]  # what READ names are plain values
        variables[f"has_.{path}"] = cel.Type.BOOL
    variables["deal.tags"] = cel.Type.List(cel.Type.STRING)
    return variables


_ENVIRONMENT = cel.NewEnv(_POOL, variables=_variables(), extensions=[ext_strings.ExtStrings()])


def plainly(source: str) -> str:
    """The rule with our own words said in CEL's."""
    plain = _DAYS.sub(lambda days: f"duration('{24 * int(days[1])}h')", _DATE.sub(r"timestamp('\1T00:00:00Z')", source))
    # A list of what is known has one element, whatever it is; with what is missing in it, it is an error.
    return _KNOWN.sub(r"([\1].size() == 1)", plain)


def _said(source: str) -> str:
    """The rule in words that the reference takes."""
    source = plainly(source)
    flat = _HAS_FIELD.sub(r"\1.has_\2", _HAS.sub(r"has_.\1.\2", source))
    return _FIELD.sub(r"[\1.\2][\1.has_\2 ? 0 : 1]", flat)


def reference_verdicts(source: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """What Google's runtime makes of a condition: 0 false, 1 true, 2 an error."""
    compiled = _ENVIRONMENT.compile(_said(source))
    verdicts = []
    for row in rows:
        value = compiled.eval(data=bound(row))
        verdicts.append((TRUE if value.value() else FALSE) if value.type() == cel.Type.BOOL else UNKNOWN)
    return verdicts


def bound(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as bindings: what is missing is not bound."""
    bindings: dict[str, Any] = {path: value for path, value in row.items() if value is not None}
    if row["approvals"] is not None:
        bindings["approvals"] = [_message(record) for record in row["approvals"]]
    return bindings | {f"has_.{path}": row[path] is not None for paths in READ.values() for path in paths}


def _message(record: Mapping[str, Any]) -> Any:
    message: Any = _MESSAGE()
    for field, held in record.items():
        setattr(message, f"has_{field}", held is not None)
        if isinstance(held, datetime):
            message.at.FromDatetime(held)
        elif held is not None:
            setattr(message, field, held)
    return message
