"""What time says of a deal: each only announces what a comparison with the clock knew already, and changes nothing.

Each happened at the moment that was due (`at`); when it was noticed is when it was recorded. `stay` is the version of
the event by which the stay began.

These classes are the stored format. A new field needs a default; a renamed one needs an upcaster (store/upcast.py).
"""

from typing import Literal

from pipeline_engine.envelope import Event

Awaits = Literal["service_level", "stalled", "approval_waits"]


class ServiceLevelBreached(Event):
    """The deal is in its stage for longer than the stage's service level; `level` is as the process writes it: `5d`."""

    stage: str
    stay: int
    level: str


class DealStalled(Event):
    """The deal showed no sign of life for so long as its stage allows, by the clock that the stage names."""

    stage: str
    stay: int
    since: Literal["last_activity", "stage_entered", "last_change"]


class PauseEnded(Event):
    """A pause with a date is over by itself; `paused` is the version of the event that said the date."""

    paused: int


class DealEscalated(Event):
    """
    A rule of the process asks somebody to look after the deal.

    `rule` is the id of the escalation, `asked` whom the process names (`owner`, `owner.manager` or a role), and `to`
    who that was when it was recorded: nobody where nobody holds it. `request` is the version of the request that waits.
    """

    rule: str
    when: Awaits
    stage: str
    stay: int
    request: int | None = None
    asked: str
    to: tuple[str, ...] = ()
