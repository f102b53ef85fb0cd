"""What can happen to a deal.

These classes are the stored format. A new field needs a default; a renamed one needs an upcaster (store/upcast.py).
"""

from typing import Annotated, Literal

from pydantic import Field

from pipeline_engine.envelope import Event, Moment, Stored, StoredMoney, StoredText, StoredValue
from pipeline_engine.values import INT64_MAX

Basis = Literal["gate", "source", "migration", "correction"]
Attempt = Literal["open", "move", "win", "lose", "reopen"]
Count = Annotated[int, Field(ge=0, le=INT64_MAX)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ContextValue(Stored):
    """A fact from outside the deal that a verdict rests on, and the version of the stream it was read at."""

    value: str | int | bool | tuple[str, ...] | None
    stream: str
    version: int


class Verdicts(Stored):
    """How the gate judged: one letter per rule of the process, in its order.

    p pass, f fail, u unknown, w waived, n not asked. `judged_at` is the stream version of the prefix that was judged.
    `now` and `context` are all that folding that prefix cannot give back.
    """

    process: str
    version: int
    digest: str
    judged_at: int
    codes: str
    now: Moment
    context: dict[str, ContextValue] = {}


class DealOpened(Event):
    """The deal came to be, in a stage, under a process version.

    `fields` are the first values, `pinned_by` says who chose the version.
    """

    process: str
    version: int
    stage: str
    owner: str | None = None
    title: StoredText | None = None
    fields: dict[str, StoredValue] = {}
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
    fields: dict[str, StoredValue] = {}
    verdicts: Verdicts


class FieldsChanged(Event):
    """Fields were set or cleared; a field is in one of the two, never in both."""

    set: dict[str, StoredValue] = {}
    cleared: tuple[str, ...] = ()


class OwnerAssigned(Event):
    """The deal has another owner."""

    owner: str
    why: StoredText | None = None


class ContactLinked(Event):
    """A person on the customer's side belongs to the deal, in a role."""

    contact: StoredText
    role: str


class ContactUnlinked(Event):
    """That person no longer has that role in the deal."""

    contact: StoredText
    role: str


class ActivityLogged(Event):
    """Something was done with the customer: a call, a meeting, a demo."""

    kind: str
    with_whom: StoredText | None = None
    minutes: Count | None = None


class DocumentAttached(Event):
    """A document of a kind the process knows belongs to the deal; its content is elsewhere, known by its SHA-256."""

    name: str
    sha256: Sha256


class ItemTicked(Event):
    """An item of a checklist or of the plan is done."""

    item: str


class ItemUnticked(Event):
    """That item is not done after all."""

    item: str


class ChangeRefused(Event):
    """Someone tried to change fields that are locked in the deal's `stage`, and may not; nothing was changed."""

    fields: tuple[str, ...]
    stage: str
    why: Literal["locked"]


class NextStepSet(Event):
    """What comes next, and by when."""

    text: StoredText
    due: Moment | None = None


class NoteRecorded(Event):
    """A note in free text."""

    text: StoredText


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
    fields: dict[str, StoredValue] = {}
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


class ApprovalRequested(Event):
    """Someone asks a role to approve a rule for a target (a stage, won, lost or reopened)."""

    rule: str
    target: str
    role: str
    note: StoredText | None = None


class ApprovalGranted(Event):
    """A holder of the role approved, having seen the deal at `seen_version`.

    It lapses when a field in `lapses_on` changes (`owner.id` stands there for the deal's owner).
    """

    rule: str
    target: str
    role: str
    seen_version: int
    lapses_on: tuple[str, ...] = ()
    expires_at: Moment | None = None
    note: StoredText | None = None


class ApprovalRejected(Event):
    """A holder of the role said no."""

    rule: str
    target: str
    role: str
    reason: StoredText | None = None


class ApprovalReturned(Event):
    """A holder of the role wants more before deciding."""

    rule: str
    target: str
    role: str
    reason: StoredText | None = None


class ApprovalExpired(Event):
    """An approval came to its end; announces what the gate's own comparison already knew."""

    rule: str
    target: str
    granted_version: int


class ApprovalRefused(Event):
    """Someone tried to approve or reject who may not; `reason` is what they said."""

    rule: str
    target: str
    why: Literal["no-role", "four-eyes", "delegation-ended", "out-of-order"]
    tried: Literal["approve", "reject"] = "approve"
    reason: StoredText | None = None


class RuleWaived(Event):
    """A rule was waived for a target, by role and with a reason; lapses as an approval does."""

    rule: str
    target: str
    role: str
    reason: StoredText
    seen_version: int
    lapses_on: tuple[str, ...] = ()
    expires_at: Moment | None = None


class WaiverRefused(Event):
    """Someone tried to waive who may not, or what cannot be waived; `reason` is what they said."""

    rule: str
    target: str
    why: Literal["no-role", "four-eyes", "not-waivable"]
    reason: StoredText | None = None


class SourceStageNoted(Event):
    """The source has a stage row after the outcome; it is kept and changes nothing."""

    stage: str


class DealMerged(Event):
    """The source merged this deal into another one."""

    into: str


class DealRemovedAtSource(Event):
    """The source deleted the deal."""


DEAL_EVENTS: tuple[type[Event], ...] = (
    DealOpened, OpeningRefused, FieldsChanged, OwnerAssigned, ContactLinked, ContactUnlinked, ActivityLogged,
    DocumentAttached, ItemTicked, ItemUnticked, ChangeRefused,
    NextStepSet, NoteRecorded, DealMoved, MoveRefused, DealWon, FollowUpPlanned, FollowUpOpened,
    DealLost, DealReopened, DealPaused, DealResumed,
    ApprovalRequested, ApprovalGranted, ApprovalRejected, ApprovalReturned, ApprovalExpired, ApprovalRefused,
    RuleWaived, WaiverRefused, SourceStageNoted, DealMerged, DealRemovedAtSource,
)  # fmt: skip
