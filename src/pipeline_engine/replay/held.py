"""Held until compliant: when a move that would have been stopped could have been made after all.

This is the simple reading, and says so where it is shown: the first later event of the deal at which a rule holds, on
the facts as they were recorded. Nobody can know whether people would have acted sooner.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import NOWHEN, Probes
from pipeline_engine.process import PASS, Judge
from pipeline_engine.replay.situations import Situations

Ints = npt.NDArray[np.int64]
NEVER = np.int64(-1)
_AT_ONCE = 200_000


@dataclass(frozen=True)
class Held:
    """
    Rules × held attempts.

    `waited` is µs from the attempt to the first later event at which the rule holds, NEVER where it did not, and where
    it was not held by that rule; `watched` is µs from each attempt to the end of the log.
    """

    attempts: Ints
    waited: Ints
    watched: Ints


def held(situations: Situations, judge: Judge, stops: npt.NDArray[np.bool_]) -> Held:
    """
    How long each rule would have held each attempt that it stops.

    Args:
        situations: All attempts.
        stops: Rules × attempts.
    """
    attempts = np.flatnonzero(stops.any(axis=0))
    waited = np.full((len(stops), len(attempts)), NEVER, np.int64)
    evidence = situations.instants.evidence()
    later = situations.instants.after(evidence, situations.probes.take(attempts))
    bounds = np.searchsorted(
        np.cumsum(later.sizes), np.arange(_AT_ONCE, int(later.sizes.sum()) + _AT_ONCE, _AT_ONCE), "left"
    )
    begin = 0
    for end in (min(int(bound) + 1, len(attempts)) for bound in bounds):
        part = np.arange(begin, end)
        if len(part):
            rows = _spread(later.offsets[part], later.sizes[part])
            waited[:, part] = _first_holding(
                situations, judge, (stops[:, attempts[part]], attempts[part]), (rows, evidence)
            )
        begin = max(begin, end)
    times = evidence.at[evidence.at != NOWHEN]
    last = int(max(times.max(initial=NOWHEN), situations.now.max(initial=NOWHEN)))
    return Held(attempts, waited, np.maximum(last - situations.now[attempts], 0))


def _spread(offsets: Ints, sizes: Ints) -> tuple[Ints, Ints]:
    """Which attempt of the part, and which row of the evidence."""
    owner = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return owner, np.repeat(offsets, sizes) + within


def _first_holding(
    situations: Situations,
    judge: Judge,
    of: tuple[npt.NDArray[np.bool_], Ints],
    spread: tuple[tuple[Ints, Ints], Probes],
) -> Ints:
    (stops, attempts), ((owner, row), evidence) = of, spread
    result = np.full(stops.shape, NEVER, np.int64)
    probes = evidence.take(row)
    then = situations.now[attempts][owner]
    usable = (probes.at != NOWHEN) & (probes.at >= then)
    owner, probes, then = owner[usable], probes.take(np.flatnonzero(usable)), then[usable]
    frame = situations.later(attempts[owner], probes).frame(judge)
    for rule in np.flatnonzero(stops.any(axis=1)):
        holds = np.flatnonzero((judge.verdict(int(rule), frame) == PASS) & stops[rule][owner])
        which, first = np.unique(owner[holds], return_index=True)
        result[rule, which] = (probes.at - then)[holds[first]]
    return result
