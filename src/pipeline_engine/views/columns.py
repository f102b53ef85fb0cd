"""
Fact columns as numpy arrays.

Times and money as int64 with one mark for "not known", names as small numbers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Reals = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

UNKNOWN = int(np.iinfo(np.int64).min)
"""Stands where a time or an amount is not known."""

FAR = int(np.iinfo(np.int64).max)
"""A time after every other."""

DAY = 86_400_000_000
"""Microseconds in 24 hours."""


def integers(table: pa.Table, column: str) -> Integers:
    """Times as microseconds since 1970, counts as they are; UNKNOWN where null."""
    filled = pc.fill_null(table[column].cast(pa.int64()), UNKNOWN)
    return np.asarray(filled.to_numpy(), dtype=np.int64)


def flags(table: pa.Table, column: str) -> Flags:
    """A yes-or-no column; null is no."""
    return np.asarray(pc.fill_null(table[column], False).to_numpy(), dtype=np.bool_)


def codes(table: pa.Table, column: str, names: Sequence[str]) -> Integers:
    """The place of each value in `names`; -1 where null, or not one of them."""
    return places(table[column], pa.array(names, pa.string()))


def places(values: pa.ChunkedArray, names: pa.Array) -> Integers:
    """The place of each value in `names` (Arrow); -1 where null, or not one of them."""
    found = pc.fill_null(pc.index_in(values, value_set=names), -1)
    return np.asarray(found.to_numpy(), dtype=np.int64)


def texts(table: pa.Table, column: str) -> list[str | None]:
    """A text column as Python values; for few rows."""
    return [None if value is None else str(value) for value in table[column].to_pylist()]
