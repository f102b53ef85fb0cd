"""Which stages each attempt leaps over, in bulk."""

import numpy as np
import numpy.typing as npt

from pipeline_engine.errors import UnknownStage
from pipeline_engine.facts import Words
from pipeline_engine.process import GATES, Column, Judge, Kind, Records


def leapt_over(judge: Judge, kind: Words, start: Words, target: Words) -> Records:
    """The list `move.passed` of attempts of these kinds, from and to these stages; empty where none are."""
    codes = np.stack((kind.codes, start.codes, target.codes))
    distinct, group = np.unique(codes, axis=1, return_inverse=True)
    names = (_names(words, asked) for words, asked in zip((kind, start, target), distinct, strict=True))
    leapt = [_leapt(judge, *asked) for asked in zip(*names, strict=True)]
    places = {stage: place for place, stage in enumerate(judge.stages)}
    sizes = np.array([len(stages) for stages in leapt], np.int64)
    offsets = np.cumsum(sizes) - sizes
    stages = np.array([places[stage] for stages in leapt for stage in stages], np.int64)
    which = group.ravel()
    return Records(offsets[which], sizes[which], {"": Column(Kind.STRING, stages, None, judge.stages)})


def _names(words: Words, codes: npt.NDArray[np.int64]) -> list[str]:
    return [words.vocabulary[code] if code >= 0 else "" for code in codes.tolist()]


def _leapt(judge: Judge, kind: str, start: str, target: str) -> tuple[str, ...]:
    gate = next((gate for gate in GATES if gate == kind), None)
    try:
        return judge.passed(gate, start, target) if gate is not None else ()
    except UnknownStage:
        return ()
