"""What is asked of a witness search, and the three answers it can give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline_engine.process.model import Rule
from pipeline_engine.process.rules import Kind, Node, from_json

Wanted = Literal["true", "not true", "false", "unknown"]

_PASSES = Node("const", Kind.BOOL, True)


@dataclass(frozen=True, slots=True)
class Demand:
    """A condition, and what it is to come to on the deal that is looked for."""

    node: Node
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Witness:
    """A deal that fits every demand: by column path a value, or a list of records. It was evaluated and seen to fit."""

    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Impossible:
    """No deal fits. `why` are the places of demands that contradict each other, none of which can be left out."""

    why: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotAnalysed:
    """Neither a deal that fits was found, nor a proof that there is none; `why` says what was in the way."""

    why: str


Answer = Witness | Impossible | NotAnalysed


def condition_of(rule: Rule) -> Node:
    """A rule as one condition: true where it passes or is not asked, unknown where its `when` or its check is."""
    check = from_json(rule.check)
    if rule.when is None:
        return check
    return Node("call", Kind.BOOL, "_?_:_", (from_json(rule.when), check, _PASSES))


def passes(rule: Rule) -> Demand:
    """The rule lets the deal through: it is not asked, or its check is true."""
    return Demand(condition_of(rule), "true")


def stops(rule: Rule) -> Demand:
    """The rule does not let the deal through: it is asked and false, or unknown."""
    return Demand(condition_of(rule), "not true")
