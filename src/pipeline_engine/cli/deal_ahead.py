"""How a deal stands and what it waits for, as `deal show` tells it: a pause, its next step, a handover."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline_engine.cli import words
from pipeline_engine.cli.output import say
from pipeline_engine.cli.said import with_words
from pipeline_engine.documents import pausing
from pipeline_engine.envelope import Recorded


def where(found: Any) -> str:
    """`open in lead`; of a merged deal which one goes on, and where it stood itself."""
    if found.merged_into is not None:
        return f"merged into {found.merged_into}, was in {found.stage}"
    return f"{found.status} in {found.stage}"


def say_ahead(found: Any, events: Sequence[Recorded]) -> None:
    """Why a deal is quiet, for people."""
    if found.pauses.holds(datetime.now(UTC)) and (paused := pausing(events)):
        end = f" until {words.moment(found.pauses.until)}" if found.pauses.until else ""
        line = f"paused by {paused.envelope.actor} since {words.moment(found.pauses.begin)}{end}"
        say(f"  {with_words(line, paused.event)}")
    if found.next_step:
        due = f", due {words.moment(found.next_step_due)}" if found.next_step_due else ""
        say(f"  next step: {words.value(found.next_step)}{due}")
    if found.handoff:
        asked = f"{found.handoff.to} is asked to take it over, by {found.handoff.by} {words.moment(found.handoff.at)}"
        say(f"  {with_words(asked, found.handoff)}")
