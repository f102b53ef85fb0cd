"""What may be asked of a deal from outside, a model a kind: the bus reads commands with these, and HTTP may too.

A model has the parameters of the engine's verb of the same name; `ask` calls that verb. Amounts and days are texts, so
that no reader on the way makes floats of them. What a value means is decided by the engine alone.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from pipeline_engine.deal import Outcome
from pipeline_engine.engine import Engine, How


def _only_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("expected a moment with its zone as text, like 2026-01-31T09:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_only_text), Field(strict=False, examples=["2026-01-31T09:00:00Z"])]
Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Given = str | bool | Whole | Annotated[tuple[str, ...], Field(strict=False)] | None
"""A field's value: amounts and days as text (`"12000.50"`, `"2026-01-31"`); null clears the field."""
Fields = dict[str, Given]


class Asked(BaseModel):
    """What every command says: who asks, and when it happened where that is not now."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    verb: ClassVar[str] = ""

    by: Annotated[str, Field(description="Who asks: a person's id.", examples=["rep-03"])]
    at: Annotated[Moment | None, Field(description="When it happened; now unless named.")] = None
    on_behalf_of: Annotated[str | None, Field(description="In whose stead: who lends their role.")] = None
    correlation_id: Annotated[str | None, Field(description="What this belongs to, in your words.")] = None
    causation_id: Annotated[str | None, Field(description="What led to this, in your words.")] = None

    def how(self, command_id: str | None, seen_version: int | None = None) -> How:
        """Who asks and when, as the engine's verbs take it."""
        return {
            "by": self.by, "at": self.at, "on_behalf_of": self.on_behalf_of, "correlation_id": self.correlation_id,
            "causation_id": self.causation_id, "command_id": command_id, "seen_version": seen_version,
        }  # fmt: skip

    def ask(self, engine: Engine, deal_id: str, command_id: str | None, seen_version: int | None = None) -> Outcome:
        """Ask the engine; what is asked twice under one id is recorded once. `seen_version` as in `How`."""
        what = {name: getattr(self, name) for name in type(self).model_fields if name not in Asked.model_fields}
        outcome: Outcome = getattr(engine, self.verb)(deal_id, **what, **self.how(command_id, seen_version))
        return outcome


class Open(Asked):
    """Open a deal under a process."""

    verb = "open_deal"
    process: str
    owner: str | None = None
    stage: str | None = None
    title: str | None = None
    fields: Fields = Field(default_factory=dict)


class Set(Asked):
    """Set fields of a deal; null clears one."""

    verb = "set"
    values: Fields


class Assign(Asked):
    """Give the deal to another owner."""

    verb = "assign"
    owner: str
    why: str | None = None


class Contact(Asked):
    """Link a person on the customer's side to the deal, in a role."""

    verb = "contact"
    contact: str
    role: str


class Unlink(Contact):
    """Let a person on the customer's side go from a role in the deal."""

    verb = "unlink"


class Log(Asked):
    """Log an activity."""

    verb = "log"
    kind: str
    with_whom: str | None = None
    minutes: Whole | None = None


class Attach(Asked):
    """Attach a document by the SHA-256 of its content."""

    verb = "attach"
    name: str
    sha256: str


class Tick(Asked):
    """Tick an item of a checklist or of the plan, or take the tick back."""

    verb = "tick"
    item: str
    undo: bool = False


class NextStep(Asked):
    """Say what comes next, and by when."""

    verb = "next_step"
    text: str
    due: Moment | None = None


class Note(Asked):
    """Record a note."""

    verb = "note"
    text: str


class Move(Asked):
    """Ask the gate for another stage."""

    verb = "move"
    to: str
    reason: str | None = None


class Win(Asked):
    """Ask the gate to close the deal as won."""

    verb = "win"


class Lose(Asked):
    """Ask the gate to close the deal as lost, for a reason of the process."""

    verb = "lose"
    reason: str
    competitor: str | None = None
    note: str | None = None


class Reopen(Asked):
    """Ask the gate to open a won or lost deal again."""

    verb = "reopen"
    reason: str | None = None


class Observe(Asked):
    """Record what another system did to the deal, past the gate; `at` says when it happened there."""

    verb = "observe"
    at: Moment
    to: str
    source: str
    key: str
    reason: str | None = None
    amount: str | None = None
    reopens: bool = False


class Request(Asked):
    """Ask the role that a rule names for its approval."""

    verb = "request"
    rule: str
    to: str | None = None
    note: str | None = None


class Approve(Asked):
    """Approve a rule for a target; `seen` is the version of the deal that was looked at."""

    verb = "approve"
    rule: str
    to: str | None = None
    expires_at: Moment | None = None
    seen: Whole | None = None


class Reject(Asked):
    """Say no to an approval."""

    verb = "reject"
    rule: str
    reason: str
    to: str | None = None


class Return(Reject):
    """Give a request for an approval back, since something is missing."""

    verb = "return_approval"


class Waive(Asked):
    """Waive a rule for a target, with a reason; `seen` is the version of the deal that was looked at."""

    verb = "waive"
    rule: str
    reason: str
    to: str | None = None
    expires_at: Moment | None = None
    seen: Whole | None = None


class HandOff(Asked):
    """Ask somebody to take the deal over."""

    verb = "hand_off"
    to: str
    why: str | None = None


class Accept(Asked):
    """Take over a deal that one was asked to take."""

    verb = "accept"


class Decline(Asked):
    """Do not take over a deal that one was asked to take."""

    verb = "decline"
    reason: str | None = None


class Withdraw(Decline):
    """Take back that somebody was asked to take the deal over."""

    verb = "withdraw"


class Pause(Asked):
    """Let the deal wait on purpose, perhaps until a moment."""

    verb = "pause"
    reason: str
    until: Moment | None = None


class Resume(Asked):
    """Go on with a deal that waits."""

    verb = "resume"


class CorrectValue(Asked):
    """Say what fields really were that an event of the deal says."""

    verb = "correct_value"
    version: Whole
    values: Fields
    reason: str


class CorrectTime(Asked):
    """Say when an event of the deal really happened."""

    verb = "correct_time"
    version: Whole
    really_at: Moment
    reason: str


class Void(Asked):
    """Say that an event of the deal did not happen."""

    verb = "void"
    version: Whole
    reason: str


class ConfirmCorrection(Asked):
    """Agree to a correction of a closed deal that somebody else proposed."""

    verb = "confirm_correction"
    version: Whole


class Merge(Asked):
    """Say that the deal is the same as another one, which goes on."""

    verb = "merge"
    into: str
    reason: str


_KINDS: tuple[type[Asked], ...] = (
    Open, Set, Assign, Contact, Unlink, Log, Attach, Tick, NextStep, Note, Move, Win, Lose, Reopen, Observe,
    Request, Approve, Reject, Return, Waive, HandOff, Accept, Decline, Withdraw, Pause, Resume,
    CorrectValue, CorrectTime, Void, ConfirmCorrection, Merge,
)  # fmt: skip
_SHORTER = {"open_deal": "open", "return_approval": "return"}
COMMANDS: Mapping[str, type[Asked]] = {_SHORTER.get(kind.verb, kind.verb): kind for kind in _KINDS}
"""Every kind of command by its name."""


def ask(engine: Engine, kind: str, deal_id: str, document: Any, command_id: str) -> Outcome:
    """
    Ask what a document of a kind says.

    Raises:
        KeyError: There is no such kind.
        pydantic.ValidationError: The document is not of that kind.
        PipelineError: The engine says no.
    """
    return COMMANDS[kind].model_validate(document).ask(engine, deal_id, command_id)
