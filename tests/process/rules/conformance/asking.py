"""The conformance vectors of CEL asked of our evaluator: each gives the reference answer or is refused at load.

A variable of a vector becomes a field of the deal, and an answer that is no truth is compared within the rule. What
gives the answer must give it again with every literal in a column, which is how values reach a rule in life.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.process.rules.conformance.vectors import (
    PROTOBUF,
    VARIABLE,
    CannotAsk,
    Vector,
    declared_kind,
    held_kind,
    held_value,
    literal,
    only,
)

from pipeline_engine.errors import RuleError
from pipeline_engine.process.rules import FALSE, TRUE, UNKNOWN, Frame, Kind, ListOf, Node, Program, Vocabulary
from pipeline_engine.process.rules import compile_rule as compiled
from pipeline_engine.values import moment_at

SAME, REFUSED, NEEDS, WRONG = "same answer", "refused at load", "needs", "another answer"
NAMESPACE = "names in a container"
TYPE_ONLY = "the name of a type as the answer"

_MESSAGES = re.compile(
    r"TestAllTypes|google\.protobuf\.|GlobalEnum|NestedEnum|TestRequired|[a-z\d]Value\b|proto[23]\b|proto\."
)
_NAME = re.compile(
    r"""[rRbB]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?<![\w.)\]])(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)""",
    re.VERBOSE | re.DOTALL,
)
_MOST = "1.7976931348623157e308"


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of a vector: SAME, REFUSED, NEEDS or WRONG.

    Args:
        why: What it needs, or which verdict came instead of which.
        found: What the refusal found, where it was refused; expected: what it asks for instead.
    """

    vector: Vector
    what: str
    why: str = ""
    found: str = ""
    expected: str = ""


def outcome(vector: Vector) -> Outcome:
    """What our evaluator makes of a vector."""
    try:
        vocabulary, row, source = asked(vector)
        verdicts, wanted = _judged(vector, source, vocabulary, row)
    except CannotAsk as needs:
        return Outcome(vector, NEEDS, str(needs))
    except RuleError as refused:
        what, why = (NEEDS, PROTOBUF) if _about_messages(vector) else (REFUSED, "")
        return Outcome(vector, what, why, refused.found, refused.expected)
    what = SAME if verdicts == {wanted} else WRONG
    return Outcome(vector, what, f"verdicts {sorted(verdicts)} instead of {wanted}")


def _about_messages(vector: Vector) -> bool:
    packages = ("google.protobuf", "cel.expr.conformance")
    return bool(_MESSAGES.search(vector.source)) or (bool(vector.types) and vector.container.startswith(packages))


def asked(vector: Vector) -> tuple[Vocabulary, dict[str, Any], str]:
    """The names, the row and the text of the rule that a vector is; raises CannotAsk."""
    if vector.only_type:
        raise CannotAsk(TYPE_ONLY)
    names = {name: name.replace(".", "_") for name in (*vector.types, *vector.bindings)}
    if vector.container and names and not _about_messages(vector):
        raise CannotAsk(NAMESPACE)
    vocabulary = Vocabulary(deal={own: _kind(vector, name) for name, own in names.items() if name not in _WORDS})
    row = {f"deal.{names[name]}": held_value(value) for name, value in vector.bindings.items()}
    return vocabulary, row, _renamed(vector.source, {name: own for name, own in names.items() if name not in _WORDS})


# A few vectors bind these, to show that they stay what they are.
_WORDS = frozenset({"true", "false", "null"})


def _kind(vector: Vector, name: str) -> Kind | ListOf:
    kind = declared_kind(vector.types[name]) if name in vector.types else held_kind(vector.bindings[name])
    if kind is None:
        raise CannotAsk(PROTOBUF if _about_messages(vector) else VARIABLE)
    return kind


def _renamed(source: str, names: Mapping[str, str]) -> str:
    def renamed(match: re.Match[str]) -> str:
        name = match["name"] or ""
        longest = max((each for each in names if f"{name}.".startswith(f"{each}.")), key=len, default="")
        return f"deal.{names[longest]}{name[len(longest) :]}" if longest else match[0]

    return _NAME.sub(renamed, source)


def _judged(vector: Vector, source: str, vocabulary: Vocabulary, row: Mapping[str, Any]) -> tuple[set[int], int]:
    rule, wanted = condition(vector, source, vocabulary)
    node = compiled(rule, vocabulary)
    verdicts = {*_verdicts(node, vocabulary, [row]), *_verdicts(node, vocabulary, [row, row])}
    lifting = Lifting()
    lifted = lifting.lifted(node)
    wide = replace(vocabulary, deal={**vocabulary.deal, **lifting.kinds})
    return verdicts | _verdicts(lifted, wide, [{**row, **lifting.row}] * 2), wanted


def _verdicts(node: Node, vocabulary: Vocabulary, rows: list[Mapping[str, Any]]) -> set[int]:
    return set(Program(node).verdicts(Frame.from_rows(vocabulary, rows)).tolist())


def condition(vector: Vector, source: str, vocabulary: Vocabulary) -> tuple[str, int]:
    """The vector as a rule, and the verdict it must get."""
    if not vector.wanted:
        return _failing(source, vocabulary), UNKNOWN
    kind, held = only(vector.wanted)
    if kind == "bool_value":
        return source, TRUE if held == "true" else FALSE
    if kind == "double_value" and held.lower().endswith("nan"):
        return f"({source}) != ({source})", TRUE
    if kind == "double_value" and "inf" in held.lower():
        return f"({source}) {'< -' if held.startswith('-') else '> '}{_MOST}", TRUE
    return f"({source}) == {literal(vector.wanted)}", TRUE


def _failing(source: str, vocabulary: Vocabulary) -> str:
    """What must fail, as a condition: what is no truth is compared with itself."""
    try:
        compiled(source, vocabulary)
    except RuleError as refused:
        if refused.found.startswith("the rule is a `"):
            return f"({source}) == ({source})"
    return source


class Lifting:
    """Moves the literals of a rule into columns; `kinds` and `row` are what they were."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind | ListOf] = {}
        self.row: dict[str, Any] = {}

    def lifted(self, node: Node) -> Node:
        """The rule with a column for each literal; a pattern stays, as it must be written out."""
        if node.op == "const" and isinstance(node.kind, Kind):
            return self._column(node, node.kind)
        if node.op == "call" and node.value == "matches":
            return replace(node, args=(self.lifted(node.args[0]), node.args[1]))
        return replace(node, args=tuple(self.lifted(arg) for arg in node.args))

    def _column(self, node: Node, kind: Kind) -> Node:
        name = f"lifted_{len(self.kinds)}"
        value = node.value
        if kind is Kind.TIMESTAMP:
            value = moment_at(value)
        elif kind is Kind.DURATION:
            value = timedelta(microseconds=value)
        self.kinds[name], self.row[f"deal.{name}"] = kind, value
        return Node("column", kind, f"deal.{name}", at=node.at)
