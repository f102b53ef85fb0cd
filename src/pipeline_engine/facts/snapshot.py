"""The facts at one instant: immutable tables, the position they stand at, and their digest.

Sums of durations and money may pass 2^63: use `exact_sum` and `exact_sums`, never numpy's or Arrow's own sum.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.facts.tables import TABLES
from pipeline_engine.process import Process

Ints = npt.NDArray[np.int64]

_LOW = np.int64(0xFFFFFFFF)
_HIGH = np.int64(32)


@dataclass(frozen=True)
class Lived:
    """
    How facts as they were lived lie: corrected deals stand in them once more for each time before a correction.

    Attributes:
        real: Per deal of `deal_ids` the one that it is as known now; itself where that is so.
        start, end: Per deal the versions from which, and up to which, it is what was known.
        since, until: The same in time, µs since 1970 UTC, as its corrections were recorded; NOWHEN: always, for ever.
        attempts: The rows of `attempts`, each as what was known when it was made, by deal, then version.
    """

    real: Ints
    start: Ints
    end: Ints
    since: Ints
    until: Ints
    attempts: Ints


@dataclass(frozen=True)
class Facts:
    """
    What is known at (`as_of`, `known_at`); None is "up to the last event".

    Attributes:
        deals, stays, attempts, changes, proposed, activities, approvals, contacts, documents, items, follow_ups,
        handoffs, pauses, happenings, corrections, announcements: see `facts.tables`; one chunk each.
        processes: the published processes by (name, version); those known at `known_at`, whatever `as_of`.
        deal_ids: every deal that any table names, sorted bytewise; `deal_ix` points into it.
        position: the last log position counted in; 0 for an empty log.
        undated: how many of the events counted in have no time.
        lived: None, but for facts as they were lived, see there.
    """

    deals: pa.Table
    stays: pa.Table
    attempts: pa.Table
    changes: pa.Table
    proposed: pa.Table
    activities: pa.Table
    approvals: pa.Table
    contacts: pa.Table
    documents: pa.Table
    items: pa.Table
    follow_ups: pa.Table
    handoffs: pa.Table
    pauses: pa.Table
    happenings: pa.Table
    corrections: pa.Table
    announcements: pa.Table
    processes: Mapping[tuple[str, int], Process]
    deal_ids: pa.StringArray
    position: int
    as_of: datetime | None
    known_at: datetime | None
    undated: int
    lived: Lived | None = None
    _found: dict[str, Ints] = field(default_factory=dict, repr=False, compare=False)

    def table(self, name: str) -> pa.Table:
        """A table by its name; raises KeyError for a name that is not in `TABLES`."""
        if name not in TABLES:
            raise KeyError(name)
        table: pa.Table = getattr(self, name)
        return table

    def deal_ix(self, name: str) -> Ints:
        """
        Per row of a table, the index of its deal in `deal_ids`: ascending, so that nothing compares strings.
        """
        if name not in self._found:
            found = pc.index_in(self.table(name)["deal_id"].combine_chunks(), value_set=self.deal_ids)
            self._found[name] = np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
        return self._found[name]

    def real(self, name: str) -> Ints:
        """Per row of a table, the index of its deal as it is known now."""
        place = self.deal_ix(name)
        return place if self.lived is None else self.lived.real[place]

    def digest(self) -> str:
        """
        SHA-256 over the content of all tables and processes: the same log gives the same, whatever the batch
        sizes.
        """
        running = hashlib.sha256()
        for name in TABLES:
            table = self.table(name)
            running.update(f"{name}:{table.num_rows}\n".encode())
            for column in table.schema:
                running.update(f"{column.name}:{column.type}\n".encode())
                _feed(running, table[column.name].combine_chunks())
        for key in sorted(self.processes):
            running.update(f"{key[0]}@{key[1]}:{self.processes[key].model_dump_json()}\n".encode())
        return running.hexdigest()


def _feed(running: "hashlib._Hash", column: pa.Array) -> None:
    """Hash what a column says, not how Arrow happens to lay it out: the bytes under a null mean nothing."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    running.update(np.packbits(np.asarray(pc.is_valid(column).to_numpy(zero_copy_only=False))).tobytes())
    if pa.types.is_list(column.type):
        running.update(np.asarray(pc.fill_null(pc.list_value_length(column), 0)).tobytes())
        _feed(running, column.flatten())
    elif pa.types.is_string(column.type):
        filled = pc.fill_null(column, "")
        running.update(np.asarray(pc.binary_length(filled)).tobytes())
        running.update(_characters(filled))
    elif pa.types.is_boolean(column.type):
        running.update(np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False)).tobytes())
    else:
        plain = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
        running.update(np.asarray(pc.fill_null(plain, pa.scalar(0, plain.type))).tobytes())


def _characters(column: pa.StringArray) -> bytes:
    if len(column) == 0:
        return b""
    offsets = np.frombuffer(column.buffers()[1], dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    return (
        bytes(column.buffers()[2].slice(int(offsets[0]), int(offsets[-1] - offsets[0])))
        if offsets[-1] > offsets[0]
        else b""
    )


def _plain(values: Any) -> Ints:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        values = values.drop_null().cast(pa.int64()).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.int64)


def exact_sum(values: Any) -> int:
    """
    The sum of int64 values (numpy, or Arrow where nulls are left out) as a Python int: exact however large.
    """
    whole = _plain(values)
    return (int((whole >> _HIGH).sum()) << 32) + int((whole & _LOW).sum())


def exact_sums(values: Ints, groups: npt.NDArray[np.integer[Any]], count: int) -> list[int]:
    """The exact sum a group; `groups` holds numbers in [0, count), one a value."""
    high, low = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(high, groups, values >> _HIGH)
    np.add.at(low, groups, values & _LOW)
    return [(int(h) << 32) + int(part) for h, part in zip(high, low, strict=True)]
