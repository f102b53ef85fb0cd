"""A rule as readable CEL again; compiling the text gives an equal tree."""

from collections.abc import Mapping

from pipeline_engine.process.rules.literals import DAY, SECOND
from pipeline_engine.process.rules.tree import Node
from pipeline_engine.process.rules.vocabulary import Kind
from pipeline_engine.values import moment_at

# How tightly an operator binds; an operand that binds less tightly goes into brackets.
_INFIX: Mapping[str, tuple[str, int]] = {
    "_||_": ("||", 1),
    "_&&_": ("&&", 2),
    **{f"_{sign}_": (sign, 3) for sign in ("<", "<=", ">", ">=", "==", "!=")},
    "@in": ("in", 3),
    "_+_": ("+", 4),
    "_-_": ("-", 4),
    **{f"_{sign}_": (sign, 5) for sign in ("*", "/", "%")},
}
_LOOSEST, _UNARY, _TIGHTEST = 0, 6, 7
_PREFIX = frozenset({"int", "double", "days", "known", "in_currency", "working_days", "working_hours"})
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def to_text(node: Node) -> str:
    """The rule as CEL, on one line."""
    return _text(node, _LOOSEST)


def _text(node: Node, tightness: int) -> str:
    match node.op:
        case "const":
            return _constant(node, tightness)
        case "limit":
            return f"limits.{node.value}"
        case "column":
            return str(node.value)
        case "has":
            return f"has({node.value})"
        case "list":
            return f"[{', '.join(_text(arg, _LOOSEST) for arg in node.args)}]"
        case "macro":
            name, variable = node.value
            return f"{_text(node.args[0], _TIGHTEST)}.{name}({variable}, {_text(node.args[1], _LOOSEST)})"
        case "rates" | "calendar":
            return _text(node.args[0], tightness)
    return _call(node, tightness)


def _call(node: Node, tightness: int) -> str:
    if node.value in _INFIX:
        return _infix(node, tightness)
    if node.value == "_?_:_":
        condition, then, otherwise = node.args
        text = f"{_text(condition, 1)} ? {_text(then, 1)} : {_text(otherwise, _LOOSEST)}"
        return f"({text})" if tightness > _LOOSEST else text
    if node.value in ("!_", "-_"):
        return _unary(node, tightness)
    operands = [_text(arg, _LOOSEST) for arg in node.args]
    if node.value in _PREFIX:
        return f"{node.value}({', '.join(operands)})"
    return f"{_text(node.args[0], _TIGHTEST)}.{node.value}({', '.join(operands[1:])})"


def _unary(node: Node, tightness: int) -> str:
    inner = node.args[0]
    # Without brackets `-1` would be read as the literal, and `!!a` as `a`.
    bare = f"({_literal(inner)})" if inner.op == "const" and node.value == "-_" else _text(inner, _TIGHTEST)
    text = f"{node.value[0]}{bare}"
    return f"({text})" if tightness > _UNARY else text


def _infix(node: Node, tightness: int) -> str:
    sign, own = _INFIX[str(node.value)]
    first, *rest = node.args
    text = f" {sign} ".join([_text(first, own), *(_text(arg, own + 1) for arg in rest)])
    return f"({text})" if own < tightness else text


def _constant(node: Node, tightness: int) -> str:
    text = _literal(node)
    return f"({text})" if tightness >= _TIGHTEST and not text[0].isalpha() and text[0] not in "'[" else text


def _literal(node: Node) -> str:
    match node.kind:
        case Kind.BOOL:
            return "true" if node.value else "false"
        case Kind.MONEY:
            return str(node.value.plain())
        case Kind.STRING:
            return "'" + "".join(_escaped(letter) for letter in node.value) + "'"
        case Kind.DURATION:
            return _duration(node.value)
        case Kind.TIMESTAMP:
            return _timestamp(node.value)
    return repr(node.value) if isinstance(node.value, float) else str(node.value)


def _escaped(letter: str) -> str:
    control = letter < " " or letter == "\x7f"
    return _ESCAPES.get(letter) or (f"\\u{ord(letter):04x}" if control else letter)


def _duration(microseconds: int) -> str:
    if microseconds and microseconds % DAY == 0:
        return f"days({microseconds // DAY})"
    whole, rest = divmod(abs(microseconds), SECOND)
    sign = "-" if microseconds < 0 else ""
    fraction = f".{rest:06d}".rstrip("0") if rest else ""
    if not rest and whole and whole % 3_600 == 0:
        return f"duration('{sign}{whole // 3_600}h')"
    return f"duration('{sign}{whole}{fraction}s')"


def _timestamp(microseconds: int) -> str:
    moment = moment_at(microseconds)
    text = moment.replace(tzinfo=None).isoformat()
    return f"date('{text[:10]}')" if microseconds % DAY == 0 else f"timestamp('{text}Z')"
