"""The form of every answer: a page of rows, and totals over all that was asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pipeline_engine.values import Money, instant_text, value_told

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Tally:
    """How often what happened, for one rule or one person."""

    name: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of it together."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Answer(Generic[Row]):
    """
    What was found up to a log position.

    Args:
        found: How many events there are of those asked for.
        rows: The latest recorded of them first, a page of them.
        next: Ask again with `before` set to this for the page after; None where there is none.
        totals: How often what happened, over all that was found.
        by_rule, by_person: The same for each rule and each person, the most first.
    """

    position: int
    found: int
    rows: tuple[Row, ...]
    next: int | None
    totals: Mapping[str, int]
    by_rule: tuple[Tally, ...]
    by_person: tuple[Tally, ...]

    def to_json(self) -> dict[str, Any]:
        """One document for scripts: moments as text, money with its amount as decimal text."""
        told: dict[str, Any] = plain(self)
        return told


def plain(value: Any) -> Any:
    """Anything an answer holds, as JSON."""
    if is_dataclass(value) and not isinstance(value, (type, Money)):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else value_told(value)


def tallies(pairs: Iterable[tuple[str | None, str]]) -> tuple[Tally, ...]:
    """What happened, by name: the most first, then by name; pairs without a name are left out."""
    counted: dict[str, Counter[str]] = {}
    for name, what in pairs:
        if name is not None:
            counted.setdefault(name, Counter())[what] += 1
    made = (Tally(name, dict(sorted(counts.items()))) for name, counts in counted.items())
    return tuple(sorted(made, key=lambda tally: (-tally.total, tally.name)))


def totals(words: Iterable[str]) -> dict[str, int]:
    """How often each word, the most first, then by word."""
    return dict(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0])))
