"""States of streams, kept and carried on: a load reads only the events that are new since the last one."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any, Protocol, TypeVar

from pipeline_engine.envelope import Recorded
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.forked import renewed_in_children
from pipeline_engine.store.log import Command, Log
from pipeline_engine.store.model import Fold, Row

S = TypeVar("S")
KEPT = 4096


class Folds:
    """The newest states by (fold name, stream), at most `kept`, the least recently used dropped first.

    Never trusted as they are: every load asks the log for newer rows first, since other processes write too.
    """

    def __init__(self, log: Log, codec: Codec, kept: int = KEPT) -> None:
        self._log, self._codec, self._kept = log, codec, kept
        self._states: OrderedDict[tuple[str, str], tuple[Any, int]] = OrderedDict()
        renewed_in_children(self)

    def begin_anew(self) -> None:
        """States are kept by whoever is next; a half-kept one cannot be."""
        self._lock = Lock()

    def load(self, stream: str, fold: Fold[S]) -> tuple[S | None, int]:
        """The state of a stream and its version."""
        state, version = self._at_hand(stream, fold)
        return self._carried_on(stream, fold, (state, version), self._log.stream_rows(stream, version))

    def forget(self) -> None:
        """Drop every state that is kept."""
        with self._lock:
            self._states.clear()

    def begin(self, command_id: str, stream: str, fold: Fold[S]) -> tuple[Command | None, S | None, int]:
        """What the command log says of an id, and the state and version of a stream, in one look."""
        state, version = self._at_hand(stream, fold)
        known, rows = self._log.begin(command_id, stream, version)
        if known is not None:
            return known, None, 0
        return None, *self._carried_on(stream, fold, (state, version), rows)

    def _at_hand(self, stream: str, fold: Fold[S]) -> tuple[S | None, int]:
        key = (fold.name, stream)
        with self._lock:
            found = self._states.get(key)
            if found is None:
                return None, 0
            self._states.move_to_end(key)
            return found

    def _carried_on(
        self, stream: str, fold: Fold[S], start: tuple[S | None, int], rows: Iterable[Row]
    ) -> tuple[S | None, int]:
        state, version = start
        evolve, decode = fold.evolve, self._codec.decode
        for row in rows:
            recorded = decode(row)
            again = fold.refold is not None and isinstance(recorded.event, fold.rewrites)
            state = self._again(state, recorded, fold) if again else evolve(state, recorded)
            version = row.version
        if version > start[1]:
            self._keep((fold.name, stream), state, version)
        return state, version

    def _again(self, state: S | None, last: Recorded, fold: Fold[S]) -> S:
        """The state after an event that changes what earlier ones add up to."""
        rows = self._log.stream_rows(last.stream, 0)[: last.version]
        assert fold.refold is not None
        return fold.refold(state, [*(self._codec.decode(row) for row in rows[:-1]), last])

    def _keep(self, key: tuple[str, str], state: object, version: int) -> None:
        with self._lock:
            found = self._states.get(key)
            if found is None or found[1] < version:
                self._states[key] = (state, version)
                self._states.move_to_end(key)
            if len(self._states) > self._kept:
                self._states.popitem(last=False)


class Loads(Protocol):
    """What loads states: the store."""

    def load(self, stream: str, fold: Fold[S]) -> tuple[S | None, int]:
        """The state of a stream and its version."""
        ...


class ReadVersions:
    """A reader for one decision: remembers which version of which stream was read."""

    def __init__(self, loads: Loads) -> None:
        self._loads = loads
        self.versions: dict[str, int] = {}

    def state(self, stream: str, fold: Fold[S]) -> tuple[S | None, int]:
        """The state of a stream and its version, which is checked again under the writers' lock."""
        state, version = self._loads.load(stream, fold)
        # Where a stream moved on between two reads the first version stands, so that the check fails.
        self.versions.setdefault(stream, version)
        return state, version
