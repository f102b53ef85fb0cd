"""One line of history in canonical form, whatever file it came from, and what is said of one that cannot be
read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from pipeline_engine.envelope import Precision, Provenance
from pipeline_engine.values import Money, Value

Kind = Literal["opened", "stage", "status", "noted", "activity", "field"]
_NONE: Mapping[str, Value | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Moment:
    """When, and how well that is known: a day is midnight UTC of its label; unknown has no time."""

    at: datetime | None
    precision: Precision


UNDATED = Moment(None, "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    What the source says of one deal at one moment.

    `kind` and `new` say what happened: opened or stage (a stage id), status (won or lost), noted (a name of
    the source that changes nothing), activity (a kind of the process), field (nothing but values). `values`,
    `owner` and `title` are what the source holds after it; a value of None is an empty cell. `key` is the
    natural key within deal and kind. `place` is the file's line, for rejects only: it is never stored.
    """

    deal_id: str
    kind: Kind
    key: str
    when: Moment
    new: str = ""
    values: Mapping[str, Value | None] = field(default_factory=lambda: _NONE)
    owner: str | None = None
    title: str | None = None
    reason: str | None = None
    amount: Money | None = None
    actor: str | None = None
    recorded_at: datetime | None = None
    provenance: Provenance = "observed"
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A row, or one value of it, that did not go in: where it stands, what stood there, and why."""

    file: str
    line: int | None
    column: str
    value: str
    reason: str


class Unreadable(Exception):
    """A cell that cannot be read as what the mapping says; caught where the row is known."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(f"{column}: {value!r}: {reason}")
        self.column, self.value, self.reason = column, value, reason
