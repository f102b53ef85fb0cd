"""What may be said of a deal at all: the values a column can have, and what the engine itself sees to.

Reasoning holds for deals within these limits: moments of the years 1900 to 2149, whole numbers below 10^15, money below
10^14, decimals below 10^18. A rule that names a number beyond them is not analysed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from pipeline_engine.process.analysis.spans import Span
from pipeline_engine.process.judge import OUTCOME_TARGETS
from pipeline_engine.process.model import Field, Process
from pipeline_engine.process.owners import COUNTS
from pipeline_engine.process.rules import Kind, Node, Type, to_text, walk
from pipeline_engine.process.rules.literals import DAY
from pipeline_engine.process.vocabulary import vocabulary_of
from pipeline_engine.values import Money, microseconds

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # when a witness is looked at, where the rules let it be any moment
BASE = microseconds(NOON)
MIDNIGHT = "today"
# The engine keeps these, whatever the deal.
ALWAYS = frozenset({
    "now", "today", "actor.id", "actor.roles", "move.to", "move.passed", "activities", "activities.kind",
    "activities.at", "approvals", "approvals.rule", "approvals.role", "approvals.by", "approvals.at",
    "approvals.target", "approvals.live", "contacts", "contacts.role", "documents", "documents.name",
    "items", "items.id",
})  # fmt: skip
# Missing only where somebody was forgotten on demand.
NEARLY_ALWAYS = ALWAYS | {"contacts.id"}
ALIASES: Mapping[str, str] = {"stage.id": "move.from"}  # two names of one value
_LIMITS: Mapping[Kind, tuple[int, int]] = {
    Kind.TIMESTAMP: (
        microseconds(datetime(1900, 1, 1, tzinfo=UTC)),
        microseconds(datetime(2150, 1, 1, tzinfo=UTC)) - 1,
    ),
    Kind.DURATION: (-250 * 366 * DAY, 250 * 366 * DAY),
    Kind.INT: (-(10**15), 10**15),
    Kind.MONEY: (-(10**18), 10**18),
    Kind.DOUBLE: (-(10**18), 10**18),
}
# A literal this much inside the limits leaves room on either side of it.
_ROOM = 1_000
_OTHERS = ("USD", "GBP", "JPY", "CHF", "SEK", "EUR", "NOK", "DKK", "CAD", "AUD", "NZD", "PLN", "CZK", "HUF", "MXN")


class Beyond(Exception):
    """Something that the search does not reason about; it becomes a NotAnalysed."""


@dataclass(frozen=True)
class World:
    """The limits of what a deal of this process can be, with some columns settled."""

    process: Process
    given: Mapping[str, Any]

    @cached_property
    def types(self) -> Mapping[str, Type]:
        """The kind of every column."""
        return vocabulary_of(self.process).types

    @cached_property
    def zone(self) -> str:
        """The zone in which it is today."""
        return self.process.calendar.zone

    def limits(self, kind: Kind) -> Span:
        """Within which all values of a kind lie."""
        return Span(*_LIMITS[kind])

    def span(self, path: str, kind: Kind) -> Span:
        """Within which the values of a column lie."""
        field = self.field(path)
        if field is not None and field.kind == "time":
            return Span(0, DAY - 1)
        if path in COUNTS:
            return Span(0, _LIMITS[Kind.INT][1])
        return self.limits(kind)

    def step(self, path: str) -> int:
        """Whole values of a column are multiples of this: a date is midnight."""
        field = self.field(path)
        return DAY if path == MIDNIGHT or (field is not None and field.kind == "date") else 1

    def field(self, path: str) -> Field | None:
        """The declared field behind `deal.<name>`; None for all else."""
        group, _, name = path.partition(".")
        return self.process.fields.get(name.partition("#")[0]) if group == "deal" else None

    def texts(self, path: str) -> frozenset[str] | None:
        """The texts a column can be; None where any text will do."""
        if path.endswith("#currency"):
            return frozenset(self.currencies)
        known = self._named.get(path.partition("#")[0] + _element(path))
        field = self.field(path)
        if field is not None:
            known = field.of if field.kind == "choice" else None
        return frozenset(known) if known else None

    @cached_property
    def _named(self) -> Mapping[str, tuple[str, ...]]:
        process, stages = self.process, self.process.stage_ids
        return {
            "move.from": stages,
            "move.to": (*stages, *OUTCOME_TARGETS.values()),
            "activities.kind": process.activities,
            "contacts.role": process.contact_roles,
            "move.passed.": stages,
        }

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """The process currency, then as many others without a rate as there are fields of money to tell apart."""
        fields = [name for name, field in self.process.fields.items() if field.kind == "money"]
        others = [code for code in _OTHERS if code != self.process.currency and code not in self.process.rates]
        return (self.process.currency, *others[: max(len(fields), 1)])

    def always(self, path: str) -> bool:
        """Whether the column is never missing."""
        return path.endswith("#currency") or path.partition("#")[0] + _element(path) in ALWAYS

    def missing(self, path: str) -> bool:
        """Whether the column is settled to be missing."""
        return any(name in self.given and self.given[name] is None for name in spellings(path))


def spellings(path: str) -> tuple[str, ...]:
    """The names under which a row holds the value of a column."""
    return (path, *(alias for alias, meant in ALIASES.items() if meant == path))


def _element(path: str) -> str:
    """`.role` of `contacts#1.role`, `.` of an element that is a plain text, nothing of all else."""
    _, marked, rest = path.partition("#")
    return f".{rest.partition('.')[2]}" if marked else ""


def check_literals(node: Node) -> None:
    """Raise Beyond where a rule names a number that is outside the limits."""
    for step in walk(node):
        if step.op != "const" or not isinstance(step.kind, Kind) or step.kind not in _LIMITS:
            continue
        low, high = _LIMITS[step.kind]
        value = step.value.units if isinstance(step.value, Money) else step.value
        room = 0 if step.kind in (Kind.TIMESTAMP, Kind.DURATION) else (high - high // _ROOM)
        if not low + room <= value <= high - room:
            raise Beyond(f"`{to_text(step)}` lies beyond what is reasoned about")
