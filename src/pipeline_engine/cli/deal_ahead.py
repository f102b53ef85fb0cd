"""How a deal stands and what it waits for, as `deal show` tells it: a pause, its next step, a handover."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline_engine.cli import words
from pipeline_engine.cli.output import say
from pipeline_engine.cli.said import pausing, with_words, words_in
from pipeline_engine.envelope import Recorded
from pipeline_engine.values import instant_text


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


def ahead_json(found: Any, events: Sequence[Recorded]) -> dict[str, Any]:
    """The same for scripts; a pause whose end has come does not hold any more."""
    pauses, asked = found.pauses, found.handoff
    paused = pausing(events) if pauses.holds(datetime.now(UTC)) else None
    return {
        "paused": paused is not None,
        "pause": _pause(pauses, paused) if paused else None,
        "next_step": words.value(found.next_step) if found.next_step else None,
        "handoff": {
            "to": asked.to, "by": asked.by, "at": _at(asked.at), "why": words_in(asked) or None,
        } if asked else None,
    }  # fmt: skip


def _pause(pauses: Any, paused: Recorded) -> dict[str, Any]:
    return {
        "since": _at(pauses.begin), "until": _at(pauses.until), "reason": words_in(paused.event) or None,
        "by": paused.envelope.actor,
    }  # fmt: skip


def _at(moment: datetime | None) -> str | None:
    return instant_text(moment) if moment else None
