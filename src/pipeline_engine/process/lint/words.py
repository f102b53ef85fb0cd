"""Words that nothing declared, and what is declared and does nothing."""

from collections.abc import Iterator

from pipeline_engine.process.currencies import ACTIVE_CURRENCIES
from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint.subject import Subject
from pipeline_engine.process.literals import doubtful_literals
from pipeline_engine.process.rules import limits_of


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
