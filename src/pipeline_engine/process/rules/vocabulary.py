"""What a rule may read: declared names and their types."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from pipeline_engine.errors import RuleError
from pipeline_engine.process.rules.working_hours import WorkWeek


class Kind(StrEnum):
    """The kind of one value. Dates are TIMESTAMP at midnight UTC, times of day DURATION since midnight."""

    BOOL = "bool"
    INT = "int"
    DOUBLE = "double"
    STRING = "string"
    TIMESTAMP = "timestamp"
    DURATION = "duration"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class RecordOf:
    """One element of a list of records: `activities`, `approvals`, `contacts`, `documents` or `items`."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list: of plain values, or of records."""

    of: Kind | RecordOf


Type = Kind | RecordOf | ListOf

_STRINGS = ListOf(Kind.STRING)

# When a stay began, later by what was paused in it: by the clock (None), in working days, in working hours.
COUNTED_FROM: Mapping[str, bool | None] = MappingProxyType(
    {"stage.counted_from": None, "stage.counted_from_bd": True, "stage.counted_from_bh": False}
)
STAY_BEGINS = ("stage.entered_at", *COUNTED_FROM)

BUILT_IN: Mapping[str, Type] = MappingProxyType(
    {
        "stage.id": Kind.STRING,
        "stage.entered_at": Kind.TIMESTAMP,
        **dict.fromkeys(COUNTED_FROM, Kind.TIMESTAMP),
        "stage.paused": Kind.BOOL,
        "opened_at": Kind.TIMESTAMP,
        "owner.id": Kind.STRING,
        "owner.roles": _STRINGS,
        "owner.team": Kind.STRING,
        "owner.manager": Kind.STRING,
        "owner.skills": _STRINGS,
        "owner.open_deals": Kind.INT,
        "owner.deals_in_stage": Kind.INT,
        "actor.id": Kind.STRING,
        "actor.roles": _STRINGS,
        "actor.team": Kind.STRING,
        "actor.skills": _STRINGS,
        "now": Kind.TIMESTAMP,
        "today": Kind.TIMESTAMP,
        "move.from": Kind.STRING,
        "move.to": Kind.STRING,
        "move.reason": Kind.STRING,
        "move.steps": Kind.INT,
        "move.passed": _STRINGS,
        "activities": ListOf(RecordOf("activities")),
        "approvals": ListOf(RecordOf("approvals")),
        "contacts": ListOf(RecordOf("contacts")),
        "documents": ListOf(RecordOf("documents")),
        "items": ListOf(RecordOf("items")),
    }
)

RECORDS: Mapping[str, Mapping[str, Kind]] = MappingProxyType(
    {
        "activities": {
            "kind": Kind.STRING,
            "at": Kind.TIMESTAMP,
            "with": Kind.STRING,
            "minutes": Kind.INT,
            "by": Kind.STRING,
        },
        "approvals": {
            "rule": Kind.STRING,
            "role": Kind.STRING,
            "by": Kind.STRING,
            "at": Kind.TIMESTAMP,
            "target": Kind.STRING,
            "live": Kind.BOOL,
        },
        "contacts": {"role": Kind.STRING, "id": Kind.STRING, "at": Kind.TIMESTAMP},
        "documents": {"name": Kind.STRING, "sha256": Kind.STRING, "at": Kind.TIMESTAMP, "by": Kind.STRING},
        "items": {"id": Kind.STRING, "at": Kind.TIMESTAMP, "by": Kind.STRING},
    }
)


@dataclass(frozen=True, slots=True)
class Split:
    """A limit that differs by a choice: the number for each value of the field, and for the rest where there is one."""

    field: str
    by_value: tuple[tuple[str, Decimal], ...]
    otherwise: Decimal | None = None

    @property
    def numbers(self) -> tuple[Decimal, ...]:
        """Every number it can be."""
        rest = () if self.otherwise is None else (self.otherwise,)
        return (*(number for _, number in self.by_value), *rest)


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOT_NAMES = frozenset({"true", "false", "null", "in"})


@dataclass(frozen=True)
class Vocabulary:
    """
    Everything a rule of one process may name; the built-in part (BUILT_IN, RECORDS) comes by itself.

    Args:
        deal: Type of each `deal.<field>`; a choice of many is `ListOf(Kind.STRING)`, other lists are refused.
        limits: The constants `limits.<name>`; beside money they are money of the process currency.
        currency: The process currency, ISO 4217.
        rates: Plan rates: one unit of the named currency is so many units of the process currency.
        week: The working time behind `working_days` and `working_hours`; None is none.
        splits: Limits that differ by a choice: name → (field, number by choice, number for the rest).

    Raises:
        RuleError: A name that CEL cannot spell, a list other than of text, a limit that is no number, or a rate that
            is not above zero.
    """

    deal: Mapping[str, Kind | ListOf]
    limits: Mapping[str, Decimal] = field(default_factory=dict)
    currency: str = "EUR"
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    week: WorkWeek | None = None
    splits: Mapping[str, Split] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*self.deal, *self.limits, *self.splits):
            if not _NAME.fullmatch(name) or name in _NOT_NAMES:
                expected = "letters, digits and _, not a number first"
                raise RuleError(f"name `{name}` cannot be read by a rule", expected)
        for name, kind in self.deal.items():
            if isinstance(kind, ListOf) and kind != _STRINGS:
                raise RuleError(f"field `{name}` is a list of `{kind.of}`", "a list of text")
        self._check_numbers()

    def _numbers(self) -> Iterator[tuple[str, Decimal]]:
        yield from self.limits.items()
        for name, split in self.splits.items():
            yield from ((name, number) for number in split.numbers)

    def is_whole(self, limit: str) -> bool:
        """Whether a limit is typed as a whole number, as its literals would be."""
        numbers = self.splits[limit].numbers if limit in self.splits else (self.limits[limit],)
        return all(number == number.to_integral_value() for number in numbers)

    @property
    def limit_names(self) -> tuple[str, ...]:
        """Every limit, split or not."""
        return (*self.limits, *self.splits)

    def _check_numbers(self) -> None:
        for name, limit in self._numbers():
            if not limit.is_finite():
                raise RuleError(f"limit `{name}` is `{limit}`", "a number")
        for currency, rate in self.rates.items():
            if not (rate.is_finite() and rate > 0):
                raise RuleError(f"rate of `{currency}` is `{rate}`", "a number above zero")

    @cached_property
    def types(self) -> Mapping[str, Type]:
        """Every column path a rule may read, with its type: `deal.amount`, `stage.id`, `approvals`, …"""
        return {f"deal.{name}": kind for name, kind in self.deal.items()} | dict(BUILT_IN)
