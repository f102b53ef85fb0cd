"""The page about lint: every code with what it means, why it matters, a file that shows it and one that is mended."""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.markdown import block, code, page, table
from tools.reference_process import data, same_names

from pipeline_engine.process import CODES, Base, Bases, Beside, Finding, Used, lint

INTRO = """
`pipeline-engine process lint FILE` checks a process before it binds anyone. An **error** keeps the file from loading.
A **warning** is certain: it was shown, by reasoning over everything a deal could be, or it stands in the file. A
**note** is worth knowing. The command leaves with 1 where there is an error or a warning that is not silenced, with 0
else.

What is shown holds for deals of this engine: choices are those declared, dates lie between 1900 and 2149, amounts are
below 10^14. Where neither a deal that fits was found nor a proof that there is none, the finding is
[`not-analysed`](#not-analysed); nothing is ever said to be well.

Where the store that `--store` names is there and knows the process, lint also looks at how its rules judged so far
(those that a published version has in the same form) and at who holds which role. `--no-history` leaves that out. No
store is made by looking.
"""
SILENCING = """
A finding that is meant to be so is silenced in the file, with the reason. `at` is a rule, stage, field, limit, role
or gate that the finding is about (`about` in `--json`); without it all findings of the code are silenced. Silenced
findings are counted, and stand in `--json` with their reason. Errors cannot be silenced; a silence without anything
to silence is itself a finding.
"""
SILENCED = """\
process: p
currency: EUR
stages: [{id: lead}, {id: offer}, {id: on-hold}]
outcomes: {won: {from: [offer]}}
lint:
  - {code: dead-end-stage, at: on-hold, because: deals rest here until the next budget}
"""
_WEIGHTS = {"info": "note"}


def lint_page() -> str:
    """docs/reference/lint.md."""
    told = data("lint.yaml")
    same_names("lint codes", set(CODES), {name for group in told for name in group["codes"]})
    parts = [part for group in told for part in _group(group)]
    return page("Lint", INTRO, _contents(told), "## Silencing a finding", SILENCING, block(SILENCED, "yaml"), *parts)


def _contents(told: list[Mapping[str, Any]]) -> str:
    rows = [
        (f"[{code(name)}](#{name})", _WEIGHTS.get(CODES[name], CODES[name]), _first(each["means"]))
        for group in told
        for name, each in group["codes"].items()
    ]
    return table(("code", "weight", "means"), rows)


def _first(text: str) -> str:
    """The first sentence, or up to the first colon."""
    return text.partition(". ")[0].partition(": ")[0].rstrip(".:") + "."


def _group(group: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {group['title']}"
    for name, each in group["codes"].items():
        yield f"### {name}"
        yield each["means"]
        yield each["why"]
        yield block(each["shows"], "yaml")
        yield block("\n".join(_line(finding) for finding in _found(each) if finding.code == name))
        yield f"**Mend it.** {each['mend']}"
        yield block(each["mended"], "yaml")


def _found(each: Mapping[str, Any]) -> tuple[Finding, ...]:
    use = {rule: Used(**counts) for rule, counts in each.get("use", {}).items()}
    return lint(each["shows"], "p.yaml", Beside(use, bases=bases_of(each, "shows")))


def bases_of(told: Mapping[str, Any], which: str) -> Bases:
    """What the variants of an example extend: the file, or so many published versions of it."""

    def find(name: str, version: int | None) -> Base | None:
        if "base" not in told:
            return None
        text, newest = told["base"]["text"], told["base"]["published"][which]
        there = version is not None and version <= newest
        return Base(name, version or 0, "", text, f"{name}@{version}", newest) if there else _file(told, name)

    return find


def _file(told: Mapping[str, Any], name: str) -> Base:
    return Base(name, 0, "", told["base"]["text"], told["base"]["file"])


def _line(finding: Finding) -> str:
    place = ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part is not None)
    return f"{place}: {_WEIGHTS.get(finding.severity, finding.severity)}: {finding.message} [{finding.code}]"
