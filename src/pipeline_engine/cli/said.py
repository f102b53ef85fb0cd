"""What people said with what they did: reasons and notes, and which of them `deal show` and `deal approvals` tell."""

from collections.abc import Sequence
from typing import Any

from pipeline_engine.cli import words
from pipeline_engine.cli.output import say
from pipeline_engine.deal import (
    ApprovalGranted,
    ApprovalRequested,
    Deal,
    waits_for,
)
from pipeline_engine.documents import DENIALS, denials, verb, words_in
from pipeline_engine.envelope import Recorded

LONGEST = 200


def with_words(line: str, happened: Any) -> str:
    """A line and after it what was said with the event; only what is very long is cut."""
    given = words_in(happened)
    return f"{line}: {given if len(given) <= LONGEST else given[: LONGEST - 1] + '…'}" if given else line


def say_denials(found: Deal, events: Sequence[Recorded]) -> None:
    """The last answer to each request that was a no or a return, while the deal may still be asked to go there."""
    last: dict[tuple[str, str], Recorded] = {}
    for recorded in events:
        event: Any = recorded.event
        if isinstance(event, (*DENIALS, ApprovalRequested, ApprovalGranted)):
            last[event.rule, event.target] = recorded
    for recorded in denials(list(last.values())):
        event, who = recorded.event, recorded.envelope
        if event.target != found.stage and waits_for(found, event.target):
            line = (
                f"{verb(event)} by {who.actor} ({event.role}): {event.rule} for {event.target}, {words.moment(who.at)}"
            )
            say(f"  {with_words(line, event)}")


def say_denial(recorded: Recorded) -> None:
    """One no or return as `deal approvals` tells it."""
    event: Any = recorded.event
    who = recorded.envelope
    whose = f" for {who.on_behalf_of}" if who.on_behalf_of else ""
    line = f"✗ {event.rule} for {event.target}: {verb(event)} by {who.actor} as {event.role}{whose}"
    say(with_words(f"{line} on {words.moment(who.at)} (event {recorded.version})", event))
