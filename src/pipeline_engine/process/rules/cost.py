"""How much one rule may cost, told from its tree alone: its size, its loops, and the text it puts together in them.

A cost is counted in steps over single values. The weights were measured (tests/process/rules/hostile.py) so that what
is let through judges a deal with a thousand of everything within a tenth of a second.
"""

from collections.abc import Mapping

from pipeline_engine.errors import RuleError
from pipeline_engine.process.rules.literals import pattern
from pipeline_engine.process.rules.tree import Node, walk
from pipeline_engine.process.rules.vocabulary import Kind, ListOf

# Bytes of UTF-8 that a person may write; what the engine writes itself may be longer.
LONGEST_SOURCE = 4_096
MOST_NODES, MOST_MADE = 2_000, 20_000
MOST_ITEMS = 200
# A list is counted as this many elements; two loops inside one another pass, three do not.
LIST_WEIGHT = 32
MOST_COST, MOST_MADE_COST = 30_000, 300_000

_EQUALITY = frozenset({"_==_", "_!=_"})
_MAKING = frozenset({"_+_", "lowerAscii", "upperAscii"})
_OF_TWO_TEXTS = frozenset({"contains", "startsWith", "endsWith"})
# Inside a loop: a look at one text, at two different ones, at a text put together; and putting one together.
_LOOK, _LOOK_AT_TWO, _LOOK_AT_MADE, _MAKE, _GROW = 5, 100, 50, 20, 250
# RE2 needs at most one step for each instruction of a pattern and letter of the text; inside a loop texts are short.
_INSTRUCTION, _INSTRUCTION_IN_LOOP, _MATCH = 15, 2, 25
_DIVIDE = 3
# The days of a century are laid out for one call, however many moments it is asked about.
_WORKING, _WORKING_IN_LOOP = 3_000, 25

Sizes = Mapping[str, int]


def check_size(node: Node, written: bool = True) -> None:
    """Raise RuleError where the rule is too large, or its loops could cost too much; what is made may be larger."""
    nodes, most = (MOST_NODES, MOST_COST) if written else (MOST_MADE, MOST_MADE_COST)
    if sum(1 for _ in walk(node)) > nodes:
        raise RuleError(f"the rule has more than {nodes} steps", "several smaller rules")
    if any(step.op == "list" and len(step.args) > MOST_ITEMS for step in walk(node)):
        raise RuleError(f"a list has more than {MOST_ITEMS} values", "a shorter list")
    cost = cost_of(node)
    if cost > most:
        what, instead = _too_much(node)
        raise RuleError(f"{what}: the rule costs {cost}", f"at most {most}; {instead}")


def _too_much(node: Node) -> tuple[str, str]:
    loops = [step for step in walk(node) if step.op == "macro"]
    if any(below.op == "macro" for loop in loops for below in walk(loop.args[1])):
        return "loops inside loops", "fewer nested loops"
    if loops:
        return "a loop that does too much", "less inside the loop"
    if any(step.op == "call" and step.value == "matches" for step in walk(node)):
        return "large patterns", "smaller ones"
    return "much working time", "several smaller rules"


def cost_of(node: Node) -> int:
    """Steps one row may need: the body of a loop counts once for every element its list may have."""
    return _cost(node, {})


def _cost(node: Node, sizes: Sizes) -> int:
    if node.op == "macro":
        listed, body = node.args
        elements = len(listed.args) if listed.op == "list" else LIST_WEIGHT
        inside = {**sizes, node.value[1]: text_size(listed, sizes)}
        return 1 + _cost(listed, sizes) + elements * _cost(body, inside)
    return _own(node, sizes) + sum(_cost(arg, sizes) for arg in node.args)


def _own(node: Node, sizes: Sizes) -> int:
    if node.op != "call":
        return 1
    if node.value == "@in" and node.args[1].op != "list":
        return LIST_WEIGHT * (_LOOK_AT_MADE if _made(node, sizes) else _DIVIDE)
    if node.value in ("_%_", "_/_") and node.kind is Kind.INT:
        return _DIVIDE
    if node.value in ("working_days", "working_hours"):
        return _WORKING_IN_LOOP if sizes else _WORKING
    if node.value == "matches":
        return _match(node, sizes)
    # Outside all loops a text is put together once.
    return _of_text(node, sizes) if sizes and node.args[0].kind is Kind.STRING else 1


def _match(node: Node, sizes: Sizes) -> int:
    instructions = int(pattern(str(node.args[1].value)).programsize)
    if sizes and not _made(node, sizes):
        return _MATCH + _INSTRUCTION_IN_LOOP * instructions
    return _INSTRUCTION * instructions * (LIST_WEIGHT if sizes else 1)


def _made(node: Node, sizes: Sizes) -> bool:
    return any(text_size(arg, sizes) > 1 for arg in node.args)


def _of_text(node: Node, sizes: Sizes) -> int:
    function = str(node.value)
    if function in _MAKING:
        size = text_size(node, sizes)
        return _GROW * size if size > 1 else _MAKE
    if function in _OF_TWO_TEXTS and all(arg.op != "const" for arg in node.args):
        return _LOOK_AT_TWO
    if _made(node, sizes):
        return _LOOK_AT_MADE
    return 1 if function in _EQUALITY else _LOOK


def text_size(node: Node, sizes: Sizes) -> int:
    """How many recorded texts stand one after the other in a text, or in the texts of a list."""
    if node.kind not in (Kind.STRING, ListOf(Kind.STRING)) or node.op == "const":
        return 0
    if node.op == "column":
        return sizes.get(str(node.value), 1)
    if node.op == "macro":
        listed, body = node.args
        of_list = text_size(listed, sizes)
        return text_size(body, {**sizes, node.value[1]: of_list}) if node.value[0] == "map" else of_list
    below = [text_size(arg, sizes) for arg in node.args]
    return sum(below) if node.value == "_+_" else max(below, default=0)
