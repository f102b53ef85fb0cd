"""Money of many deals: an exact amount per currency, never one currency turned into another."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline_engine.facts import exact_sums
from pipeline_engine.values import MONEY_SCALE
from pipeline_engine.views.columns import UNKNOWN, Flags, Integers


@dataclass(frozen=True, slots=True)
class Amounts:
    """
    Exact units (10^-4) per currency; `unknown` deals had no value and are in none of the sums.

    Units may pass 2^63.
    """

    units: Mapping[str, int]
    unknown: int = 0

    def to_json(self) -> dict[str, str]:
        """Decimal text per currency, in the order of the codes."""
        return {currency: plain_amount(self.units[currency]) for currency in sorted(self.units)}


def plain_amount(units: int) -> str:
    """
    Units as decimal text without an exponent or trailing zeros.

    Unlike Money it may be larger than 64 bits.
    """
    whole, part = divmod(abs(units), MONEY_SCALE)
    decimals = f".{part:04d}".rstrip("0").rstrip(".")
    return f"{'-' if units < 0 else ''}{whole}{decimals}"


@dataclass(frozen=True)
class Values:
    """The value of each deal: units of 10^-4 (UNKNOWN where there is none) of `currencies[currency]`."""

    units: Integers
    currency: Integers
    currencies: tuple[str, ...]

    def total(self, chosen: Flags) -> Amounts:
        """The amounts of the chosen deals."""
        return self.by_group(np.where(chosen, 0, -1), 1)[0]

    def by_group(self, groups: Integers, count: int) -> list[Amounts]:
        """The amounts of each group 0 … count-1; a deal of group -1 is left out."""
        inside = groups >= 0
        known = inside & (self.units != UNKNOWN) & (self.currency >= 0)
        kinds = len(self.currencies)
        sums = exact_sums(self.units[known], groups[known] * kinds + self.currency[known], count * kinds)
        seen = np.bincount(groups[known] * kinds + self.currency[known], minlength=count * kinds)
        missing = np.bincount(groups[inside & ~known], minlength=count)
        return [
            Amounts(
                {
                    currency: sums[group * kinds + place]
                    for place, currency in enumerate(self.currencies)
                    if seen[group * kinds + place]
                },
                int(missing[group]),
            )
            for group in range(count)
        ]

    def text(self, row: int) -> str | None:
        """One deal's value for people: `1054 EUR`; None where it has none."""
        if self.units[row] == UNKNOWN or self.currency[row] < 0:
            return None
        return f"{plain_amount(int(self.units[row]))} {self.currencies[self.currency[row]]}"
