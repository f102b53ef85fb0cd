"""What all verbs of the engine share: the store, the clock, the door they came through."""

import uuid
from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Self, TypedDict

from pipeline_engine.deal import DEAL_EVENTS, Command, Outcome
from pipeline_engine.engine.clocks import system_clock
from pipeline_engine.engine.desk import Desk
from pipeline_engine.engine.follower import Follower
from pipeline_engine.engine.keeping import Keeping
from pipeline_engine.engine.reads import REGISTER
from pipeline_engine.engine.recording import derived_id, drafts_of, request_of
from pipeline_engine.engine.tally import Counts
from pipeline_engine.engine.timetable import Timetable
from pipeline_engine.envelope import Envelope, Event, Via, stored_name
from pipeline_engine.errors import BadMoment, BadValue
from pipeline_engine.exchange import EXCHANGE_EVENTS
from pipeline_engine.jobs import JOB_EVENTS
from pipeline_engine.privacy import PRIVACY_EVENTS
from pipeline_engine.process import PROCESS_EVENTS
from pipeline_engine.store import FOLLOWING_EVENTS, Sender, Store
from pipeline_engine.team import TEAM_EVENTS
from pipeline_engine.values import instant_text

EVENTS: Mapping[str, type[Event]] = MappingProxyType(
    {
        stored_name(event): event
        for events in (
            DEAL_EVENTS,
            PROCESS_EVENTS,
            TEAM_EVENTS,
            EXCHANGE_EVENTS,
            PRIVACY_EVENTS,
            FOLLOWING_EVENTS,
            JOB_EVENTS,
        )
        for event in events
    }
)


class How(TypedDict, total=False):
    """Who asks (`by`, always needed), when it happened (`at`: now unless named), and under which command id.

    `seen_version` is the `solid_version` of the deal that who asks has seen: raises StaleVersion where it is another.
    """

    by: str | None
    at: datetime | None
    command_id: str | None
    on_behalf_of: str | None
    correlation_id: str | None
    causation_id: str | None
    seen_version: int | None


class Shell:
    """Holds the parts together; the verbs are in the classes that build on it."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime] = system_clock,
        via: Via = "python",
        counts: Counts | None = None,
    ) -> None:
        """`counts` says how many deals people own, where that is not to be counted in the log."""
        self._store, self._clock, self._via = store, clock, via
        self._senders: dict[str, Sender] = {}
        self._desk, self._follower = Desk(store, clock, counts), Follower(store, Keeping(store, clock))
        self._timetable = Timetable(store, self._desk, self._follower)

    def through(self, via: Via) -> Self:
        """The same engine behind another door; closing either closes both."""
        other = copy(self)
        other._via = via
        return other

    def run(self, command: Command, at_given: bool = True) -> Outcome:
        """Decide any deal command; what is asked twice is recorded once."""
        return self._desk.run(command, at_given)

    def _ask(self, command: type[Command], deal_id: str, how: How, /, **what: Any) -> Outcome:
        at = how.get("at")
        common = {"deal_id": deal_id, "at": self._moment(at), "via": self._via, **self._who(how)}
        return self._desk.run(command(**common, **what), at is not None, how.get("seen_version"))

    def _moment(self, at: Any) -> datetime:
        if at is None:
            return self._clock()
        try:
            if isinstance(at, datetime) and at.tzinfo is not None:
                return at.astimezone(UTC)
        except OverflowError:
            pass
        raise BadValue("at", at, "a time with its zone, like 2026-01-31T09:00:00Z")

    def _who(self, how: How) -> dict[str, Any]:
        by = how.get("by")
        if not by:
            raise BadValue("by", by, "who asks: a person's id")
        others = {name: how.get(name) for name in ("on_behalf_of", "correlation_id", "causation_id")}
        return {"by": by, "command_id": how.get("command_id") or new_command_id(), **others}

    def _envelope(self, how: How) -> Envelope:
        who = self._who(how)
        actor, at, now = who.pop("by"), self._moment(how.get("at")), self._clock()
        if at > now:
            raise BadMoment(f"`{instant_text(at)}` is in the future; now is {instant_text(now)}")
        return Envelope(at=at, actor=actor, via=self._via, **who)

    def _record(self, stream: str, event: Event, envelope: Envelope) -> None:
        own = envelope.model_copy(update={"command_id": derived_id(envelope.command_id, stream)})
        self._store.transact(
            stream, request_of(own, repr(event)), REGISTER, lambda state, version, reader: drafts_of(own, event)
        )

    def close(self) -> None:
        """Let go of the store; the engine cannot be used afterwards."""
        self._store.close()


def new_command_id() -> str:
    """A fresh command id, for callers that do not need to ask twice."""
    return uuid.uuid4().hex
