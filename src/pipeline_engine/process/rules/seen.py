"""The values that a rule looked at on one row, for explaining its verdict."""

from typing import Any, NamedTuple

from pipeline_engine.process.rules.frame import Frame
from pipeline_engine.process.rules.rows import value_at
from pipeline_engine.process.rules.tree import Node, reads, walk


class Seen(NamedTuple):
    """
    One value the rule looked at; None where it was not recorded.

    A list of records is a list of mappings by field name, a list of text a list of str.
    """

    path: str
    value: Any


def seen(node: Node, frame: Frame, row: int = 0) -> list[Seen]:
    """The values the rule looked at on one row, in source order, each path once."""
    outside = reads(node)
    paths = dict.fromkeys(step.value for step in walk(node) if step.op in ("column", "has") and step.value in outside)
    return [Seen(path, _value(frame, path, row)) for path in paths]


def _value(frame: Frame, path: str, row: int) -> Any:
    found = frame.look(path)
    return None if found is None else value_at(found, row)
