"""The page about files of cases: keys asked from the reader, every example loaded."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.markdown import block, code, page, table
from tools.reference_process import Undescribed, same_names

from pipeline_engine.casebook import Casebook, cases_meanings
from pipeline_engine.casebook.load import load_casebook
from pipeline_engine.errors import BadCases
from pipeline_engine.process import Process, load_process

INTRO = """
A file `NAME.cases.yaml` pins what a process must refuse and what it must let through. `pipeline-engine process test`
tries its cases; [Test a process](../how-to/test-a-process.md) shows how it goes. Each case is tried on a deal of its
own in a store in memory, through the gate that every deal goes through: nothing is stubbed, and nothing is kept.

How long ago something was is `30m`, `36h`, `2d` or `6w` before the case, or a moment or day of its own.
"""
FILE = "process: demo.yaml\n"
CASE = {"case": "it", "given": "{stage: proposal}", "when": "{move: negotiation}", "then": "allowed"}


def cases_page() -> str:
    """docs/reference/cases-file.md."""
    told = cases_meanings()
    shown = ("The examples below are about this process:", block(told["process"], "yaml"))
    return page("The file of cases", INTRO, *shown, *_tables(told))


def _tables(told: Mapping[str, Any]) -> Iterator[str]:
    for each in told["tables"]:
        if "probe" in each:
            same_names(each["title"], set(_keys_of(each, told["process"])), set(each["keys"]))
        yield f"## {each['title']}"
        rows = []
        for name, key in each["keys"].items():
            loaded(_whole(key["example"], each), told["process"])
            what = f"{key['what']}<br>{code(key['example'])}"
            rows.append((code(name), key["type"], key.get("default", "none"), what))
        yield table(("key", "type", "default", "what it does, and an example"), rows)


def _keys_of(told: Mapping[str, Any], process: str) -> list[str]:
    try:
        loaded(_whole(told["probe"], told), process)
    except BadCases as bad:
        if "has no key `zz9`" in str(bad):
            return re.findall(r"`([a-z_]+)`", str(bad).partition("expected")[2])
    raise Undescribed(f"`{told['probe']}` asks about no table")


def _whole(fragment: str, told: Mapping[str, Any]) -> str:
    """A file of cases with the fragment in it, at its top or in its one case."""
    key = fragment.partition(":")[0]
    parts = {**CASE, **({key: fragment.partition(": ")[2]} if told.get("in") == "case" else {})}
    if key == "when" and "open" in fragment:
        del parts["given"]
    if key == "when" and "reopen" in fragment:
        parts["given"] = "{status: lost}"
    case = f"cases:\n  - {{{', '.join(f'{name}: {value}' for name, value in _quoted(parts).items())}}}\n"
    if told.get("in") == "case":
        return FILE + case
    keep = "" if key == "process" else FILE
    return f"{keep}{fragment}\n" + ("" if key == "cases" else case)


def _quoted(parts: Mapping[str, str]) -> dict[str, str]:
    """The title in quotes, since a comma would end it between braces."""
    return {name: f'"{value}"' if name == "case" else value for name, value in parts.items()}


def loaded(text: str, process: str) -> Casebook:
    """The cases of a text, on a process given as text."""

    def find(named: str, file: Path) -> tuple[Process, str]:
        return load_process(process, named), process

    return load_casebook(text, Path("example.cases.yaml"), find)
