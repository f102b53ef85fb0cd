"""Keeps time beside a service: of all its processes one does, and another takes over where that one falls silent.

Nothing hangs on it being punctual: rules compare with the clock themselves. It looks at every new event and once a
second, backs off while the store cannot be reached, and shows in `follow status` as `timers`.
"""

from pipeline_engine.engine import Engine
from pipeline_engine.store import Health, Runner


class Timers:
    """A timekeeper in a thread of its own: `with Timers(engine) as timers`; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._runner: Runner = engine.through("timer").timekeeping()

    def __enter__(self) -> "Timers":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin; what cannot be begun yet, since the store is away, is tried again."""
        self._runner.__enter__()

    def stop(self, seconds: float = 5.0) -> None:
        """Stop after what is being recorded, and let another process keep time at once."""
        self._runner.stop(seconds)

    def health(self) -> Health:
        """How it gets on, whether it keeps time or waits for whoever does."""
        (found,) = self._runner.health()
        return found
