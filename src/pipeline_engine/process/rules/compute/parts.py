"""A loop inside a loop goes over its rows in parts, so that a deal with thousands of entries costs no more memory."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pipeline_engine.process.rules.columns import Column, Records
from pipeline_engine.process.rules.compute.logic import merged
from pipeline_engine.process.rules.frame import Frame, Scope, broadcast
from pipeline_engine.process.rules.vocabulary import Kind

# Elements at once. Every part looks at whole vocabularies of text again, so there are never many.
LARGEST = 2**17
MOST_PARTS = 16


def divided(scope: Scope, over: Records) -> list[slice]:
    """The parts in which to go over the rows of a loop inside a loop; none where all rows go at once."""
    if isinstance(scope, Frame) or not over.sizes.ndim or scope.size < 2:
        return []
    ends = np.cumsum(over.sizes)
    total = int(ends[-1])
    if total <= LARGEST:
        return []
    most = max(LARGEST, -(-total // MOST_PARTS))
    # A row goes to the part in which its last element falls; a part may be larger by one row.
    cuts = np.flatnonzero(np.diff((ends - 1) // most)) + 1
    bounds = [0, *cuts.tolist(), scope.size]
    return [slice(start, stop) for start, stop in pairwise(bounds)]


def joined(results: Sequence[Any], parts: Sequence[slice]) -> Any:
    """The results of the parts as the one of all rows."""
    if isinstance(results[0], Records):
        return _joined_records(results, _sizes(parts))
    return joined_columns(results, parts)


def joined_columns(columns: Sequence[Column], parts: Sequence[slice]) -> Column:
    """The columns of the parts as the one of all rows."""
    return _joined_columns(columns, _sizes(parts))


def _sizes(parts: Sequence[slice]) -> list[int]:
    return [rows.stop - rows.start for rows in parts]


def _concatenated(values: Sequence[Any], sizes: Sequence[int]) -> Any:
    return np.concatenate([broadcast(value, size) for value, size in zip(values, sizes, strict=True)])


def _joined_masks(masks: Sequence[Any], sizes: Sequence[int]) -> Any:
    if all(mask is None for mask in masks):
        return None
    return _concatenated([np.False_ if mask is None else mask for mask in masks], sizes)


def _joined_columns(columns: Sequence[Column], sizes: Sequence[int]) -> Column:
    kind, missing = columns[0].kind, _joined_masks([column.missing for column in columns], sizes)
    if kind is Kind.STRING:
        codes, names = _joined_codes([(column.values, column.vocabulary) for column in columns], sizes)
        return Column(kind, codes, missing, names)
    values = _concatenated([column.values for column in columns], sizes)
    if kind is not Kind.MONEY:
        return Column(kind, values, missing)
    codes, names = _joined_codes([(column.currency, column.currencies) for column in columns], sizes)
    return Column(kind, values, missing, currency=codes, currencies=names)


def _joined_codes(coded: Sequence[tuple[Any, Sequence[str]]], sizes: Sequence[int]) -> tuple[Any, Sequence[str]]:
    names: Sequence[str] = coded[0][1]
    told = []
    for codes, own in coded:
        _, same, names = merged(codes, names, codes, own)
        told.append(same)
    return _concatenated(told, sizes), names


def _joined_records(records: Sequence[Records], sizes: Sequence[int]) -> Records:
    missing = _joined_masks([record.missing for record in records], sizes)
    lengths = _concatenated([record.sizes for record in records], sizes)
    starts = np.cumsum(lengths) - lengths
    first = records[0]
    if first.index is not None:
        index = np.concatenate([record.index for record in records])
        whole = Records(starts, lengths, first.children, missing, index)
        whole.share(first)
        return whole
    counts = [int(broadcast(record.sizes, size).sum()) for record, size in zip(records, sizes, strict=True)]
    children = [record.child("") for record in records]
    child = _joined_columns([each for each in children if each is not None], counts)
    return Records(starts, lengths, {"": child}, missing)
