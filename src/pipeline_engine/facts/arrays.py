"""Small numpy and Arrow turns that every fact table is made with.

A time that is not known is NOWHEN inside numpy and null in a table; an index of -1 means "there is none" and
becomes null.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NOWHEN = np.int64(np.iinfo(np.int64).min)
VERSIONS = 32  # bits of a key that hold the version; the deal's index stands above them


def ints(column: Any, null: np.int64 = NOWHEN) -> Ints:
    """A column of whole numbers or times as int64, nulls as `null`."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    plain = column.cast(pa.int64())
    return np.asarray(plain.fill_null(int(null)).to_numpy(zero_copy_only=False), dtype=np.int64)


def flags(column: Any) -> Mask:
    """A column of booleans; null is false."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)


class Words:
    """Text in few distinct values: `codes` into `vocabulary`, -1 where there is none."""

    def __init__(self, codes: Ints, vocabulary: Sequence[str]) -> None:
        self.codes, self.vocabulary = codes, tuple(vocabulary)

    @classmethod
    def of(cls, column: Any) -> "Words":
        """From a dictionary column, or one of plain text."""
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        return cls(ints(column.indices, np.int64(-1)), column.dictionary.to_pylist())

    def code(self, word: str) -> int:
        """The code of a word; -2, which no row has, where the word is unknown."""
        return self.vocabulary.index(word) if word in self.vocabulary else -2

    def is_any(self, *words: str) -> Mask:
        """Rows that hold one of the words."""
        wanted = [self.vocabulary.index(word) for word in words if word in self.vocabulary]
        return np.asarray(np.isin(self.codes, np.array(wanted, np.int64)), dtype=np.bool_)

    def take(self, rows: Ints) -> "Words":
        """These rows, in this order; nothing for a row of -1."""
        return Words(picked(self.codes, rows, np.int64(-1)), self.vocabulary)

    def arrow(self) -> pa.StringArray:
        """As a text column."""
        codes = pa.array(self.codes, mask=self.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(self.vocabulary, pa.string())).cast(pa.string())


def picked(values: Ints, rows: Ints, none: np.int64 = NOWHEN) -> Ints:
    """The values at `rows`, and `none` at a row of -1."""
    if len(values) == 0:
        return np.full(len(rows), none, np.int64)
    return np.where(rows >= 0, values[rows], none)


def numbers(values: Ints, kind: pa.DataType, missing: Mask | None = None) -> pa.Array:
    """As a column of that type; null where missing, or without a mask where NOWHEN."""
    return pa.array(values, mask=values == NOWHEN if missing is None else missing).cast(kind)


def keys(deal: Ints, version: Ints) -> Ints:
    """Deal and version in one number that sorts as the two do."""
    return (deal << VERSIONS) | version


def last_within(sorted_keys: Ints, bounds: Ints) -> Ints:
    """Per bound the last row whose key is below it and of the same deal; -1 where there is none."""
    found = np.searchsorted(sorted_keys, bounds, side="left") - 1
    same = picked(sorted_keys, found, np.int64(-1)) >> VERSIONS == bounds >> VERSIONS
    return np.where(same, found, -1)


def carried(known: Mask) -> Ints:
    """Per row the latest row so far at which `known` holds; -1 before the first."""
    rows = np.where(known, np.arange(len(known)), -1)
    return np.asarray(np.maximum.accumulate(rows), dtype=np.int64)


def firsts(deal: Ints) -> Mask:
    """Rows at which another deal begins; rows are sorted by deal."""
    return np.concatenate([np.ones(min(1, len(deal)), np.bool_), deal[1:] != deal[:-1]])


def latest(deal: Ints, at: Ints, count: int) -> Ints:
    """Per deal the largest time, NOWHEN where it has none; rows are sorted by deal."""
    result = np.full(count, NOWHEN, np.int64)
    if len(deal):
        starts = np.flatnonzero(firsts(deal))
        result[deal[starts]] = np.maximum.reduceat(at, starts)
    return result
