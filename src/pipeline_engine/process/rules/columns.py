"""Values in columns: what the evaluator computes with, whether one row or millions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline_engine.process.rules.vocabulary import Kind, ListOf, Type

# A value per row, or one 0-d value for all; bool, int64 or float64 as the kind says. A mask of None: no row.
Values = Any
Mask = Any

_ONE_CURRENCY = np.int64(0)


class Column:
    """
    One value a row, all of one kind. Nothing is copied; give arrays that will not change.

    Args:
        kind: The kind of every value.
        values: bool for BOOL; int64 for INT, TIMESTAMP (microseconds since 1970 UTC), DURATION
            (microseconds) and MONEY (ten-thousandths); float64 for DOUBLE; any integer dtype of codes into
            `vocabulary` for STRING. A 0-d value (numpy scalar) holds for every row. What stands where a
            value is missing does not matter, but codes must stay within the vocabulary, or be -1.
        missing: Bool mask of rows without a value, of the shape of values or 0-d; None means none is missing.
        vocabulary: The strings behind STRING codes, each once.
        currency: Codes into `currencies` for MONEY; 0-d for one currency throughout.
        currencies: ISO 4217 codes, each once.
    """

    __slots__ = ("kind", "values", "missing", "vocabulary", "currency", "currencies")

    def __init__(
        self,
        kind: Kind,
        values: Values,
        missing: Mask = None,
        vocabulary: Sequence[str] = (),
        *,
        currency: Values = _ONE_CURRENCY,
        currencies: Sequence[str] = (),
    ) -> None:
        self.kind, self.values, self.missing = kind, values, missing
        self.vocabulary, self.currency, self.currencies = vocabulary, currency, currencies

    def take(self, rows: Any) -> "Column":
        """The column at some rows; what is 0-d stays so."""
        return Column(
            self.kind,
            _at(self.values, rows),
            None if self.missing is None else _at(self.missing, rows),
            self.vocabulary,
            currency=_at(self.currency, rows),
            currencies=self.currencies,
        )


def _at(values: Values, rows: Any) -> Values:
    return values[rows] if values.ndim else values


class Records:
    """
    A list a row: row i owns the children `offsets[i] … offsets[i] + sizes[i] - 1` of shared child columns.

    Args:
        offsets, sizes: int64, one a row, or 0-d.
        children: Child columns by field name (`role`, `at`); a list of text has one child named ``""``. A
            child may be a callable that makes the column when it is first asked for; a field that is absent
            is missing throughout.
        missing: Rows whose list itself is not recorded; an empty list is recorded.
        index: Where given, positions in `offsets` count into it, and it holds the rows of the children.
    """

    __slots__ = ("offsets", "sizes", "children", "missing", "index", "_made")

    def __init__(
        self,
        offsets: Values,
        sizes: Values,
        children: Mapping[str, "Column | Callable[[], Column]"],
        missing: Mask = None,
        index: Any = None,
    ) -> None:
        self.offsets, self.sizes, self.children = offsets, sizes, children
        self.missing, self.index = missing, index
        self._made: dict[str, Column | None] = {}

    def child(self, field: str) -> Column | None:
        """The child column of a field, None where the records have none."""
        if field not in self._made:
            found = self.children.get(field)
            made = found() if callable(found) else found
            self._made[field] = None if made is None else fit(made)
        return self._made[field]

    def at(self, rows: Any) -> "Records":
        """The lists of some rows, over the same children."""
        missing = None if self.missing is None else _at(self.missing, rows)
        taken = Records(_at(self.offsets, rows), _at(self.sizes, rows), self.children, missing, self.index)
        taken.share(self)
        return taken

    def share(self, other: "Records") -> None:
        """Use the children that another view of the same records has made."""
        self._made = other._made


_DTYPES: Mapping[Kind, Any] = {
    Kind.BOOL: np.bool_,
    Kind.INT: np.int64,
    Kind.DOUBLE: np.float64,
    Kind.TIMESTAMP: np.int64,
    Kind.DURATION: np.int64,
    Kind.MONEY: np.int64,
}
_NO_TEXT = ("",)
_NO_CURRENCY = ("",)
MISSING = np.True_


def fit(column: Column) -> Column:
    """
    A column as the evaluator may take it: of the dtype of its kind, with a vocabulary, and false where a
        bool is missing.

    The last is what keeps the logic cheap: no operation here ever leaves true under an error.
    """
    dtype = _DTYPES.get(column.kind)
    if dtype is not None and column.values.dtype != dtype:
        column = Column(
            column.kind,
            column.values.astype(dtype),
            column.missing,
            currency=column.currency,
            currencies=column.currencies,
        )
    if column.kind is Kind.BOOL and column.missing is not None:
        return Column(Kind.BOOL, column.values & ~column.missing, column.missing)
    if column.kind is Kind.STRING and not len(column.vocabulary):
        return Column(Kind.STRING, column.values, column.missing, _NO_TEXT)
    if column.kind is Kind.MONEY and not len(column.currencies):
        return Column(Kind.MONEY, column.values, column.missing, currency=column.currency, currencies=_NO_CURRENCY)
    return column


def unrecorded(kind: Type) -> Column | Records:
    """What stands for a column that is not there: missing on every row."""
    if isinstance(kind, ListOf):
        return Records(np.int64(0), np.int64(0), {}, MISSING)
    if kind is Kind.STRING:
        return Column(kind, np.int64(0), MISSING, _NO_TEXT)
    if isinstance(kind, Kind):
        return Column(kind, _DTYPES[kind](0), MISSING, currency=np.int64(0), currencies=_NO_CURRENCY)
    raise TypeError(f"{kind} is no column")


def either(left: Mask, right: Mask) -> Mask:
    """Where one of two masks holds."""
    if left is None:
        return right
    return left if right is None else left | right
