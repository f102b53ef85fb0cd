"""The page about the entries of a gate: each with the rule it becomes and deals that it lets through and stops."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.markdown import block, code, page, table
from tools.reference_process import Undescribed, data
from tools.reference_rules import row_of, said

from pipeline_engine.process import UNKNOWN, Gate, Judge, Process, Rule, load_process
from pipeline_engine.process.approvals import APPROVAL_KEYS
from pipeline_engine.process.entries import ASKS
from pipeline_engine.process.evidence import ACTIVITY_KEYS

INTRO = """
A gate is a list of entries. Every entry becomes one rule or several, in the [rule language](rules.md), with an id made
from what it asks and never from where it stands: moving a line changes no rule. This page says what each means,
exactly. Every example was loaded, and every deal taken through the gate, when this page was made.

*Unknown* is an answer of its own: a fact that the rule needs is not recorded. It stops the deal as a fail does, and is
explained differently. Where an example has no such line, what is missing counts as not there, and the answer is known.
"""
_Row = Mapping[str, Any]
_EXPECTED = {"passes": "let through", "fails": "stopped", "unknown": "stopped, unknown"}


def entries_page() -> str:
    """docs/reference/gate-entries.md."""
    told = data("entries.yaml")
    _all_told({each["key"] for each in told["examples"]})
    parts = [INTRO, "The examples stand in this process, in place of `ENTRY`:", block(told["process"], "yaml")]
    parts.append("Where a deal does not say otherwise:")
    parts.append(table(("what", "is"), [(code(name), code(said(value))) for name, value in told["row"].items()]))
    return page("The entries of a gate", *parts, *(part for each in told["examples"] for part in _example(each, told)))


def _all_told(keys: set[str]) -> None:
    missing = {*ASKS, *ACTIVITY_KEYS, *APPROVAL_KEYS} - {"from"} - keys
    if missing:
        raise Undescribed(f"no example in entries.yaml for {sorted(missing)}")


def _example(told: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    process = load_process(text_of_example(told, whole["process"]), "entries.yaml")
    plain = load_process(text_of_example({}, whole["process"]), "entries.yaml")
    made = [rule for rule in process.rules if plain.rules != process.rules and _is_new(rule, plain)]
    yield f"## {told['title']}"
    yield block(_shown(told), "yaml")
    yield told["what"]
    yield table(("rule", "in the rule language", "asked where", "says"), [_rule(rule) for rule in made])
    judge = Judge(process)
    rows = [(word, told[word]) for word in _EXPECTED if word in told]
    yield table(("a deal with", "is"), [_judged(judge, told, (word, row, whole["row"])) for word, row in rows])


def text_of_example(told: Mapping[str, Any], base: str) -> str:
    """The process file of an example."""
    text = base.replace("ENTRY", told.get("entry", "{id: none, check: 'true'}"))
    for old, new in told.get("replace", {}).items():
        if old not in text:
            raise Undescribed(f"`{old}` is not in the process of entries.yaml")
        text = text.replace(old, new, 1)
    return text


def _shown(told: Mapping[str, Any]) -> str:
    return f"- {told['entry']}" if "entry" in told else "\n".join(told["replace"].values())


def _is_new(rule: Rule, plain: Process) -> bool:
    return rule.id not in plain.rule_ids or plain.rule(rule.id).text != rule.text


def _rule(rule: Rule) -> tuple[str, str, str, str]:
    return code(rule.id), code(rule.text), f"when {code(rule.when_text)}" if rule.when_text else "always", rule.says


def _judged(
    judge: Judge, told: Mapping[str, Any], case: tuple[str, Mapping[str, Any], Mapping[str, Any]]
) -> Sequence[str]:
    word, row, usual = case
    found = verdict(judge, told.get("attempt", ["move", "lead", "proposal"]), {**usual, **row})
    if found != _EXPECTED[word]:
        raise Undescribed(f"`{told['title']}` with {row} is {found}, not {_EXPECTED[word]}")
    return code(
        ", ".join(f"{name} = {said(value)}" for name, value in row.items())
    ) if row else "nothing more", f"**{found}**"


def verdict(judge: Judge, attempt: Sequence[Any], row: Mapping[str, Any]) -> str:
    """What the gate says to a deal: let through, stopped, or stopped because something is unknown."""
    gate, begin, target = attempt
    frame = judge.frame(_situation(judge, (gate, begin, target), row))
    asked = judge.asked(gate, begin, target)
    verdicts = [int(judge.verdict(number, frame)[0]) for number in asked]
    if not judge.blocking(asked, verdicts):
        return "let through"
    known = [number for number, code in zip(asked, verdicts, strict=True) if code != UNKNOWN]
    sure = judge.blocking(known, [code for code in verdicts if code != UNKNOWN])
    return "stopped" if sure else "stopped, unknown"


def _situation(judge: Judge, attempt: tuple[Gate, str | None, str], row: Mapping[str, Any]) -> dict[str, Any]:
    gate, begin, target = attempt
    moved = {
        "stage.id": begin, "move.from": begin, "move.to": target, "move.steps": judge.steps(gate, begin, target),
        "move.passed": judge.passed(gate, begin, target),
    }  # fmt: skip
    known = {path: value for path, value in row.items() if value is not None}
    return {**row_of(judge.process, known), **moved}
