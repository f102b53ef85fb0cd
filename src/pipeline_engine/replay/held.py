"""Held until compliant: when a move that would have been stopped could have been made after all.

This is the simple reading, and says so where it is shown: the first later event of the deal at which a rule holds, on
the facts as they were recorded. Nobody can know whether people would have acted sooner.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import NOWHEN, Probes
from pipeline_engine.process import PASS, Judge
from pipeline_engine.replay.situations import Situations

Ints = npt.NDArray[np.int64]
NEVER, UNTIMED = np.int64(-1), np.int64(-2)
_AT_ONCE = 200_000
_LATEST = np.int64(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class Held:
    """
    Rules × held attempts.

    `waited` is µs from the attempt to the first later event at which the rule holds; NEVER where it did not, and where
    it was not held by that rule; UNTIMED where it did, and nobody noted when, or when the attempt was. `watched` is µs
    from each attempt to the end of the log, NEVER where nobody noted when the attempt was.
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
    now = situations.now[attempts]
    if not len(attempts):
        return Held(attempts, waited, now)
    evidence = situations.instants.evidence()
    later = situations.instants.after(evidence, situations.probes.take(attempts))
    for part in _parts(later.sizes):
        rows = _spread(later.offsets[part], later.sizes[part])
        of = (stops[:, attempts[part]], attempts[part])
        waited[:, part] = _first_holding(situations, judge, of, (rows, evidence))
    last = max(int(np.max(evidence.at, initial=int(NOWHEN))), int(np.max(situations.now, initial=int(NOWHEN))))
    return Held(attempts, waited, np.where(now == NOWHEN, NEVER, np.maximum(last - np.where(now == NOWHEN, 0, now), 0)))


def _parts(sizes: Ints) -> list[Ints]:
    """Attempts in parts of about _AT_ONCE later events, so that a long log needs no more memory than a short one."""
    part = (np.cumsum(sizes) - sizes) // _AT_ONCE
    return np.split(np.arange(len(sizes)), np.flatnonzero(np.diff(part)) + 1)


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
    probes, then = evidence.take(row), situations.now[attempts][owner]
    # What was noted late holds from the attempt on, not from before it.
    untimed = (probes.at == NOWHEN) | (then == NOWHEN)
    probes = replace(probes, at=np.where(probes.at == NOWHEN, NOWHEN, np.maximum(probes.at, then)))
    waits = np.where(untimed, _LATEST, probes.at - np.where(untimed, 0, then))
    frame = situations.later(attempts[owner], probes).frame(judge)
    shortest = np.full(stops.shape, _LATEST, np.int64)
    complied = np.zeros(stops.shape, np.bool_)
    for rule in np.flatnonzero(stops.any(axis=1)):
        holds = np.flatnonzero((judge.verdict(int(rule), frame) == PASS) & stops[rule][owner])
        complied[rule, owner[holds]] = True
        np.minimum.at(shortest[rule], owner[holds], waits[holds])
    return np.where(complied, np.where(shortest == _LATEST, UNTIMED, shortest), NEVER)
