"""What a deal's events add up to: the deal as it stands.

The fold is total: whatever an importer writes or `decide` returns adds up to some deal, never to an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, Self

from pipeline_engine.deal.pauses import Pauses
from pipeline_engine.values import Personal, Value

Status = Literal["not opened", "open", "won", "lost"]
_NONE: Mapping[str, Value] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Activity:
    """Something done with the customer; `at` is None where nobody knows when."""

    kind: str
    at: datetime | None
    by: str
    with_whom: Personal | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person on the customer's side, in a role."""

    contact: Personal
    role: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Attached:
    """A document of the deal, as it was attached."""

    name: str
    sha256: str
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Tick:
    """When an item was ticked, and by whom."""

    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A deal that this one's win leads to; `due` is None where nobody knows when."""

    process: str
    deal_id: str
    due: datetime | None
    fields: Mapping[str, Value]
    owner: str | None = None
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """An approval or a waiver: what it covers, who gave it, and whether it still stands apart from its expiry.

    `in_stead_of` is whose role was acted in, where it was lent.
    """

    rule: str
    target: str
    role: str
    by: str
    at: datetime | None
    version: int
    lapses_on: tuple[str, ...] = ()
    expires_at: datetime | None = None
    standing: bool = True
    in_stead_of: str | None = None

    def of(self, person: str | None) -> bool:
        """Whether that person gave it, or somebody in their stead."""
        return person is not None and person in (self.by, self.in_stead_of)

    def covers(self, rule: str, target: str, now: datetime) -> bool:
        """Whether it serves this rule and target at `now`; expiry is this comparison and nothing else."""
        return self.rule == rule and self.target == target and self.live(now)

    def live(self, now: datetime) -> bool:
        """Whether it has neither lapsed, nor been used up, nor expired."""
        return self.standing and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Request:
    """An approval asked for and not answered yet."""

    rule: str
    target: str
    role: str
    by: str
    at: datetime | None
    version: int
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Handoff:
    """Somebody is asked to take the deal over and has not answered yet: `by` asked `to`, by the event `version`."""

    to: str
    by: str
    at: datetime | None
    version: int
    why: Personal | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """The last refusal of one attempt, as far as telling whether the next one says the same.

    `asked` is what no prefix holds and a rule may read: an opening's owner and fields, a loss's reason.
    """

    version: int
    actor: str
    digest: str
    judged_solid: int
    codes: str
    context: tuple[tuple[str, int], ...]
    asked: object = None


@dataclass(frozen=True)
class Deal:
    """A deal as it stands after `version` events.

    `solid_version` is the version of the last event that is not a refusal: refusals move no ETag. `entered_at` is when
    the current stay began; `last_stage_at` the latest known time of a stage, outcome or reopen event. `source` names
    the source that opened it, None for the gate; `gated` says that the gate has moved it. `askers` are
    (rule, target, who) of every approval asked for since the last such attempt went through, answered or not. `had` and
    `opener` are who had the deal before, or opened it, and is one with its owner still (four_eyes.py). `ticked` holds
    the items that are ticked now, the one ticked last at the end.
    """

    id: str
    status: Status = "not opened"
    process: str = ""
    process_version: int = 0
    stage: str = ""
    owner: str | None = None
    title: Personal | None = None
    fields: Mapping[str, Value] = field(default_factory=lambda: _NONE)
    opened_at: datetime | None = None
    entered_at: datetime | None = None
    closed_at: datetime | None = None
    last_stage_at: datetime | None = None
    lost_reason: str | None = None
    activities: Sequence[Activity] = ()
    contacts: Sequence[Contact] = ()
    documents: Sequence[Attached] = ()
    ticked: Mapping[str, Tick] = field(default_factory=lambda: MappingProxyType({}))
    follow_ups: tuple[FollowUp, ...] = ()
    approvals: tuple[Grant, ...] = ()
    waivers: tuple[Grant, ...] = ()
    requests: tuple[Request, ...] = ()
    askers: frozenset[tuple[str, str, str]] = frozenset()
    had: frozenset[str] = frozenset()
    opener: frozenset[str] = frozenset()
    announced: frozenset[int] = frozenset()
    next_step: Personal | None = None
    next_step_due: datetime | None = None
    handoff: Handoff | None = None
    pauses: Pauses[datetime] = field(default_factory=Pauses)
    refusals: Mapping[str, Mark] = field(default_factory=lambda: MappingProxyType({}))
    source: str | None = None
    gated: bool = False
    merged_into: str | None = None
    removed: bool = False
    version: int = 0
    solid_version: int = 0

    def after(self, changes: Mapping[str, Any]) -> Self:
        """The deal with some fields changed, as `replace` makes it, which would set every one anew for every event."""
        deal = object.__new__(type(self))
        object.__setattr__(deal, "__dict__", {**self.__dict__, **changes})
        return deal

    @property
    def opened(self) -> bool:
        """Whether the deal ever came to be."""
        return self.status != "not opened"

    @property
    def paused(self) -> bool:
        """Whether a pause was begun and nobody resumed; one with an end is over by then all the same."""
        return self.pauses.waiting

    @property
    def goes_on(self) -> bool:
        """Whether it is still under way: neither closed nor merged."""
        return self.status == "open" and self.merged_into is None

    @property
    def stands(self) -> str:
        """Its status as lists name it: a deal merged into another one is `merged`, neither open nor decided."""
        return "merged" if self.merged_into is not None else self.status

    @property
    def ordering(self) -> tuple[datetime, ...]:
        """The moments that what comes next must not lie before: of the last stage event, pause and handover."""
        handed = self.handoff.at if self.handoff else None
        moments = (self.last_stage_at, self.pauses.begin, self.pauses.ended, handed)
        return tuple(moment for moment in moments if moment is not None)

    @property
    def stream(self) -> str:
        """The name of its stream."""
        return f"deal:{self.id}"
