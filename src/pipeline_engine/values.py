"""What a value is: exact money, personal text, documents, and how each is written down in a stored event.

The JSON forms here are stored for ever; a new form may be added, none may change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import isfinite
from typing import Any

MONEY_SCALE = 10_000
INT64_MAX = 2**63 - 1


def whole(number: int) -> bool:
    """Whether a whole number fits where the facts keep it: in 64 bits."""
    return -INT64_MAX - 1 <= number <= INT64_MAX


def is_id(text: object) -> bool:
    """Whether it has the form of a person's id: 1 to 100 printable characters without spaces."""
    return isinstance(text, str) and 0 < len(text) <= 100 and text.isprintable() and " " not in text


def is_currency(code: object) -> bool:
    """Whether it has the form of an ISO 4217 code."""
    return isinstance(code, str) and len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()


_TOO_LARGE = "ten-thousandths are a whole number that fits in 64 bits"
_MOST_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `units` is an int64 count of 10^-4 of one ISO 4217 `currency`."""

    units: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.units) is not int or not whole(self.units):
            raise ValueError(_TOO_LARGE)
        if not is_currency(self.currency):
            raise ValueError("a currency is three capitals, like `EUR`")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> "Money":
        """Exact money from decimal text; raises ValueError where more than four decimals, or not a number."""
        try:
            number = Decimal(amount)
            # As many digits as it has: the usual 28 would round the rest away, and call it exact.
            scaled = number.scaleb(4, Context(prec=len(number.as_tuple().digits) + 1))
        except (ArithmeticError, TypeError, ValueError):
            raise ValueError(f"`{amount}` is not a decimal number") from None
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise ValueError(f"`{amount}` has more than four decimals or is not finite")
        if scaled and scaled.adjusted() > _MOST_DIGITS:
            raise ValueError(_TOO_LARGE)
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
    if type(value) is str:
        return value
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


def value_told(value: Value) -> Any:
    """A value as answers for scripts tell it: money as `{"amount": "62000", "currency": "EUR"}`, the rest as stored."""
    if isinstance(value, Money):
        return {"amount": value.plain(), "currency": value.currency}
    return value_to_json(value)


def value_from_json(stored: Any) -> Value:
    """The value behind its stored form; raises ValueError for a form nobody wrote."""
    if type(stored) is dict or isinstance(stored, Mapping):
        return _tagged(stored)
    if isinstance(stored, list) and all(isinstance(item, str) for item in stored):
        return tuple(stored)
    if isinstance(stored, str) or (isinstance(stored, float) and isfinite(stored)):
        return stored
    if isinstance(stored, int) and whole(stored):
        return stored
    raise ValueError(_NO_VALUE)


_NO_VALUE = "no stored form of a value"


def _tagged(stored: Mapping[str, Any]) -> Value:
    # Forms are exact: one that says more than is read here would lose it when it is written again.
    match stored:
        case {"money": units, "currency": currency, **rest} if not rest:
            return Money(units, currency)
        case {"instant": str(text), **rest} if not rest:
            return instant(text)
        case {"date": str(text), **rest} if not rest:
            return date.fromisoformat(text)
        case {"time": str(text), **rest} if not rest:
            return time.fromisoformat(text)
        case {"document": str(name), "sha256": str(digest), **rest} if not rest:
            return Document(name, digest)
        case {"personal": str() | None as text, "subject": str(subject), **rest} if not rest:
            return Personal(subject, text)
    raise ValueError(_NO_VALUE)


def instant_text(moment: datetime) -> str:
    """An aware moment as UTC text with microseconds: `2026-01-31T09:00:00.000000Z`."""
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
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
    return _EPOCH + timedelta(0, 0, since_epoch)
