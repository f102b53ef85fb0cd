"""What the rules of one process may name, made from its declarations."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from pipeline_engine.process.model import Calendar, Field, FieldKind, SplitLimit
from pipeline_engine.process.rules import Kind, ListOf, Split, Vocabulary

# A percent is a number of points; a document reads as its name.
_KINDS: Mapping[FieldKind, Kind] = {
    "text": Kind.STRING,
    "number": Kind.DOUBLE,
    "int": Kind.INT,
    "money": Kind.MONEY,
    "percent": Kind.DOUBLE,
    "date": Kind.TIMESTAMP,
    "time": Kind.DURATION,
    "bool": Kind.BOOL,
    "choice": Kind.STRING,
    "person": Kind.STRING,
    "document": Kind.STRING,
}


class Declares(Protocol):
    """What a vocabulary is made of: a compiled process has it, and so has a file that is being read."""

    @property
    def currency(self) -> str:
        """The process currency."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields of a deal, by name."""

    @property
    def limits(self) -> Mapping[str, Decimal]:
        """The named numbers."""

    @property
    def split_limits(self) -> Mapping[str, SplitLimit]:
        """The named numbers that differ by a choice."""

    @property
    def calendar(self) -> Calendar:
        """When people work."""

    @property
    def rates(self) -> Mapping[str, Decimal]:
        """What one unit of another currency is worth in the process currency."""


def vocabulary_of(declares: Declares) -> Vocabulary:
    """The vocabulary of a process, published or being read."""
    deal = {
        name: ListOf(_KINDS[field.kind]) if field.many else _KINDS[field.kind]
        for name, field in declares.fields.items()
    }
    splits = {name: _split(limit) for name, limit in declares.split_limits.items()}
    return Vocabulary(
        deal=deal, limits=declares.limits, currency=declares.currency, rates=declares.rates,
        week=declares.calendar.week, splits=splits,
    )  # fmt: skip


def _split(limit: SplitLimit) -> Split:
    return Split(limit.by, tuple(limit.of.items()), limit.otherwise)
