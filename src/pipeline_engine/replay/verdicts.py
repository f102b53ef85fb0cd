"""Verdicts in bulk: every rule of a process on every attempt, as one gate would have given them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline_engine.errors import UnknownStage
from pipeline_engine.facts import NOWHEN, Words, ints
from pipeline_engine.process import FAIL, GATES, LETTERS, NOT_ASKED, UNKNOWN, WAIVED, Judge
from pipeline_engine.replay.situations import Situations

Matrix = npt.NDArray[np.int8]
Ints = npt.NDArray[np.int64]


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
    wide, wider = len(target.vocabulary) + 1, len(start.vocabulary) + 1
    group = ((kind.codes + 1) * wider + start.codes + 1) * wide + target.codes + 1
    distinct = np.flatnonzero(np.bincount(group, minlength=1))
    place = np.zeros(int(np.max(distinct, initial=0)) + 1, np.int64)
    place[distinct] = np.arange(len(distinct))
    table = np.zeros((len(judge.process.rules), len(distinct)), np.bool_)
    for number, code in enumerate(distinct.tolist()):
        k, s, t = code // wide // wider - 1, code // wide % wider - 1, code % wide - 1
        names = (_word(kind, k), _word(start, s), _word(target, t))
        table[list(_asked(judge, *names)), number] = True
    return np.asarray(table[:, place[group]], dtype=np.bool_)


def fits(situations: Situations, judge: Judge) -> npt.NDArray[np.bool_]:
    """Attempts whose stages the process has; the others cannot be judged by it."""
    outcomes = ("won", "lost", "reopen")
    start, target = situations.words("from_stage"), situations.words("to_stage")
    known_start = (start.codes < 0) | start.is_any(*judge.stages)
    return np.asarray(known_start & target.is_any(*judge.stages, *outcomes), dtype=np.bool_)


def _word(words: Words, code: int) -> str | None:
    return None if code < 0 else words.vocabulary[code]


def _asked(judge: Judge, kind: str | None, start: str | None, target: str | None) -> tuple[int, ...]:
    gate = next((gate for gate in GATES if gate == kind), None)
    try:
        return judge.asked(gate, start, target) if gate and target else ()
    except UnknownStage:
        return ()


def _waived(situations: Situations, judge: Judge, verdicts: Matrix) -> Matrix:
    table, instants = situations.facts.approvals, situations.instants
    found = instants.slices("approvals", situations.probes, situations.clock, kind="waived")
    if not found.sizes.any():
        return verdicts
    attempt = np.repeat(np.arange(len(found.sizes)), found.sizes)
    within = np.arange(len(attempt)) - np.repeat(np.cumsum(found.sizes) - found.sizes, found.sizes)
    row = found.rows[found.offsets[attempt] + within]
    rules, expires = situations.table_words("approvals", "rule"), ints(table["expires_at"])[row]
    numbers = np.array([judge.index.get(rule, -1) for rule in rules.vocabulary] + [-1], np.int64)[rules.codes[row]]
    stands = situations.probes.version[attempt] <= instants.ends("approvals")[row]
    lasts = (expires == NOWHEN) | (situations.now[attempt] < expires)
    covers = (numbers >= 0) & stands & lasts & _same_target(situations, row, attempt)
    waived = np.zeros(verdicts.shape, np.bool_)
    waived[numbers[covers], attempt[covers]] = True
    return np.where(waived & ((verdicts == FAIL) | (verdicts == UNKNOWN)), WAIVED, verdicts).astype(np.int8)


def _same_target(situations: Situations, row: Ints, attempt: Ints) -> npt.NDArray[np.bool_]:
    ours, theirs = situations.table_words("approvals", "target"), situations.words("to_stage")
    translated = np.array([theirs.code(word) for word in ours.vocabulary] + [-2], np.int64)
    return np.asarray(translated[ours.codes[row]] == theirs.codes[attempt], dtype=np.bool_)


def from_letters(texts: Sequence[str], codes: npt.NDArray[np.int64], rules: int) -> Matrix:
    """Stored letters as a matrix rules × attempts; a text of another length counts as nothing asked."""
    table = np.full((rules, len(texts) + 1), NOT_ASKED, np.int8)
    for number, text in enumerate(texts):
        if len(text) == rules:
            table[:, number] = [LETTERS.index(letter) for letter in text]
    return table[:, codes]
