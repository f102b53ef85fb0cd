"""One word an attempt: what the candidate would have made of it, beside what happened.

Verdicts come as a matrix, a row a rule, a column an attempt, in the small numbers of `process.judge`. A blocking rule
stops a move where it fails or is unknown, except where its answer cannot be known from this history: a fact that
exists only because a rule asks for it, a field the process did not have yet, or one that an import came without.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pipeline_engine.process import FAIL, UNKNOWN
from pipeline_engine.replay.report import CHANGES

Matrix = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]
CODE = {change: number for number, change in enumerate(CHANGES)}


@dataclass(frozen=True)
class Judged:
    """
    The candidate's verdicts on every attempt.

    Args:
        verdicts: rules × attempts.
        blocking, warning: which rules stop and which only warn; one flag a rule.
        approval: which rules ask for an approval.
        unknowable: rules × attempts; where a verdict that does not pass says nothing about what would have been.
    """

    verdicts: Matrix
    blocking: Mask
    warning: Mask
    approval: Mask
    unknowable: Mask

    @property
    def unmet(self) -> Mask:
        """Where a rule does not pass, rules × attempts."""
        return np.asarray((self.verdicts == FAIL) | (self.verdicts == UNKNOWN), dtype=np.bool_)

    @property
    def stops(self) -> Mask:
        """Where a rule stands in the way and history can tell."""
        return np.asarray(self.unmet & ~self.unknowable & self.blocking[:, None], dtype=np.bool_)

    @property
    def warns(self) -> Mask:
        """Where a rule warns and history can tell."""
        return np.asarray(self.unmet & ~self.unknowable & self.warning[:, None], dtype=np.bool_)

    @property
    def asks_approval(self) -> Mask:
        """Where a rule needs an approval that nobody was asked for."""
        asked = (self.verdicts == FAIL) & self.unknowable & (self.blocking & self.approval)[:, None]
        return np.asarray(asked, dtype=np.bool_)

    @property
    def cannot_know(self) -> Mask:
        """Where a blocking rule's answer cannot be known."""
        unsure = self.unmet & self.unknowable & self.blocking[:, None] & ~self.asks_approval
        return np.asarray(unsure, dtype=np.bool_)


class Before(Protocol):
    """What a candidate is held against; matrices are the candidate's rules × attempts."""

    @property
    def accepted(self) -> Mask:
        """Attempts that went through."""

    @property
    def stopped(self) -> Mask:
        """Where the same rule stood in the way."""

    @property
    def warned(self) -> Mask:
        """Where the same rule warned."""

    @property
    def needs_approval(self) -> Mask:
        """Where the same rule asks for an approval that nobody was asked for."""

    @property
    def left_behind(self) -> Mask:
        """Attempts stopped by a rule that the candidate does not have."""


def classify(candidate: Judged, before: Before) -> npt.NDArray[np.int8]:
    """A number per attempt, its place in CHANGES."""
    stops, asks = candidate.stops, candidate.asks_approval
    blocked, unsure = stops.any(axis=0), candidate.cannot_know.any(axis=0)
    passed = [
        (blocked, CODE["newly_refused"]),
        ((asks & ~before.needs_approval).any(axis=0), CODE["newly_needs_approval"]),
        (unsure, CODE["not_knowable"]),
        ((candidate.warns & ~before.warned).any(axis=0), CODE["newly_warned"]),
    ]
    same_reasons = ((stops == before.stopped) & (asks == before.needs_approval)).all(axis=0) & ~before.left_behind
    refused = [
        (blocked & same_reasons, CODE["same"]),
        (blocked | asks.any(axis=0), CODE["other_reason"]),
        (unsure, CODE["not_knowable"]),
    ]
    was_passed = np.select([mask for mask, _ in passed], [code for _, code in passed], CODE["same"])
    was_refused = np.select([mask for mask, _ in refused], [code for _, code in refused], CODE["newly_allowed"])
    return np.where(before.accepted, was_passed, was_refused).astype(np.int8)
