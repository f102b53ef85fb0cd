"""Field values from the facts as the columns a rule reads them from."""

import numpy as np
from pydantic_core import from_json

from pipeline_engine.facts import Items, Values
from pipeline_engine.process import Column, Kind, Records

_DAY = 86_400_000_000
# What kind of stored value may be read as which kind by a rule; anything else is missing: the field's type changed, or
# the value is personal and still sealed.
_READ_AS = {
    "text": Kind.STRING, "document": Kind.STRING, "int": Kind.INT, "number": Kind.DOUBLE,
    "bool": Kind.BOOL, "money": Kind.MONEY, "date": Kind.TIMESTAMP, "instant": Kind.TIMESTAMP, "time": Kind.DURATION,
}  # fmt: skip


def value_column(found: Values, kind: object) -> Column | None:
    """The values of a field as a column of that kind; None, so missing throughout, where they are of another kind."""
    stored = _READ_AS.get(found.kind)
    if stored is Kind.INT and kind is Kind.DOUBLE:
        return Column(Kind.DOUBLE, found.values.astype(np.float64), found.missing)
    if stored is None or stored is not kind:
        return None
    if kind is Kind.MONEY:
        return Column(Kind.MONEY, found.values, found.missing, currency=found.currency, currencies=found.currencies)
    if kind is Kind.STRING:
        return Column(Kind.STRING, found.values, found.missing, _texts(found))
    values = found.values * _DAY if found.kind == "date" else found.values
    return Column(stored, values, found.missing)


def _texts(found: Values) -> tuple[str, ...]:
    if found.kind != "document":
        return found.vocabulary
    return tuple(str(from_json(text)["document"]) for text in found.vocabulary)


def items_column(found: Items) -> Records:
    """The choices of a field of many as a list a row."""
    choices = Column(Kind.STRING, found.codes, None, found.vocabulary)
    return Records(found.offsets, found.sizes, {"": choices}, found.missing)
