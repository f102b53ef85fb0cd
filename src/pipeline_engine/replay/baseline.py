"""What a candidate is held against: the verdicts as they were recorded, or those of another published version."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline_engine.errors import UnknownProcess
from pipeline_engine.process import FAIL, NOT_ASKED, UNKNOWN, Judge, Process, Rule
from pipeline_engine.replay.classify import Judged
from pipeline_engine.replay.fidelity import versions_in
from pipeline_engine.replay.knowable import weighed
from pipeline_engine.replay.situations import Situations
from pipeline_engine.replay.verdicts import Matrix, fits, from_letters

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Baseline:
    """
    What was, or would have been, without the candidate; matrices are the candidate's rules × attempts.

    Args:
        accepted: Attempts that went through.
        recorded: What the same rule said when the attempt was made; not asked where there was no such rule, and where
            it asked another role to approve.
        stopped, warned: Where the same rule stood in the way, or warned.
        needs_approval: Where the same rule asks for an approval that nobody was asked for; never as recorded.
        left_behind: Attempts stopped by a rule that the candidate does not have.
        fits: Attempts whose stages the baseline has.
        process: The version, the latest one where each attempt has its own; None where nothing was published.
    """

    accepted: Mask
    recorded: Matrix
    stopped: Mask
    warned: Mask
    needs_approval: Mask
    left_behind: Mask
    fits: Mask
    process: Process | None


def as_recorded(situations: Situations, judge: Judge) -> Baseline:
    """What happened: the version that was in force at each attempt."""
    shape = (len(judge.process.rules), len(situations.attempts))
    recorded = np.full(shape, NOT_ASKED, np.int8)
    stopped, warned, left_behind = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(shape[1], np.bool_)
    latest: Process | None = None
    letters, processes = situations.words("codes"), situations.facts.processes
    for name, version, places in versions_in(situations.instants, situations.attempts):
        process = processes.get((name, version))
        if process is not None:
            latest = process if latest is None or process.version >= latest.version else latest
            codes = from_letters(letters.vocabulary, letters.codes[places], len(process.rules))
            for number, rule in enumerate(process.rules):
                _align(judge, rule, codes[number], (recorded, stopped, warned, left_behind), places)
    return Baseline(
        accepted=situations.accepted(), recorded=recorded, stopped=stopped, warned=warned,
        needs_approval=np.zeros(shape, np.bool_), left_behind=left_behind, fits=np.ones(shape[1], np.bool_),
        process=latest,
    )  # fmt: skip


def _align(
    judge: Judge, rule: Rule, codes: Matrix, into: tuple[Matrix, Mask, Mask, Mask], places: npt.NDArray[np.int64]
) -> None:
    recorded, stopped, warned, left_behind = into
    unmet, mine = (codes == FAIL) | (codes == UNKNOWN), judge.index.get(rule.id)
    if mine is None:
        left_behind[places] |= unmet & (rule.severity == "block")
        return
    if judge.process.rules[mine].approval == rule.approval:
        recorded[mine, places] = codes
    stopped[mine, places] = unmet & (rule.severity == "block")
    warned[mine, places] = unmet & (rule.severity == "warn")


def as_replayed(situations: Situations, judge: Judge, name: str) -> Baseline:
    """What a published version (`name@version`) would have made of every attempt, whichever was in force."""
    process = _published(situations.facts.processes, name)
    other = Judge(process)
    verdicts = weighed(situations, other, as_recorded(situations, other).recorded)
    aligned = [_in_order(judge, other, matrix) for matrix in _matrices(verdicts)]
    mine = np.array([rule.id in judge.index for rule in process.rules], np.bool_)
    accepted, left_behind = ~verdicts.stops.any(axis=0), verdicts.stops[~mine].any(axis=0)
    return Baseline(
        accepted=np.asarray(accepted, np.bool_), recorded=as_recorded(situations, judge).recorded, stopped=aligned[0],
        warned=aligned[1], needs_approval=aligned[2], left_behind=np.asarray(left_behind, np.bool_),
        fits=fits(situations, other), process=process,
    )  # fmt: skip


def _matrices(verdicts: Judged) -> tuple[Mask, Mask, Mask]:
    return verdicts.stops, verdicts.warns, verdicts.asks_approval


def _in_order(judge: Judge, other: Judge, matrix: Mask) -> Mask:
    """A matrix of another process in the order of this one's rules; false for those the other does not have."""
    place = [other.index.get(rule.id, -1) for rule in judge.process.rules]
    padded = np.concatenate([matrix, np.zeros((1, matrix.shape[1]), np.bool_)])
    return np.asarray(padded[np.array(place, np.int64)], dtype=np.bool_)


def _published(processes: Mapping[tuple[str, int], Process], baseline: str) -> Process:
    name, _, version = baseline.rpartition("@")
    found = processes.get((name, int(version))) if version.isascii() and version.isdecimal() else None
    if found is None:
        raise UnknownProcess(baseline, [f"{name}@{version}" for name, version in sorted(processes)])
    return found
