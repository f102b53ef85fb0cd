"""The page about the rule language: every name, every function, and a verdict computed for each example."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tools.markdown import block, code, page, table
from tools.reference_process import Undescribed, data, same_names

from pipeline_engine.errors import RuleError
from pipeline_engine.process import FAIL, PASS, UNKNOWN, Kind, ListOf, Process, load_process, read_value, vocabulary_of
from pipeline_engine.process.rules import BUILT_IN, RECORDS, Frame, Program, compile_rule
from pipeline_engine.process.rules.cost import LIST_WEIGHT, LONGEST_SOURCE, MOST_COST, MOST_ITEMS, MOST_NODES
from pipeline_engine.process.rules.remedies import FUNCTIONS, USAGE
from pipeline_engine.values import instant, instant_text

WORDS = {PASS: "pass", FAIL: "fail", UNKNOWN: "unknown"}
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "&&", "||", "!", "+", "-", "*", "/", "%", "in", "? :")
# An operator as it stands in a rule, between its operands.
_SIGNS = {sign: rf" {re.escape(sign)} " for sign in OPERATORS} | {"!": r"!\w|!\(", "? :": r" \? .* : "}
INTRO = """
`check` and `when` are conditions in CEL (Common Expression Language), a part of it with a few words of our own. A rule
is checked when its file is loaded: unknown names, wrong types and literals that would fail on every deal are errors
there, with line and column. A rule has no side effects, no loops without an end and no clock: `now` is the moment of
the attempt.

A rule answers *pass*, *fail* or *unknown*. It passes only on true. A live waiver turns a fail or an unknown into
*waived*; a rule whose `when` is false is *not asked*.
"""


def rules_page() -> str:
    """docs/reference/rules.md."""
    told = data("rules.yaml")
    process = load_process(told["process"], "rules.yaml")
    parts = [INTRO, *_names(told), *_functions(told), "## By example"]
    parts.append("Every verdict below was computed for this page, with this process:")
    parts += [block(told["process"], "yaml"), *(_examples(process, each) for each in told["examples"])]
    parts += [*_refused(process, told["refused"]), *_limits()]
    return page("The rule language", *parts)


def _names(told: Mapping[str, Any]) -> Iterator[str]:
    records = {f"{record}.{field}": kind for record, fields in RECORDS.items() for field, kind in fields.items()}
    same_names("names", set(BUILT_IN), set(told["names"]))
    same_names("records", set(records), set(told["records"]))
    yield "## What a rule may read"
    own = [
        (code("deal.NAME"), "by its type", "a field of the deal"),
        (code("limits.NAME"), "a number", "a named number"),
    ]
    rows = [(code(name), _kind(kind), told["names"][name]) for name, kind in BUILT_IN.items()]
    yield table(("name", "type", "what it is"), [*own, *rows])
    yield "The elements of the lists:"
    fields = [(code(name), str(kind), told["records"][name]) for name, kind in records.items()]
    yield table(("element", "type", "what it is"), fields)
    yield "[The types of a field](process-file.md#the-types-of-a-field) says what each field is in a rule."


def _kind(kind: object) -> str:
    if not isinstance(kind, ListOf):
        return str(kind)
    return "list of text" if isinstance(kind.of, Kind) else f"list of {kind.of.name}"


def _functions(told: Mapping[str, Any]) -> Iterator[str]:
    rules = [rule for each in told["examples"] for rule, _, _ in each["rows"]]
    unused = [name for name in FUNCTIONS if not any(re.search(rf"\b{name}\(", rule) for rule in rules)]
    unused += [sign for sign, seen in _SIGNS.items() if not any(re.search(seen, rule) for rule in rules)]
    if unused:
        raise Undescribed(f"no example in rules.yaml uses {unused}")
    yield "## What a rule may use"
    yield "Operators: " + " ".join(code(each) for each in OPERATORS) + " and brackets."
    yield "Functions: " + ", ".join(code(name) for name in FUNCTIONS) + ". Nothing else is there."
    yield table(("function", "how it is written"), [(code(name), USAGE[name]) for name in FUNCTIONS])
    yield (
        "[What the rule language leaves out](rules-unsupported.md) lists what CEL has and rules have not, counted with"
        " CEL's own conformance vectors."
    )


def _examples(process: Process, told: Mapping[str, Any]) -> str:
    rows = [
        (code(rule), _situation(row), f"**{_checked(process, rule, row, answer)}**")
        for rule, row, answer in told["rows"]
    ]
    return f"### {told['title']}\n\n{told['says'].strip()}\n\n" + table(("rule", "situation", "verdict"), rows)


def _checked(process: Process, rule: str, row: Mapping[str, Any], answer: str) -> str:
    found = verdict(process, rule, row)
    if found != answer:
        raise Undescribed(f"`{rule}` is {found} with {row}, not {answer}")
    return f"**{found}**"


def _situation(row: Mapping[str, Any]) -> str:
    facts = [f"{name} = {said(value)}" for name, value in row.items()]
    return code(", ".join(facts)) if facts else "nothing recorded"


def said(value: Any) -> str:
    """A value as an example shows it."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, list):
        return "[" + ", ".join(said(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {said(item)}" for key, item in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else "nothing" if value is None else str(value)


def verdict(process: Process, rule: str, situation: Mapping[str, Any]) -> str:
    """What a rule says in a situation: `pass`, `fail` or `unknown`."""
    vocabulary = vocabulary_of(process)
    frame = Frame.from_rows(vocabulary, [row_of(process, situation)])
    return WORDS[int(Program(compile_rule(rule, vocabulary)).verdicts(frame)[0])]


def row_of(process: Process, situation: Mapping[str, Any]) -> dict[str, Any]:
    """A situation as a row of what rules read."""
    return {path: _typed(process, path, value) for path, value in situation.items()}


def _typed(process: Process, path: str, value: Any) -> Any:
    if path.startswith("deal."):
        raw = value if isinstance(value, bool) else str(value)
        return read_value(process.fields[path.removeprefix("deal.")], raw, process.currency)
    if path in RECORDS:
        return [{key: _moment(item) for key, item in record.items()} for record in value]
    return _moment(value)


def _moment(value: Any) -> Any:
    return instant(value) if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", value) else value


def _refused(process: Process, rules: Sequence[str]) -> Iterator[str]:
    yield "## What is refused when the file is loaded"
    yield table(("rule", "what is said"), [(code(rule), _complaint(process, rule)) for rule in rules])


def _complaint(process: Process, rule: str) -> str:
    try:
        compile_rule(rule, vocabulary_of(process))
    except RuleError as error:
        return f"column {error.column}: {error}"
    raise Undescribed(f"`{rule}` is not refused")


def _limits() -> Iterator[str]:
    yield "## What a rule may cost"
    yield (
        f"At most {LONGEST_SOURCE:,} bytes of UTF-8, {MOST_NODES:,} steps, and {MOST_ITEMS} values in a list written"
        f" out. A rule is counted before it is ever run and may cost {MOST_COST:,}: a loop counts its body"
        f" {LIST_WEIGHT} times, so loops may be nested twice, not three times; text put together inside a loop, a"
        " pattern by its size, working time, and `in` a list that is not written out count more."
    )
    yield (
        "These limits are there for rules that somebody writes to hurt. Over a hundred such rules are loaded and run on"
        " a deal with a thousand activities, approvals, contacts, documents and tags and texts of ten thousand"
        " characters. What is let through is held to 100 ms of one core and 64 MiB, to load and"
        " to run. `matches` runs on RE2, in time linear in the text"
        " whatever the pattern."
    )
