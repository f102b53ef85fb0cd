"""Handovers: one row a time that somebody was asked to take a deal over, with who answered what, and when."""

import numpy as np
import pyarrow as pa

from pipeline_engine.facts.arrays import Ints, Words, firsts, ints, keys, numbers, picked
from pipeline_engine.facts.columns import COUNT, SHORT, TIME
from pipeline_engine.facts.path import Lookup
from pipeline_engine.facts.selection import Selection
from pipeline_engine.facts.tables import HANDOFFS

OUTCOMES = ("open", "accepted", "declined", "withdrawn", "overtaken")
_ENDED_BY = {
    "HandoffAccepted": "accepted", "HandoffDeclined": "declined", "HandoffWithdrawn": "withdrawn",
    "HandoffRequested": "overtaken", "OwnerAssigned": "overtaken", "DealMerged": "overtaken",
}  # fmt: skip


def handoffs_of(selection: Selection, asked: pa.Table, event: Ints, owners: Lookup) -> pa.Table:
    """
    The handovers in the order they were asked for.

    Args:
        asked: The ledger's rows of those who were asked; `event` is the row of each in the selection.
    """
    marks = np.flatnonzero(selection.name.is_any(*_ENDED_BY))
    place = np.searchsorted(marks, event)
    follows = np.where(np.append(firsts(selection.deal[marks]), True)[place + 1], -1, place + 1)
    answer = picked(marks, follows)
    answer = np.where(follows < 0, np.int64(-1), answer)
    columns: dict[str, pa.Array] = {
        "deal_id": selection.deal_ids.take(pa.array(selection.deal[event])),
        "version": numbers(selection.version[event], SHORT),
        "position": numbers(ints(selection.events["position"])[event], COUNT),
        "asked_at": numbers(selection.at[event], TIME),
        "actor": Words.of(selection.events["actor"]).take(event).arrow(),
        "from_owner": owners.words("text", keys(selection.deal[event], selection.version[event])),
        "to_owner": Words.of(asked["to"]).arrow(),
        "outcome": Words(_outcome(selection, answer), OUTCOMES).arrow(),
        "answered_at": numbers(picked(selection.at, answer), TIME),
        "answered_version": numbers(picked(selection.version, answer), SHORT),
    }
    return pa.Table.from_pydict(columns, schema=HANDOFFS)


def _outcome(selection: Selection, answer: Ints) -> Ints:
    vocabulary = selection.name.vocabulary
    of_name = np.array([OUTCOMES.index(_ENDED_BY.get(name, "open")) for name in vocabulary] + [0], np.int64)
    return of_name[np.where(answer < 0, -1, picked(selection.name.codes, answer, np.int64(-1)))]
