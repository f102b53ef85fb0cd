"""What is allowed, once it is read and checked: a process as frozen values.

This is also the stored form: `ProcessPublished.compiled` is `Process.model_dump(mode="json")`, so a published
process needs neither its YAML nor the checker again. A new key needs a default.
"""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator

from pipeline_engine.errors import UnknownField, UnknownReason, UnknownRule, UnknownStage
from pipeline_engine.process.rules.working_hours import WorkWeek
from pipeline_engine.values import Value, value_from_json, value_to_json

FieldKind = Literal["text", "number", "int", "money", "percent", "date", "time", "bool", "choice", "person", "document"]
Severity = Literal["block", "warn", "hint"]
RuleKind = Literal[
    "check", "require", "activities", "contacts", "documents", "checklist", "plan", "approval", "stay", "by",
    "topology", "limit", "skill",
]  # fmt: skip
Gate = Literal["open", "move", "win", "lose", "reopen", "own"]
GATES: tuple[Gate, ...] = get_args(Gate)
OWNER = "owner.id"  # the deal's owner, where a grant says on what it lapses
OWNERS_MANAGER = "owner.manager"  # an approver named by what he is to the deal's owner, beside the declared roles


def _read_default(stored: Any) -> Any:
    return value_from_json(stored) if isinstance(stored, (Mapping, list, str, int, float, bool)) else stored


def _write_default(value: Value | None) -> Any:
    return None if value is None else value_to_json(value)


Default = Annotated[Value | None, PlainValidator(_read_default), PlainSerializer(_write_default)]


class Frozen(BaseModel):
    """A value of a process; equal when its parts are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Field(Frozen):
    """One field of a deal. `personal` names whose data it is: `deal`, or the field that holds the subject.

    A percent is a float in percentage points (`10%` is 10.0); many values are a tuple of text. From the stage
    `locked_from` on only the roles `unlocked_by` may change it.
    """

    name: str
    kind: FieldKind
    of: tuple[str, ...] = ()
    many: bool = False
    default: Default = None
    personal: str | None = None
    says: str = ""
    locked_from: str | None = None
    unlocked_by: tuple[str, ...] = ()


class Stalled(Frozen):
    """When a deal counts as stalled: no sign of life for `days` by the named clock."""

    days: Decimal
    since: Literal["last_activity", "stage_entered", "last_change"] = "last_activity"


class Span(Frozen):
    """A length of time: `5d`, `36h`, or working time `5bd`, `8bh` by the process's calendar."""

    amount: Decimal
    unit: Literal["m", "h", "d", "w", "bh", "bd"]


class Stage(Frozen):
    """One step of the way.

    `rules` are the ids of the rules asked on entering it, `leave` of those asked on moving on from it, in file order.
    `applies` is a stored tree: only deals of which it is true have this stage; None is every deal.
    """

    id: str
    title: str = ""
    win_probability: Decimal | None = None
    service_level: Span | None = None
    stalled_after: Stalled | None = None
    guidance: str = ""
    rules: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    applies: Any = None
    applies_text: str | None = None


class Item(Frozen):
    """Something to be ticked off: of a checklist, or of the mutual action plan (`side` is who does it).

    `due` is the stored tree of a moment, `due_text` what the author wrote; None is no date.
    """

    id: str
    kind: Literal["checklist", "plan"]
    title: str = ""
    side: Literal["us", "customer"] | None = None
    due: Any = None
    due_text: str | None = None


class Opens(Frozen):
    """A deal that a win leads to: in `process`, at the moment of the stored tree `at` (None: at once).

    `carry` says which fields go along: the field of the new deal → the field of this one.
    """

    process: str
    at: Any = None
    at_text: str | None = None
    carry: dict[str, str] = {}


class Escalation(Frozen):
    """Whom to call when something takes too long: `to` is `owner`, `owner.manager` or a role.

    `stages` are those it is about (none: all), `after` how much later than `when` says; for an approval that waits, for
    how long it may.
    """

    id: str
    when: Literal["service_level", "stalled", "approval_waits"]
    stages: tuple[str, ...] = ()
    after: Span | None = None
    to: str
    says: str = ""


class SplitLimit(Frozen):
    """A named number that differs by a choice: `of` by the value of the field `by`, `otherwise` for the rest."""

    by: str
    of: dict[str, Decimal]
    otherwise: Decimal | None = None


class Extends(Frozen):
    """The published process that a variant is made from, by the digest of its text."""

    process: str
    version: int
    digest: str


class Rule(Frozen):
    """One rule of a gate, compiled.

    `check` and `when` are stored trees (`process.rules.to_json`); `text` and `when_text` are what the author
    wrote, or the CEL a shorthand stands for. `asked_at` says which gate: a stage id, `leave:STAGE`, `applies:STAGE`, or
    `moves`, `moves:forward`, `moves:back`, `open`, `won`, `won:from`, `lost`, `lost:from`, `reopen`, `own`. `approval`
    is the role asked for, `skills` what whoever approves must be able to do, `answer_within` how long an answer should
    take, `after` the rules whose approvals come before it. `own_words` says that `says` is the author's, and not made
    from what the rule asks.
    In `fix`, `{deal}` stands for the deal's id: replace it, never `str.format` a text that an author wrote.
    """

    id: str
    asked_at: str
    kind: RuleKind = "check"
    severity: Severity = "block"
    says: str = ""
    fix: str = ""
    waivable_by: tuple[str, ...] = ()
    approval: str | None = None
    after: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    answer_within: Span | None = None
    own_words: bool = True
    text: str
    when_text: str | None = None
    check: Any
    when: Any = None
    reads: tuple[str, ...] = ()  # column paths of check and when: `deal.amount`, `approvals`
    lapses_on: tuple[str, ...] = ()  # what ends an approval or waiver when it changes: deal fields, `owner.id`


class LostReason(Frozen):
    """A reason for losing; one that is not `counted` (a duplicate) is left out of win rates."""

    id: str
    counted: bool = True


class Publishing(Frozen):
    """Who may change the process: holders of a role in `by`, everybody without; `four_eyes`: two people together."""

    by: tuple[str, ...] = ()
    four_eyes: bool = False


class Calendar(Frozen):
    """Working time: a zone, the hours of each working weekday (0 is Monday), and the days off."""

    zone: str = "UTC"
    hours: dict[int, tuple[time, time]] = {}
    holidays: tuple[date, ...] = ()

    @cached_property
    def week(self) -> WorkWeek:
        """The working time as rules and views count it."""
        return WorkWeek(self.zone, tuple((day, *self.hours[day]) for day in sorted(self.hours)), self.holidays)


class Moves(Frozen):
    """How deals may move between stages, beside the rules of each stage."""

    forward: Literal["next", "any"] = "next"
    back: Literal["reason", "free", "never"] = "reason"
    open_in: tuple[str, ...] = ()


class Process(Frozen):
    """One version of a process.

    `digest` is the SHA-256 of the definition as written; `rules` are in the order of verdict codes.
    """

    name: str
    version: int = 0  # 0: not published yet
    digest: str
    title: str = ""
    currency: str
    value: str | None = None  # the money field that is the deal's value
    rates: dict[str, Decimal] = {}
    calendar: Calendar = Calendar()
    limits: dict[str, Decimal] = {}
    split_limits: dict[str, SplitLimit] = {}
    roles: tuple[str, ...] = ()
    contact_roles: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    fields: dict[str, Field] = {}
    stages: tuple[Stage, ...]
    moves: Moves = Moves()
    won_from: tuple[str, ...] = ()
    lost_from: tuple[str, ...] = ()
    lost_reasons: tuple[LostReason, ...] = ()
    backdate: Span | None = None  # how far facts may be backdated; None is not at all
    backdate_by: tuple[str, ...] = ()
    observed_by: tuple[str, ...] = ()  # who may record what another system did to a deal
    corrections_by: tuple[str, ...] = ()  # roles that may correct what was recorded; none is nobody
    rules: tuple[Rule, ...] = ()
    opens: tuple[Opens, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    extends: Extends | None = None
    variant_for: dict[str, tuple[str, ...]] = {}  # of a variant: which deals of the base it is for
    publishing: Publishing | None = None  # how the next change is made; None: by everybody, without a reason
    semantics: int = 1

    @property
    def label(self) -> str:
        """The process and its version, as people write it: `b2b-saas@3`."""
        return f"{self.name}@{self.version}" if self.version else self.name

    @cached_property
    def stage_ids(self) -> tuple[str, ...]:
        """The stages, in the order of the way."""
        return tuple(stage.id for stage in self.stages)

    @cached_property
    def rule_ids(self) -> tuple[str, ...]:
        """The rules, in the order of verdict codes."""
        return tuple(rule.id for rule in self.rules)

    def stage(self, stage_id: str) -> Stage:
        """The stage of that id; raises UnknownStage."""
        return self.stages[self.index(stage_id)]

    def index(self, stage_id: str) -> int:
        """How far along the way a stage is, from 0; raises UnknownStage."""
        if stage_id not in self.stage_ids:
            raise UnknownStage(stage_id, self.stage_ids, f"process `{self.label}`")
        return self.stage_ids.index(stage_id)

    def steps(self, from_stage: str, to_stage: str) -> int:
        """How many stages forward a move goes; negative for back. Raises UnknownStage."""
        return self.index(to_stage) - self.index(from_stage)

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; raises UnknownRule."""
        if rule_id not in self.rule_ids:
            raise UnknownRule(rule_id, self.rule_ids, f"process `{self.label}`")
        return self.rules[self.rule_ids.index(rule_id)]

    def field(self, name: str) -> Field:
        """The field of that name; raises UnknownField."""
        if name not in self.fields:
            raise UnknownField(name, tuple(self.fields), f"process `{self.label}`")
        return self.fields[name]

    def lost_reason(self, reason: str) -> LostReason:
        """The reason of that id; raises UnknownReason. A process that lists none takes any."""
        known = {each.id: each for each in self.lost_reasons}
        if known and reason not in known:
            raise UnknownReason(reason, tuple(known), f"process `{self.label}`")
        return known.get(reason, LostReason(id=reason))
