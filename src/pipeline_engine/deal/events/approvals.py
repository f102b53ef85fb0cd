"""What people allow: approvals and waivers, and the tries of those who may not.

These classes are the stored format. A new field needs a default; a renamed one needs an upcaster (store/upcast.py).
"""

from typing import Literal

from pipeline_engine.envelope import Event, Moment, StoredText


class ApprovalRequested(Event):
    """Someone asks a role to approve a rule for a target (a stage, won, lost or reopened).

    `due` is when the process's service level for the answer ends.
    """

    rule: str
    target: str
    role: str
    note: StoredText | None = None
    due: Moment | None = None


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
    """Someone tried to approve, reject or return who may not; `reason` is what they said."""

    rule: str
    target: str
    why: Literal["no-role", "four-eyes", "delegation-ended", "out-of-order", "no-skill", "no-delegation"]
    tried: Literal["approve", "reject", "return"] = "approve"
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
    why: Literal["no-role", "four-eyes", "not-waivable", "delegation-ended", "no-delegation"]
    reason: StoredText | None = None
