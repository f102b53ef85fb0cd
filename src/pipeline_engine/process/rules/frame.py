"""Many rows of what rules read, column by column, each made when it is first asked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from pipeline_engine.process.rules.columns import Column, Records, fit
from pipeline_engine.process.rules.rows import column_of, records_of
from pipeline_engine.process.rules.vocabulary import ListOf, Vocabulary

Made = Column | Records
Source = Callable[[str], Made | None]


class Scope(Protocol):
    """Where a rule looks names up: a frame, or the body of a loop over one."""

    size: int

    def look(self, path: str) -> Made | None:
        """The column or list of that path; None where there is none."""
        ...


class Frame:
    """
    What rules read, for `size` rows; not to be changed once made, and to be used by one thread at a time.

    Args:
        size: Number of rows.
        columns: By column path (`deal.amount`, `now`, `approvals`), or one callable that is asked by path;
            a callable is called once, when first asked. A path that is not there, or whose callable returns
            None, is missing on every row.
    """

    __slots__ = ("size", "_source", "_made")

    def __init__(self, size: int, columns: Mapping[str, Made | Callable[[], Made | None]] | Source) -> None:
        self.size = size
        self._source: Source = columns if callable(columns) else _by_name(columns)
        self._made: dict[str, Made | None] = {}

    @classmethod
    def from_rows(cls, vocabulary: Vocabulary, rows: Sequence[Mapping[str, Any]]) -> "Frame":
        """
        A frame of plain Python rows, keyed by column path.

        Values: None or absent is missing; Money; aware datetime, date; timedelta, time; str, Personal;
            bool; int; float,
        Decimal; a list or tuple of str; for records a list of mappings by field name, or Records where it is one row.
        What is dear to make may be a callable, called where a rule reads it.
        """
        types = vocabulary.types

        def source(path: str) -> Made | None:
            kind = types.get(path)
            if kind is None:
                return None
            values = [value() if callable(value := row.get(path)) else value for row in rows]
            if len(values) == 1 and isinstance(values[0], Records):
                return values[0]
            return records_of(kind, values) if isinstance(kind, ListOf) else column_of(kind, values)

        return cls(len(rows), source)

    def look(self, path: str) -> Made | None:
        """The column or list of that path; None where there is none."""
        if path in self._made:
            return self._made[path]
        found = self._source(path)
        made = fit(found) if isinstance(found, Column) else found
        self._made[path] = made
        return made


def _by_name(columns: Mapping[str, Made | Callable[[], Made | None]]) -> Source:
    def source(path: str) -> Made | None:
        found = columns.get(path)
        return found() if callable(found) else found

    return source


class Body:
    """The inside of a loop: one row per element, the loop's variable beside everything of the outer rows."""

    __slots__ = ("size", "owner", "_outer", "_variable", "_element", "_made")

    def __init__(self, size: int, outer: Scope, owner: Any, variable: str, element: Source) -> None:
        """`owner` is the outer row of every element, `element` gives the fields of the variable."""
        self.size, self.owner = size, owner
        self._outer, self._variable, self._element = outer, variable, element
        self._made: dict[str, Made | None] = {}

    def look(self, path: str) -> Made | None:
        """The column or list of that path; None where there is none."""
        if path not in self._made:
            self._made[path] = self._find(path)
        return self._made[path]

    def _find(self, path: str) -> Made | None:
        root, _, field = path.partition(".")
        if root == self._variable:
            return self._element(field)
        found = self._outer.look(path)
        if found is None or self.owner is None:
            return found
        return found.take(self.owner) if isinstance(found, Column) else found.at(self.owner)


class Part:
    """Some neighbouring rows of a scope, without copying them."""

    __slots__ = ("size", "rows", "_whole", "_made")

    def __init__(self, whole: Scope, rows: slice) -> None:
        self.size, self.rows = rows.stop - rows.start, rows
        self._whole = whole
        self._made: dict[str, Made | None] = {}

    def look(self, path: str) -> Made | None:
        """The column or list of that path; None where there is none."""
        if path not in self._made:
            found = self._whole.look(path)
            taken = found.take(self.rows) if isinstance(found, Column) else found
            self._made[path] = taken.at(self.rows) if isinstance(taken, Records) else taken
        return self._made[path]


def broadcast(values: Any, size: int) -> Any:
    """One value a row, without copying a 0-d one."""
    return values if np.ndim(values) else np.broadcast_to(values, size)
