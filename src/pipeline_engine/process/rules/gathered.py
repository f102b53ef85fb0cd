"""Why a condition on a list does not hold: how many there are of how many it takes, and which one broke it."""

from collections.abc import Callable, Mapping

from pipeline_engine.process.rules.look import Element, Look
from pipeline_engine.process.rules.missing import missing
from pipeline_engine.process.rules.parts import Part, distinct
from pipeline_engine.process.rules.sought import Sought, nearest_miss, sought
from pipeline_engine.process.rules.text import to_text
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.wording import day, either, number, said, spaced

Why = Callable[[Look, Node, bool], tuple[Part, ...]]
SHOWN = 3
_KIND_OF = ("kind", "role", "name", "id", "rule")
_OPPOSITE: Mapping[str, str] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_COUNTS: Mapping[str, str] = {
    "<": "fewer than {}", "<=": "at most {}", ">": "more than {}", ">=": "at least {}", "==": "exactly {}",
    "!=": "not {}",
}  # fmt: skip


def why(look: Look, node: Node, want: bool, explain: Why) -> tuple[Part, ...]:
    """Why a loop does not come out as wanted."""
    name, listed = node.value[0], node.args[0]
    if listed.op == "list":
        # One element that is missing makes the whole unknown, whatever the others say.
        gone = missing(look, listed, explain) if look.outcome(node) is None else ()
        return gone or (_one_of_these if name == "exists_one" else _spread_out)(look, node, want, explain)
    if look.outcome(node) is None:
        return missing(look, node, explain)
    if name == "exists_one":
        return (_one_alone(look, node),)
    if (name == "exists") is want:
        return _none_fits(look, node, explain) if name == "exists" else _holds_for_all(look, node)
    return _breaking(look, node, explain, wanted=name == "all")


def _spread_out(look: Look, node: Node, want: bool, explain: Why) -> tuple[Part, ...]:
    spread = _spread(node)
    return explain(look.again(spread), spread, want)


def _one_of_these(look: Look, node: Node, want: bool, explain: Why) -> tuple[Part, ...]:
    """`exists_one` over a list written out: what is unknown of one of them, else how many there are."""
    operands = [_with(node.args[1], node.value[1], item) for item in node.args[0].args]
    looks = [(look.again(operand), operand) for operand in operands]
    unknown = [
        part for each, operand in looks if each.outcome(operand) is None for part in explain(each, operand, True)
    ]
    if unknown:
        return distinct(unknown)
    found = sum(each.outcome(operand) is True for each, operand in looks)
    wanted = "exactly 1" if want else "none or several"
    text = f"{found} of {to_text(node.args[0])} fit, must be {wanted}"
    return (Part("count", "", found, wanted, text),)


def _spread(node: Node) -> Node:
    """A loop over a list written out, as the chain that it is."""
    (name, variable), (listed, body) = node.value, node.args
    operands = tuple(_with(body, variable, item) for item in listed.args)
    if len(operands) == 1:
        return operands[0]
    return Node("call", node.kind, "_&&_" if name == "all" else "_||_", operands)


def _with(node: Node, variable: str, item: Node) -> Node:
    if node.op == "column" and node.value == variable:
        return item
    return Node(node.op, node.kind, node.value, tuple(_with(arg, variable, item) for arg in node.args), node.at)


def _none_fits(look: Look, node: Node, explain: Why) -> tuple[Part, ...]:
    """There is none like that; of a single one of its kind, what is wrong with it."""
    elements = look.elements(node)
    what = sought(look, node.args[0], node.args[1], node.value[1])
    if (wanted := _texts_wanted(node)) is not None:
        held, path = look.value(node.args[0]), _list_path(node)
        text = f"{look.wording.name(path)} ({said(held)}) must include {wanted}"
        return (Part("member", path, held, f"with {wanted}", text),)
    described = len(what.beside) == len(what.others)
    if not described and len(elements) == 1 and not what.kind_of:
        parts = explain(elements[0], node.args[1], True)
        return distinct([_of(elements[0], part, what.records) for part in parts])
    return (_too_few(what, 0, 1, elements),)


def _texts_wanted(node: Node) -> str | None:
    """Which texts a loop over texts looks for, `t == 'vip'` or `t in ['vip', 'key']`; None where it is another."""
    body, variable = node.args[1], node.value[1]
    if body.op != "call" or body.value not in ("_==_", "@in") or body.args[0].value != variable:
        return None
    wanted = body.args[1]
    items = wanted.args if wanted.op == "list" else (wanted,)
    return either([str(item.value) for item in items]) if all(item.op == "const" for item in items) else None


def _too_few(what: Sought, found: int, wanted: int, elements: list[Element]) -> Part:
    miss = nearest_miss(what, elements)
    least = f"at least {wanted}"
    if wanted == 1:
        text = f"{what.noun} is not {what.done}" if what.records == "items" and what.kind_of else (
            f"no {what.words(1)} is {what.done}")  # fmt: skip
    else:
        text = f"{found} of {wanted} {what.words(wanted)}"
    return Part("count", what.records, found, least, f"{text}; {miss}" if miss else text)


def _of(element: Element, part: Part, records: str) -> Part:
    """The part as one of that element, named by its list instead of the loop's variable."""
    # Of an element that should be another kind of thing nobody would ever say so.
    ways = tuple(each for each in part.any_of if each.path.rpartition(".")[2] not in _KIND_OF)
    told = ways[0] if len(ways) == 1 else part
    variable, dot, name = told.path.partition(".")
    path = f"{records}{dot}{name}" if variable == element.variable else told.path
    itself = element.part("")
    text = told.text.removeprefix(f"it is {said(itself)}, ") if itself is not None else told.text
    return Part(told.kind, path, told.found, told.wanted, f"{_called(element)}: {text}", told.any_of)


def _called(element: Element) -> str:
    """An element in words: `the meeting of 2026-03-12`."""
    itself = element.part("")
    if itself is not None:
        return said(itself)
    found = next((value for each in _KIND_OF if (value := element.part(each))), "one")
    at = element.part("at")
    return f"the {spaced(said(found))}" + (f" of {day(at)}" if at else "")


def _breaking(look: Look, node: Node, explain: Why, wanted: bool) -> tuple[Part, ...]:
    """The elements that are not as every one must be."""
    if not wanted:
        return (_too_many(look, node),)
    body = node.args[1]
    broken = [each for each in look.elements(node) if each.outcome(body) is False]
    parts = [_of(each, part, _list_path(node)) for each in broken[:SHOWN] for part in explain(each, body, True)]
    if len(broken) > SHOWN:
        rest = f"and {len(broken) - SHOWN} more like that"
        parts.append(Part("every", _list_path(node), len(broken), "none", rest))
    return distinct(parts)


def _too_many(look: Look, node: Node) -> Part:
    what = sought(look, node.args[0], node.args[1], node.value[1])
    found = sum(each.outcome(node.args[1]) is True for each in look.elements(node))
    there = f"{number(found)} {what.words(found)} {'is' if found == 1 else 'are'} {what.done}"
    return Part("count", what.records, found, "none", f"{there}, there must be none")


def _holds_for_all(look: Look, node: Node) -> tuple[Part, ...]:
    path = _list_path(node)
    return (Part("every", path, None, "", f"`{to_text(node)}` holds of every one, and must not"),)


def _list_path(node: Node) -> str:
    listed = node.args[0]
    while listed.op == "macro":
        listed = listed.args[0]
    return str(listed.value) if listed.op == "column" else ""


def _one_alone(look: Look, node: Node) -> Part:
    what = sought(look, node.args[0], node.args[1], node.value[1])
    found = sum(each.outcome(node.args[1]) is True for each in look.elements(node))
    return Part("count", what.records, found, "exactly 1", f"{number(found)} {what.words(found)}, must be exactly 1")


def count(look: Look, node: Node, want: bool) -> tuple[Part, ...]:
    """Why `list.size() >= 2` does not hold; none where the comparison is about something else."""
    left, right = node.args
    listed = left.args[0] if left.op == "call" and left.value == "size" else None
    if listed is None or not _is_records(listed) or look.outcome(node) is None:
        return ()
    found, wanted = look.value(left), look.value(right)
    macro = listed.op == "macro"
    what = sought(look, listed, None, listed.value[1] if macro else "")
    sign = str(node.value).strip("_")
    sign = sign if want else _OPPOSITE[sign]
    if sign == ">" and isinstance(wanted, int):
        sign, wanted = ">=", wanted + 1
    if sign == ">=" and wanted >= 1:
        return (_too_few(what, found, wanted, look.elements(listed) if macro else []),)
    words = _COUNTS[sign].format(number(wanted))
    text = f"{number(found)} {what.words(found)} {'is' if found == 1 else 'are'} {what.done}, must be {words}"
    return (Part("count", what.records, found, words, text),)


def _is_records(node: Node) -> bool:
    return node.op == "column" or (node.op == "macro" and node.value[0] == "filter")
