"""Verdicts in bulk: every rule of a process on every attempt, as one gate would have given them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline_engine.errors import UnknownStage
from pipeline_engine.facts import NOWHEN, Words, ints
from pipeline_engine.process import FAIL, LETTERS, NOT_ASKED, UNKNOWN, WAIVED, Gate, Judge
from pipeline_engine.replay.situations import Situations

Matrix = npt.NDArray[np.int8]
_GATES: tuple[Gate, ...] = ("open", "move", "win", "lose", "reopen")


def judged(situations: Situations, judge: Judge) -> Matrix:
    """Rules × attempts, in the process's order: 0 f, 1 p, 2 u, 3 w, 4 n."""
    asked = asked_of(situations, judge)
    frame = situations.frame(judge)
    verdicts = np.full(asked.shape, NOT_ASKED, np.int8)
    for rule in np.flatnonzero(asked.any(axis=1)):
        verdicts[rule] = np.where(asked[rule], judge.verdict(int(rule), frame), NOT_ASKED)
    return _waived(situations, judge, verdicts)


def asked_of(situations: Situations, judge: Judge) -> npt.NDArray[np.bool_]:
    """Rules × attempts: which rule an attempt is judged by; none where the process does not have its stages."""
    kind, start, target = (situations.words(name) for name in ("kind", "from_stage", "to_stage"))
    groups = np.stack([kind.codes, start.codes, target.codes])
    distinct, group = np.unique(groups, axis=1, return_inverse=True)
    table = np.zeros((len(judge.process.rules), distinct.shape[1]), np.bool_)
    for number, (k, s, t) in enumerate(distinct.T.tolist()):
        names = (_word(kind, k), _word(start, s), _word(target, t))
        table[list(_asked(judge, *names)), number] = True
    return np.asarray(table[:, group.reshape(-1)], dtype=np.bool_)


def fits(situations: Situations, judge: Judge) -> npt.NDArray[np.bool_]:
    """Attempts whose stages the process has; the others cannot be judged by it."""
    outcomes = ("won", "lost", "reopen")
    start, target = situations.words("from_stage"), situations.words("to_stage")
    known_start = (start.codes < 0) | start.is_any(*judge.stages)
    return np.asarray(known_start & target.is_any(*judge.stages, *outcomes), dtype=np.bool_)


def _word(words: Words, code: int) -> str | None:
    return None if code < 0 else words.vocabulary[code]


def _asked(judge: Judge, kind: str | None, start: str | None, target: str | None) -> tuple[int, ...]:
    gate = next((gate for gate in _GATES if gate == kind), None)
    try:
        return judge.asked(gate, start, target) if gate and target else ()
    except UnknownStage:
        return ()


def _waived(situations: Situations, judge: Judge, verdicts: Matrix) -> Matrix:
    table = situations.facts.approvals
    found = situations.instants.slices("approvals", situations.probes, situations.clock, kind="waived")
    with_waivers = np.flatnonzero(found.sizes)
    if not len(with_waivers):
        return verdicts
    rules, targets = Words.of(table["rule"]), Words.of(table["target"])
    ends, expires, to = situations.instants.ends("approvals"), ints(table["expires_at"]), situations.words("to_stage")
    for attempt in with_waivers:
        start = found.offsets[attempt]
        for row in found.rows[start : start + found.sizes[attempt]]:
            number = judge.index.get(rules.vocabulary[rules.codes[row]], -1)
            covers = targets.vocabulary[targets.codes[row]] == to.vocabulary[to.codes[attempt]]
            stands = situations.probes.version[attempt] <= ends[row]
            lasts = expires[row] == NOWHEN or situations.now[attempt] < expires[row]
            if number >= 0 and covers and stands and lasts and verdicts[number, attempt] in (FAIL, UNKNOWN):
                verdicts[number, attempt] = WAIVED
    return verdicts


def from_letters(texts: Sequence[str], codes: npt.NDArray[np.int64], rules: int) -> Matrix:
    """Stored letters as a matrix rules × attempts; a text of another length counts as nothing asked."""
    table = np.full((rules, len(texts) + 1), NOT_ASKED, np.int8)
    for number, text in enumerate(texts):
        if len(text) == rules:
            table[:, number] = [LETTERS.index(letter) for letter in text]
    return table[:, codes]
