"""What people said with what they did: reasons and notes, and which of them `deal show` and `deal approvals` tell."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline_engine.cli import words
from pipeline_engine.cli.output import say
from pipeline_engine.deal import (
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalReturned,
    Deal,
    DealPaused,
    effective,
    waits_for,
)
from pipeline_engine.envelope import Recorded
from pipeline_engine.values import Personal, instant_text

LONGEST = 200
_IN = ("reason", "note", "why", "text")
_NO = (ApprovalRejected, ApprovalReturned)


def words_in(happened: Any) -> str:
    """The reason or note that an event was given; `erased` where nobody can read it, empty where there is none."""
    given = (getattr(happened, name, None) for name in _IN)
    found = next((each for each in given if isinstance(each, Personal)), None)
    return words.value(found) if found is not None else ""


def with_words(line: str, happened: Any) -> str:
    """A line and after it what was said with the event; only what is very long is cut."""
    given = words_in(happened)
    return f"{line}: {given if len(given) <= LONGEST else given[: LONGEST - 1] + '…'}" if given else line


def by_version(events: Sequence[Recorded]) -> Mapping[int, Any]:
    """The events of a deal by their version, without what did not happen."""
    return {recorded.version: recorded.event for recorded in effective(events)}


def pausing(events: Sequence[Recorded]) -> Recorded | None:
    """What a deal was paused with last; None where it never was."""
    return next((each for each in reversed(effective(events)) if isinstance(each.event, DealPaused)), None)


def requests_json(found: Deal, events: Mapping[int, Any]) -> list[dict[str, Any]]:
    """What is asked for and not answered, for scripts."""
    return [
        {
            "rule": r.rule, "target": r.target, "role": r.role, "by": r.by, "at": instant_text(r.at) if r.at else None,
            "due": instant_text(r.due) if r.due else None, "note": words_in(events.get(r.version)) or None,
        }
        for r in found.requests
    ]  # fmt: skip


def denials(events: Sequence[Recorded]) -> list[Recorded]:
    """Every no and every return of an approval, the oldest first."""
    return [recorded for recorded in events if isinstance(recorded.event, _NO)]


def say_denials(found: Deal, events: Sequence[Recorded]) -> None:
    """The last answer to each request that was a no or a return, while the deal may still be asked to go there."""
    last: dict[tuple[str, str], Recorded] = {}
    for recorded in events:
        event: Any = recorded.event
        if isinstance(event, (*_NO, ApprovalRequested, ApprovalGranted)):
            last[event.rule, event.target] = recorded
    for recorded in denials(list(last.values())):
        event, who = recorded.event, recorded.envelope
        if event.target != found.stage and waits_for(found, event.target):
            line = (
                f"{verb(event)} by {who.actor} ({event.role}): {event.rule} for {event.target}, {words.moment(who.at)}"
            )
            say(f"  {with_words(line, event)}")


def verb(event: Any) -> str:
    """`rejected` or `returned`."""
    return "returned" if isinstance(event, ApprovalReturned) else "rejected"


def say_denial(recorded: Recorded) -> None:
    """One no or return as `deal approvals` tells it."""
    event: Any = recorded.event
    who = recorded.envelope
    whose = f" for {who.on_behalf_of}" if who.on_behalf_of else ""
    line = f"✗ {event.rule} for {event.target}: {verb(event)} by {who.actor} as {event.role}{whose}"
    say(with_words(f"{line} on {words.moment(who.at)} (event {recorded.version})", event))


def denial_json(recorded: Recorded) -> dict[str, Any]:
    """The same for scripts."""
    event: Any = recorded.event
    who = recorded.envelope
    return {
        "rule": event.rule, "target": event.target, "said": verb(event), "role": event.role, "by": who.actor,
        "in_stead_of": who.on_behalf_of, "at": instant_text(who.at) if who.at else None, "version": recorded.version,
        "reason": words_in(event) or None,
    }  # fmt: skip
