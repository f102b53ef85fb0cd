"""How values are written for people: money, days, shares, moments."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pipeline_engine.values import Money, Personal

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NOTHING = "–"
MANY_KINDS = 3
# What tells the elements of a list of records apart: activities, contacts and approvals, documents, items.
_KINDS = ("kind", "role", "name", "id")


def day(moment: date | datetime | None, year: bool = True) -> str:
    """`3 Nov 2025`, or `3 Nov`."""
    if moment is None:
        return "no date"
    return f"{moment.day} {_MONTHS[moment.month - 1]}" + (f" {moment.year}" if year else "")


def moment(at: datetime | None) -> str:
    """`3 Nov 2025 09:15`, in UTC."""
    return f"{day(at)} {at:%H:%M}" if at else "no date"


def days(number: float | None) -> str:
    """`23 d`, `4.5 d`, `< 1 h`."""
    if number is None:
        return NOTHING
    if number >= 10:
        return f"{number:.0f} d"
    if number >= 1:
        return f"{number:.1f}".removesuffix(".0") + " d"
    return f"{number * 24:.0f} h" if number * 24 >= 1 else "< 1 h"


def percent(share: float | None) -> str:
    """`29 %`, its space not to be broken at."""
    return NOTHING if share is None else f"{share * 100:.0f}\u00a0%"


def amount(text: str) -> str:
    """Decimal text with thousands separated: `5,320,000`."""
    return f"{Decimal(text):,f}"


def amounts(by_currency: dict[str, str]) -> str:
    """`5,320,000 EUR`, several joined by a plus."""
    return " + ".join(f"{amount(text)} {currency}" for currency, text in by_currency.items()) or NOTHING


def money(value: Money | None) -> str:
    """`62,000 EUR`."""
    return str(value) if value else NOTHING


def value(found: Any) -> str:
    """A value that a rule looked at, or a field of a deal."""
    if found is None:
        return "not recorded"
    if isinstance(found, Personal):
        return found.value or "erased"
    if isinstance(found, (list, tuple)):
        return _listed(found)
    told = next((tell for kind, tell in _TOLD if isinstance(found, kind)), str)
    return told(found)


def _moment_or_day(at: datetime) -> str:
    return day(at) if at.time() == time() else moment(at)


# A bool is an int and a datetime a date: the narrower kind stands first.
_TOLD: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda found: "yes" if found else "no"),
    (datetime, _moment_or_day),
    (date, day),
    (timedelta, lambda found: days(found / timedelta(days=1))),
    (float, lambda found: f"{found:,.6g}"),
)


def _listed(found: Sequence[Any]) -> str:
    if not found:
        return "none"
    if not all(isinstance(item, dict) for item in found):
        return ", ".join(str(item) for item in found)
    kinds = Counter(str(next((item[key] for key in _KINDS if item.get(key)), "")) for item in found)
    told = ", ".join(f"{count} {kind}".rstrip() for kind, count in sorted(kinds.items()))
    if len(kinds) > MANY_KINDS:
        told = f"{len(found)} of {len(kinds)} kinds"
    dated = [item["at"] for item in found if item.get("at")]
    return f"{told}, last {day(max(dated), year=False)}" if dated else told


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 deal`, `2 deals`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def masked(url: str) -> str:
    """A store's URL without its password."""
    before, at, host = url.rpartition("@")
    scheme, slashes, user = before.partition("://")
    return f"{scheme}{slashes}{user.partition(':')[0]}@{host}" if at and slashes else url
