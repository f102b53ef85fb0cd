"""What an expression of a rule is called when it is spoken of: `amount`, `the time since it was opened`."""

from collections.abc import Mapping

from pipeline_engine.process.rules.look import Look
from pipeline_engine.process.rules.text import to_text
from pipeline_engine.process.rules.tree import Node, walk
from pipeline_engine.process.rules.vocabulary import STAY_BEGINS, Kind, ListOf
from pipeline_engine.process.rules.wording import said, spaced

_SIGNS: Mapping[str, str] = {"_+_": "plus", "_-_": "less", "_*_": "times", "_/_": "divided by", "_%_": "modulo"}
_SAME = frozenset({"int", "double", "lowerAscii", "upperAscii", "in_currency", "days"})
NOW = ("now", "today")


def named(look: Look, node: Node) -> str:
    """What people call an expression; the rule's own text where there is no better word."""
    match node.op:
        case "column":
            return _column(look, str(node.value))
        case "const":
            return said(look.value(node), look.wording.unit(node))
        case "limit":
            return f"limit {spaced(str(node.value))}"
        case "rates" | "calendar":
            return named(look, node.args[0])
        case "call":
            return _call(look, node)
    return f"`{to_text(node)}`"


def _column(look: Look, path: str) -> str:
    root, dot, rest = path.partition(".")
    return (spaced(rest) if dot else "it") if look.element(root) else look.wording.name(path)


def _call(look: Look, node: Node) -> str:
    function, args = str(node.value), node.args
    if function == "_?_:_" and (limit := split_limit(node)):
        return f"limit {spaced(limit)}"
    if function in _SAME:
        return named(look, args[0])
    if function == "size":
        return f"the {'number' if isinstance(args[0].kind, ListOf) else 'length'} of {named(look, args[0])}"
    if function in ("working_days", "working_hours"):
        return f"the {spaced(function)} {_between(look, args[0], args[1])}"
    if function == "_-_" and args[0].kind is args[1].kind is Kind.TIMESTAMP:
        return f"the time {_between(look, args[1], args[0])}"
    if function in _SIGNS and len(args) == 2:
        return f"{named(look, args[0])} {_SIGNS[function]} {named(look, args[1])}"
    return f"`{to_text(node)}`"


def _between(look: Look, begin: Node, end: Node) -> str:
    if end.op == "column" and end.value in NOW:
        return f"in {look.at('stage.id') or 'the stage'}" if begin.value in STAY_BEGINS else (
            f"since {named(look, begin)}")  # fmt: skip
    if begin.op == "column" and begin.value in NOW:
        return f"until {named(look, end)}"
    return f"from {named(look, begin)} to {named(look, end)}"


def split_limit(node: Node) -> str | None:
    """The name of the limit that a conditional stands for, where it was written as one name."""
    names = {step.value for step in walk(node) if step.op == "limit"}
    consts = [arg for arg in node.args[1:] if arg.op != "limit" and arg.value != "_?_:_"]
    return str(names.pop()) if len(names) == 1 and not consts else None


def fields_in(node: Node) -> list[str]:
    """The column paths of an expression, each once, in order."""
    return list(dict.fromkeys(str(step.value) for step in walk(node) if step.op in ("column", "has")))
