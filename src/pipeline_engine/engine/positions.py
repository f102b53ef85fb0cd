"""The verbs of where the log and the clock stand, and of waiting until the log has come far enough for an answer."""

from datetime import datetime
from time import monotonic, sleep

from pipeline_engine.engine.shell import Shell
from pipeline_engine.errors import NotThereYet

_LOOK_SECONDS = 0.02


class PositionVerbs(Shell):
    """What a write returned may be asked of every later read, whichever process answers it."""

    def position(self) -> int:
        """The position of the last event of the log; 0 where it is empty."""
        return self._store.position()

    def now(self) -> datetime:
        """What time it is by the engine's clock."""
        return self._clock()

    def wait_for(self, position: int, seconds: float) -> int:
        """The log's position once it is this one or later; raises NotThereYet after so many seconds."""
        until = monotonic() + seconds
        while (head := self._store.position()) < position:
            if monotonic() >= until:
                raise NotThereYet(position, head)
            sleep(_LOOK_SECONDS)
        return head
