"""What the gate would have said of a move that asked none: by import, observed elsewhere, put down by a migration.

Judged by the version the deal was under then, on what was known then: our own evidence by its place in the stream, what
came by import once its source knew of it. Nothing is made up: where a rule reads what nobody recorded, or a list of
which no import has ever brought one row, its answer is unknown, and never a refusal.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline_engine.facts import Facts, Instants, Open, Words, flags
from pipeline_engine.process import FAIL, SEMANTICS, UNKNOWN, Frame, Judge, Rule
from pipeline_engine.replay.fidelity import versions_in
from pipeline_engine.replay.knowable import without_evidence
from pipeline_engine.replay.situations import Situations
from pipeline_engine.replay.verdicts import Matrix, fits, judged

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
WOULD = ("passed", "refused", "unknown")
PASSED, REFUSED, UNSURE = range(3)
STAGES = "stages"  # of the deal's version: it does not have those that the move is between
VERSION = "process"  # the version is not published here, or too old to be judged again


@dataclass(frozen=True)
class GateThen:
    """
    The gate's answers, one an attempt, and the rules behind them, one row a rule that stands in the way.

    Args:
        attempts: Rows of `facts.attempts`, by deal, then version.
        table: Those rows, as they were known when they were made.
        would: Per attempt a place in WOULD.
        place: Per rule in the way its attempt, as a place in `attempts`, ascending.
        rule: Its id; none where it is not a rule: the version (`process`) or its `stages` are not there.
        fails: True: it says no; false: it cannot say.
        because: Where it cannot say, what is missing: the paths it reads, joined by blanks.
    """

    attempts: Ints
    table: pa.Table
    would: npt.NDArray[np.int8]
    place: Ints
    rule: Words
    fails: Mask
    because: Words


def gate_then(instants: Instants, open_sealed: Open | None) -> GateThen:
    """Judge every accepted attempt that asked no gate; the facts are those that were lived. See the module."""
    facts = instants.facts
    rows = np.arange(facts.attempts.num_rows) if facts.lived is None else facts.lived.attempts
    attempts = rows[_asked_none(facts)[rows]].astype(np.int64)
    found = _Found(len(attempts))
    for name, version, places in versions_in(instants, attempts):
        process = facts.processes.get((name, version))
        if process is not None and process.semantics == SEMANTICS:
            situations = Situations.of(instants, attempts[places], "known_at", open_sealed)
            found.judge(situations, Judge(process), places)
    return found.answer(attempts, facts.attempts.take(pa.array(attempts)))


def _asked_none(facts: Facts) -> Mask:
    table = facts.attempts
    stages = Words.of(table["kind"]).is_any("open", "move", "win", "lose", "reopen")
    mask = flags(table["accepted"]) & stages & ~Words.of(table["basis"]).is_any("gate")
    return np.asarray(mask, dtype=np.bool_)


class _Found:
    """The answers so far, version by version."""

    def __init__(self, count: int) -> None:
        self._would = np.full(count, UNSURE, np.int8)
        self._seen = np.zeros(count, np.bool_)
        self._rules: dict[str, int] = {}
        self._reasons: dict[str, int] = {"": 0}
        self._parts: list[tuple[Ints, Ints, Mask, Ints]] = []

    def judge(self, situations: Situations, judge: Judge, places: Ints) -> None:
        """Judge the attempts of one version, which stand at these places."""
        verdicts, sure = letters_then(situations, judge)
        blocking = np.array([rule.severity == "block" for rule in judge.process.rules], np.bool_)[:, None]
        no = blocking & (verdicts == FAIL) & sure
        unsure = blocking & ((verdicts == UNKNOWN) | ((verdicts == FAIL) & ~sure))
        fitting, frame = fits(situations, judge), situations.frame(judge)
        would = np.where(no.any(axis=0), REFUSED, np.where(unsure.any(axis=0), UNSURE, PASSED))
        self._would[places], self._seen[places] = np.where(fitting, would, UNSURE), True
        self._add(places[~fitting], None, np.zeros(int((~fitting).sum()), np.bool_), STAGES)
        bare = _bare(situations)
        for number, rule in enumerate(judge.process.rules):
            rows = np.flatnonzero((no[number] | unsure[number]) & fitting)
            if len(rows):
                fails = no[number, rows]
                self._add(places[rows], rule.id, fails, "", self._missing(rule, frame, rows, bare))

    def _missing(self, rule: Rule, frame: Frame, rows: Ints, bare: tuple[tuple[str, ...], Mask]) -> Ints:
        """Per row the code of the paths that a rule reads and that are missing there."""
        lists, imported = bare
        bits = np.zeros(len(rows), np.int64)
        for place, path in enumerate(rule.reads):
            gone = _missing(frame, path)[rows] | (imported[rows] & (path in lists))
            bits |= gone.astype(np.int64) << place
        distinct, group = np.unique(bits, return_inverse=True)
        paths = (" ".join(p for n, p in enumerate(rule.reads) if bit >> n & 1) for bit in distinct.tolist())
        codes = np.array([self._reasons.setdefault(text, len(self._reasons)) for text in paths], np.int64)
        return codes[group.ravel()]

    def _add(self, places: Ints, rule: str | None, fails: Mask, why: str, because: Ints | None = None) -> None:
        code = -1 if rule is None else self._rules.setdefault(rule, len(self._rules))
        if because is None:
            because = np.full(len(places), self._reasons.setdefault(why, len(self._reasons)), np.int64)
        reasons = np.where(fails, 0, because)
        self._parts.append((places, np.full(len(places), code, np.int64), fails, reasons))

    def answer(self, attempts: Ints, table: pa.Table) -> GateThen:
        """All answers, in the order of the attempts."""
        unjudged = np.flatnonzero(~self._seen)
        self._add(unjudged, None, np.zeros(len(unjudged), np.bool_), VERSION)
        place, rule, fails, because = (np.concatenate([part[n] for part in self._parts]) for n in range(4))
        order = np.argsort(place, kind="stable")
        rules, reasons = Words(rule[order], tuple(self._rules)), Words(because[order], tuple(self._reasons))
        return GateThen(attempts, table, self._would, place[order].astype(np.int64), rules, fails[order], reasons)


def letters_then(situations: Situations, judge: Judge) -> tuple[Matrix, Mask]:
    """The verdicts of every rule on every attempt, and where a no is sure: rules × attempts both.

    It is not where the deal came by import and the rule reads a list of which no import brought one row.
    """
    verdicts = judged(situations, judge)
    lists, imported = _bare(situations)
    reads = np.array([any(path in lists for path in rule.reads) for rule in judge.process.rules], np.bool_)
    return verdicts, ~(reads[:, None] & imported[None, :])


def _bare(situations: Situations) -> tuple[tuple[str, ...], Mask]:
    """The lists that no import brought anything of, and the attempts of deals that came by import."""
    facts = situations.facts
    row = situations.instants.deal_row(situations.probes)
    came = flags(facts.deals["imported"])
    imported = (row >= 0) & (came[np.maximum(row, 0)] if len(came) else np.zeros(len(row), np.bool_))
    mask = np.asarray(imported, dtype=np.bool_)
    return without_evidence(situations, mask), mask


def _missing(frame: Frame, path: str) -> Mask:
    """Where nothing stands at a path; an empty list is there."""
    found = frame.look(path)
    if found is None:
        return np.ones(frame.size, np.bool_)
    missing = np.zeros(frame.size, np.bool_) if found.missing is None else found.missing
    return np.broadcast_to(np.asarray(missing, dtype=np.bool_), frame.size)
