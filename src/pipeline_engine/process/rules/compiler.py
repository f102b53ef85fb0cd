"""From the text of a rule to its checked tree; only what this imports needs Google's checker."""

from pipeline_engine.errors import RuleError
from pipeline_engine.process.rules.checker import environment
from pipeline_engine.process.rules.complaint import complaint, placed
from pipeline_engine.process.rules.cost import LONGEST_SOURCE, check_size
from pipeline_engine.process.rules.reader import Reader
from pipeline_engine.process.rules.supported import kind_name
from pipeline_engine.process.rules.tree import Node, walk
from pipeline_engine.process.rules.vocabulary import Kind, Vocabulary
from pipeline_engine.process.rules.wire import checked_expression


def compile_rule(source: str, vocabulary: Vocabulary, *, longest: int = LONGEST_SOURCE) -> Node:
    """
    The checked tree of a rule written in CEL, of at most `longest` bytes.

    Raises:
        RuleError: It is no CEL, names what is not there, mixes types, is not true or false, uses what the
            evaluator does not support, holds a literal that would fail on every deal, or is too large. With
            line and column.
    """
    _check_text(source, longest)
    try:
        compiled = environment(vocabulary).compile(source)
    except RuntimeError as problem:
        raise complaint(str(problem), source, vocabulary) from None
    checked = checked_expression(compiled.serialize())
    node = Reader(checked, source, vocabulary).read(checked.expr)
    if node.kind is not Kind.BOOL:
        found = f"the rule is a `{kind_name(node.kind)}`"
        raise placed(source, node.at, found, "a condition that is true or false")
    check_size(node)
    return _with_rates(node, vocabulary)


def _check_text(source: str, longest: int) -> None:
    try:
        size = len(source.encode())
    except UnicodeEncodeError as problem:
        found = f"`\\u{ord(source[problem.start]):04x}`, which is half a character"
        raise placed(source, problem.start, found, "text that can be written in UTF-8") from None
    if size > longest:
        raise RuleError(f"the rule has {size} bytes", f"at most {longest}; several smaller rules")


def _with_rates(node: Node, vocabulary: Vocabulary) -> Node:
    if not vocabulary.rates or not any(step.kind is Kind.MONEY for step in walk(node)):
        return node
    rates = tuple(sorted((currency, str(rate)) for currency, rate in vocabulary.rates.items()))
    return Node("rates", Kind.BOOL, (vocabulary.currency, rates), (node,), node.at)
