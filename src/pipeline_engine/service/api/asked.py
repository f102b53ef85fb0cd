"""What a body may say: who asks, and the parts each command takes. Nothing beside these is let in.

Moments, days and amounts are text; what a field's value has to be, its process says.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)

from pipeline_engine.deal import RawValue


def _moment(found: Any) -> datetime:
    if not isinstance(found, str):
        raise ValueError("expected a moment as text, like `2026-01-31T09:00:00Z`")
    try:
        read = datetime.fromisoformat(found)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("expected a moment with its zone, like `2026-01-31T09:00:00Z`")


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T09:00:00Z"]}),
]
Number = Annotated[StrictInt, Field(ge=-(2**63), lt=2**63)]
FieldValue = StrictStr | StrictBool | Number | list[StrictStr] | None
Values = Annotated[
    dict[str, FieldValue],
    Field(description='Values by field; amounts and dates as text (`"12000"`, `"2026-02-27"`), null clears one.'),
]
Version = Annotated[StrictInt, Field(ge=1, lt=2**31, description="An event's version, as the timeline tells it.")]

EventVersion = Annotated[int, Path(ge=1, lt=2**31, description="An event's version, as the timeline tells it.")]


def raw(values: dict[str, FieldValue]) -> dict[str, RawValue]:
    """The values as the engine takes them."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


class Body(BaseModel):
    """Anything that is sent; what is not declared is refused."""

    model_config = ConfigDict(extra="forbid")


class Ask(Body):
    """Who asks, and when it happened."""

    by: Annotated[StrictStr, Field(description="Who asks: a person's id.", examples=["rep-03"])]
    at: Annotated[Moment | None, Field(description="When it happened; now unless named.")] = None
    on_behalf_of: Annotated[StrictStr | None, Field(description="In whose stead: who lends their role.")] = None
    correlation_id: Annotated[StrictStr | None, Field(description="What this belongs to, in your words.")] = None
    causation_id: Annotated[StrictStr | None, Field(description="What led to this, in your words.")] = None


class OpenDealAsk(Ask):
    """Open a deal under the version of a process that is in force."""

    deal: Annotated[StrictStr, Field(description="The id of the new deal.", examples=["D-1"])]
    process: StrictStr
    owner: Annotated[StrictStr | None, Field(description="Who works it; else who asks.")] = None
    fields: Values = {}
    stage: Annotated[StrictStr | None, Field(description="Where it opens; else where the process says.")] = None
    title: Annotated[StrictStr | None, Field(description="A title, kept sealed.")] = None


class MoveAsk(Ask):
    """Ask the gate for another stage."""

    to: Annotated[StrictStr, Field(description="The stage asked for.", examples=["qualified"])]
    reason: Annotated[StrictStr | None, Field(description="Why; needed for going back.")] = None


class WinAsk(Ask):
    """Ask the gate to close the deal as won."""

    outcome: Literal["won"]


class LoseAsk(Ask):
    """Ask the gate to close the deal as lost."""

    outcome: Literal["lost"]
    reason: Annotated[StrictStr, Field(description="A lost reason of the process.")]
    competitor: Annotated[StrictStr | None, Field(description="Who won instead.")] = None
    note: Annotated[StrictStr | None, Field(description="In your words; kept sealed.")] = None


class ReopenAsk(Ask):
    """Ask the gate to open a won or lost deal again."""

    outcome: Literal["open"]
    reason: Annotated[StrictStr | None, Field(description="Why it is open again.")] = None


OutcomeAsk = Annotated[WinAsk | LoseAsk | ReopenAsk, Field(discriminator="outcome")]


class OwnerAsk(Ask):
    """Give the deal to another owner."""

    to: Annotated[StrictStr, Field(description="The new owner.")]
    why: Annotated[StrictStr | None, Field(description="Why; kept sealed.")] = None


class FieldsAsk(Ask):
    """Set fields of a deal."""

    values: Values


class ContactAsk(Ask):
    """Link a person on the customer's side to the deal, or let them go."""

    contact: Annotated[StrictStr, Field(description="The person; kept sealed.")]
    role: Annotated[StrictStr, Field(description="A contact role of the process.")]
    unlink: Annotated[StrictBool, Field(description="Let them go from that role instead.")] = False


class ActivityAsk(Ask):
    """Log that something was done with the customer."""

    kind: Annotated[StrictStr, Field(description="An activity of the process: call, meeting, …")]
    with_whom: Annotated[StrictStr | None, Field(description="With whom; kept sealed.")] = None
    minutes: Annotated[Number | None, Field(description="How long it took.")] = None


class DocumentAsk(Ask):
    """Attach a document; its content stays where it is."""

    name: Annotated[StrictStr, Field(description="A document of the process: nda, contract, …")]
    sha256: Annotated[StrictStr, Field(description="The SHA-256 of its content: 64 hexadecimal digits.")]


class ItemAsk(Ask):
    """Tick an item of a checklist or of the plan."""

    item: StrictStr
    undo: Annotated[StrictBool, Field(description="Take the tick back.")] = False


class NextStepAsk(Ask):
    """Say what comes next, and by when."""

    text: Annotated[StrictStr, Field(description="What comes next; kept sealed.")]
    due: Moment | None = None


class NoteAsk(Ask):
    """Record a note."""

    text: Annotated[StrictStr, Field(description="The note; kept sealed.")]


class PauseAsk(Ask):
    """Let the deal wait on purpose."""

    reason: Annotated[StrictStr, Field(description="What it waits for; kept sealed.")]
    until: Annotated[Moment | None, Field(description="It is over then by itself; else when somebody resumes.")] = None


class HandoffAsk(Ask):
    """Ask somebody to take the deal over."""

    to: Annotated[StrictStr, Field(description="Who is asked.")]
    why: Annotated[StrictStr | None, Field(description="Why; kept sealed.")] = None


class ReasonAsk(Ask):
    """Something that may have a reason."""

    reason: Annotated[StrictStr | None, Field(description="Why; kept sealed.")] = None


class RuleAsk(Ask):
    """About one rule of the deal's process, for one target."""

    rule: Annotated[StrictStr, Field(description="The rule's id, as a refusal names it.")]
    to: Annotated[StrictStr | None, Field(description="A stage, won, lost or reopen; else what asks the rule.")] = None


class RequestAsk(RuleAsk):
    """Ask the role that a rule names for its approval."""

    note: Annotated[StrictStr | None, Field(description="What the approver should know; kept sealed.")] = None


class GrantAsk(RuleAsk):
    """Approve a rule for a target."""

    expires_at: Annotated[Moment | None, Field(description="It ends then by itself.")] = None
    seen: Annotated[Version | None, Field(description="The version of the deal that was looked at.")] = None


class NoAsk(RuleAsk):
    """Say no to an approval, or give it back, with a reason."""

    reason: Annotated[StrictStr, Field(description="Why, or what is missing; kept sealed.")]


class WaiveAsk(NoAsk):
    """Waive a rule for a target, with a reason."""

    expires_at: Annotated[Moment | None, Field(description="It ends then by itself.")] = None
    seen: Annotated[Version | None, Field(description="The version of the deal that was looked at.")] = None


class _CorrectAsk(Ask):
    version: Version
    reason: Annotated[StrictStr, Field(description="How you know; kept sealed.")]


class CorrectValueAsk(_CorrectAsk):
    """Say what fields really were that an event says."""

    kind: Literal["value"]
    values: Values


class CorrectTimeAsk(_CorrectAsk):
    """Say when an event really happened."""

    kind: Literal["time"]
    really_at: Moment


class VoidAsk(_CorrectAsk):
    """Say that an event did not happen."""

    kind: Literal["void"]


CorrectAsk = Annotated[CorrectValueAsk | CorrectTimeAsk | VoidAsk, Field(discriminator="kind")]


class MergeAsk(Ask):
    """Say that the deal is the same as another one, which goes on."""

    into: StrictStr
    reason: Annotated[StrictStr, Field(description="Why they are the same; kept sealed.")]


class ObservedAsk(Ask):
    """What another system did to the deal: recorded past the gate, never refused for a rule."""

    to: Annotated[StrictStr, Field(description="What it did: a stage, won, lost or reopen.")]
    source: Annotated[StrictStr, Field(description="The other system, by one name.")]
    key: Annotated[StrictStr, Field(description="Its own name for what it did; told again it is recorded once.")]
    at: Annotated[Moment, Field(description="When it happened there.")]
    reason: StrictStr | None = None
    amount: Annotated[StrictStr | None, Field(description="What a win came to, as text.")] = None
    reopens: Annotated[StrictBool, Field(description="A stage opens a closed deal again there.")] = False
