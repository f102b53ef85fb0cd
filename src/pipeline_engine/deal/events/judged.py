"""What the gate said, as an event keeps it.

These classes are the stored format. A new field needs a default; a renamed one needs an upcaster (store/upcast.py).
"""

from typing import Literal

from pydantic import Field

from pipeline_engine.envelope import Moment, Stored

Basis = Literal["gate", "source", "migration", "correction"]
Attempt = Literal["open", "move", "win", "lose", "reopen"]


class ContextValue(Stored):
    """A fact from outside the deal that a verdict rests on, and the version of the stream it was read at."""

    value: str | int | bool | tuple[str, ...] | None
    stream: str
    version: int


class Verdicts(Stored):
    """How the gate judged: one letter per rule of the process, in its order.

    p pass, f fail, u unknown, w waived, n not asked. `judged_at` is the stream version of the prefix that was judged.
    `now` and `context` are all that folding that prefix cannot give back.
    """

    process: str
    version: int
    digest: str
    judged_at: int
    codes: str
    now: Moment
    context: dict[str, ContextValue] = Field(default_factory=dict)
