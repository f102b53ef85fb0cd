"""Words that nothing declared, and what is declared and does nothing."""

import re
from collections.abc import Iterator

from pipeline_engine.notation import Items, Node, Table
from pipeline_engine.process.currencies import ACTIVE_CURRENCIES
from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint.subject import Subject
from pipeline_engine.process.literals import doubtful_literals
from pipeline_engine.process.rules import limits_of

_DOTTED = re.compile(r"(?<![\w.'\"])[1-9]\d{0,2}(?:\.000)+(?![\w.'\"%])")
# Where people write for people, and where a dot and three noughts may be meant.
_PROSE = frozenset({"title", "says", "fix", "guidance", "because", "rates", "win_probability"})


def words(subject: Subject) -> Iterator[Finding]:
    """Doubtful words of a file."""
    process = subject.process
    if process.currency not in ACTIVE_CURRENCIES:
        message = f"currency `{process.currency}` is none of the active ISO 4217 codes that this release knows"
        yield subject.found("unlisted-currency", message, subject.place("currency"), process.currency)
    used = {name for each in subject.rules for tree in each.trees for name in limits_of(tree)}
    for name, place in subject.declared.limit_places.items():
        if name not in used:
            yield subject.found("unused-limit", f"limit `{name}` is used by no rule", place, name)
    yield from _literals(subject)
    yield from _dotted(subject, subject.root)


def _literals(subject: Subject) -> Iterator[Finding]:
    said: set[tuple[str, str]] = set()
    for number, each in enumerate(subject.rules):
        stage = subject.stage_of(number)
        for doubt in doubtful_literals(each.trees, subject.process) if subject.own(number) else ():
            # The condition of a stage stands in each of its rules, and is blamed once.
            if (stage, doubt) not in said:
                yield subject.found(
                    "unknown-literal", f"rule `{each.rule.id}`: {doubt}", each.draft.place, each.rule.id
                )
            if each.rule.asked_at == f"applies:{stage}":
                said.add((stage, doubt))


def _dotted(subject: Subject, node: Node) -> Iterator[Finding]:
    """Numbers such as `50.000`, which are fifty here, and fifty thousand to whoever groups by dots."""
    if isinstance(node, Table):
        for key, value in node.entries:
            if key.value not in _PROSE:
                yield from _dotted(subject, value)
    elif isinstance(node, Items):
        for item in node.items:
            yield from _dotted(subject, item)
    else:
        for number in _DOTTED.findall(node.value):
            meant, read = number.replace(".", ""), number.partition(".")[0]
            message = f"`{number}` is read as {read}; write `{meant}` if thousands are meant, else `{read}`"
            yield subject.found("dotted-thousands", message, node.place, number)
