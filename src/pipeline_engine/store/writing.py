"""An event that holds personal values as the tree of its JSON, those values closed on the way.

What `to_json` makes of the tree is byte for byte what pydantic makes of the event (a test holds them side by side). It
is made here because pydantic would have to write it, and the codec to read it and write it again, to close a part.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from pipeline_engine.values import Document, Money, Personal, value_to_json

Close = Callable[[Personal, str], Any]
"""The stored form of a personal value in the field of that name."""
# Asked by type and not by isinstance, which goes a long way round for every class of pydantic.
_AS_IT_IS = frozenset({str, int, float, bool, type(None), datetime, tuple})
_VALUES = frozenset({Money, Document})
_NEEDED = object()


@cache
def _fields(kind: type[BaseModel]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (name, _NEEDED if field.is_required() else field.get_default(call_default_factory=True))
        for name, field in kind.model_fields.items()
    )


@cache
def may_be_personal(kind: type[BaseModel]) -> bool:
    """Whether an event of that kind has a place for a personal value."""
    return any(_personal(field.annotation) for field in kind.model_fields.values())


def _personal(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return may_be_personal(hint)
    return hint is Personal or any(map(_personal, get_args(hint)))


def tree_of(event: BaseModel, close: Close) -> dict[str, Any]:
    """The JSON of an event before it is text, without what is as by default; times are left to `to_json`."""
    parts, tree = event.__dict__, {}
    for name, default in _fields(type(event)):
        part = parts[name]
        if default is _NEEDED or (part is not default and part != default):
            tree[name] = part if type(part) in _AS_IT_IS else _written(part, name, close)
    return tree


def _written(part: Any, name: str, close: Close) -> Any:
    kind = type(part)
    if kind is Personal:
        return close(part, name)
    if kind is dict:
        return {key: _value(each, key, close) for key, each in part.items()}
    if isinstance(part, datetime):
        # A test's frozen time is of a kind of its own.
        return part
    return value_to_json(part) if kind in _VALUES else tree_of(part, close)


def _value(value: Any, name: str, close: Close) -> Any:
    if type(value) is Personal:
        return close(value, name)
    return tree_of(value, close) if isinstance(value, BaseModel) else value_to_json(value)
