"""All of lint in its order: what keeps a file from loading, else everything that is doubtful in it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline_engine.errors import BadFile
from pipeline_engine.process.findings import CANNOT_LOAD, CODES, Finding
from pipeline_engine.process.lint.alone import alone
from pipeline_engine.process.lint.asking import Asking
from pipeline_engine.process.lint.beside import Beside
from pipeline_engine.process.lint.complexity import complexity
from pipeline_engine.process.lint.history import history
from pipeline_engine.process.lint.people import people
from pipeline_engine.process.lint.reach import reach
from pipeline_engine.process.lint.subject import Subject
from pipeline_engine.process.lint.together import together
from pipeline_engine.process.lint.way import way
from pipeline_engine.process.lint.words import words
from pipeline_engine.process.load import Examined, examine
from pipeline_engine.process.silences import Silence

NOTHING_BESIDE = Beside()
# Whether these are found depends on the store, so a silence of them is never idle.
_FROM_A_STORE = frozenset({
    "always-waived", "never-fired", "approval-only-owner", "base-not-published", "base-moved-on",
})  # fmt: skip


def lint(text: str, file: str, beside: Beside = NOTHING_BESIDE) -> tuple[Finding, ...]:
    """
    Everything found in a file, in the order of the file; no error among it means that the file loads.

    Args:
        beside: What is known of its rules and of people from elsewhere.

    Returns:
        All findings; those that the file silences carry its reason.
    """
    examined = examine(text, file, beside.bases)
    findings = [_error(bad) for bad in examined.complaints.found]
    findings += [
        Finding(w.code, CODES[w.code], w.message, w.place.file or file, w.place.line, w.place.column, w.about)
        for w in examined.complaints.warnings
    ]
    findings += _doubts(examined, file, beside)
    told = [_silenced(finding, examined.silences) for finding in dict.fromkeys(findings)]
    if examined.process is not None:
        told += _idle(examined.silences, told, file)
    return tuple(sorted(told, key=lambda f: (f.file != file, f.line or 0, f.column or 0, f.code, f.message)))


def _error(bad: BadFile) -> Finding:
    place = ":".join(str(part) for part in (bad.file, bad.line, bad.column) if part is not None)
    return Finding(CANNOT_LOAD, "error", str(bad).removeprefix(f"{place}: "), bad.file, bad.line, bad.column)


def _doubts(examined: Examined, file: str, beside: Beside) -> Iterator[Finding]:
    process, declared, root = examined.process, examined.declared, examined.root
    if process is None or declared is None or root is None:
        return
    subject, asking = Subject(file, process, declared, examined.rules, root), Asking(process)
    yield from words(subject)
    yield from way(subject)
    yield from alone(subject, asking)
    yield from together(subject, asking)
    yield from reach(subject, asking)
    yield from people(subject, beside.people)
    yield from history(subject, beside.use)
    yield from complexity(subject)
    for about, why in asking.unclear.items():
        number = subject.numbers.get(about[0]) if about else None
        place = None if number is None else subject.rules[number].draft.place
        named = " with ".join(f"`{each}`" for each in about) or "the file"
        yield subject.found("not-analysed", f"{named} is not analysed: {why}", place, *about)


def _silenced(finding: Finding, silences: Sequence[Silence]) -> Finding:
    fitting = [silence for silence in silences if _fits(silence, finding)]
    return replace(finding, silenced=fitting[0].because) if fitting else finding


def _fits(silence: Silence, finding: Finding) -> bool:
    return silence.code == finding.code and (silence.at is None or silence.at in finding.about)


def _idle(silences: Sequence[Silence], findings: Sequence[Finding], file: str) -> Iterator[Finding]:
    for silence in silences:
        # What the base silences may well be gone from a variant.
        if silence.place.file or silence.code in _FROM_A_STORE:
            continue
        if not any(_fits(silence, finding) for finding in findings):
            about = f" about `{silence.at}`" if silence.at else ""
            message = f"nothing is silenced here: there is no finding `{silence.code}`{about}"
            place = silence.place
            yield Finding("idle-silence", CODES["idle-silence"], message, file, place.line, place.column)
