"""How what a rule reads is said to people: the names of fields, and values as they are spoken of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from pipeline_engine.process.rules.literals import DAY, SECOND
from pipeline_engine.process.rules.tree import Node, walk
from pipeline_engine.process.rules.vocabulary import COUNTED_FROM, STAY_BEGINS
from pipeline_engine.values import Money, Personal

Unit = Literal["", "percent", "time of day"]
LONGEST = 60
_HOUR = 3_600 * SECOND
_TWO_DAYS = 2 * DAY

_NAMES: Mapping[str, str] = {
    "stage.id": "the stage",
    "stage.entered_at": "the day it entered the stage",
    **dict.fromkeys(COUNTED_FROM, "the day it entered the stage, pauses left out"),
    "stage.paused": "whether it is paused",
    "opened_at": "the day it was opened",
    "owner.id": "the owner",
    "owner.roles": "the owner's roles",
    "owner.team": "the owner's team",
    "owner.manager": "the owner's manager",
    "owner.skills": "the owner's skills",
    "owner.open_deals": "the number of the owner's other open deals",
    "owner.deals_in_stage": "the number of the owner's other open deals in the stage",
    "actor.id": "who asks",
    "actor.roles": "the roles of who asks",
    "actor.team": "the team of who asks",
    "actor.skills": "the skills of who asks",
    "now": "now",
    "today": "today",
    "move.from": "the stage it comes from",
    "move.to": "the stage it goes to",
    "move.reason": "the reason",
    "move.steps": "the number of steps",
    "move.passed": "the stages passed over",
}
_NOT_KNOWN: Mapping[str, str] = {
    **dict.fromkeys(STAY_BEGINS, "nobody knows when it entered the stage"),
    "opened_at": "nobody knows when it was opened",
    "owner.id": "it has no owner",
    "owner.roles": "it has no owner",
    "owner.team": "the owner belongs to no team",
    "owner.manager": "nobody is known as the owner's manager",
    "owner.skills": "it has no owner",
    "owner.open_deals": "it has no owner",
    "owner.deals_in_stage": "it has no owner",
    "actor.team": "who asks belongs to no team",
    "move.reason": "no reason is given",
    "move.from": "it comes from no stage",
    "move.steps": "it goes to no other stage",
}


@dataclass(frozen=True)
class Wording:
    """
    What one process calls things, and how its values are to be read.

    Args:
        fields: Column path → words, where they are not just the name with blanks.
        percents, clocks: Paths that hold percentage points, or a time of day.
        titles: What items of checklists and plans are called.
        rates: One unit of another currency is so many of the process currency.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    percents: frozenset[str] = frozenset()
    clocks: frozenset[str] = frozenset()
    titles: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    rates: Mapping[str, Decimal] = field(default_factory=dict)

    def name(self, path: str) -> str:
        """What people call a path."""
        return self.fields.get(path) or _NAMES.get(path) or spaced(path.rpartition(".")[2])

    def not_known(self, path: str) -> str:
        """That nobody recorded a path."""
        return _NOT_KNOWN.get(path) or f"{self.name(path)} is not recorded"

    def unit(self, *nodes: Node) -> Unit:
        """How the numbers of an expression are read, by the fields in it."""
        paths = {step.value for node in nodes for step in walk(node) if step.op == "column"}
        return "percent" if paths & self.percents else "time of day" if paths & self.clocks else ""

    def converted(self, money: Money) -> Money | None:
        """Another currency's money in the process currency; None where there is no rate, or nothing to convert."""
        rate = self.rates.get(money.currency)
        if rate is None or money.currency == self.currency:
            return None
        return Money(int((Decimal(money.units) * rate).to_integral_value()), self.currency)


def spaced(name: str) -> str:
    """A name as people say it: `economic_buyer` is economic buyer."""
    return name.replace("_", " ").replace("-", " ")


def either(names: Sequence[str]) -> str:
    """Names as people offer a choice: `a, b or c`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def both(names: Sequence[str]) -> str:
    """Names as people count them up: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def said(found: Any, unit: Unit = "") -> str:
    """A value as it is spoken of: `42,000 EUR`, `2026-01-31`, `20 %`, `3 days`."""
    if found is None:
        return "not recorded"
    tell = next((tell for kind, tell in _SAID if isinstance(found, kind)), None)
    return str(found) if tell is None else tell(found, unit)


def _listed(found: Sequence[Any], unit: Unit) -> str:
    return ", ".join(said(each, unit) for each in found) or "none"


def _numbered(found: float | Decimal, unit: Unit) -> str:
    return f"{found:,.15g}\u00a0%" if unit == "percent" else number(found)


def number(found: float | Decimal) -> str:
    """`1,250`, `12.5`."""
    return f"{found:,d}" if isinstance(found, int) else f"{found:,.15g}"


def _text(found: str) -> str:
    shown = found if len(found) <= LONGEST else found[: LONGEST - 1] + "…"
    return f"“{shown}”" if not shown or shown != shown.strip() or " " in shown else shown


def day(at: datetime) -> str:
    """`2026-01-31`."""
    return f"{at:%Y-%m-%d}"


def moment(at: datetime) -> str:
    """`2026-01-31 09:00 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _clock(found: timedelta) -> str:
    minutes = found // timedelta(minutes=1)
    return f"{minutes // 60:02}:{minutes % 60:02}"


# A bool is an int: the narrower kind stands first.
_SAID: tuple[tuple[Any, Callable[[Any, Unit], str]], ...] = (
    (bool, lambda found, unit: "yes" if found else "no"),
    (Personal, lambda found, unit: _text(found.value) if found.value is not None else "erased"),
    (str, lambda found, unit: _text(found)),
    (datetime, lambda found, unit: day(found) if found.time() == time() else moment(found)),
    (timedelta, lambda found, unit: _clock(found) if unit == "time of day" else span(found)),
    ((int, float, Decimal), _numbered),
    ((list, tuple), _listed),
)


def span(found: timedelta) -> str:
    """`60 days`, `36 hours`; never rounded up, so that a wait is not called over before it is."""
    length = abs(found // timedelta(microseconds=1))
    sign = "-" if found < timedelta() else ""
    for unit, size, least in (("day", DAY, _TWO_DAYS), ("hour", _HOUR, _HOUR), ("minute", 60 * SECOND, 60 * SECOND)):
        if length >= least or (length and length % DAY == 0 and unit == "day"):
            return f"{sign}{counted(length * 10 // size / 10, unit)}"
    return f"{sign}{counted(length // SECOND, 'second')}"


def counted(amount: float, unit: str) -> str:
    """`1 day`, `2.5 days`."""
    return f"{amount:,.15g} {unit}{'' if amount == 1 else 's'}"


def plural(noun: str) -> str:
    """The noun for several: `meetings`, `activities`."""
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou") else noun + "s"
