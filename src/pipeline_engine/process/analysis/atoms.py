"""The smallest conditions: what a verdict on one settles, and the ways in which it is unknown."""

from itertools import pairwise

from pipeline_engine.process.analysis.claims import FALSE, SETTLED, TRUE, UNKNOWN, Odd, Verdict, Way, Ways
from pipeline_engine.process.analysis.facts import Contradiction, Facts
from pipeline_engine.process.analysis.terms import (
    NOT,
    RELATIONS,
    TURNED,
    call,
    column,
    columns_in,
    known,
    outer_steps,
    sum_of,
    sure,
)
from pipeline_engine.process.analysis.texts import PREDICATES, Claim
from pipeline_engine.process.rules import Kind, Node

_ARITHMETIC = ("_+_", "_-_", "_*_", "_/_", "-_")


def split(node: Node, verdicts: int, facts: Facts) -> Ways:
    """The ways of an atom that may come to several verdicts, one verdict each; what is easily had comes first."""
    if verdicts == SETTLED and _plain(node, facts):
        return [tuple(Verdict(known(str(each.value), each.kind), TRUE) for each in columns_in(node))]
    return [(Verdict(node, each),) for each in (TRUE, FALSE, UNKNOWN) if verdicts & each]


def _plain(node: Node, facts: Facts) -> bool:
    """Whether only a column that is not recorded can make the atom unknown."""
    return all(arg.kind is not Kind.MONEY and sure(arg, facts.world) for arg in node.args)


def unknown_ways(node: Node, facts: Facts) -> Ways:
    """The ways in which an atom is unknown."""
    columns = columns_in(node)
    ways: Ways = [(Verdict(known(str(each.value), each.kind), UNKNOWN),) for each in columns]
    here = tuple(Verdict(known(str(each.value), each.kind), TRUE) for each in columns)
    ways += [(*here, *way) for way in _foreign(node)]
    odd = [arg for arg in node.args if not sure(arg, facts.world)]
    return ways + [(*here, Odd(arg)) for arg in odd]


def unequal(node: Node, verdict: int, facts: Facts) -> Ways | None:
    """The ways in which two numbers differ, where that is what is claimed; None for all other claims."""
    differ = (node.value == "_!=_" and verdict == TRUE) or (node.value == "_==_" and verdict == FALSE)
    kind = node.args[0].kind
    if not differ or kind is Kind.STRING or not _ordered(node, facts):
        return None
    return [(Verdict(call(relation, *node.args), TRUE),) for relation in ("_<_", "_>_")]


def _ordered(node: Node, facts: Facts) -> bool:
    """Whether no side can come to what is no number (0.0 / 0.0), which is neither less nor more than any."""
    steps = (step for side in node.args for step in outer_steps(side) if step.kind is Kind.DOUBLE)
    return all(step.value not in _ARITHMETIC or sure(step, facts.world) for step in steps)


def settle(node: Node, verdict: int, facts: Facts) -> Way:
    """Note what follows from an atom being true or false; what is left over is claimed in turn."""
    facts.columns_recorded(node)
    facts.judge(node, verdict)
    function, holds = str(node.value), verdict == TRUE
    kind = node.args[0].kind
    if function in RELATIONS and kind is not Kind.STRING:
        return _compared(node, function if holds else NOT[function], holds, facts)
    if function in PREDICATES and kind is Kind.STRING:
        _of_text(node, holds, facts)
    return ()


def _compared(node: Node, relation: str, holds: bool, facts: Facts) -> Way:
    left, right = node.args
    orderly = (holds and relation != "_!=_") or _ordered(node, facts)
    money = [each for each in columns_in(node) if each.kind is Kind.MONEY]
    if orderly:
        facts.compare(relation, left, right, not facts.world.process.rates or not money or _one_amount(node))
    else:
        # Not less and not greater: a division of decimals may come to no number at all.
        for side in node.args:
            if not sure(side, facts.world):
                facts.has_value(side, True)
    return _one_currency(node)


def _one_amount(node: Node) -> bool:
    """Whether one amount, as it is, is compared with a literal: then it is converted once, and nothing rounds twice."""
    left, right = (sum_of(side) for side in node.args)
    parts = (*left.parts, *right.parts)
    whole = not (left.parts and left.constant) and not (right.parts and right.constant)
    return whole and len(parts) == 1 and parts[0][1] == 1


def _of_text(node: Node, holds: bool, facts: Facts) -> None:
    left, right = node.args
    function = str(node.value)
    for term in node.args:
        if term.op != "const" and not sure(term, facts.world):
            facts.has_value(term, True)
    if left.op == "const" and right.op == "const":
        if PREDICATES[function](left.value, right.value) is not holds:
            raise Contradiction(function)
    elif right.op == "const":
        facts.claim_text(left, Claim(function, right.value, holds))
    elif left.op == "const" and function in TURNED:
        facts.claim_text(right, Claim(TURNED[function], left.value, holds))
    elif function in ("_==_", "_!=_"):
        facts.pair(left, right, (function == "_==_") is holds)


def currency_of(money: Node) -> Node:
    """The currency of a column of money, as a text."""
    return column(f"{money.value}#currency", Kind.STRING)


def _meeting(node: Node) -> tuple[list[Node], Node | None] | None:
    """The money that has to be in one currency, and a literal of it; None where it cannot be told."""
    sides = [arg for arg in node.args if arg.kind is Kind.MONEY]
    if len(sides) != len(node.args) or any(_converts(side) for side in sides):
        return None
    steps = [step for side in sides for step in _money_in(side)]
    literal = next((step for step in steps if step.op == "const"), None)
    return list(dict.fromkeys(step for step in steps if step.op == "column")), literal


def _converts(node: Node) -> bool:
    return node.value in ("in_currency", "_/_") or any(_converts(arg) for arg in node.args)


def _money_in(node: Node) -> list[Node]:
    if node.op in ("const", "column"):
        return [node] if node.kind is Kind.MONEY else []
    return [step for arg in node.args for step in _money_in(arg)]


def _one_currency(node: Node) -> Way:
    meeting = _meeting(node)
    if meeting is None:
        return ()
    columns, literal = meeting
    if literal is not None:
        home = Node("const", Kind.STRING, literal.value.currency)
        return tuple(Verdict(call("_==_", currency_of(each), home), TRUE) for each in columns)
    return tuple(Verdict(call("_==_", currency_of(a), currency_of(b)), TRUE) for a, b in pairwise(columns))


def _foreign(node: Node) -> Ways:
    """The ways in which money cannot be compared: it is in two currencies."""
    meeting = _meeting(node)
    if meeting is None:
        return []
    columns, literal = meeting
    if literal is not None:
        home = Node("const", Kind.STRING, literal.value.currency)
        return [(Verdict(call("_!=_", currency_of(each), home), TRUE),) for each in columns]
    pairs = [(one, other) for place, one in enumerate(columns) for other in columns[:place]]
    return [(Verdict(call("_!=_", currency_of(a), currency_of(b)), TRUE),) for a, b in pairs]
