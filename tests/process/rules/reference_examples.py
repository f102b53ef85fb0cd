"""The reference runtime with the words of a whole process, for the examples of the documentation.

Money, working time and a whole number beside a decimal are ours: the reference does not know them. A field of a message
is never an error, so one that is missing is written as an index out of bounds, as in `reference.py`.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings
from google.protobuf import message_factory
from tests.process.rules.reference import PLAIN, plainly

from pipeline_engine.process.rules import FALSE, RECORDS, TRUE, UNKNOWN, Kind, ListOf, RecordOf, Vocabulary
from pipeline_engine.process.rules.wire import message_pool
from pipeline_engine.values import Personal, moment_at

_PACKAGE = "examples"
_FIELDS = "|".join(sorted({field for fields in RECORDS.values() for field in fields}))
_HAS_FIELD = re.compile(rf"has\(([a-z])\.({_FIELDS})\)")
_FIELD = re.compile(rf"\b([a-z])\.({_FIELDS})\b(?!\()")
_HAS = re.compile(r"has\(([a-z_]+\.\w+)\)")


class UnknownToReference(Exception):
    """The reference does not know a word of the rule; the message is its complaint."""


class Reference:
    """Google's runtime, told the names and types of a vocabulary; money is left out."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        messages = {
            name: {field: str(kind) for field, kind in fields.items()} | {f"has_{field}": "bool" for field in fields}
            for name, fields in RECORDS.items()
        }
        pool = message_pool(messages, _PACKAGE)
        self._types = {path: kind for path, kind in vocabulary.types.items() if kind is not Kind.MONEY}
        self._limits = vocabulary.limits
        self._classes = {name: _class_of(pool, name) for name in RECORDS}
        variables = {path: _cel_type(kind) for path, kind in self._types.items()}
        variables |= {f"has_.{path}": cel.Type.BOOL for path in self._types}
        self._environment = cel.NewEnv(pool, variables=variables, extensions=[ext_strings.ExtStrings()])

    def verdict(self, source: str, row: Mapping[str, Any]) -> int:
        """What the reference makes of a rule; raises UnknownToReference."""
        try:
            compiled = self._environment.compile(self._said(source))
        except RuntimeError as problem:
            raise UnknownToReference(str(problem)) from None
        value = compiled.eval(data=self._bound(row))
        if value.type() != cel.Type.BOOL:
            return UNKNOWN
        return TRUE if value.value() else FALSE

    def _said(self, source: str) -> str:
        for name, limit in self._limits.items():
            source = re.sub(rf"\blimits\.{name}\b", str(limit), source)
        flat = _HAS.sub(r"has_.\1", _HAS_FIELD.sub(r"\1.has_\2", plainly(source)))
        return _FIELD.sub(r"[\1.\2][\1.has_\2 ? 0 : 1]", flat)

    def _bound(self, row: Mapping[str, Any]) -> dict[str, Any]:
        known = {path: value for path, value in row.items() if value is not None and path in self._types}
        held = {path: self._held(self._types[path], value) for path, value in known.items()}
        return held | {f"has_.{path}": path in known for path in self._types}

    def _held(self, kind: Any, value: Any) -> Any:
        if isinstance(kind, ListOf) and isinstance(kind.of, RecordOf):
            return [self._message(kind.of.name, record) for record in value]
        return list(value) if isinstance(kind, ListOf) else _plain(kind, value)

    def _message(self, name: str, record: Mapping[str, Any]) -> Any:
        message: Any = self._classes[name]()
        for field, value in record.items():
            setattr(message, f"has_{field}", value is not None)
            if isinstance(value, datetime):
                getattr(message, field).FromDatetime(value)
            elif value is not None:
                setattr(message, field, value)
        return message


def _class_of(pool: Any, name: str) -> Any:
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


def _cel_type(kind: Any) -> Any:
    if isinstance(kind, ListOf):
        return cel.Type.List(_cel_type(kind.of))
    return cel.Type(f"{_PACKAGE}.{kind.name}") if isinstance(kind, RecordOf) else PLAIN[kind]


def _plain(kind: Kind, value: Any) -> Any:
    if isinstance(value, Personal):
        return value.value
    if isinstance(value, time):
        return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, date) and not isinstance(value, datetime):
        return moment_at(0) + timedelta(days=(value - date(1970, 1, 1)).days)
    return float(value) if kind is Kind.DOUBLE else value
