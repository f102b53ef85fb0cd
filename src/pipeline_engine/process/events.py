"""What can happen to a process.

These classes are the stored format. A new field needs a default; a renamed one an upcaster (store/upcast.py).
"""

from datetime import date
from decimal import Decimal
from typing import Any

from pipeline_engine.envelope import Event


class ProcessPublished(Event):
    """A version of a process came into force; its author is the envelope's actor.

    `compiled` is `Process.model_dump(mode="json")`; `semantics` numbers what the evaluator means;
    `same_as` is the earlier version with the same digest, where an older definition came back.
    """

    name: str
    version: int
    digest: str
    source_text: str
    compiled: dict[str, Any]
    semantics: int
    why: str | None = None
    same_as: int | None = None


class RatesPublished(Event):
    """From a day on, one unit of each named currency is so many units of `currency`."""

    currency: str
    rates: dict[str, Decimal]
    valid_from: date
    why: str | None = None


PROCESS_EVENTS: tuple[type[Event], ...] = (ProcessPublished, RatesPublished)
