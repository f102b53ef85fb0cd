"""The page about the process file: keys asked from the reader, examples loaded."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from tools.markdown import block, code, page, table

from pipeline_engine.process import FieldKind, Process, lint, load_process, process_meanings, vocabulary_of

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tools" / "reference_data"
INTRO = """
A process is one YAML file. Only `process`, `currency`, `stages` and `outcomes` are needed; every other key has a
default. `pipeline-engine process lint FILE` says all that is wrong with a file, with line, column and the nearest known
name. Publishing pins the text, its SHA-256 and the compiled rules as an event; a published version is never edited.

Values are text, typed by this page and not by YAML: `NO` is Norway, `5d` is five days. Lengths of time are
`30m`, `36h`, `5d`, `2w`, and in working time `8bh`, `5bd` by the process's `calendar`. Aliases (`*name`) are refused.
Quote a text that begins with a sign or holds `: ` or ` #`, as in `check: "!deal.signed"`; the error shows the quoted
form.

An editor can check a file while you type it and tell what each key is for, by the JSON Schema that
`pipeline-engine process schema` prints: [here is how](../how-to/test-a-process.md#let-the-editor-help).
"""


ENTRIES = """
## What an entry stands for

A shorthand is a rule in the same language. Its id is made from what it asks, never from where it stands, so that moving
a line changes no rule. [The entries of a gate](gate-entries.md) says what each means, exactly, with the rule it becomes
and deals that it lets through and stops.
"""


class Undescribed(Exception):
    """The code and the meanings, in tools/reference_data/ or beside the readers, do not fit."""


def data(name: str) -> Any:
    """A file of meanings."""
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def same_names(where: str, known: set[str], described: set[str]) -> None:
    """Raise Undescribed where a name has no meaning, or a meaning no name."""
    if known != described:
        missing, gone = sorted(known - described), sorted(described - known)
        raise Undescribed(f"{where}: without a meaning {missing}; with one, but not known to the code {gone}")


def process_page() -> str:
    """docs/reference/process-file.md."""
    told = process_meanings()
    tables = "\n\n".join(_keys(each, told["minimal"]) for each in told["tables"])
    parts = (INTRO, tables, *_kinds(told["kinds"]), ENTRIES, *_way(told["minimal"]), _next())
    return page("The process file", *parts)


def _keys(told: Mapping[str, Any], minimal: str) -> str:
    read = {name for name, key in told["keys"].items() if not key.get("variant")}
    same_names(told["title"], set(keys_of(told["probe"], minimal)), read)
    rows = [
        (code(name), key["type"], key.get("default", "none"), _what(key, minimal)) for name, key in told["keys"].items()
    ]
    return f"## {told['title']}\n\n" + table(("key", "type", "default", "what it does, and an example"), rows)


def _what(key: Mapping[str, str], minimal: str) -> str:
    if key.get("alone", True):
        _loaded(key["example"], minimal)
    return f"{key['what']}<br>{code(key['example'])}"


def keys_of(probe: str, minimal: str) -> list[str]:
    """The keys that the reader takes in one table, from what it says about a key `zz9` that it does not."""
    for finding in lint(_with(probe, minimal), "probe.yaml"):
        if "has no key `zz9`" in finding.message:
            return re.findall(r"`([a-z_]+)`", finding.message.partition("expected")[2])
    raise Undescribed(f"`{probe}` asks about no table")


def _with(fragment: str, minimal: str) -> str:
    whole = minimal
    for key in re.findall(r"^([a-z_]+):", fragment, re.MULTILINE):
        whole = re.sub(rf"^{key}:.*\n", "", whole, flags=re.MULTILINE)
    return f"{whole}{fragment}\n"


def _loaded(fragment: str, minimal: str) -> Process:
    return load_process(_with(_stages(fragment), minimal), fragment)


def _stages(fragment: str) -> str:
    # Some examples name a second stage; the reader of the page does not need to see it each time.
    if fragment.startswith("stages: [{id: lead,"):
        return fragment.removesuffix("]") + ", {id: proposal}]"
    return fragment


def _kinds(told: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    kinds = get_args(FieldKind)
    same_names("field types", set(kinds), set(told))
    fields = ", ".join(f"{kind}_: {{type: {kind}{', of: [A]' if kind == 'choice' else ''}}}" for kind in kinds)
    text = f"process: p\ncurrency: EUR\ndeal: {{{fields}}}\nstages: [{{id: a}}]\noutcomes: {{}}\n"
    types = vocabulary_of(load_process(text, "kinds")).types
    yield "## The types of a field"
    yield table(
        ("type", "written as", "in rules it is"),
        [(code(kind), told[kind]["forms"], str(types[f"deal.{kind}_"])) for kind in kinds],
    )
    yield "With `many: true` the values are written with commas between them, and in rules they are a list of text."


def _way(minimal: str) -> Iterator[str]:
    yield "## The rules every process has"
    yield (
        "Which way a deal may go is a rule like any other: it has an id, a verdict, and can be waived where the file"
        " says so. These come first in the order of verdicts. For the process"
    )
    yield block(minimal, "yaml")
    yield "they are:"
    rules = [rule for rule in load_process(minimal, "minimal").rules if rule.kind == "topology"]
    rows = [(code(rule.id), code(rule.asked_at), code(rule.text), rule.says) for rule in rules]
    yield table(("rule", "asked at", "in the rule language", "says"), rows)


def _next() -> str:
    return "Next: [the rule language](rules.md)."
