"""What changes where a deal stands: openings, moves, outcomes, pauses, migrations, merges.

These classes are the stored format. A new field needs a default; a renamed one needs an upcaster (store/upcast.py).
"""

from typing import Literal

from pydantic import Field

from pipeline_engine.deal.events.judged import Basis, Verdicts
from pipeline_engine.envelope import Event, Moment, StoredMoney, StoredText, StoredValue


class DealOpened(Event):
    """The deal came to be, in a stage, under a process version.

    `fields` are the first values, `pinned_by` says who chose the version.
    """

    process: str
    version: int
    stage: str
    owner: str | None = None
    title: StoredText | None = None
    fields: dict[str, StoredValue] = Field(default_factory=dict)
    basis: Basis = "gate"
    verdicts: Verdicts | None = None
    pinned_by: Literal["opening", "import"] = "opening"


class OpeningRefused(Event):
    """The gate did not let the deal be opened; what was proposed is kept, since no prefix holds it."""

    process: str
    version: int
    stage: str
    owner: str | None = None
    title: StoredText | None = None
    fields: dict[str, StoredValue] = Field(default_factory=dict)
    verdicts: Verdicts


class DealMoved(Event):
    """The deal changed its stage."""

    from_stage: str
    to_stage: str
    basis: Basis = "gate"
    reason: StoredText | None = None
    verdicts: Verdicts | None = None


class MoveRefused(Event):
    """The gate said no to a move, win, loss or reopening.

    `lost_reason` and `competitor` are what a loss was asked for with; `reason` is its note, else the asker's reason.
    """

    attempt: Literal["move", "win", "lose", "reopen"]
    from_stage: str
    to_stage: str | None = None
    reason: StoredText | None = None
    lost_reason: str | None = None
    competitor: StoredText | None = None
    verdicts: Verdicts


class DealWon(Event):
    """The deal was won; `amount` is its final value where one was known."""

    from_stage: str
    amount: StoredMoney | None = None
    basis: Basis = "gate"
    verdicts: Verdicts | None = None


class FollowUpPlanned(Event):
    """The win leads to another deal: in `process`, to be opened at `due`, with these first values.

    `due` is null where nobody knows: the deal lacks what the process reckons it from.
    """

    process: str
    deal_id: str
    due: Moment | None = None
    fields: dict[str, StoredValue] = Field(default_factory=dict)
    owner: str | None = None


class FollowUpOpened(Event):
    """The deal that was planned is there."""

    deal_id: str


class DealLost(Event):
    """The deal was lost from a stage, for a reason of the process, perhaps to a competitor."""

    from_stage: str
    reason: str | None = None
    competitor: StoredText | None = None
    note: StoredText | None = None
    basis: Basis = "gate"
    verdicts: Verdicts | None = None


class DealReopened(Event):
    """A won or lost deal is open again, in `to_stage`."""

    to_stage: str
    reason: StoredText | None = None
    basis: Basis = "gate"
    verdicts: Verdicts | None = None


class DealPaused(Event):
    """The deal waits on purpose; its stay goes on, the paused time is counted apart."""

    reason: StoredText | None = None
    until: Moment | None = None


class DealResumed(Event):
    """The pause is over."""


class DealMigrated(Event):
    """The deal goes on under another version of its process, or under another process; its fields stay as they are.

    `ended` are the stream versions of the approvals and waivers, given or asked for, that the new version does not take
    over, since their rule is another one there. `from_process` is null where the process is the same.
    """

    process: str
    version: int
    from_version: int
    from_process: str | None = None
    from_stage: str
    to_stage: str
    ended: tuple[int, ...] = ()


class SourceStageNoted(Event):
    """The source has a stage row after the outcome, or of a merged deal; it is kept and changes nothing."""

    stage: str


class ObservationRefused(Event):
    """Someone tried to record, past the gate, what another system is said to have done, and may not."""

    target: str
    source: str
    key: str
    why: Literal["no-role"]


class DealMerged(Event):
    """This deal is the same as another one, which goes on; `basis` says who found that: the source, or one of us."""

    into: str
    reason: StoredText | None = None
    basis: Basis = "source"


class DealRemovedAtSource(Event):
    """The source deleted the deal."""
