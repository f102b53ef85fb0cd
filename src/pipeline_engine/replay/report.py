"""What a backtest found, as values: trust first, then what would have been different, then what cannot be known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pipeline_engine.values import Money, instant_text
from pipeline_engine.views import Amounts

Change = Literal[
    "same", "newly_refused", "newly_needs_approval", "newly_warned", "newly_allowed", "other_reason", "not_knowable"
]
CHANGES: tuple[Change, ...] = (
    "same", "newly_refused", "newly_needs_approval", "newly_warned", "newly_allowed", "other_reason", "not_knowable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A recorded verdict that replaying the rules in force did not give again."""

    deal: str
    version: int
    rule: str
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The control: of `replayable` recorded verdicts `reproduced` came out the same; the rest is counted by cause."""

    replayable: int
    reproduced: int
    left_out: Mapping[str, int]
    mismatches: tuple[Mismatch, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every verdict that can be replayed was reproduced; true where there was nothing to control."""
        return self.replayable == self.reproduced

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        shown = [
            {"deal": m.deal, "version": m.version, "rule": m.rule, "recorded": m.recorded, "replayed": m.replayed}
            for m in self.mismatches
        ]
        return {
            "replayable": self.replayable, "reproduced": self.reproduced, "left_out": dict(self.left_out),
            "mismatches": shown,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class AtStake:
    """Deals and their value at the time of the move; `unknown` deals had no value recorded then."""

    deals: int = 0
    worth: Amounts = field(default_factory=lambda: Amounts({}))
    unknown: int = 0

    def to_json(self) -> dict[str, Any]:
        """For scripts; amounts as decimal text."""
        return {
            "deals": self.deals, "value": self.worth.to_json(),
            "unknown": self.unknown,
        }  # fmt: skip


@dataclass(frozen=True)
class RuleEffect:
    """
    What one candidate rule did.

    `evaluated` counts pass and fail; `unknown` neither. `stopped` is how many accepted moves it alone or with others
    would have stopped, `sole` how many it alone. Of those stopped `complied` met the rule later (simple: at the first
    later event of the deal at which it holds), after a median of `days_median`; `never` did not, by outcome in
    `at_stake`. `approvals` counts accepted moves that would have needed an approval nobody asked for at the time.
    """

    rule: str
    says: str
    status: Literal["new", "changed", "as before"]
    severity: str
    approval: str | None
    evaluated: int
    fails: int
    unknown: int
    not_knowable: int
    waived: int
    stopped: int
    sole: int
    complied: int
    days_median: float | None
    never: int
    approvals: int
    approvals_a_week: float | None
    at_stake: Mapping[str, AtStake]

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "at_stake"}
        return {**plain, "at_stake": {outcome: stake.to_json() for outcome, stake in self.at_stake.items()}}


@dataclass(frozen=True, slots=True)
class ApprovalWait:
    """How long a role took, as recorded: `answered` requests, `pending` ones, median days by Kaplan–Meier."""

    role: str
    answered: int
    pending: int
    median_days: float | None

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Slip:
    """Won deals that, had their new approvals taken the recorded median, would have closed in a later quarter."""

    deals: int
    worth: Amounts

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {"deals": self.deals, "value": self.worth.to_json()}


@dataclass(frozen=True, slots=True)
class Example:
    """One attempt that would have gone another way."""

    change: Change
    deal: str
    version: int
    at: datetime | None
    to: str
    rules: tuple[str, ...]
    value: Money | None
    became: str

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "change": self.change, "deal": self.deal, "version": self.version,
            "at": instant_text(self.at) if self.at else None, "to": self.to, "rules": list(self.rules),
            "value": {"amount": self.value.plain(), "currency": self.value.currency} if self.value else None,
            "became": self.became,
        }  # fmt: skip


@dataclass(frozen=True)
class Backtest:
    """The whole answer, for one candidate over the history up to a log position.

    `at_stake` holds, for every kind of change that touches a move, the deals and their value at the time of the move,
    by what became of them.
    """

    candidate: str
    candidate_digest: str
    baseline: str
    position: int
    events: int
    fidelity: Fidelity
    attempts: int
    counts: Mapping[Change, int]
    rules: tuple[RuleEffect, ...]
    waits: tuple[ApprovalWait, ...]
    slips: Slip
    at_stake: Mapping[Change, Mapping[str, AtStake]]
    examples: tuple[Example, ...]
    cannot_know: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The document scripts read."""
        return {
            "candidate": self.candidate, "candidate_digest": self.candidate_digest, "baseline": self.baseline,
            "position": self.position, "events": self.events, "fidelity": self.fidelity.to_json(),
            "attempts": self.attempts, **{change: self.counts[change] for change in CHANGES},
            "rules": [rule.to_json() for rule in self.rules], "approval_waits": [w.to_json() for w in self.waits],
            "slips": self.slips.to_json(),
            "at_stake": {
                change: {outcome: stake.to_json() for outcome, stake in stakes.items()}
                for change, stakes in self.at_stake.items()
            },
            "examples": [example.to_json() for example in self.examples],
            "cannot_know": list(self.cannot_know), "notes": list(self.notes),
        }  # fmt: skip
