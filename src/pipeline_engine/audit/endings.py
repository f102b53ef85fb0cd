"""What became of an approval or a waiver that was given."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.audit.wanted import Ints, Mask
from pipeline_engine.facts import FOREVER, NOWHEN, Facts, Words, flags, ints
from pipeline_engine.values import microseconds

# Where the event that ended it has a row says how.
_WAYS = (("attempts", "used"), ("approvals", "taken back"), ("changes", "lapsed"), ("corrections", "corrected"))
_NO = ("rejected", "returned")


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended, and at which version of the deal; `stands` and `expired` have none."""

    how: str
    version: int | None = None


def endings(facts: Facts, grants: pa.Table, ends: Ints, now: datetime) -> list[Ended | None]:
    """
    How each row of `approvals` ended; None for one that grants nothing.

    Args:
        grants: Rows of `approvals`.
        ends: Per row the version that ended it, as `Instants.ends` has it.
        now: For when a grant that nothing ended is looked at.
    """
    deal = np.asarray(pc.index_in(grants["deal_id"].combine_chunks(), value_set=facts.deal_ids)).astype(np.int64)
    key, how = _key(deal, ends), np.full(len(ends), "ended", object)
    for table, word in reversed(_WAYS):
        how[np.isin(key, _keys(facts, table))] = word
    how[np.isin(key, _migrated(facts))] = "migrated"
    how[np.isin(key, _void_since(facts))] = "lapsed"
    how[ends == FOREVER] = "stands"
    last = np.where(ends == FOREVER, np.int64(microseconds(now)), _at(facts, key))
    expires = ints(grants["expires_at"])
    how[(expires != NOWHEN) & (last != NOWHEN) & (expires <= last)] = "expired"
    return [
        None if end == 0 else Ended(word, None if word in ("stands", "expired") else end)
        for word, end in zip(how.tolist(), ends.tolist(), strict=True)
    ]


def _key(deal: Ints, version: Ints) -> Ints:
    return (deal << 32) | version


def _keys(facts: Facts, name: str) -> Ints:
    table = facts.table(name)
    kept: Mask = np.ones(table.num_rows, np.bool_)
    if name == "attempts":
        kept = flags(table["accepted"])
    if name == "approvals":
        kept = Words.of(table["event"]).is_any(*_NO)
    if name == "corrections":
        kept = Words.of(table["event"]).is_any("recorded")
    return _key(facts.deal_ix(name), ints(table["version"]))[kept]


def _migrated(facts: Facts) -> Ints:
    """The migrations: each ends what its version does not take over."""
    migrations = Words.of(facts.happenings["event"]).is_any("DealMigrated")
    return _key(facts.deal_ix("happenings"), ints(facts.happenings["version"]))[migrations]


def _void_since(facts: Facts) -> Ints:
    """Changes that did not happen by a later correction: what lapsed by them lapsed all the same."""
    table = facts.corrections
    void = Words.of(table["event"]).is_any("recorded") & Words.of(table["kind"]).is_any("void")
    bearing = np.asarray(pc.fill_null(pc.list_value_length(table["fields"].combine_chunks()), 0)) > 0
    return _key(facts.deal_ix("corrections"), ints(table["corrects"]))[void & bearing]


def _at(facts: Facts, key: Ints) -> Ints:
    """When the events with these keys happened; NOWHEN where no table has them."""
    found = np.full(len(key), NOWHEN, np.int64)
    for name, _ in _WAYS:
        table = facts.table(name)
        theirs, at = _key(facts.deal_ix(name), ints(table["version"])), ints(table["at"])
        place = np.searchsorted(theirs, key)
        there = (place < len(theirs)) & (theirs[np.minimum(place, len(theirs) - 1)] == key) if len(theirs) else False
        found = np.where(there, at[np.minimum(place, max(len(theirs) - 1, 0))] if len(theirs) else NOWHEN, found)
    return found
