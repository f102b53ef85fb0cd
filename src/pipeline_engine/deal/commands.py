"""What may be asked of a deal.

A command carries its own time, identity and door; deciding needs no clock. Field values may be text as typed by a
person (`"12000"`, `"2026-02-27"`); they are read by the field's type when the command is decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from pipeline_engine.deal.asked import as_kept
from pipeline_engine.envelope import Via
from pipeline_engine.values import Value

RawValue = Value | Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Who asks what, of which deal, at which moment (aware UTC), under which command id, through which door.

    Making one raises BadValue where a part could not be kept: an id, a text, a moment or a value.
    """

    # Whether deciding it needs to know who the owner reports to, whatever the rules read.
    asks_about_owner: ClassVar[bool] = False

    deal_id: str
    at: datetime
    by: str
    command_id: str
    via: Via = "python"
    on_behalf_of: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            kept = as_kept(part.name, value, optional=part.default is None)
            if kept is not value:
                object.__setattr__(self, part.name, kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDeal(Command):
    """Open a deal under a process, in its first stage unless another is named."""

    process: str
    owner: str | None = None
    stage: str | None = None
    title: str | None = None
    fields: Mapping[str, RawValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFields(Command):
    """Set fields; None or an empty text clears one."""

    values: Mapping[str, RawValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignOwner(Command):
    """Give the deal to another owner."""

    owner: str
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkContact(Command):
    """Link a person on the customer's side, in a role of the process."""

    contact: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogActivity(Command):
    """Log that something was done with the customer."""

    kind: str
    with_whom: str | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachDocument(Command):
    """Attach a document of a kind the process knows, by the SHA-256 of its content (64 hex digits)."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TickItem(Command):
    """Tick an item of a checklist or of the plan."""

    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UntickItem(Command):
    """Take a tick back."""

    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFollowUp(Command):
    """Note that a deal which the win had planned is there."""

    opened: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNextStep(Command):
    """Say what comes next, and by when."""

    text: str
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNote(Command):
    """Record a note."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveDeal(Command):
    """Ask the gate for another stage."""

    target: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WinDeal(Command):
    """Ask the gate to close the deal as won."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseDeal(Command):
    """Ask the gate to close the deal as lost."""

    reason: str
    competitor: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenDeal(Command):
    """Ask the gate to open a won or lost deal again, in the stage it stood in."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserveDeal(Command):
    """Record what another system says it did: to a stage, or won, lost, reopen; it asks no gate and is never judged.

    `source` is that system and `key` its own name for what it did: told again, it is recorded once. `reason` is why,
    for a loss a reason of the process; `amount` what a win came to. `reopens`: in that system a closed deal is opened
    again by entering a stage; without it such a stage is noted and changes nothing.
    """

    target: str
    source: str
    key: str
    reason: str | None = None
    amount: RawValue = None
    reopens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestApproval(Command):
    """Ask the role that a rule names to approve; `target` is the next stage unless another is named."""

    rule: str
    target: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(Command):
    """Approve a rule for a target, perhaps until a moment; `seen` is the version of the deal that was looked at."""

    rule: str
    target: str | None = None
    expires_at: datetime | None = None
    note: str | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(Command):
    """Say no to an approval that was asked for."""

    rule: str
    reason: str
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Command):
    """Give the request for an approval back: something is missing before it can be decided."""

    rule: str
    reason: str
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceExpiry(Command):
    """Say that approvals and waivers of the deal have come to their end; the gate has known it all along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waive(Command):
    """Waive a rule for a target, with a reason, perhaps until a moment; `seen` is the version that was looked at."""

    rule: str
    reason: str
    target: str | None = None
    expires_at: datetime | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectValue(Command):
    """Say what fields really were that an event of the deal says; None or an empty text clears one."""

    version: int
    values: Mapping[str, RawValue]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectTime(Command):
    """Say when an event of the deal really happened."""

    version: int
    really_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidEvent(Command):
    """Say that an event of the deal did not happen."""

    version: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmCorrection(Command):
    """Agree to a correction of a closed deal that somebody else proposed; `version` is the proposal's."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeDeal(Command):
    """Say that the deal is the same as another one, which goes on."""

    into: str
    reason: str
