"""What a rule may read: declared names and their types."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from pipeline_engine.errors import RuleError


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
    """One element of a list of records: `activities`, `approvals`, `contacts` or `documents`."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list: of plain values, or of records."""

    of: Kind | RecordOf


Type = Kind | RecordOf | ListOf

_STRINGS = ListOf(Kind.STRING)

BUILT_IN: Mapping[str, Type] = MappingProxyType(
    {
        "stage.id": Kind.STRING,
        "stage.entered_at": Kind.TIMESTAMP,
        "opened_at": Kind.TIMESTAMP,
        "owner.id": Kind.STRING,
        "owner.roles": _STRINGS,
        "owner.team": Kind.STRING,
        "owner.manager": Kind.STRING,
        "actor.id": Kind.STRING,
        "actor.roles": _STRINGS,
        "actor.team": Kind.STRING,
        "now": Kind.TIMESTAMP,
        "today": Kind.TIMESTAMP,
        "move.from": Kind.STRING,
        "move.to": Kind.STRING,
        "move.reason": Kind.STRING,
        "move.steps": Kind.INT,
        "activities": ListOf(RecordOf("activities")),
        "approvals": ListOf(RecordOf("approvals")),
        "contacts": ListOf(RecordOf("contacts")),
        "documents": ListOf(RecordOf("documents")),
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
        "documents": {"name": Kind.STRING, "at": Kind.TIMESTAMP},
    }
)

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

    Raises:
        RuleError: A name that CEL cannot spell, a list other than of text, a limit that is no number, or a rate that
            is not above zero.
    """

    deal: Mapping[str, Kind | ListOf]
    limits: Mapping[str, Decimal] = field(default_factory=dict)
    currency: str = "EUR"
    rates: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*self.deal, *self.limits):
            if not _NAME.fullmatch(name) or name in _NOT_NAMES:
                expected = "letters, digits and _, not a number first"
                raise RuleError(f"name `{name}` cannot be read by a rule", expected)
        for name, kind in self.deal.items():
            if isinstance(kind, ListOf) and kind != _STRINGS:
                raise RuleError(f"field `{name}` is a list of `{kind.of}`", "a list of text")
        self._check_numbers()

    def _check_numbers(self) -> None:
        for name, limit in self.limits.items():
            if not limit.is_finite():
                raise RuleError(f"limit `{name}` is `{limit}`", "a number")
        for currency, rate in self.rates.items():
            if not (rate.is_finite() and rate > 0):
                raise RuleError(f"rate of `{currency}` is `{rate}`", "a number above zero")

    @cached_property
    def types(self) -> Mapping[str, Type]:
        """Every column path a rule may read, with its type: `deal.amount`, `stage.id`, `approvals`, …"""
        return {f"deal.{name}": kind for name, kind in self.deal.items()} | dict(BUILT_IN)
