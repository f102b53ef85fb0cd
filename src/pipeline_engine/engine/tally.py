"""Counts the open deals of owners for decisions, in step with the log."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from pipeline_engine.deal import Deal, Held, fold
from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.facts import Holdings, held
from pipeline_engine.store import Store, StoredFollower


class Counts(Protocol):
    """Whatever says how many open deals somebody owns."""

    def held(self, owner: str, process: str, stage: str, but: str) -> Held:
        """How many open deals of a process somebody owns now, beside one deal: in all, and in a stage."""
        ...

    def catch_up(self) -> None:
        """Be up to date, before a decision that counts keeps every other writer out."""
        ...


class Tally:
    """Who owns how many open deals, from the view that is kept in the store; safe to share between threads.

    While the writers' lock is held nothing can change what it says. It is only kept where a rule asks for it.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self.follower: StoredFollower = store.follower(Holdings(self._deal_at), clock)
        self._looked = False

    def held(self, owner: str, process: str, stage: str, but: str) -> Held:
        """
        How many open deals of a process somebody owns now, beside one deal.

        Raises:
            UnreadableEvent: An event had to be put aside, so that nobody can say.
        """
        self.follower.catch_up()
        for aside in self.follower.parked(limit=1):
            raise UnreadableEvent(aside.stream, aside.version, aside.position, aside.why)
        with self.follower.view() as view:
            return held(view, owner, process, stage, but)

    def catch_up(self) -> None:
        """Read on to the end of the log; tables that another version of this program made are made anew."""
        if not self._looked:
            self.follower.renew()
            self._looked = True
        self.follower.catch_up()

    def _deal_at(self, stream: str, version: int) -> Deal:
        deal = fold([recorded for recorded in self._store.events(stream) if recorded.version <= version])
        assert deal is not None, "a correction is never the first event of its stream"
        return deal
