"""How a command that is not about one deal is written down: its drafts, its request, its id a stream."""

import hashlib
from datetime import datetime

from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.errors import BadMoment
from pipeline_engine.store import Decision, Draft, Request
from pipeline_engine.values import instant_text

LONGEST_ID = 200


def drafts_of(envelope: Envelope, *events: Event | None) -> Decision:
    """The events under one envelope; None is no event."""
    return Decision(tuple(Draft(envelope, event) for event in events if event is not None))


def request_of(envelope: Envelope, asked: str) -> Request:
    """Which command asks, and what: by whom, and the text of it."""
    return Request(envelope.command_id, hashlib.sha256(f"{envelope.actor}\n{asked}".encode()).hexdigest())


def check_agreed(envelope: Envelope, proposed_at: datetime | None) -> None:
    """Raises BadMoment where somebody agreed to a proposal before it was made."""
    if envelope.at is not None and proposed_at is not None and envelope.at < proposed_at:
        agreed, proposed = instant_text(envelope.at), instant_text(proposed_at)
        raise BadMoment(f"`{agreed}` is before it was proposed, which was at `{proposed}`")


def derived_id(command_id: str, part: str) -> str:
    """The id of one stream's part of a command over many."""
    # A command over many streams is one command a stream; long ids are told apart by their digest.
    whole = f"{command_id}/{part}"
    return whole if len(whole) <= LONGEST_ID else hashlib.sha256(whole.encode()).hexdigest()
