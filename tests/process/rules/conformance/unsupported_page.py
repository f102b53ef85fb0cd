"""The page of what the rule language leaves out, made by asking every conformance vector of CEL.

`python -m tests.process.rules.conformance.unsupported_page VECTORS PAGE` writes it anew.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.process.rules.conformance.asking import NAMESPACE, NEEDS, REFUSED, SAME, TYPE_ONLY, WRONG, Outcome, outcome
from tests.process.rules.conformance.vectors import PROTOBUF, VARIABLE, vectors
from tools.markdown import code, page, table

INTRO = """
Rules are a part of CEL. How much of it is measured with the conformance vectors of CEL itself (google/cel-spec, commit
508bd98, Apache-2.0): each is an expression with the answer that every implementation must give. A vector either gets
that answer from our evaluator, from literals and from columns alike, or is refused when the rule is loaded. Where the
answer is an error, ours is *unknown*. None may get another answer.
"""
COUNTED = """
What rules do not have at all is counted apart: messages of protobuf, variables of a type that no field has (maps,
`uint`, `bytes`, lists of numbers), names inside a container, questions for a type. None of these gets an answer either.
"""
REFUSALS = """
What is said about the vectors that are refused, how many they are and the name of one (file, section, test). The second
column is what the message asks for instead.
"""
GROUPS: Sequence[tuple[str, re.Pattern[str]]] = (
    (
        "Functions and macros",
        re.compile(r"there is no (function|name)|`[\w.]+` (on|does not take|is not|over|without)"),
    ),
    ("Operators", re.compile(r"`[^\w`][^`]*` (on|does not take)|`in` (on|does not take)")),
    ("Literals", re.compile(r"a literal|`null`|duration|timestamp|a time zone|a (whole )?number|pattern|text ")),
    ("Types, lists, maps and messages", re.compile(r"")),
)
HEADS = (SAME, REFUSED, PROTOBUF, VARIABLE, NAMESPACE, TYPE_ONLY, "nanoseconds")


def outcomes(folder: Path) -> list[Outcome]:
    """What became of every vector below a folder."""
    return [outcome(vector) for vector in vectors(folder)]


def page_of(found: Sequence[Outcome]) -> str:
    """The page for what became of the vectors; raises ValueError where one got another answer."""
    if wrong := [each.vector.name for each in found if each.what == WRONG]:
        raise ValueError(f"vectors with another answer than the reference: {wrong}")
    parts = [INTRO, "## How many", _counts(found), COUNTED, "## What is refused", REFUSALS]
    return page("What the rule language leaves out", *parts, *_refusals(found))


def _counts(found: Iterable[Outcome]) -> str:
    by_file: dict[str, Counter[str]] = {}
    for each in found:
        by_file.setdefault(each.vector.file, Counter())[each.why if each.what == NEEDS else each.what] += 1
    total = sum(by_file.values(), Counter[str]())
    used = [head for head in HEADS if total[head]]
    lines = [(file, *(counts[head] or "" for head in used), counts.total()) for file, counts in by_file.items()]
    lines.append(("all", *(total[head] for head in used), total.total()))
    return table(("file", *used, "vectors"), [[str(cell) for cell in line] for line in lines])


def _refusals(found: Iterable[Outcome]) -> Iterator[str]:
    by_message: dict[tuple[str, str], list[Outcome]] = {}
    for each in found:
        if each.what == REFUSED:
            by_message.setdefault((each.found, each.expected), []).append(each)
    left = dict(sorted(by_message.items()))
    for title, pattern in GROUPS:
        here = {message: left.pop(message) for message in list(left) if pattern.match(message[0])}
        if here:
            yield f"### {title}"
            yield table(("what is said", "what to write", "vectors", "one of them"), map(_line, here.items()))


def _line(item: tuple[tuple[str, str], list[Outcome]]) -> tuple[str, ...]:
    (said, expected), those = item
    return said, expected, str(len(those)), code(those[0].vector.name)


if __name__ == "__main__":
    # The folder of the vectors, and the page to write: docs/reference/rules-unsupported.md.
    Path(sys.argv[2]).write_text(page_of(outcomes(Path(sys.argv[1]))), encoding="utf-8")
