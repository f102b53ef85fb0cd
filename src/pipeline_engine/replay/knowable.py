"""Where a verdict that does not pass says nothing, because history could not know what the rule asks.

An approval that the rules of the day did not ask for; a field that the process did not have yet; what an import came
without. None of these is ever "never complied".
"""

import numpy as np
import numpy.typing as npt

from pipeline_engine.process import NOT_ASKED, UNKNOWN, Judge, Rule
from pipeline_engine.replay.fidelity import versions_in
from pipeline_engine.replay.situations import Situations
from pipeline_engine.replay.verdicts import Matrix

Mask = npt.NDArray[np.bool_]
_KEPT_APART = ("activities", "contacts", "approvals", "documents")
_OUTSIDE = ("actor.roles", "actor.team", "owner.roles", "owner.team", "owner.manager")


def unknowable(situations: Situations, judge: Judge, verdicts: Matrix, then: Matrix) -> Mask:
    """
    Rules × attempts.

    Args:
        verdicts: The candidate's.
        then: The baseline's in the candidate's order; not asked where it had no such rule.
    """
    rules = judge.process.rules
    imported = ~situations.words("basis").is_any("gate")
    bare = _without_evidence(situations, imported)
    result = np.zeros(verdicts.shape, np.bool_)
    for number, rule in enumerate(rules):
        result[number] = imported & ((verdicts[number] == UNKNOWN) | _reads_any(rule, bare))
        if rule.approval is not None or _reads_any(rule, _OUTSIDE):
            result[number] |= then[number] == NOT_ASKED
    for number, undeclared in _undeclared(situations, judge):
        result[number, undeclared] |= verdicts[number, undeclared] == UNKNOWN
    return result


def _reads_any(rule: Rule, paths: tuple[str, ...]) -> bool:
    return any(path in rule.reads for path in paths)


def _without_evidence(situations: Situations, imported: Mask) -> tuple[str, ...]:
    """The lists of which an imported history has not one row; a history made here keeps them all."""
    if not imported.any():
        return ()
    return tuple(name for name in _KEPT_APART if name == "documents" or not situations.facts.table(name).num_rows)


def _undeclared(situations: Situations, judge: Judge) -> "list[tuple[int, npt.NDArray[np.int64]]]":
    """Per rule the attempts made under a version that did not declare a field it reads."""
    found = []
    for name, version, places in versions_in(situations.instants, situations.attempts):
        process = situations.facts.processes.get((name, version))
        fields = set(process.fields) if process else set()
        for number, rule in enumerate(judge.process.rules):
            read = {path.removeprefix("deal.") for path in rule.reads if path.startswith("deal.")}
            if read - fields:
                found.append((number, places))
    return found
