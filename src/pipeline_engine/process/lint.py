"""What is wrong or doubtful in a process file, all of it at once.

Errors are what keeps the file from loading. Warnings are few and certain: names and literals that nothing
declared. What is not looked at here (dead ends, contradictions) is not said to be well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline_engine.errors import BadFile
from pipeline_engine.process.currencies import ACTIVE_CURRENCIES
from pipeline_engine.process.literals import doubtful_literals
from pipeline_engine.process.load import Examined, examine
from pipeline_engine.process.rules import limits_of


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that lint found, with its place; line and column are None where the whole file is meant."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    file: str
    line: int | None
    column: int | None


def lint(text: str, file: str) -> tuple[Finding, ...]:
    """Everything found in a file, in the order of the file; no error among it means that the file loads."""
    examined = examine(text, file)
    findings = [_error(bad) for bad in examined.complaints.found]
    findings += [
        Finding(w.code, "warning", w.message, file, w.place.line, w.place.column) for w in examined.complaints.warnings
    ]
    findings += _warnings(examined, file)
    return tuple(sorted(findings, key=lambda each: (each.line or 0, each.column or 0, each.code, each.message)))


def _error(bad: BadFile) -> Finding:
    place = ":".join(str(part) for part in (bad.file, bad.line, bad.column) if part is not None)
    return Finding("cannot-load", "error", str(bad).removeprefix(f"{place}: "), bad.file, bad.line, bad.column)


def _warnings(examined: Examined, file: str) -> Iterator[Finding]:
    process, declared = examined.process, examined.declared
    if process is None or declared is None:
        return
    if process.currency not in ACTIVE_CURRENCIES:
        message = f"currency `{process.currency}` is none of the active ISO 4217 codes that this release knows"
        yield Finding("unlisted-currency", "warning", message, file, None, None)
    used = {name for each in examined.rules for tree in each.trees for name in limits_of(tree)}
    for name, place in declared.limit_places.items():
        if name not in used:
            message = f"limit `{name}` is used by no rule"
            yield Finding("unused-limit", "warning", message, file, place.line, place.column)
    for each in examined.rules:
        place = each.draft.place
        for doubt in doubtful_literals(each.trees, process):
            message = f"rule `{each.rule.id}`: {doubt}"
            yield Finding("unknown-literal", "warning", message, file, place.line, place.column)
