"""Columns of records that only ever get more: what was read into a column once is not read again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import Any, overload

import numpy as np

from pipeline_engine.process.rules.columns import Column, Records
from pipeline_engine.process.rules.rows import spread
from pipeline_engine.process.rules.vocabulary import RECORDS, Kind

Read = Callable[[Any], Any]
_ROOM = 16


class Grown(Sequence[Any]):
    """
    Elements in order, added to without copying those before; equal to a tuple of the same.

    Every `plus` gives a new one and leaves the old one as it is. They share what they have in common, and the columns
    that rules read of it, so a list of ten thousand costs no more to add to, or to judge, than one of ten.
    """

    __slots__ = ("_shared", "_size")

    def __init__(self, elements: Sequence[Any] = ()) -> None:
        self._shared, self._size = _Shared(elements), len(elements)

    @classmethod
    def of(cls, elements: Sequence[Any]) -> "Grown":
        """The same elements, grown."""
        return elements if isinstance(elements, Grown) else cls(elements)

    def plus(self, element: Any) -> "Grown":
        """These, and one more at the end."""
        grown = Grown.__new__(Grown)
        grown._shared, grown._size = self._shared.added(element, self._size), self._size + 1
        return grown

    def records(self, name: str, readers: Mapping[str, Read]) -> Records:
        """
        The elements as one row's list of records.

        Args:
            name: Which records they are, in the vocabulary of rules.
            readers: How each field is read from an element; the same ones at every call.
        """
        kinds = RECORDS[name]
        children = {field: partial(self._column, field, kinds[field], read) for field, read in readers.items()}
        return Records(np.zeros(1, np.int64), np.array([self._size], np.int64), children)

    def _column(self, field: str, kind: Kind, read: Read) -> Column:
        shared = self._shared
        return shared.column(field, kind).upto(shared.elements, self._size, read)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return tuple(self._shared.elements[each] for each in range(*at.indices(self._size)))
        return self._shared.elements[range(self._size)[at]]

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return map(self._shared.elements.__getitem__, range(self._size))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Grown) and other._shared is self._shared:
            return self._size == other._size
        return tuple(self) == tuple(other) if isinstance(other, (Grown, tuple)) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Grown, (tuple(self),)


class _Shared:
    """What several of them have in common: all elements that any has, and the columns read so far."""

    def __init__(self, elements: Sequence[Any]) -> None:
        self.elements = list(elements)
        self._columns: dict[str, _Column] = {}
        self._lock = Lock()

    def added(self, element: Any, size: int) -> "_Shared":
        """Where the element stands behind the first `size`: here, or in a copy where another one stands there."""
        with self._lock:
            if len(self.elements) == size:
                self.elements.append(element)
                return self
        return _Shared([*self.elements[:size], element])

    def column(self, field: str, kind: Kind) -> "_Column":
        """The column of a field, as far as it was read."""
        with self._lock:
            return self._columns.setdefault(field, _Column(kind))


class _Column:
    """One field, with room for more behind; what stands before `_read` never changes."""

    def __init__(self, kind: Kind) -> None:
        self._kind, self._read, self._lock = kind, 0, Lock()
        first = spread(kind, [])
        self._values, self._missing = first.values, np.zeros(0, np.bool_)
        self._codes: dict[str, int] = {}
        self._vocabulary: tuple[str, ...] = ()
        self._first_missing: int | None = None

    def upto(self, elements: Sequence[Any], size: int, read: Read) -> Column:
        """The first `size` values; only those that were never asked for are read from their elements."""
        with self._lock:
            if size > self._read:
                self._take([read(element) for element in elements[self._read : size]])
            none_missing = self._first_missing is None or self._first_missing >= size
            missing = None if none_missing else self._missing[:size]
            return Column(self._kind, self._values[:size], missing, self._vocabulary)

    def _take(self, values: list[Any]) -> None:
        new, start, end = spread(self._kind, values), self._read, self._read + len(values)
        if end > len(self._values):
            room = max(_ROOM, 2 * end)
            self._values, self._missing = _with_room(self._values, room), _with_room(self._missing, room)
        self._values[start:end] = self._coded(new) if self._kind is Kind.STRING else new.values
        if new.missing is not None:
            self._missing[start:end] = new.missing
            if self._first_missing is None:
                self._first_missing = start + int(np.argmax(new.missing))
        self._read = end

    def _coded(self, new: Column) -> Any:
        known = len(self._codes)
        codes = [self._codes.setdefault(text, len(self._codes)) for text in new.vocabulary]
        if len(self._codes) > known:
            self._vocabulary = tuple(self._codes)
        # A missing text is -1, which finds the last of these.
        return np.array([*codes, -1], np.int64)[new.values]


def _with_room(values: Any, room: int) -> Any:
    wider = np.zeros(room, values.dtype)
    wider[: len(values)] = values
    return wider
