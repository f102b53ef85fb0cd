"""Paused time: how much of it lies in each stay, and since when a deal that waits now has waited."""

from dataclasses import dataclass

import numpy as np

from pipeline_engine.facts.arrays import NOWHEN, Ints, Mask, carried, firsts, picked
from pipeline_engine.facts.path import Path
from pipeline_engine.facts.selection import Selection


@dataclass(frozen=True)
class Pauses:
    """
    `within` and `since` have one row a step of the path and speak of the stay that begins there: µs paused
    and over, and when the pause began that still holds in a stay that still holds. `paused` and
    `paused_since` have one row a deal.
    """

    within: Ints
    since: Ints
    paused: Mask
    paused_since: Ints


def pauses_of(selection: Selection, path: Path) -> Pauses:
    """
    A pause lasts until it is resumed, whatever the deal does meanwhile; paused again while paused is the same
    pause.

    A stretch between two events counts where both have a time and the later one is not earlier.
    """
    marks = selection.name.is_any("DealPaused", "DealResumed")
    step = np.full(len(selection.deal), -1, np.int64)
    step[path.event] = np.arange(len(path.event))
    rows = np.flatnonzero(marks | (step >= 0))
    deal, at, step = selection.deal[rows], selection.at[rows], step[rows]
    first = firsts(deal)
    pause = selection.name.is_any("DealPaused")[rows]
    after = pause[carried(marks[rows] | first)] if len(rows) else pause
    began = pause & ~np.where(first, False, np.roll(after, 1))
    start = picked(at, np.where(after, carried(began), -1))
    stay = picked(path.here, picked(step, carried(first | (step >= 0)), np.int64(-1)), np.int64(-1))
    within = np.zeros(len(path.row), np.int64)
    counted = np.flatnonzero(after & (stay >= 0) & ~np.roll(first, -1))
    counted = counted[counted < len(rows) - 1]
    np.add.at(within, stay[counted], _stretch(at[counted], at[counted + 1]))
    last = np.flatnonzero(np.roll(first, -1)) if len(rows) else np.zeros(0, np.int64)
    return _standing(selection, path, within, (deal[last], after[last], start[last], stay[last]))


def _stretch(begin: Ints, end: Ints) -> Ints:
    known = (begin != NOWHEN) & (end != NOWHEN) & (end > begin)
    return np.where(known, np.where(known, end, 0) - np.where(known, begin, 0), 0)


def _standing(selection: Selection, path: Path, within: Ints, last: tuple[Ints, Mask, Ints, Ints]) -> Pauses:
    deal, after, start, stay = last
    paused = np.zeros(len(selection.deal_ids), np.bool_)
    paused[deal] = after
    paused_since = np.full(len(paused), NOWHEN, np.int64)
    paused_since[deal] = start
    since = np.full(len(path.row), NOWHEN, np.int64)
    holds = after & (stay >= 0)
    # A pause from an earlier stay counts in this one from the day it was entered.
    entered = selection.at[path.event[stay[holds]]]
    since[stay[holds]] = np.where(start[holds] == NOWHEN, NOWHEN, np.maximum(start[holds], entered))
    return Pauses(within, since, paused, paused_since)
