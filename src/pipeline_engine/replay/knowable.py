"""Where a verdict that does not pass says nothing, because history could not know what the rule asks.

An approval that the rules of the day did not ask for; a field, a kind of activity or document, a contact role or an
item that the process did not have yet; who people were, where no rule of the day asked; what an import came without.
None of these is ever "never complied".
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pydantic_core import from_json

from pipeline_engine.facts import flags
from pipeline_engine.process import COUNTS, FAIL, NOT_ASKED, UNKNOWN, Column, Judge, Process, Rule
from pipeline_engine.replay.classify import Judged
from pipeline_engine.replay.fidelity import versions_in
from pipeline_engine.replay.outside import OUTSIDE
from pipeline_engine.replay.situations import Situations
from pipeline_engine.replay.verdicts import Matrix, judged

Mask = npt.NDArray[np.bool_]
_KEPT_APART = ("activities", "contacts", "approvals", "documents", "items")
# Facts that are there only because somebody was told to ask for them.
_ASKED_FOR = ("approvals", "documents", "items")


def weighed(situations: Situations, judge: Judge, recorded: Matrix) -> Judged:
    """
    The verdicts of a process on every attempt, and where they say nothing.

    Args:
        recorded: What the same rule said at the time, in the process's order; not asked where there was none.
    """
    rules, verdicts = judge.process.rules, judged(situations, judge)
    return Judged(
        verdicts=verdicts,
        blocking=np.array([rule.severity == "block" for rule in rules], np.bool_),
        warning=np.array([rule.severity == "warn" for rule in rules], np.bool_),
        approval=np.array([rule.approval is not None for rule in rules], np.bool_),
        unknowable=unknowable(situations, judge, verdicts, recorded),
    )


def unknowable(situations: Situations, judge: Judge, verdicts: Matrix, recorded: Matrix) -> Mask:
    """Rules × attempts; see `weighed`."""
    imported = ~situations.words("basis").is_any("gate")
    bare = without_evidence(situations, imported)
    result = np.zeros(verdicts.shape, np.bool_)
    for number, rule in enumerate(judge.process.rules):
        said, unknown = recorded[number], verdicts[number] == UNKNOWN
        result[number] = imported & (unknown | _reads_any(rule, bare))
        if rule.approval is not None or _reads_any(rule, _ASKED_FOR):
            result[number] |= (said == NOT_ASKED) & (verdicts[number] == FAIL)
        for path in OUTSIDE:
            if path in rule.reads:
                result[number] |= unknown & (said != UNKNOWN) & _not_kept(situations, path)
        for path in COUNTS:
            if path in rule.reads:
                result[number] |= unknown & _not_counted(situations, judge, path)
    for number, places, only_unknown in _undeclared(situations, judge):
        verdict = verdicts[number, places]
        result[number, places] |= (verdict == UNKNOWN) | ((verdict == FAIL) & (not only_unknown))
    return result


def _reads_any(rule: Rule, paths: tuple[str, ...]) -> bool:
    return any(path in rule.reads for path in paths)


def without_evidence(situations: Situations, imported: Mask) -> tuple[str, ...]:
    """The lists of which no import has brought one row; a history made here keeps them all."""
    if not imported.any():
        return ()
    facts = situations.facts
    return tuple(name for name in _KEPT_APART if not flags(facts.table(name)["imported"]).any())


def _not_kept(situations: Situations, path: str) -> Mask:
    """Attempts whose verdict kept nothing of that path."""
    contexts = situations.words("context")
    kept = np.array([path in from_json(text) for text in contexts.vocabulary] + [False], np.bool_)
    return np.asarray(~kept[contexts.codes], dtype=np.bool_)


def _not_counted(situations: Situations, judge: Judge, path: str) -> Mask:
    """Attempts whose owner had nobody knows how many deals; of a deal without an owner that is no gap."""
    column = situations.frame(judge).look(path)
    missing = column.missing if isinstance(column, Column) else np.zeros(len(situations.attempts), np.bool_)
    return np.asarray(missing & (situations.words("owner").codes >= 0), dtype=np.bool_)


def _undeclared(situations: Situations, judge: Judge) -> Iterator[tuple[int, npt.NDArray[np.int64], bool]]:
    """
    Per rule the attempts made under a version that did not declare what it reads.

    True beside a field, which is then unknown; false beside a word of a list, which is then empty.
    """
    for name, version, places in versions_in(situations.instants, situations.attempts):
        process = situations.facts.processes.get((name, version))
        fields = set(process.fields) if process else set()
        for number, rule in enumerate(judge.process.rules):
            if {path.removeprefix("deal.") for path in rule.reads if path.startswith("deal.")} - fields:
                yield number, places, True
            if process is not None and _names_new_words(rule, judge.process, process):
                yield number, places, False


def _names_new_words(rule: Rule, candidate: Process, then: Process) -> bool:
    """Whether a rule asks for a kind of activity or document, a contact role or an item that nobody could record."""
    before = _words(then)
    new = {word for path, words in _words(candidate).items() if path in rule.reads for word in words - before[path]}
    return any(f"{quote}{word}{quote}" in rule.text for word in new for quote in "'\"")


def _words(process: Process) -> dict[str, set[str]]:
    """What a process declares for each list that a rule may read."""
    return {
        "activities": set(process.activities), "contacts": set(process.contact_roles),
        "documents": set(process.documents), "items": {item.id for item in process.items},
    }  # fmt: skip
