"""Runs followers in a thread until it is stopped: wakes at new events, looks once a second anyway, never dies.

Health is told by the time since a follower last looked at the log with success: a connection that hangs shows as a
stall though nothing raises.
"""

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic

from pipeline_engine.errors import StoreUnreachable
from pipeline_engine.store.following.model import Follows

POLL_SECONDS = 1.0
GATHER_SECONDS = 0.05
"""How long one that was woken lets pass: what is written meanwhile is taken in together, which costs as much as one."""
GATHER_LONGER_SECONDS = 0.25
"""The same for what nobody waits for: whoever asks a view brings it up to date first."""
# Where others keep the lock only a beat hangs, and no look: both together stay below five seconds.
STALLED_SECONDS = 3.5
BEAT_SECONDS = 0.9
BACK_OFF_SECONDS = (0.1, 0.2, 0.5, 1.0)
Wait = Callable[[float], None]
"""Waits for new events, at most so many seconds."""
Hints = Callable[[], AbstractContextManager[Wait]]


@dataclass(frozen=True, slots=True)
class Health:
    """
    Whether a follower gets on.

    Args:
        quiet_seconds: Since it last looked at the log with success; None before the first time.
        failing: What went wrong the last time it looked; None where nothing did.
    """

    name: str
    ok: bool
    quiet_seconds: float | None
    failing: str | None

    @property
    def why(self) -> str | None:
        """Why it does not get on; None where it does. What hangs raises nothing: then the silence is told."""
        if self.ok:
            return None
        if self.failing is not None:
            return self.failing
        return "has not begun" if self.quiet_seconds is None else f"has hung for {self.quiet_seconds:.0f} s"


class _Run:
    """One follower, and how it gets on."""

    def __init__(self, follower: Follows) -> None:
        self.follower = follower
        self.looked_at: float | None = None
        self.beat_at: float | None = None
        self.failing: str | None = None
        self.told: str | None = None
        self.failures = 0

    def look(self, by: str) -> bool:
        """Take a batch in; whether there may be more."""
        try:
            more = self.follower.step() > 0
            self.failing, self.failures = None, 0
            self._beat(by)
            self.looked_at = monotonic()
        except Exception as error:  # noqa: BLE001 - a follower that died would never tell; one that tries again does
            self.fails(error, by)
            return False
        return more

    def fails(self, error: Exception, by: str) -> None:
        """Note why it does not get on, also in the books where they can be reached."""
        self.failing, self.failures = f"{type(error).__name__}: {error}", self.failures + 1
        if not isinstance(error, StoreUnreachable):
            with suppress(Exception):
                self._beat(by)

    def _beat(self, by: str) -> None:
        due = self.beat_at is None or monotonic() - self.beat_at >= BEAT_SECONDS
        if due or self.told != self.failing:
            self.follower.beat(by, self.failing)
            self.beat_at, self.told = monotonic(), self.failing

    def rest(self, by: str) -> None:
        """Leave the books as whoever is not missed."""
        if self.beat_at is not None:
            with suppress(Exception):
                self.follower.rest(by)

    def health(self) -> Health:
        """How it gets on."""
        quiet = None if self.looked_at is None else monotonic() - self.looked_at
        ok = self.failing is None and quiet is not None and quiet < STALLED_SECONDS
        return Health(self.follower.name, ok, quiet, self.failing)


class Runner:
    """Followers that are kept in step by a thread of their own each; `with` starts and stops them."""

    def __init__(
        self, followers: Sequence[Follows], hints: Hints, gather_seconds: float = GATHER_LONGER_SECONDS
    ) -> None:
        self._gather_seconds = gather_seconds
        self._runs = [_Run(follower) for follower in followers]
        self._hints, self._stopped = hints, Event()
        self._threads: list[Thread] = []
        self.by = f"{socket.gethostname()}:{os.getpid()}"

    def __enter__(self) -> "Runner":
        for run in self._runs:
            thread = Thread(target=self._keep, args=(run,), name=f"follow {run.follower.name}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, seconds: float = 5.0) -> None:
        """Stop after the batch at hand; a thread that hangs in a dead connection is left behind."""
        self._stopped.set()
        until = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))

    def health(self) -> list[Health]:
        """How each follower gets on, now."""
        return [run.health() for run in self._runs]

    def well(self) -> bool:
        """Whether each follower gets on, now: what a service answers when it is asked whether it is ready."""
        return all(each.ok for each in self.health())

    def _keep(self, run: _Run) -> None:
        while not self._stopped.is_set():
            try:
                with self._hints() as wait:
                    self._while_well(run, wait)
            except Exception as error:  # noqa: BLE001 - as above
                run.fails(error, self.by)
            step = min(max(run.failures, 1), len(BACK_OFF_SECONDS)) - 1
            self._stopped.wait(BACK_OFF_SECONDS[step])
        run.rest(self.by)

    def _while_well(self, run: _Run, wait: Wait) -> None:
        while not self._stopped.is_set():
            if not run.look(self.by):
                if run.failing is not None:
                    return
                wait(POLL_SECONDS)
                self._stopped.wait(self._gather_seconds)
