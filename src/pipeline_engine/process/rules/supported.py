"""Which functions the evaluator knows, on which kinds."""

from collections.abc import Callable, Mapping

from pipeline_engine.process.rules.complaint import spelled
from pipeline_engine.process.rules.remedies import NOT_THERE, OPERATORS, USAGE
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.vocabulary import Kind, ListOf, Type

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

# What must be written out, and is computed.
_WRITTEN: Mapping[str, str] = {"matches": "a pattern written out", "in_currency": "a currency written out"}


def refusal(function: str, args: tuple[Node, ...]) -> tuple[str, str] | None:
    """What was found and what was needed, where the evaluator does not know the function on these kinds."""
    check = _SUPPORTED.get(function)
    if check is not None and check(args):
        return None
    if function.startswith("get") and len(args) == 2:
        return "a time zone", "UTC: times of day and dates are kept without one"
    found = f"`{spelled(function)}` on {' and '.join(f'`{kind_name(arg.kind)}`' for arg in args)}"
    known = {**USAGE, **NOT_THERE, **OPERATORS, **_WRITTEN, "known": "a name such as `deal.amount`"}
    return f"{found} is not supported", known.get(function, "")


def kind_name(kind: Type) -> str:
    """A type as it is said to people: `money`, `list of string`, `list of approvals`."""
    if isinstance(kind, ListOf):
        return f"list of {kind_name(kind.of)}"
    return str(kind) if isinstance(kind, Kind) else kind.name
