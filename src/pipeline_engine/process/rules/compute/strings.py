"""Text: every operation works on the distinct texts, then follows the codes."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pipeline_engine.process.rules.columns import Column, Values, either
from pipeline_engine.process.rules.compute.logic import truth
from pipeline_engine.process.rules.compute.numbers import RELATIONS, Operation
from pipeline_engine.process.rules.literals import pattern
from pipeline_engine.process.rules.vocabulary import Kind

_HALVES = "surrogatepass"
_PREDICATES: Mapping[str, Callable[[str, str], bool]] = {
    "contains": str.__contains__,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}
_CHANGES: Mapping[str, Callable[[str], str]] = {
    # Of bytes these change A to Z only, and in UTF-8 no other letter has bytes in that range.
    "lowerAscii": lambda text: text.encode("utf-8", _HALVES).lower().decode("utf-8", _HALVES),
    "upperAscii": lambda text: text.encode("utf-8", _HALVES).upper().decode("utf-8", _HALVES),
}


def equality(function: str) -> Operation:
    """`==` and `!=` of texts."""
    same = function == "_==_"

    def compare(left: Column, right: Column) -> Column:
        equal = same_text(left, right)
        return truth(equal if same else ~equal, either(left.missing, right.missing))

    return compare


def same_text(left: Column, right: Column) -> Values:
    """Where two texts are equal; what is missing does not matter."""
    if right.values.ndim == 0:
        return left.values == _code_in(left, right)
    if left.values.ndim == 0:
        return right.values == _code_in(right, left)
    if left.vocabulary is right.vocabulary:
        return left.values == right.values
    codes = {text: code for code, text in enumerate(left.vocabulary)}
    return left.values == np.array([codes.get(text, -2) for text in right.vocabulary], np.int64)[right.values]


def _code_in(column: Column, single: Column) -> int:
    """The code of one text in another vocabulary, -2 where it is not in there (-1 may stand for missing)."""
    try:
        return column.vocabulary.index(single.vocabulary[single.values])
    except ValueError:
        return -2


def ordering(function: str) -> Operation:
    """`<` and its kind, by code point."""
    relation = RELATIONS[function]

    def compare(left: Column, right: Column) -> Column:
        if left.values.ndim == right.values.ndim == 0:
            holds = np.bool_(relation(left.vocabulary[left.values], right.vocabulary[right.values]))
        else:
            ranks = {text: rank for rank, text in enumerate(sorted({*left.vocabulary, *right.vocabulary}))}
            holds = relation(_ranked(left, ranks), _ranked(right, ranks))
        return truth(holds, either(left.missing, right.missing))

    return compare


def _ranked(column: Column, ranks: Mapping[str, int]) -> Values:
    return np.array([ranks[text] for text in column.vocabulary], np.int64)[column.values]


def predicate(function: str) -> Operation:
    """`contains`, `startsWith`, `endsWith`."""
    holds = _PREDICATES[function]

    def apply(left: Column, right: Column) -> Column:
        results, values = _paired(left, right, holds)
        return truth(np.array(results, np.bool_)[values], either(left.missing, right.missing))

    return apply


def concatenation(left: Column, right: Column) -> Column:
    """`a + b` of texts."""
    results, values = _paired(left, right, str.__add__)
    return _recoded(results, values, either(left.missing, right.missing))


def _paired(left: Column, right: Column, compute: Callable[[str, str], Any]) -> tuple[list[Any], Values]:
    """Results for the distinct pairs of texts, and which of them stands on each row."""
    if right.values.ndim == 0:
        other = right.vocabulary[right.values]
        return [compute(text, other) for text in left.vocabulary], left.values
    if left.values.ndim == 0:
        other = left.vocabulary[left.values]
        return [compute(other, text) for text in right.vocabulary], right.values
    width = len(right.vocabulary)
    keys = (left.values.astype(np.int64) % len(left.vocabulary)) * width + right.values % width
    pairs, which = np.unique(keys, return_inverse=True)
    return [compute(left.vocabulary[key // width], right.vocabulary[key % width]) for key in pairs.tolist()], which


def _recoded(results: list[str], values: Values, missing: Any) -> Column:
    codes: dict[str, int] = {}
    table = np.array([codes.setdefault(text, len(codes)) for text in results] or [0], np.int64)
    return Column(Kind.STRING, table[values], missing, tuple(codes) or ("",))


def changed(function: str) -> Callable[[Column], Column]:
    """`lowerAscii`, `upperAscii`: only A to Z are touched."""
    change = _CHANGES[function]
    return lambda operand: _recoded([change(text) for text in operand.vocabulary], operand.values, operand.missing)


def length(operand: Column) -> Column:
    """`size(text)`, in code points."""
    sizes = np.array([len(text) for text in operand.vocabulary], np.int64)
    return Column(Kind.INT, sizes[operand.values], operand.missing)


def matching(text: str) -> Callable[[Column], Column]:
    """`matches`: whether RE2 finds the pattern anywhere in the text."""
    compiled = pattern(text)

    def apply(operand: Column) -> Column:
        found = np.array([compiled.search(candidate) is not None for candidate in operand.vocabulary], np.bool_)
        return truth(found[operand.values], operand.missing)

    return apply
