"""Counts the open deals of owners for decisions, in step with the log."""

from threading import Lock
from typing import Protocol

from pipeline_engine.deal import Held
from pipeline_engine.engine.reads import DEAL
from pipeline_engine.facts import Holdings, is_correction
from pipeline_engine.store import Store

_BATCH = 20_000


class Counts(Protocol):
    """Whatever says how many open deals somebody owns."""

    def held(self, owner: str, process: str, stage: str, but: str) -> Held:
        """How many open deals of a process somebody owns now, beside one deal: in all, and in a stage."""
        ...

    def catch_up(self) -> None:
        """Be up to date, before a decision that counts keeps every other writer out."""
        ...


class Tally:
    """Who owns how many open deals; safe to share between threads.

    While the writers' lock is held nothing can change what it says. It is only kept where a rule asks for it.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, Lock()
        self._holdings = Holdings()

    def held(self, owner: str, process: str, stage: str, but: str) -> Held:
        """How many open deals of a process somebody owns now, beside one deal."""
        self.catch_up()
        with self._lock:
            return self._holdings.held(owner, process, stage, but)

    def catch_up(self) -> None:
        """Read on to the end of the log."""
        # The lock is never held while the store is asked: whoever holds the store's lock may be waiting for it.
        while rows := self._store.rows(self._holdings.position, _BATCH):
            corrected = {row.stream for row in rows if is_correction(row)}
            loaded = {stream: self._store.load(stream, DEAL)[0] for stream in corrected}
            deals = {stream: deal for stream, deal in loaded.items() if deal is not None}
            with self._lock:
                self._holdings.advance(rows, deals)
