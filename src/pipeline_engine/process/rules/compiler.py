"""From the text of a rule to its checked tree; only what this imports needs Google's checker."""

from collections.abc import Sequence

from pipeline_engine.errors import RuleError
from pipeline_engine.process.rules.checker import environment
from pipeline_engine.process.rules.complaint import complaint, placed
from pipeline_engine.process.rules.cost import LONGEST_SOURCE, check_size
from pipeline_engine.process.rules.reader import Reader
from pipeline_engine.process.rules.supported import kind_name
from pipeline_engine.process.rules.tree import Node, walk
from pipeline_engine.process.rules.vocabulary import Kind, Vocabulary
from pipeline_engine.process.rules.wire import checked_expression


def compile_rule(source: str, vocabulary: Vocabulary) -> Node:
    """
    The checked tree of a rule written in CEL.

    Raises:
        RuleError: It is no CEL, names what is not there, mixes types, is not true or false, uses what the
            evaluator does not support, holds a literal that would fail on every deal, or is too large. With
            line and column.
    """
    return compile_expression(source, vocabulary, Kind.BOOL)


def compile_expression(source: str, vocabulary: Vocabulary, kind: Kind, *, written: bool = True) -> Node:
    """
    The checked tree of an expression of a kind.

    Args:
        written: Whether somebody wrote it; what is made for people may be longer.

    Raises:
        RuleError: As `compile_rule`.
    """
    _check_text(source, LONGEST_SOURCE if written else None)
    try:
        compiled = environment(vocabulary).compile(source)
    except RuntimeError as problem:
        raise complaint(str(problem), source, vocabulary) from None
    checked = checked_expression(compiled.serialize())
    node = Reader(checked, source, vocabulary).read(checked.expr)
    if node.kind is not kind:
        found = "the rule" if kind is Kind.BOOL else "this"
        raise placed(source, node.at, f"{found} is a `{kind_name(node.kind)}`", _EXPECTED[kind])
    check_size(node, written)
    return _with_calendar(_with_rates(node, vocabulary), source, vocabulary)


_EXPECTED = {Kind.BOOL: "a condition that is true or false", Kind.TIMESTAMP: "a moment such as `deal.close_date`"}


def conjunction(nodes: Sequence[Node]) -> Node:
    """That all of these hold."""
    return nodes[0] if len(nodes) == 1 else Node("call", Kind.BOOL, "_&&_", tuple(nodes))


def _check_text(source: str, longest: int | None) -> None:
    try:
        size = len(source.encode())
    except UnicodeEncodeError as problem:
        found = f"`\\u{ord(source[problem.start]):04x}`, which is half a character"
        raise placed(source, problem.start, found, "text that can be written in UTF-8") from None
    if longest is not None and size > longest:
        raise RuleError(f"the rule has {size} bytes", f"at most {longest}; several smaller rules")


def _with_rates(node: Node, vocabulary: Vocabulary) -> Node:
    if not vocabulary.rates or not any(step.kind is Kind.MONEY for step in walk(node)):
        return node
    rates = tuple(sorted((currency, str(rate)) for currency, rate in vocabulary.rates.items()))
    return Node("rates", node.kind, (vocabulary.currency, rates), (node,), node.at)


def _with_calendar(node: Node, source: str, vocabulary: Vocabulary) -> Node:
    calls = [step for step in walk(node) if step.op == "call" and step.value in ("working_days", "working_hours")]
    if not calls:
        return node
    if vocabulary.week is None or not vocabulary.week.hours:
        expected = "working hours in the process file: `calendar: {week: mon-fri 09:00-18:00}`"
        raise placed(source, calls[0].at, f"`{calls[0].value}` without working hours", expected)
    return Node("calendar", node.kind, vocabulary.week, (node,), node.at)
