"""What became of a command: accepted or not, and how each rule judged it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import Refused
from pipeline_engine.process import Part, RuleKind
from pipeline_engine.values import Value

Word = Literal["pass", "fail", "unknown", "waived", "not asked"]


@dataclass(frozen=True, slots=True)
class Able:
    """Who may help with a rule now, by id; `roles_bind` is false in a store without people, where anybody may."""

    approve: tuple[str, ...] = ()
    waive: tuple[str, ...] = ()
    roles_bind: bool = True


def _no_parts() -> tuple[Part, ...]:
    return ()


_ABSENT = re.compile(r"(?:no )?(.+) is (?:not recorded|linked|attached|logged)")


@dataclass(frozen=True)
class Judged:
    """
    One rule's answer.

    Args:
        facts: The paths it read with the values seen (None: not recorded), in reading order.
        fix: What would meet the rule; a command in it can be typed as it stands.
        kind: What kind of rule it is: `require`, `activities`, `approval`, …
        skills: What whoever approves it must be able to do.
        own_words: Whether `says` is the author's, and not made from what the rule asks.
        explain: Tells the smallest parts that stand in the way; asked when somebody reads `because`.
        helpers: Tells who may approve or waive it now; asked when somebody reads `can_approve` or `can_waive`.
    """

    rule: str
    verdict: Word
    severity: str
    says: str
    fix: str
    facts: tuple[tuple[str, Value | None], ...] = ()
    approval: str | None = None
    skills: tuple[str, ...] = ()
    waivable_by: tuple[str, ...] = ()
    kind: RuleKind = "check"
    own_words: bool = True
    explain: Callable[[], tuple[Part, ...]] = field(default=_no_parts, compare=False, repr=False)
    helpers: Callable[[], Able] = field(default=Able, compare=False, repr=False)

    @property
    def unmet(self) -> bool:
        """Whether it stands in the way."""
        return self.verdict in ("fail", "unknown") and self.severity == "block"

    @cached_property
    def because(self) -> tuple[Part, ...]:
        """The smallest parts that stand in the way, or who waived them; none where the rule passes."""
        return self.explain()

    @property
    def why(self) -> str:
        """Why it does not pass, in plain words: what the process says of it, and what was found."""
        found = "; ".join(part.text for part in self.because)
        if not found:
            return self.says
        # What the author says is about a rule that fails, or about what is missing; else only what is missing is told.
        fits = self.verdict == "fail" or self.kind == "require"
        if not (self.own_words and self.says and fits):
            return found
        # What is simply not there is not said twice.
        absent = _ABSENT.fullmatch(found)
        return self.says if absent and absent[1] in self.says else f"{self.says} ({found})"

    @cached_property
    def _able(self) -> Able:
        return self.helpers()

    def in_full(self) -> "Judged":
        """The same with everything told that is told when asked, so that it outlives the store it came from."""
        _told = (self.because, self._able)
        return self

    @property
    def can_approve(self) -> tuple[str, ...]:
        """Who could give the approval it asks for now: they hold the role, and neither own the deal nor asked."""
        return self._able.approve

    @property
    def can_waive(self) -> tuple[str, ...]:
        """Who could waive it now: they hold one of the roles that may, and do not own the deal."""
        return self._able.waive

    @property
    def roles_bind(self) -> bool:
        """Whether the store has people; where it has none, anybody but owner and asker may approve and waive."""
        return self._able.roles_bind


@dataclass(frozen=True)
class Preflight:
    """
    What the gate would say now of one attempt; nothing was written.

    Args:
        needs_reason: Whether a reason has to be given with it, and none was. Where the lack of it is all that stands in
            the way, `allowed` is false and `unmet` says so.
        reasons: The reasons that the process knows for losing.
    """

    gate: str
    target: str
    allowed: bool
    verdicts: tuple[Judged, ...]
    needs_reason: bool = False
    reasons: tuple[str, ...] = ()

    @property
    def unmet(self) -> tuple[Judged, ...]:
        """The blocking rules that stand in the way."""
        return tuple(judged for judged in self.verdicts if judged.unmet)

    @property
    def open_with_a_reason(self) -> bool:
        """Whether a reason is all that is missing."""
        return self.needs_reason and all(_only_a_reason(judged) for judged in self.unmet)


def _only_a_reason(judged: Judged) -> bool:
    missing = [path for path, found in judged.facts if found is None]
    return judged.verdict == "unknown" and missing == ["move.reason"]


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
