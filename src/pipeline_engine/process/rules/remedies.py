"""What to write instead of what the checker or the evaluator does not take."""

import re
from collections.abc import Mapping, Sequence

from pipeline_engine.process.rules.checker import PACKAGE

USAGE: Mapping[str, str] = {
    **{name: f"`text.{name}('…')`" for name in ("contains", "startsWith", "endsWith")},
    "matches": "`text.matches('pattern')`",
    "size": "`list.size()` or `text.size()`",
    **{name: f"`text.{name}()`" for name in ("lowerAscii", "upperAscii")},
    "has": "`has(deal.amount)`",
    "known": "`known(deal.amount)`",
    **{name: f"`list.{name}(x, condition)`" for name in ("exists", "all", "exists_one", "filter")},
    "map": "`list.map(x, x.role)`",
    "timestamp": "`timestamp('2026-01-31T09:00:00Z')`",
    "duration": "`duration('36h')`",
    "date": "`date('2026-01-31')`",
    "days": "`days(90)`, of a whole number",
    "in_currency": "`in_currency(money, 'EUR')`",
    **{name: f"`{name}(opened_at, now)`" for name in ("working_days", "working_hours")},
    "int": "`int(x)` of a number or a moment",
    "double": "`double(x)` of a number",
    **{name: f"`{name}()` of a moment" for name in ("getFullYear", "getMonth", "getDate", "getDayOfMonth")},
    **{name: f"`{name}()` of a moment" for name in ("getDayOfWeek", "getDayOfYear")},
    **{
        name: f"`{name}()` of a moment or a length of time"
        for name in ("getHours", "getMinutes", "getSeconds", "getMilliseconds")
    },
}
FUNCTIONS = tuple(USAGE)

_OF_TEXT = "contains, startsWith, endsWith, matches, size, lowerAscii or upperAscii"
NOT_THERE: Mapping[str, str] = {
    **dict.fromkeys(("charAt", "indexOf", "lastIndexOf", "substring", "replace", "reverse", "trim"), _OF_TEXT),
    **dict.fromkeys(("split", "join", "format", "strings.quote"), _OF_TEXT),
    "string": "a comparison with a number or a moment: they are not turned into text",
    "bool": "a condition such as `a == b`",
    "dyn": "values whose type is known",
    "type": "values whose type is known",
}
_LISTS = "plain values of one type; `in` and `exists` look into lists"
OPERATORS: Mapping[str, str] = {
    "_[_]": "exists, all or filter over the list",
    "_==_": _LISTS,
    "_!=_": _LISTS,
    "@in": "a list of the same type",
    "_+_": "numbers, text, times or money",
    "_?_:_": "plain values on both sides",
    "-_": "a number or money",
    "_%_": "whole numbers",
    "_*_": "numbers, or money by a number",
    "_/_": "numbers, money by a number, or money by money",
}

_FIELDS_OF_NOTHING = "a field such as `deal.amount`, or a field of a list's element inside `exists(a, …)`"
# The checker's own sentences, by what they look like: what was found, and what is needed.
SENTENCES: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), found, expected)
    for pattern, found, expected in (
        (r"[Ii]nvalid (?:hex )?u?int literal", "a whole number that is too large", "at most 9223372036854775807"),
        (r"[Ii]nvalid double literal", "a number that is too large", "at most 1.8e308"),
        (r"Invalid bytes literal.*", "a literal of type `uint` or `bytes`", "a number, text, true or false"),
        (
            r"Invalid string literal.*?(\\[uU]\w+).*",
            "text with `{0}`, which is no character",
            "a code point that exists",
        ),
        (r"Invalid string literal.*", "text that cannot be read", "an escape such as `\\n`, or r'…' for a pattern"),
        (r"unsupported syntax '(.*)'", "`{0}`, which is for optional values", "a plain field or list"),
        (r"(\w+)\(\) variable name must be .*", "`{0}` without a name for the element", "`list.{0}(x, …)`"),
        (
            r"has\(\) argument must be .*",
            "`has(…)` of something that is no field",
            "`has(deal.amount)`, or `known(now)`",
        ),
        (r"expression of type '(.*)' cannot be the operand of a select.*", "a field of a `{0}`", _FIELDS_OF_NOTHING),
        (r"expression of type '(.*)' cannot be the range .*", "a loop over a `{0}`", "a list such as `activities`"),
        (r"reserved identifier: (\w+)", "`{0}` is a word that CEL keeps for itself", "a condition such as `a && b`"),
    )
)


def said(message: str) -> tuple[str, str] | None:
    """A sentence of the checker in our words; None where it is not known."""
    for pattern, found, expected in SENTENCES:
        if match := pattern.fullmatch(message):
            parts = [type_said(part) for part in match.groups()]
            return found.format(*parts), expected.format(*parts)
    return None


def wanted(function: str, kinds: Sequence[str]) -> str:
    """What a function or an operator takes, where it was given other kinds."""
    if "null_type" in kinds:
        return "has(…): what is missing is unknown, there is no null"
    if function in ("_&&_", "_||_", "!_"):
        return "conditions that are true or false"
    if function == "_?_:_":
        return "a condition, and two values of one type"
    if not function.startswith(("_", "@", "-")):
        return USAGE.get(function) or NOT_THERE.get(function, "")
    return _beside(function, kinds) or OPERATORS.get(function, "") or "values of one type"


def _beside(function: str, kinds: Sequence[str]) -> str:
    if "money" in kinds and {"double", "int"} & set(kinds):
        return "money beside money or a literal; multiply or divide it by numbers"
    if "money" in kinds and "string" in kinds:
        return "an amount without quotes, as in `deal.amount < 50000`"
    if "timestamp" in kinds and {"string", "int"} & set(kinds):
        return "a length of time like days(30)" if function in ("_+_", "_-_") else "a day like date('2026-01-31')"
    return "values of one type" if function in ("_==_", "_!=_", "_+_") and len(set(kinds)) > 1 else ""


_LIST_OF = re.compile(r"list\((.*)\)")


def type_said(kind: str) -> str:
    """The checker's name of a type as it is said to people: `timestamp`, `list of string`, `map`."""
    plain = kind.removeprefix("google.protobuf.").removeprefix(f"{PACKAGE}.")
    if parts := _LIST_OF.fullmatch(plain):
        inner = type_said(parts[1])
        return "list" if "%" in inner else f"list of {inner}"
    plain = plain.lower() if plain in ("Timestamp", "Duration") else plain
    return plain.partition("(")[0]
