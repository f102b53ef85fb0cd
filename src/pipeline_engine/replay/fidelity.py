"""The control before every backtest: replaying the rules that were in force must give the recorded verdicts again."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from pipeline_engine.facts import Instants, Open, Words, ints
from pipeline_engine.process import LETTERS, SEMANTICS, Judge, Process
from pipeline_engine.replay.report import Fidelity, Mismatch
from pipeline_engine.replay.situations import Situations
from pipeline_engine.replay.verdicts import Matrix, from_letters, judged

SHOWN = 20
_TEXTS = {
    "activities": ("activities", "with_whom"), "contacts": ("contacts", "contact"),
    "move.reason": ("attempts", "reason"),
}  # fmt: skip


def versions_in(
    instants: Instants, attempts: npt.NDArray[np.int64]
) -> Iterator[tuple[str, int, npt.NDArray[np.int64]]]:
    """The process versions that judged these attempts, each with the places of its attempts among them."""
    table = instants.facts.attempts
    names = Words.of(table["process"]).take(attempts)
    versions = ints(table["process_version"])[attempts]
    for name in np.flatnonzero(np.bincount(names.codes[names.codes >= 0])).tolist():
        mine = np.flatnonzero((names.codes == name) & (versions >= 0))
        for version in np.flatnonzero(np.bincount(versions[mine])).tolist():
            yield names.vocabulary[name], version, mine[versions[mine] == version]


def control(instants: Instants, attempts: npt.NDArray[np.int64], open_sealed: Open | None) -> Fidelity:
    """
    Replay every recorded verdict among these attempts by the version that gave it.

    Left out, and counted: attempts that came by import (no verdict), verdicts whose version or semantics is not here,
    and those that come out otherwise because what a rule read has been erased.
    """
    letters = Words.of(instants.facts.attempts["codes"]).take(attempts)
    left: Counter[str] = Counter(imported=int((letters.codes < 0).sum()))
    replayable, wrong = 0, list[Mismatch]()
    mismatched = 0
    for name, version, places in versions_in(instants, attempts):
        mine = places[letters.codes[places] >= 0]
        process = instants.facts.processes.get((name, version))
        if process is None or process.semantics != SEMANTICS:
            left["semantics retired" if process else "version not published"] += len(mine)
            continue
        differs, gone, found = _replayed(instants, (attempts[mine], letters.take(mine)), process, open_sealed)
        left["erased"] += gone
        replayable, mismatched = replayable + len(mine) - gone, mismatched + differs
        wrong += found
    left_out = {cause: count for cause, count in left.items() if count}
    return Fidelity(replayable, replayable - mismatched, left_out, tuple(wrong[:SHOWN]))


def _replayed(
    instants: Instants, recorded: tuple[npt.NDArray[np.int64], Words], process: Process, open_sealed: Open | None
) -> tuple[int, int, list[Mismatch]]:
    """How many came out otherwise, how many did only for want of what was erased, and the first of the former."""
    attempts, letters = recorded
    situations = Situations.of(instants, attempts, "version", open_sealed)
    again = judged(situations, Judge(process))
    then = from_letters(letters.vocabulary, letters.codes, len(process.rules))
    other = again != then
    differs = other.any(axis=0)
    if not differs.any():
        return 0, 0, []
    gone = differs & ~(other & ~_erased(situations, process)).any(axis=0)
    mismatches = _mismatches(situations, process, (then, np.where(gone, then, again)))
    return int((differs & ~gone).sum()), int(gone.sum()), list(mismatches)


def _erased(situations: Situations, process: Process) -> npt.NDArray[np.bool_]:
    """Per rule and attempt whether something that the rule reads can be opened no more."""
    found = np.zeros((len(process.rules), len(situations.attempts)), np.bool_)
    for place, rule in enumerate(process.rules):
        for path in rule.reads:
            found[place] |= _gone(situations, process, path)
    return found


def _gone(situations: Situations, process: Process, path: str) -> npt.NDArray[np.bool_] | np.bool_:
    field = process.fields.get(path.removeprefix("deal."))
    if field is not None and field.personal:
        return situations.instants.value_before(field.name, situations.probes, situations.clock).erased
    if path not in _TEXTS:
        return np.False_
    # Of texts by the side of a deal it is enough to know that one of them is gone.
    table, column = _TEXTS[path]
    unread = (situations.opened_words(table, column).codes < 0) & pc.is_valid(situations.facts.table(table)[column])
    deals = np.unique(situations.facts.deal_ix(table)[np.asarray(unread)])
    return np.isin(situations.facts.deal_ix("attempts")[situations.attempts], deals)


def _mismatches(situations: Situations, process: Process, verdicts: tuple[Matrix, Matrix]) -> Iterator[Mismatch]:
    then, again = verdicts
    facts = situations.facts
    for rule, attempt in list(zip(*np.nonzero(then != again), strict=True))[:SHOWN]:
        row = int(situations.attempts[attempt])
        yield Mismatch(
            deal=facts.attempts["deal_id"][row].as_py(), version=facts.attempts["version"][row].as_py(),
            rule=process.rules[rule].id, recorded=LETTERS[then[rule, attempt]], replayed=LETTERS[again[rule, attempt]],
        )  # fmt: skip
