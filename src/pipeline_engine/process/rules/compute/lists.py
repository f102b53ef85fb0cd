"""Loops over lists: the body is evaluated once for the elements of all rows, then gathered row by row."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pipeline_engine.process.rules.columns import Column, Mask, Records, Values, either
from pipeline_engine.process.rules.compute.logic import conjunction, disjunction, truth
from pipeline_engine.process.rules.compute.numbers import Operation
from pipeline_engine.process.rules.compute.parts import divided, joined, joined_columns
from pipeline_engine.process.rules.frame import Body, Part, Scope, broadcast
from pipeline_engine.process.rules.vocabulary import Kind

Step = Callable[[Scope], Any]

_TRUE = Column(Kind.BOOL, np.True_)
_FALSE = Column(Kind.BOOL, np.False_)


class WrittenOut:
    """A list written out in the rule: the same elements for every row."""

    __slots__ = ("items",)

    def __init__(self, items: Sequence[Column]) -> None:
        self.items = items


class Opened:
    """The elements of all lists of a frame, one row each, with the row that owns them."""

    __slots__ = ("owner", "place", "records", "rows")

    def __init__(self, records: Records, rows: int) -> None:
        sizes = broadcast(records.sizes, rows)
        starts = broadcast(records.offsets, rows)
        self.records, self.rows = records, rows
        self.owner = np.repeat(np.arange(rows), sizes)
        # Where an element stands among the children: the start of its list, and how far it is into it.
        place = np.arange(len(self.owner)) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
        self.place = place if records.index is None else records.index[place]

    def element(self, field: str) -> Column | None:
        """The field of every element."""
        child = self.records.child(field)
        return None if child is None else child.take(self.place)

    @classmethod
    def of(cls, records: Records, rows: int) -> "Opened":
        """The elements of a frame's lists; those of one plain list stay where they are."""
        return OneOpened(records, rows) if rows == 1 and records.index is None else cls(records, rows)

    def body(self, scope: Scope, variable: str) -> Body:
        """The scope inside the loop."""
        return Body(len(self.owner), scope, self.owner, variable, self.element)

    def count(self, which: Values) -> Values:
        """How many elements of each row are marked."""
        return np.bincount(self.owner[which], minlength=self.rows)

    def full(self, values: Any) -> Any:
        """One value an element."""
        return None if values is None else broadcast(values, len(self.owner))


class OneOpened(Opened):
    """The elements of a single row's list: a stretch of the children, all of one owner, and nothing to copy."""

    def __init__(self, records: Records, rows: int) -> None:
        size, start = int(broadcast(records.sizes, 1)[0]), int(broadcast(records.offsets, 1)[0])
        self.records, self.rows = records, rows
        self.owner, self.place = np.zeros(size, np.int64), np.arange(start, start + size)
        self._stretch = slice(start, start + size)

    def element(self, field: str) -> Column | None:
        """The field of every element."""
        child = self.records.child(field)
        return None if child is None else child.take(self._stretch)

    def count(self, which: Values) -> Values:
        """How many elements are marked."""
        return np.array([np.count_nonzero(which)])


def loop(name: str, variable: str, listed: Step, body: Step) -> Step:
    """`exists`, `all`, `exists_one`, `filter` or `map`."""
    gather = _GATHERED[name]

    def run(scope: Scope) -> Any:
        over = listed(scope)
        if isinstance(over, WrittenOut):
            return _unrolled(name, over, variable, body, scope)
        if parts := divided(scope, over):
            return joined([looped(Part(scope, rows), over.at(rows)) for rows in parts], parts)
        return looped(scope, over)

    def looped(scope: Scope, over: Records) -> Any:
        opened = Opened.of(over, scope.size)
        result = body(opened.body(scope, variable))
        return gather(opened, result.kind, opened.full(result.values), opened.full(result.missing), result)

    return run


def _exists(opened: Opened, kind: Kind, holds: Values, unsure: Mask, result: Column) -> Column:
    found = opened.count(holds) > 0
    missing = None if unsure is None else (opened.count(unsure) > 0) & ~found
    return truth(found, either(missing, opened.records.missing))


def _all(opened: Opened, kind: Kind, holds: Values, unsure: Mask, result: Column) -> Column:
    fails = opened.count(~holds if unsure is None else ~(holds | unsure)) > 0
    missing = None if unsure is None else (opened.count(unsure) > 0) & ~fails
    return truth(~fails, either(missing, opened.records.missing))


def _exists_one(opened: Opened, kind: Kind, holds: Values, unsure: Mask, result: Column) -> Column:
    return truth(opened.count(holds) == 1, _strict(opened, unsure))


def _filter(opened: Opened, kind: Kind, holds: Values, unsure: Mask, result: Column) -> Records:
    sizes = opened.count(holds)
    kept = Records(
        np.cumsum(sizes) - sizes, sizes, opened.records.children, _strict(opened, unsure), opened.place[holds]
    )
    kept.share(opened.records)
    return kept


def _map(opened: Opened, kind: Kind, values: Values, unsure: Mask, result: Column) -> Records:
    sizes = broadcast(opened.records.sizes, opened.rows)
    currency = opened.full(result.currency)
    child = Column(kind, values, None, result.vocabulary, currency=currency, currencies=result.currencies)
    return Records(np.cumsum(sizes) - sizes, sizes, {"": child}, _strict(opened, unsure))


def _strict(opened: Opened, unsure: Mask) -> Mask:
    """One element that is unknown makes the whole unknown."""
    missing = None if unsure is None else opened.count(unsure) > 0
    return either(missing, opened.records.missing)


_GATHERED: dict[str, Callable[[Opened, Kind, Values, Mask, Column], Any]] = {
    "exists": _exists,
    "all": _all,
    "exists_one": _exists_one,
    "filter": _filter,
    "map": _map,
}


def _unrolled(name: str, over: WrittenOut, variable: str, body: Step, scope: Scope) -> Column:
    results = [body(_bound(scope, variable, item)) for item in over.items]
    broken: Mask = None
    for item in over.items:
        broken = either(broken, item.missing)
    if name == "exists_one":
        for result in results:
            broken = either(broken, result.missing)
        return truth(sum(result.values.astype(np.int64) for result in results) == 1, broken)
    gathered = _TRUE if name == "all" else _FALSE
    for result in results:
        gathered = conjunction(gathered, result) if name == "all" else disjunction(gathered, result)
    missing = either(gathered.missing, broken)
    return truth(gathered.values, missing)


def _bound(scope: Scope, variable: str, item: Column) -> Body:
    return Body(scope.size, scope, None, variable, lambda field: item)


def size(operand: Records | WrittenOut) -> Column:
    """`size(list)`."""
    if isinstance(operand, WrittenOut):
        return Column(Kind.INT, np.int64(len(operand.items)))
    return Column(Kind.INT, operand.sizes, operand.missing)


def membership(equal: Operation) -> Callable[[Scope, Column, Any], Column]:
    """`a in list`; an element that is itself missing makes it unknown unless another one is equal."""

    def within(scope: Scope, value: Column, listed: Any) -> Column:
        if isinstance(listed, WrittenOut):
            return _among(value, listed, equal)
        if parts := divided(scope, listed):
            found = [looked(Part(scope, rows), value.take(rows), listed.at(rows)) for rows in parts]
            return joined_columns(found, parts)
        return looked(scope, value, listed)

    def looked(scope: Scope, value: Column, listed: Records) -> Column:
        opened = Opened(listed, scope.size)
        child = opened.element("")
        if child is None:
            return truth(np.False_, listed.missing)
        same = equal(child, value.take(opened.owner))
        found = opened.count(opened.full(same.values)) > 0
        unsure = None if same.missing is None else (opened.count(opened.full(same.missing)) > 0) & ~found
        return truth(found, either(either(unsure, listed.missing), value.missing))

    return within


def _among(value: Column, listed: WrittenOut, equal: Operation) -> Column:
    broken, unsure = value.missing, None
    found: Any = np.False_
    for item in listed.items:
        same = equal(value, item)
        found, broken, unsure = (
            found | same.values,
            either(broken, item.missing),
            either(unsure, same.missing),
        )
    return truth(found, either(broken, None if unsure is None else unsure & ~found))
