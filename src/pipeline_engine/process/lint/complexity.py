"""How much there is to read and to pass: what nobody keeps in mind is not followed."""

from collections import Counter
from collections.abc import Iterator

from pipeline_engine.process.findings import Finding
from pipeline_engine.process.lint.subject import Subject
from pipeline_engine.process.rules import walk

MOST_STAGES = 12
MOST_RULES = 100
MOST_AT_A_GATE = 15
MOST_STEPS = 30  # of one written rule: names, values and signs


def complexity(subject: Subject) -> Iterator[Finding]:
    """Findings about size."""
    own = [number for number in range(len(subject.rules)) if subject.own(number)]
    process = subject.process
    if len(process.stages) > MOST_STAGES:
        message = f"{len(process.stages)} stages; more than {MOST_STAGES} are hard to keep apart"
        yield subject.found("complex-process", message, subject.place("stages"), process.name)
    if len(own) > MOST_RULES:
        message = f"{len(own)} rules; more than {MOST_RULES} are hard to oversee"
        yield subject.found("complex-process", message, None, process.name)
    for gate, count in Counter(subject.rule(number).asked_at for number in own).items():
        if count > MOST_AT_A_GATE:
            place = next(subject.rules[each].draft.place for each in own if subject.rule(each).asked_at == gate)
            message = f"the gate `{gate}` asks {count} rules; more than {MOST_AT_A_GATE} at once are hard to satisfy"
            yield subject.found("complex-process", message, place, gate)
    yield from _rules(subject, own)


def _rules(subject: Subject, own: list[int]) -> Iterator[Finding]:
    for number in own:
        if subject.rules[number].draft.source is None:
            continue  # what a shorthand stands for is nobody's to read
        steps = sum(1 for _ in walk(subject.check(number)))
        if steps > MOST_STEPS:
            message = f"has {steps} names, values and signs; beyond {MOST_STEPS} two rules say it better"
            yield subject.about_rule("complex-rule", message, number)
