"""Which facts are missing where a rule is unknown: never more than the answer hangs on."""

from collections.abc import Callable

from pipeline_engine.process.rules.look import Element, Look
from pipeline_engine.process.rules.naming import named
from pipeline_engine.process.rules.parts import Part, distinct
from pipeline_engine.process.rules.text import to_text
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.vocabulary import Kind
from pipeline_engine.process.rules.wording import said, spaced
from pipeline_engine.values import Money

Why = Callable[[Look, Node, bool], tuple[Part, ...]]


def missing(look: Look, node: Node, why: Why) -> tuple[Part, ...]:
    """What is missing for an expression to have a value; none where it has one."""
    if node.op in ("rates", "calendar"):
        return missing(look.under(node), node.args[0], why)
    if node.op != "list" and look.value(node) is not None:
        return ()
    if node.op == "column":
        return (_not_recorded(look, str(node.value)),)
    if node.op == "macro":
        return _of_list(look, node, why)
    if node.value == "_?_:_":
        condition, then, otherwise = node.args
        decided = look.outcome(condition)
        return why(look, condition, True) if decided is None else missing(look, then if decided else otherwise, why)
    inner = distinct([part for arg in node.args for part in _of_operand(look, arg, why)])
    return inner or ((_failed(look, node),) if node.op == "call" else ())


def _of_operand(look: Look, node: Node, why: Why) -> tuple[Part, ...]:
    logical = node.kind is Kind.BOOL and node.op in ("call", "macro")
    return (why(look, node, True) if look.outcome(node) is None else ()) if logical else missing(look, node, why)


_OF_ONE = {
    "at": "{} has no date", "with": "nobody noted with whom {} was", "minutes": "nobody noted how long {} took",
}  # fmt: skip
_KIND_OF = ("kind", "role", "name", "id")


def _not_recorded(look: Look, path: str) -> Part:
    root, _, rest = path.partition(".")
    element = look.element(root)
    if element is None:
        return Part("missing", path, None, "recorded", look.wording.not_known(path))
    text = _OF_ONE.get(rest, f"{{}} has no {spaced(rest)}").format(_what(element))
    return Part("missing", rest, None, "recorded", text)


def _what(element: Element) -> str:
    found = next((said(value) for each in _KIND_OF if (value := element.part(each))), None)
    return f"one {spaced(found)}" if found else "one of them"


def _of_list(look: Look, node: Node, why: Why) -> tuple[Part, ...]:
    listed, body = node.args
    inner = missing(look, listed, why)
    if inner:
        return inner
    elements = look.elements(node)
    parts = [part for each in elements for part in _of_operand(each, body, why)]
    return distinct(parts) or (Part("other", "", None, "", f"`{to_text(node)}` is not known"),)


def _failed(look: Look, node: Node) -> Part:
    """Everything is there, and yet there is no answer: another currency, a division by zero, a number too large."""
    moneys = [found for arg in node.args if isinstance(found := look.value(arg), Money)]
    strange = [money for money in moneys if money.currency not in (look.wording.currency, *look.wording.rates)]
    if strange:
        place = next(arg for arg in node.args if look.value(arg) == strange[0])
        path = str(place.value) if place.op == "column" else ""
        counts = f"the process counts in {look.wording.currency} without a rate for {strange[0].currency}"
        text = f"{named(look, place)} is {said(strange[0])} and {counts}"
        return Part("currency", path, strange[0], f"an amount in {look.wording.currency}", text)
    if node.value in ("_/_", "_%_") and _is_zero(look.value(node.args[1])):
        name = named(look, node.args[1])
        path = str(node.args[1].value) if node.args[1].op == "column" else ""
        return Part("compare", path, look.value(node.args[1]), "not 0", f"{name} is 0, nothing can be divided by it")
    return Part("other", "", None, "", f"`{to_text(node)}` cannot be worked out")


def _is_zero(found: object) -> bool:
    return found == 0 or (isinstance(found, Money) and found.units == 0)
