"""Which functions the evaluator knows, on which kinds; and how much one rule may cost."""

from collections.abc import Callable, Mapping

from pipeline_engine.errors import RuleError
from pipeline_engine.process.rules.complaint import spelled
from pipeline_engine.process.rules.tree import Node, walk
from pipeline_engine.process.rules.vocabulary import Kind, ListOf, Type

LONGEST_SOURCE = 10_000
MOST_NODES = 2_000
MOST_MADE = 20_000
MOST_ITEMS = 200
# A list of records is counted as this many elements; two loops inside one another pass, three do not.
LIST_WEIGHT = 32
MOST_COST = 30_000
MOST_MADE_COST = 300_000

_NUMERIC = (Kind.INT, Kind.DOUBLE)
_TIMES = (Kind.TIMESTAMP, Kind.DURATION)
_ACCESSORS = ("getHours", "getMinutes", "getSeconds", "getMilliseconds")
_DATES = ("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear")

Check = Callable[[tuple[Node, ...]], bool]


def _kinds(*allowed: Kind) -> Check:
    return lambda args: all(arg.kind in allowed for arg in args)


def _first(*allowed: Kind) -> Check:
    return lambda args: len(args) == 1 and args[0].kind in allowed


def _plain(args: tuple[Node, ...]) -> bool:
    return all(isinstance(arg.kind, Kind) for arg in args)


def _same(args: tuple[Node, ...]) -> bool:
    return _plain(args) and args[0].kind == args[1].kind


def _sized(args: tuple[Node, ...]) -> bool:
    return args[0].kind is Kind.STRING or isinstance(args[0].kind, ListOf)


def _within(args: tuple[Node, ...]) -> bool:
    return isinstance(args[1].kind, ListOf) and args[1].kind.of == args[0].kind


def _literal_second(args: tuple[Node, ...]) -> bool:
    return args[1].op == "const"


_SUPPORTED: Mapping[str, Check] = {
    **{name: _kinds(Kind.BOOL) for name in ("_&&_", "_||_", "!_")},
    **dict.fromkeys(("_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_"), _same),
    "_?_:_": lambda args: _same(args[1:]),
    "@in": _within,
    "_+_": _kinds(*_NUMERIC, *_TIMES, Kind.MONEY, Kind.STRING),
    "_-_": _kinds(*_NUMERIC, *_TIMES, Kind.MONEY),
    **{name: _kinds(*_NUMERIC, Kind.MONEY) for name in ("_*_", "_/_")},
    "_%_": _kinds(Kind.INT),
    "-_": _first(*_NUMERIC, Kind.MONEY),
    "size": _sized,
    **{name: _kinds(Kind.STRING) for name in ("contains", "startsWith", "endsWith", "lowerAscii", "upperAscii")},
    **dict.fromkeys(("matches", "in_currency"), _literal_second),
    **{name: _first(Kind.TIMESTAMP) for name in _DATES},
    **{name: _first(*_TIMES) for name in _ACCESSORS},
    "int": _first(*_NUMERIC, Kind.TIMESTAMP),
    "double": _first(*_NUMERIC),
    "days": _first(Kind.INT),
    **dict.fromkeys(("working_days", "working_hours"), _kinds(Kind.TIMESTAMP)),
    "known": lambda args: args[0].op == "column",
}

_EXPECTED: Mapping[str, str] = {
    "matches": "a pattern written out",
    "in_currency": "a currency written out",
    "known": "a name such as `deal.amount`",
    "_[_]": "exists, all or filter over the list",
    "_==_": "plain values of one type; `in` and `exists` look into lists",
    "_!=_": "plain values of one type; `in` and `exists` look into lists",
    "@in": "a list of the same type",
    "dyn": "values whose type is known",
    "type": "values whose type is known",
    "string": "text",
    "_+_": "numbers, text, times or money",
}


def refusal(function: str, args: tuple[Node, ...]) -> tuple[str, str] | None:
    """What was found and what was needed, where the evaluator does not know the function on these kinds."""
    check = _SUPPORTED.get(function)
    if check is not None and check(args):
        return None
    if function.startswith("get") and len(args) == 2:
        return "a time zone", "UTC: times of day and dates are kept without one"
    found = f"`{spelled(function)}` on {' and '.join(f'`{kind_name(arg.kind)}`' for arg in args)}"
    return f"{found} is not supported", _EXPECTED.get(function, "")


def kind_name(kind: Type) -> str:
    """A type as it is said to people: `money`, `list of string`, `list of approvals`."""
    if isinstance(kind, ListOf):
        return f"list of {kind_name(kind.of)}"
    return str(kind) if isinstance(kind, Kind) else kind.name


def check_size(node: Node, written: bool) -> None:
    """Raise RuleError where the rule is too large, or its loops could cost too much; what is made may be larger."""
    nodes, most = (MOST_NODES, MOST_COST) if written else (MOST_MADE, MOST_MADE_COST)
    if sum(1 for _ in walk(node)) > nodes:
        raise RuleError(f"the rule has more than {nodes} steps", "several smaller rules")
    if any(step.op == "list" and len(step.args) > MOST_ITEMS for step in walk(node)):
        raise RuleError(f"a list has more than {MOST_ITEMS} values", "a shorter list")
    cost = cost_of(node)
    if cost > most:
        raise RuleError(f"loops inside loops: the rule costs {cost}", f"at most {most}; fewer nested loops")


def cost_of(node: Node) -> int:
    """Steps one row may need: the body of a loop counts once for every element its list may have."""
    if node.op != "macro":
        return 1 + sum(cost_of(arg) for arg in node.args)
    listed, body = node.args
    elements = len(listed.args) if listed.op == "list" else LIST_WEIGHT
    return 1 + cost_of(listed) + elements * cost_of(body)
