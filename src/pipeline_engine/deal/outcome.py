"""What became of a command: accepted or not, and how each rule judged it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import Refused
from pipeline_engine.values import Value

Word = Literal["pass", "fail", "unknown", "waived", "not asked"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One rule's answer. `facts` are the paths it read with the values seen (None: not recorded), in reading order."""

    rule: str
    verdict: Word
    severity: str
    says: str
    fix: str
    facts: tuple[tuple[str, Value | None], ...] = ()
    approval: str | None = None
    waivable_by: tuple[str, ...] = ()

    @property
    def unmet(self) -> bool:
        """Whether it stands in the way."""
        return self.verdict in ("fail", "unknown") and self.severity == "block"


@dataclass(frozen=True)
class Preflight:
    """What the gate would say now of one attempt; nothing was written."""

    gate: str
    target: str
    allowed: bool
    verdicts: tuple[Judged, ...]

    @property
    def unmet(self) -> tuple[Judged, ...]:
        """The blocking rules that stand in the way."""
        return tuple(judged for judged in self.verdicts if judged.unmet)


@dataclass(frozen=True)
class Outcome:
    """What a command led to.

    `events` are the stored events that answer it, those of the first time where it was asked twice (`repeated`);
    `verdicts` say how each rule judged, folded from the deal's history when first asked for. A view that stands at
    `position` or later has seen it.
    """

    deal_id: str
    accepted: bool
    position: int
    repeated: bool
    read_events: Callable[[], tuple[Recorded, ...]]
    explain: Callable[[tuple[Recorded, ...]], tuple[Judged, ...]]

    @cached_property
    def events(self) -> tuple[Recorded, ...]:
        """The stored events that answer the command, oldest first; none where there was nothing to do."""
        return self.read_events()

    @cached_property
    def verdicts(self) -> tuple[Judged, ...]:
        """Every rule that was asked, in the process's order; none where the command asked no gate."""
        return self.explain(self.events)

    @property
    def unmet(self) -> tuple[Judged, ...]:
        """The blocking rules that stood in the way."""
        return tuple(judged for judged in self.verdicts if judged.unmet)

    def raise_if_refused(self) -> "Outcome":
        """This outcome; raises Refused naming the rules that said no."""
        if self.accepted:
            return self
        reasons = "; ".join(f"{judged.rule} ({judged.verdict})" for judged in self.unmet)
        # Where no gate was asked the event itself says why.
        reasons = reasons or "; ".join(str(getattr(each.event, "why", "")) for each in self.events)
        raise Refused(f"deal `{self.deal_id}` was refused: {reasons}", self)
