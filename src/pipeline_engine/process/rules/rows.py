"""Plain Python values into columns, and back out again for explanations."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from pipeline_engine.process.rules.columns import Column, Records
from pipeline_engine.process.rules.vocabulary import RECORDS, Kind, ListOf, RecordOf
from pipeline_engine.values import Money, Personal, microseconds, moment_at

_MICROSECOND = timedelta(microseconds=1)
_FIRST_DAY = date(1970, 1, 1)
_DAY = 86_400_000_000
_ZERO = np.int64(0)


def _instant(value: Any) -> int:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"`{value}` has no zone")
        return microseconds(value)
    if isinstance(value, date):
        return (value - _FIRST_DAY).days * _DAY
    raise TypeError(f"`{value!r}` is no moment")


def _span(value: Any) -> int:
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    return int(value // _MICROSECOND)


_PLAIN: Mapping[Kind, tuple[Callable[[Any], Any], Any]] = {
    Kind.BOOL: (bool, np.bool_),
    Kind.INT: (int, np.int64),
    Kind.DOUBLE: (float, np.float64),
    Kind.TIMESTAMP: (_instant, np.int64),
    Kind.DURATION: (_span, np.int64),
}


def column_of(kind: Any, values: Sequence[Any]) -> Column:
    """
    A column of Python values; None is missing. One value makes a 0-d column.

    Raises:
        TypeError, ValueError, OverflowError: A value that the kind cannot hold.
    """
    if len(values) == 1:
        return _single(kind, values[0])
    return spread(kind, values)


def spread(kind: Kind, values: Sequence[Any]) -> Column:
    """As `column_of`, with an array whatever the number of values."""
    if kind is Kind.STRING:
        return _texts(values)
    missing = np.array([value is None for value in values], np.bool_)
    mask = missing if missing.any() else None
    if kind is Kind.MONEY:
        return _moneys(values, mask)
    convert, dtype = _PLAIN[kind]
    return Column(kind, np.array([0 if value is None else convert(value) for value in values], dtype), mask)


def _single(kind: Kind, value: Any) -> Column:
    if isinstance(value, Personal):
        value = value.value
    if kind is Kind.STRING:
        return Column(kind, _ZERO, None, (_text(value),)) if value is not None else Column(kind, _ZERO, np.True_, ("",))
    if kind is Kind.MONEY:
        units, currency = (value.units, value.currency) if value is not None else (0, "")
        return Column(
            kind,
            np.int64(units),
            None if value is not None else np.True_,
            currency=_ZERO,
            currencies=(currency,),
        )
    convert, dtype = _PLAIN[kind]
    return Column(kind, dtype(convert(value))) if value is not None else Column(kind, dtype(0), np.True_)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"`{value!r}` is no text")
    return value


def _texts(values: Sequence[Any]) -> Column:
    codes: dict[str, int] = {}
    plain = [value.value if isinstance(value, Personal) else value for value in values]
    coded = [-1 if value is None else codes.setdefault(_text(value), len(codes)) for value in plain]
    array = np.array(coded, np.int64)
    missing = array < 0
    return Column(Kind.STRING, array, missing if missing.any() else None, tuple(codes))


def _moneys(values: Sequence[Any], missing: Any) -> Column:
    codes: dict[str, int] = {}
    units = np.array([0 if value is None else value.units for value in values], np.int64)
    coded = [0 if value is None else codes.setdefault(value.currency, len(codes)) for value in values]
    return Column(Kind.MONEY, units, missing, currency=np.array(coded, np.int64), currencies=tuple(codes))


def records_of(kind: ListOf, values: Sequence[Any]) -> Records:
    """Lists of Python values, one a row; None is a list that is not recorded."""
    sizes = np.array([0 if value is None else len(value) for value in values], np.int64)
    missing = np.array([value is None for value in values], np.bool_)
    flat = [element for value in values if value is not None for element in value]
    children: dict[str, Column | Callable[[], Column]] = {}
    if isinstance(kind.of, RecordOf):
        for field, field_kind in RECORDS[kind.of.name].items():
            children[field] = _field_maker(field_kind, flat, field)
    else:
        children[""] = _texts(flat)
    return Records(np.cumsum(sizes) - sizes, sizes, children, missing if missing.any() else None)


def _field_maker(kind: Kind, records: Sequence[Mapping[str, Any]], field: str) -> Callable[[], Column]:
    return lambda: spread(kind, [record.get(field) for record in records])


def value_at(column: Column | Records, row: int) -> Any:
    """The Python value on one row, None where missing; a list of mappings for records, of str for texts."""
    if isinstance(column, Records):
        return _list_at(column, row)
    if column.missing is not None and _item(column.missing, row):
        return None
    value = _item(column.values, row)
    match column.kind:
        case Kind.STRING:
            return column.vocabulary[value]
        case Kind.MONEY:
            return Money(value, column.currencies[_item(column.currency, row)])
        case Kind.TIMESTAMP:
            return moment_at(value)
        case Kind.DURATION:
            return timedelta(microseconds=value)
    return value


def _item(values: Any, row: int) -> Any:
    return values[row].item() if values.ndim else values.item()


def _list_at(records: Records, row: int) -> list[Any] | None:
    if records.missing is not None and _item(records.missing, row):
        return None
    start, size = _item(records.offsets, row), _item(records.sizes, row)
    rows = [int(records.index[at]) if records.index is not None else at for at in range(start, start + size)]
    columns = {field: column for field in records.children if (column := records.child(field)) is not None}
    if "" in columns:
        return [value_at(columns[""], at) for at in rows]
    return [{field: value_at(column, at) for field, column in columns.items()} for at in rows]
