"""What was recorded and was not so: corrections, and the tries of those who may not.

These classes are the stored format. A new field needs a default; a renamed one needs an upcaster (store/upcast.py).
"""

from typing import Literal

from pydantic import Field

from pipeline_engine.envelope import Event, Moment, StoredText, StoredValue


class CorrectionProposed(Event):
    """Somebody says what really was, of a closed deal; a second person has to agree.

    `corrects` is the stream version of the event that is corrected. `value`: fields were really what `set` and
    `cleared` say; `time`: it really happened at `really_at`; `void`: it did not happen.
    """

    corrects: int
    kind: Literal["value", "time", "void"]
    set: dict[str, StoredValue] = Field(default_factory=dict)
    cleared: tuple[str, ...] = ()
    really_at: Moment | None = None
    role: str
    reason: StoredText


class CorrectionRecorded(Event):
    """What was recorded is not what was; from now on reads show what really was, at the time it was.

    `corrects` is the stream version of the event that is corrected. `value`: fields were really what `set` and
    `cleared` say; `time`: it really happened at `really_at`; `void`: it did not happen.
    `proposed` is the stream version of the proposal that a second person agreed to here.
    """

    corrects: int
    kind: Literal["value", "time", "void"]
    set: dict[str, StoredValue] = Field(default_factory=dict)
    cleared: tuple[str, ...] = ()
    really_at: Moment | None = None
    role: str
    reason: StoredText
    proposed: int | None = None


class CorrectionRefused(Event):
    """Someone tried to correct an event, or to agree to a correction, who may not."""

    corrects: int
    kind: Literal["value", "time", "void"]
    why: Literal["no-role", "four-eyes", "delegation-ended", "no-delegation"]
    reason: StoredText | None = None
