"""What can happen around an erasure; all of it in the stream `store:erasures`.

These classes are the stored format. A subject is an id, never a name; a reason is sealed under the stream itself,
which nobody erases.
"""

from typing import Literal

from pipeline_engine.envelope import Event, StoredText


class ErasureProposed(Event):
    """Somebody proposes to erase what is kept about a deal's customer (`deal:ID`) or a person (`person:ID`)."""

    subject: str
    reason: StoredText


class ErasureWithdrawn(Event):
    """What was proposed is so no longer."""

    subject: str
    reason: StoredText | None = None


class ErasureRefused(Event):
    """Somebody tried who may not: for want of the role, or because they proposed it themselves."""

    subject: str
    tried: Literal["propose", "confirm", "withdraw"]
    why: Literal["no-role", "four-eyes"]


class SubjectErased(Event):
    """A second person agreed: from here on nothing sealed about the subject can be read. `proposed` is the version."""

    subject: str
    proposed: int


PRIVACY_EVENTS: tuple[type[Event], ...] = (ErasureProposed, ErasureWithdrawn, ErasureRefused, SubjectErased)
