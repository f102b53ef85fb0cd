"""The verbs of what sends the log on: its follower, its lease, and who asked that personal values go along."""

import hashlib
from collections.abc import Sequence
from typing import Unpack

from pipeline_engine.engine.answers import AnswerVerbs
from pipeline_engine.engine.reads import REGISTER, Reads
from pipeline_engine.engine.recording import drafts_of, request_of
from pipeline_engine.engine.shell import How
from pipeline_engine.errors import BadValue
from pipeline_engine.store import (
    FOLLOWING_STREAM,
    GATHER_SECONDS,
    Decision,
    Follows,
    Lease,
    PersonalValuesShared,
    Row,
    Runner,
    Sender,
    Sends,
)
from pipeline_engine.values import Personal


class SendingVerbs(AnswerVerbs):
    """For services that hand the log on, and never for what decides."""

    @property
    def log_name(self) -> str:
        """What tells this log from any other; copies of it have the same name."""
        return self._store.name

    def lease(self, name: str, holder: str) -> Lease:
        """The right to a piece of work, which one holder of all processes has at a time."""
        return self._store.lease(name, holder, self._clock)

    def log_rows(self, after: int, limit: int) -> list[Row]:
        """Rows after a position, sealed values closed; one that this version cannot read has no payload."""
        return self._store.rows_as_readable(after, limit)

    def sender(self, name: str, sends: Sends) -> Sender:
        """What sends the log on; from now on `parked`, `retry` and `release` know it by its name."""
        found = self._store.sender(name, sends, self._clock)
        self._senders[name] = found
        return found

    def running(self, followers: Sequence[Follows], gather_seconds: float = GATHER_SECONDS) -> Runner:
        """What keeps followers in step, in threads of their own: `with engine.running([…]) as runner`."""
        return Runner(followers, self._store.hints, gather_seconds)

    def open_sealed(self, sealed: str, stream: str, version: int, name: str) -> str | None:
        """The text behind a sealed value's JSON, for who may have it; None where its key is gone."""
        return self._store.open_sealed(sealed, stream, version, name)

    def share_personal(self, view: str, to: str, reason: str, **how: Unpack[How]) -> None:
        """Record that what a view sends to an address has personal values in it: who asked, and why; each once."""
        if not reason.strip():
            raise BadValue("reason", reason, "why personal values are sent to others")
        asked = f"share personal values {view} {to} {reason}"
        envelope = self._envelope(how)
        if not how.get("command_id"):
            # Asked at every start, and recorded once.
            known = hashlib.sha256(f"{envelope.actor} {asked}".encode()).hexdigest()
            envelope = envelope.model_copy(update={"command_id": known})
        event = PersonalValuesShared(view=view, to=to, reason=Personal(FOLLOWING_STREAM, reason))

        def on(state: int | None, version: int, reader: Reads) -> Decision:
            return drafts_of(envelope, event)

        self._store.transact(FOLLOWING_STREAM, request_of(envelope, asked), REGISTER, on)
