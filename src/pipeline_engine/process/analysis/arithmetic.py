"""Arithmetic over several columns: where there is some, and the road to z3, which is walked only then."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from pipeline_engine.process.analysis.facts import Facts
from pipeline_engine.process.analysis.numbers import Numbers
from pipeline_engine.process.rules import Node

TAKEN_APART = ("_+_", "_-_", "_*_", "_/_", "_%_", "-_", "days", "double")


def is_hard(facts: Facts) -> bool:
    """Whether there is arithmetic that differences of two numbers do not cover."""
    calls = any(is_taken_apart(term) for key in facts.spans for term, _ in key)
    return calls or any(len(key) > 2 or any(abs(count) > 1 for _, count in key) for key in facts.spans)


def is_taken_apart(term: Node) -> bool:
    """Whether z3 is told what the term is made of."""
    return term.op == "call" and term.value in TAKEN_APART


@cache
def available() -> bool:
    """Whether z3 is installed (the extra `analysis`)."""
    return find_spec("z3") is not None


def solved(facts: Facts) -> Numbers | None:
    """Numbers for all bounds of a branch, None where nobody knows; raises Contradiction where there are none."""
    if not available():
        return None
    # z3 is large and seldom needed, so it is brought in here and not above.
    found: Numbers | None = import_module("pipeline_engine.process.analysis.z3_road").solved(facts)
    return found
