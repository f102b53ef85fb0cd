"""The verbs that look after what follows the log: where it stands, what it put aside, and keeping it in step."""

from collections.abc import Iterator
from typing import Unpack

from pipeline_engine.engine.reads import REGISTER, Reads
from pipeline_engine.engine.recording import drafts_of, request_of
from pipeline_engine.engine.shell import How, Shell
from pipeline_engine.engine.tally import Tally
from pipeline_engine.errors import BadValue
from pipeline_engine.store import (
    FOLLOWING_STREAM,
    Decision,
    Elsewhere,
    Finding,
    Follows,
    Parked,
    Progress,
    Runner,
    Standing,
    StoredFollower,
    ViewReleased,
    quiet,
)
from pipeline_engine.values import Personal


class FollowVerbs(Shell):
    """Views that are kept in the store follow the log by themselves; here they are looked at, mended and run."""

    def standings(self) -> list[Standing]:
        """Where every view of the store stands, by name; one that nobody has asked for yet is not there."""
        return self._store.standings()

    def parked(self, name: str, after: int = 0, limit: int = 1000) -> list[Parked]:
        """What a view put aside after a position, in order; raises BadValue where there is no such view."""
        return self._follower_of(name).parked(after, limit)

    def retry(self, name: str, stream: str) -> list[Parked]:
        """Take in again what a view put aside of a stream; what is still put aside. Raises BadValue."""
        left = self._follower_of(name).retry(stream)
        self._follower.forget()
        return left

    def release(self, name: str, stream: str, reason: str, **how: Unpack[How]) -> list[Parked]:
        """
        Let a view go on without the first event it put aside of a stream; what is still put aside.

        That it goes on without, who let it and why, is an event, in one transaction with it. What is left out stays in
        the log; made anew, the view tries to take it in again.

        Raises:
            BadValue: No such view, nothing put aside of the stream, or no reason.
        """
        follower, envelope = self._follower_of(name), self._envelope(how)
        if not reason.strip():
            raise BadValue("reason", reason, "why the view may go on without the event")

        def on(state: int | None, version: int, reader: Reads) -> Decision:
            held = follower.aside(stream)
            # Raises where nothing is put aside.
            follower.release(stream)
            return drafts_of(envelope, _released(name, held[0], reason))

        asked = request_of(envelope, f"release {name} {stream} {reason}")
        self._store.transact(FOLLOWING_STREAM, asked, REGISTER, on, alone=True)
        self._follower.forget()
        return follower.aside(stream)

    def rebuild_view(self, name: str, progress: Progress = quiet) -> int:
        """Make a view anew from the first event, beside the one that is read meanwhile; the position reached."""
        position = self._named(name).rebuild(progress)
        self._follower.forget()
        return position

    def following(self) -> Runner:
        """What keeps every view of the store in step, in threads of its own: `with engine.following() as runner`."""
        return Runner(self._followers(), self._store.hints)

    def follower_findings(self) -> Iterator[Finding]:
        """What the doctor should know: events that were put aside, and views that do not get on."""
        now = self._clock()
        for each in self.standings():
            found = f"`{each.name}` is {each.lag:,} positions behind the log, {each.parked:,} events put aside"
            wrong = self._follower.keeping.wrong() if each.name == self._follower.keeping.name else None
            failing = f"; it fails: {each.failing}" if each.failing else ""
            failing += f"; not believed, {wrong}: the next view makes it anew" if wrong else ""
            silent = f"; {each.beat_by} ran it and is silent" if each.stalled(now) else ""
            advice = f"`follow parked {each.name}` tells which and why" if each.parked else "`follow status` tells more"
            ok = not each.parked and not failing and not silent
            yield Finding("view", ok, found + failing + silent, "" if ok else advice)

    def _followers(self) -> list[Follows]:
        tally = self._desk.tally
        return [*([tally.follower] if isinstance(tally, Tally) else []), self._follower.keeping]

    def _follower_of(self, name: str) -> StoredFollower:
        found = self._named(name)
        if name == self._follower.keeping.name:
            # Of facts it is in the books only once they are saved.
            self._follower.keeping.save()
        return found

    def _named(self, name: str) -> StoredFollower:
        tally, keeping = self._desk.tally, self._follower.keeping
        counted = [tally.follower] if isinstance(tally, Tally) else []
        known: dict[str, StoredFollower] = {each.name: each for each in (*counted, keeping.follower)} | self._senders
        if name not in known and name in {each.name for each in self.standings()}:
            return self._store.sender(name, Elsewhere(name), self._clock)
        if name not in known:
            raise BadValue("view", name, f"one of: {', '.join(known) or 'none here'}")
        return known[name]


def _released(view: str, aside: Parked, reason: str) -> ViewReleased:
    return ViewReleased(
        view=view, stream=aside.stream, version=aside.version, position=aside.position, wrong=aside.why,
        reason=Personal(FOLLOWING_STREAM, reason),
    )  # fmt: skip
