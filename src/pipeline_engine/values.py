"""What a value is: exact money, personal text, documents, and how each is written down in a stored event.

The JSON forms here are stored for ever; a new form may be added, none may change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

MONEY_SCALE = 10_000
INT64_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `units` is an int64 count of 10^-4 of one ISO 4217 `currency`."""

    units: int
    currency: str

    def __post_init__(self) -> None:
        if not -INT64_MAX - 1 <= self.units <= INT64_MAX:
            raise ValueError(f"{self.units} ten-thousandths do not fit in 64 bits")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> "Money":
        """Exact money from decimal text; raises ValueError where more than four decimals, or not a number."""
        try:
            scaled = Decimal(amount).scaleb(4)
        except InvalidOperation:
            raise ValueError(f"`{amount}` is not a decimal number") from None
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise ValueError(f"`{amount}` has more than four decimals or is not finite")
        return cls(int(scaled), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in whole units of the currency, exact."""
        return Decimal(self.units).scaleb(-4)

    def plain(self) -> str:
        """The amount as decimal text without an exponent and without trailing zeros: `1054`, `0.5`."""
        text = f"{self.amount:.4f}".rstrip("0").rstrip(".")
        return text or "0"

    def __str__(self) -> str:
        return f"{Decimal(self.plain()):,f} {self.currency}"


def half_even(value: Decimal) -> int:
    """The nearest whole number, ties to even."""
    return int(value.to_integral_value(rounding=ROUND_HALF_EVEN))


@dataclass(frozen=True, slots=True)
class Personal:
    """A value about a person, as it is in memory; the store keeps it only sealed under `subject`.

    `value` is None when the key is gone: the value was erased.
    """

    subject: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """A document by name and SHA-256; the file itself stays where it is."""

    name: str
    sha256: str


Scalar = str | int | float | bool | Money | Personal | date | time | datetime | Document
Value = Scalar | tuple[str, ...]


def open_personal(value: Value | None) -> "Value | None":
    """The value as a rule reads it: the text inside a personal value, None where it was erased."""
    return value.value if isinstance(value, Personal) else value


def value_to_json(value: Value) -> Any:
    """The stored form of a field value, self-describing; personal values are sealed by the store's codec, not here."""
    if isinstance(value, Money):
        return {"money": value.units, "currency": value.currency}
    if isinstance(value, datetime):
        return {"instant": instant_text(value)}
    if isinstance(value, (date, time)):
        return {"date" if isinstance(value, date) else "time": value.isoformat()}
    if isinstance(value, Document):
        return {"document": value.name, "sha256": value.sha256}
    if isinstance(value, Personal):
        return {"personal": value.value, "subject": value.subject}
    return list(value) if isinstance(value, tuple) else value


def value_from_json(stored: Any) -> Value:
    """The value behind its stored form; raises ValueError for a form nobody wrote."""
    if isinstance(stored, Mapping):
        return _tagged(stored)
    if isinstance(stored, list):
        return tuple(str(item) for item in stored)
    if isinstance(stored, (str, int, float, bool)):
        return stored
    raise ValueError(f"`{stored!r}` is no stored value")


def _tagged(stored: Mapping[str, Any]) -> Value:
    match stored:
        case {"money": units, "currency": currency}:
            return Money(units, currency)
        case {"instant": text}:
            return instant(text)
        case {"date": text}:
            return date.fromisoformat(text)
        case {"time": text}:
            return time.fromisoformat(text)
        case {"document": name, "sha256": digest}:
            return Document(name, digest)
        case {"personal": text, "subject": subject}:
            return Personal(subject, text)
    raise ValueError(f"`{dict(stored)!r}` is no stored value")


def instant_text(moment: datetime) -> str:
    """An aware moment as UTC text with microseconds: `2026-01-31T09:00:00.000000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment.year >= 1000 else _early(moment)


def _early(moment: datetime) -> str:
    # strftime does not pad years below 1000 on every platform.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def instant(text: str) -> datetime:
    """The aware UTC moment behind ISO 8601 text; raises ValueError where the zone is missing."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"`{text}` has no zone; write it like 2026-01-31T09:00:00Z")
    return moment.astimezone(UTC)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC, exact."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_at(since_epoch: int) -> datetime:
    """The UTC moment that many microseconds after 1970-01-01."""
    return _EPOCH + timedelta(microseconds=since_epoch)
