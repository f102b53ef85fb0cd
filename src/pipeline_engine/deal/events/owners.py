"""Whose deal it is: assigned, handed over, and refused.

These classes are the stored format. A new field needs a default; a renamed one needs an upcaster (store/upcast.py).
"""

from pipeline_engine.deal.events.judged import Verdicts
from pipeline_engine.envelope import Event, StoredText


class OwnerAssigned(Event):
    """The deal has another owner; `verdicts` where the process asks who may own it."""

    owner: str
    why: StoredText | None = None
    verdicts: Verdicts | None = None


class AssignmentRefused(Event):
    """The process does not let this person own the deal: a skill is missing, or the person has no slot free."""

    owner: str
    verdicts: Verdicts


class HandoffRequested(Event):
    """Somebody asks another person to take the deal over; until that one says yes, the owner stays."""

    to: str
    why: StoredText | None = None


class HandoffAccepted(Event):
    """The person who was asked takes the deal over and owns it from now on."""

    owner: str
    verdicts: Verdicts | None = None


class HandoffDeclined(Event):
    """The person who was asked does not take the deal over."""

    reason: StoredText | None = None


class HandoffWithdrawn(Event):
    """Whoever asked for the handover no longer wants it."""

    reason: StoredText | None = None
