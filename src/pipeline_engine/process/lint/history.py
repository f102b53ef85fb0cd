"""What the past says about the rules: always waived, or never once in the way."""

from collections.abc import Iterator, Mapping

from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint.beside import Used
from pipeline_engine.process.lint.subject import Subject

# Fewer attempts say nothing about a rule.
ENOUGH = 30
# Of those it stopped, so many were waived that the rule is a form to fill in.
_ALWAYS = 0.9


def history(subject: Subject, use: Mapping[str, Used]) -> Iterator[Finding]:
    """Findings about how rules judged so far."""
    for number in range(len(subject.rules)):
        used = use.get(subject.rule(number).id)
        if used is None or used.asked < ENOUGH or not subject.own(number):
            continue
        stopped = used.failed + used.unknown + used.waived
        if used.waived and used.waived >= _ALWAYS * stopped:
            message = f"was waived {used.waived:,} of the {stopped:,} times it was not met, in {used.asked:,} attempts"
            yield subject.about_rule("always-waived", message, number)
        elif not stopped:
            yield subject.about_rule("never-fired", f"was asked {used.asked:,} times and met each time", number)
