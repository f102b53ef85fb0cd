"""What is recorded to have happened within each stay, in order: activities, changes, refusals, and approvals.

Accepted attempts are not among them: they are what stays begin and end with.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.facts import Facts
from pipeline_engine.views.columns import Integers, codes, flags, integers, places
from pipeline_engine.views.population import Population

_REQUESTED, _ANSWERED, BEGUN, ACTIVITY, OTHER = range(5)
_ANSWERS = ("granted", "rejected", "returned", "waived")


@dataclass(frozen=True)
class Happenings:
    """
    What happened within dated stays: the rows of a stay stand together, by time, then version.

    The first row of each stay is its beginning (BEGUN); `kind` is else ACTIVITY, OTHER or an approval's.
    `depth` adds 1 where a pending approval begins, -1 where it ends.
    """

    stay: Integers
    at: Integers
    kind: Integers
    depth: Integers


def happenings(crowd: Population) -> Happenings:
    """
    Everything recorded within the stays of a population.

    What has no time, or lies in no stay, is left out.
    """
    stays, facts = crowd.stays, crowd.facts
    dated = np.flatnonzero(stays.dated)
    begun = (
        stays.case[dated],
        stays.entered[dated],
        stays.entered_version[dated],
        np.full(len(dated), BEGUN),
    )
    case, at, version, kind, subject = (
        np.concatenate((begun_one, *columns))
        for begun_one, *columns in zip((*begun, np.full(len(dated), -1)), *_recorded(facts), strict=True)
    )
    # At one moment and version a stay begins before anything happens in it.
    order = np.lexsort((2 * version + (kind != BEGUN), at, case))
    row = np.arange(len(order))
    latest = np.maximum.accumulate(np.where(order < len(dated), row, -1))
    # Undated rows stand before every stay: they have no latest one, and are left out below.
    stay = dated[np.where(latest >= 0, order[latest], 0)] if len(dated) else latest
    # A row belongs to the latest stay begun before it, if that is of its deal and was not over by then.
    kept = (latest >= 0) & (at[order] <= crowd.as_of)
    if len(dated):
        kept &= (case[order] == stays.case[stay]) & ((latest == row) | (at[order] < stays.left[stay]))
    picked, stay = order[kept], stay[kept]
    return Happenings(stay, at[picked], kind[picked], _depth(stay, kind[picked], subject[picked]))


def _recorded(facts: Facts) -> list[tuple[Integers, ...]]:
    """(case, at, version, kind, subject) of all activities, approvals, changes and refusals."""
    approvals = facts.approvals
    asked = np.where(codes(approvals, "event", _ANSWERS) >= 0, _ANSWERED, OTHER)
    asked[codes(approvals, "event", ("requested",)) == 0] = _REQUESTED
    refused = np.flatnonzero(~flags(facts.attempts, "accepted"))
    activities = np.full(facts.activities.num_rows, ACTIVITY)
    changes = np.full(facts.changes.num_rows, OTHER)
    attempts = _rows(facts, "attempts", np.full(facts.attempts.num_rows, OTHER))
    return [
        (*_rows(facts, "activities", activities), np.full(len(activities), -1)),
        (*_rows(facts, "approvals", asked), _subjects(approvals)),
        (*_rows(facts, "changes", changes), np.full(len(changes), -1)),
        (*(column[refused] for column in attempts), np.full(len(refused), -1)),
    ]


def _rows(facts: Facts, name: str, kind: Integers) -> tuple[Integers, ...]:
    table = facts.table(name)
    return (facts.deal_ix(name), integers(table, "at"), integers(table, "version"), kind.astype(np.int64))


def _subjects(approvals: pa.Table) -> Integers:
    """A number for what each approval event is about: its rule and target."""
    both = pc.binary_join_element_wise(approvals["rule"], approvals["target"], "\x1f", null_handling="replace")
    return places(both, pc.unique(both))


def _depth(stay: Integers, kind: Integers, subject: Integers) -> Integers:
    """
    1 where an approval starts to be pending in a stay, -1 where it is answered.

    Asking again or answering twice is 0.
    """
    depth = np.zeros(len(stay), dtype=np.int64)
    rows = np.flatnonzero((kind == _REQUESTED) | (kind == _ANSWERED))
    if len(rows) == 0:
        return depth
    rows = rows[np.lexsort((rows, subject[rows], stay[rows]))]
    asks = kind[rows] == _REQUESTED
    again = (stay[rows][1:] == stay[rows][:-1]) & (subject[rows][1:] == subject[rows][:-1])
    same = np.concatenate(([False], again))
    asked_before = same & np.concatenate(([False], asks[:-1]))
    depth[rows] = np.where(asks & ~asked_before, 1, np.where(~asks & asked_before, -1, 0))
    return depth
