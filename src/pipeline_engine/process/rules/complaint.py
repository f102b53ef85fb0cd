"""What the checker complains about, said in the words of a process file, with the place."""

import re
from collections.abc import Mapping, Sequence

from pipeline_engine.errors import RuleError, nearest
from pipeline_engine.process.rules.checker import PACKAGE
from pipeline_engine.process.rules.remedies import FUNCTIONS, NOT_THERE, USAGE, said, type_said, wanted
from pipeline_engine.process.rules.vocabulary import BUILT_IN, RECORDS, Vocabulary

_PLACE = re.compile(r"<input>:(-?\d+):(-?\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '(.*)' \(in container.*")
_NO_FIELD = re.compile(r"undefined field '(.*)' not found in struct '(.*)'")
_NO_OVERLOAD = re.compile(r"found no matching overload for '(.*)' applied to '\((.*)\)'")
_TOKEN = re.compile(r"Syntax error: token recognition error at: '(.*)'")
_SYNTAX = re.compile(r"Syntax error: (?:mismatched input|extraneous input|no viable alternative at input) '(.*?)'.*")

SPELLED: Mapping[str, str] = {"@in": "in", "_?_:_": "? :", "_[_]": "[ ]", "-_": "-", "!_": "!"}


def spelled(function: str) -> str:
    """An operator as it is written: `_<_` is `<`."""
    return SPELLED.get(function, function.strip("_") if function.startswith("_") else function)


def place_of(source: str, at: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset in code points."""
    start = max(at, 0)
    return source.count("\n", 0, start) + 1, start - source.rfind("\n", 0, start)


def placed(source: str, at: int, found: str, expected: str = "") -> RuleError:
    """A complaint of our own, with the place in the source."""
    line, column = place_of(source, at)
    return RuleError(found, expected, line=line, column=column)


def complaint(text: str, source: str, vocabulary: Vocabulary) -> RuleError:
    """The checker's message about `source` as a RuleError; of several complaints the first."""
    match = _PLACE.search(text)
    if "recursion" in text:
        return RuleError("the rule nests too deeply", "fewer brackets or operators inside one another")
    if not match or match[1] == "-1":
        return RuleError(_cleaned(text))
    at = _offset(source, int(match[1]), int(match[2]))
    message = match[3].removesuffix(" [INVALID_ARGUMENT]")
    for known, made in ((_UNDECLARED, _undeclared), (_NO_FIELD, _no_field), (_NO_OVERLOAD, _no_overload)):
        if parts := known.fullmatch(message):
            return made(parts, source, at, vocabulary)
    line, column = place_of(source, at)
    return RuleError(*_syntax(message, source, at), line=line, column=column)


def _cleaned(text: str) -> str:
    return re.sub(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$", "", text.splitlines()[0])


def _offset(source: str, line: int, column: int) -> int:
    lines = source.split("\n")
    return sum(len(before) + 1 for before in lines[: line - 1]) + column - 1


def _undeclared(parts: re.Match[str], source: str, at: int, vocabulary: Vocabulary) -> RuleError:
    name = parts[1].lstrip(".")
    called = source[at : at + 1] == "("
    start = source.rfind(name if called else name.partition(".")[0], 0, at + 1 + len(name))
    line, column = place_of(source, start if start >= 0 else at)
    paths = [*vocabulary.types, *(f"limits.{limit}" for limit in vocabulary.limit_names)]
    known: Sequence[str] = FUNCTIONS if called else [*dict.fromkeys(path.partition(".")[0] for path in paths), *paths]
    found = f"there is no {'function' if called else 'name'} `{name}`"
    if called and name in vocabulary.types:
        return RuleError(f"`{name}` is no function", f"`{name}` without brackets", line=line, column=column)
    if instead := _instead_of(name, source, called):
        return RuleError(*instead, line=line, column=column)
    near = nearest(name, known) or _fields_called(name, vocabulary)
    if not near and re.search(r"[!=]=\s*$", source[: max(start, 0)]):
        return RuleError(found, f"quotes around a text: `'{name}'`", line=line, column=column)
    expected = "" if near else f"one that rules have, such as {'`size`' if called else '`deal.amount` or `now`'}"
    return RuleError(found, expected, line=line, column=column, near=near)


def _instead_of(name: str, source: str, called: bool) -> tuple[str, str] | None:
    if called and name in USAGE:
        return f"`{name}` is not called like that", USAGE[name]
    if called and name in NOT_THERE:
        return f"there is no function `{name}` for that", NOT_THERE[name]
    macro = None if called else re.search(rf"\.(exists|all|exists_one)\(\s*{re.escape(name)}\s*[,)]", source)
    return (f"`{macro[1]}` is not written like that", USAGE[macro[1]]) if macro else None


def _fields_called(name: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    known = {path.rpartition(".")[2]: path for path in vocabulary.types}
    return tuple(known[found] for found in nearest(name, tuple(known)))


def _no_field(parts: re.Match[str], source: str, at: int, vocabulary: Vocabulary) -> RuleError:
    name, group = parts[1], parts[2].removeprefix(f"{PACKAGE}.")
    start = source.find(name, at)
    line, column = place_of(source, start if start >= 0 else at)
    if group in RECORDS:
        return RuleError(
            f"`{group}` have no `{name}`", line=line, column=column, near=nearest(name, tuple(RECORDS[group]))
        )
    if group == "money":
        return RuleError(f"money has no `{name}`", "a comparison or arithmetic", line=line, column=column)
    near = tuple(f"{group}.{field}" for field in nearest(name, _members(group, vocabulary)))
    return RuleError(f"`{group}` has no `{name}`", line=line, column=column, near=near)


def _groups(vocabulary: Vocabulary) -> set[str]:
    return {path.partition(".")[0] for path in vocabulary.types if "." in path} | {"limits"}


def _members(group: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    if group == "deal":
        return tuple(vocabulary.deal)
    if group == "limits":
        return tuple(vocabulary.limits)
    return tuple(path.partition(".")[2] for path in BUILT_IN if path.startswith(f"{group}."))


def _no_overload(parts: re.Match[str], source: str, at: int, vocabulary: Vocabulary) -> RuleError:
    function = spelled(parts[1])
    kinds = [type_said(kind) for kind in re.split(r", (?![^(]*\))", parts[2])]
    line, column = place_of(source, at)
    expected = "one of its fields" if set(kinds) & _groups(vocabulary) else wanted(parts[1], kinds)
    between = " and ".join(f"`{kind}`" for kind in kinds)
    return RuleError(f"`{function}` does not take {between}", expected, line=line, column=column)


_STRAIGHT = "straight quotes, like `'EMEA'`"
_EXPECTED: Mapping[str, str] = {
    "'": "a closing quote",
    '"': "a closing quote",
    "=": "`==`",
    "&": "`&&`",
    "|": "`||`",
    "#": "a condition; a comment starts with `//`",
    ";": "one condition; `&&` joins two",
    "‘": _STRAIGHT,
    "’": _STRAIGHT,
    "“": _STRAIGHT,
    "”": _STRAIGHT,
    "„": _STRAIGHT,
}


def _syntax(message: str, source: str, at: int) -> tuple[str, str]:
    if parts := _TOKEN.fullmatch(message):
        token = parts[1].strip()
        if token[:1] in "'\"rRbB" and re.search(r"\\[^abfnrtvxuU0-3\\?\"'`]", token):
            return f"`{token}` has an escape that CEL does not know", "`\\\\` for a backslash, or r'…' for a pattern"
        return f"`{token}` is no part of CEL", _EXPECTED.get(token[:1], "an operator such as `&&`, or a name")
    if parts := _SYNTAX.fullmatch(message):
        if re.search(r"\bnot\s+$", source[:at]):
            return "`not` is no part of CEL", "`!`"
        if parts[1] == "<EOF>" and source.rstrip().endswith("%"):
            return "the rule ends with `%`", "a percent in points: `10` for 10 %"
        if parts[1] == "<EOF>":
            return "the rule ends too early", "a value or a closing bracket"
        return f"`{parts[1].strip('`')}` stands where it cannot", _for_token(source, at)
    return said(message) or (message, "")


def _for_token(source: str, at: int) -> str:
    rest = source[at:]
    words = {"and": "`&&`", "or": "`||`", "not": "`!`"}
    word = re.match(r"\w*", rest)
    return words.get(word[0].lower() if word else "", "an operator such as `&&`, or a name before it")
