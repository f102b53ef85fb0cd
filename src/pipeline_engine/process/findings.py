"""What lint may find: every code with how much it weighs, and one finding with its place.

What each code means stands in docs/reference/lint.md, which is made from this list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Weight = Literal["error", "warning", "info"]
PAGE = "docs/reference/lint.md"
CANNOT_LOAD = "cannot-load"
CODES: Mapping[str, Weight] = MappingProxyType({
    CANNOT_LOAD: "error",
    # Words.
    "unlisted-currency": "warning",
    "undeclared-role": "warning",
    "unused-limit": "warning",
    "unknown-literal": "warning",
    "dotted-thousands": "warning",
    # The way.
    "unreachable-stage": "warning",
    "dead-end-stage": "warning",
    "stage-avoidable": "warning",
    "condition-can-change": "warning",
    "cannot-open-in": "warning",
    "never-won": "warning",
    "won-only-by-waiver": "warning",
    "stay-beyond-service-level": "warning",
    "follow-up-undated": "warning",
    "escalation-never": "warning",
    # One rule.
    "never-holds": "warning",
    "never-fails": "warning",
    "always-unknown": "warning",
    "never-asked": "warning",
    "always-asked": "warning",
    # Several rules.
    "contradiction": "warning",
    "already-guaranteed": "warning",
    # People and history.
    "approval-only-owner": "warning",
    "always-waived": "warning",
    "never-fired": "info",
    # How much there is to read.
    "complex-process": "info",
    "complex-rule": "info",
    # Variants.
    "base-not-published": "warning",
    "base-moved-on": "warning",
    # Lint itself.
    "idle-silence": "warning",
    "not-analysed": "info",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that lint found, with its place; line and column are None where the whole file is meant.

    `about` are the ids it is about: rules, stages, limits, fields, roles. `silenced` is the file's reason for not
    wanting to hear of it, None where it gives none.
    """

    code: str
    severity: Weight
    message: str
    file: str
    line: int | None
    column: int | None
    about: tuple[str, ...] = ()
    silenced: str | None = None

    @property
    def page(self) -> str:
        """Where the code is explained."""
        return f"{PAGE}#{self.code}"

    @property
    def counts(self) -> bool:
        """Whether a check should fail over it: it is no mere note, and nobody gave a reason for it."""
        return self.silenced is None and self.severity != "info"
