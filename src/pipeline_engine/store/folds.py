"""States of streams, kept and carried on: a load reads only the events that are new since the last one."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any, Protocol, TypeVar

from pipeline_engine.envelope import Recorded
from pipeline_engine.store.codec import Codec
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
        self._lock = Lock()
        self._generation = codec.generation()

    def load(self, stream: str, fold: Fold[S]) -> tuple[S | None, int]:
        """The state of a stream and its version."""
        start = self._at_hand(stream, fold)
        return self._carried_on(stream, fold, start, self._log.stream_rows(stream, start[1]))

    def begin(self, command_id: str, stream: str, fold: Fold[S]) -> tuple[Command | None, S | None, int]:
        """What the command log says of an id, and the state and version of a stream, in one look."""
        start = self._at_hand(stream, fold)
        known, rows = self._log.begin(command_id, stream, start[1])
        if known is not None:
            return known, None, 0
        return None, *self._carried_on(stream, fold, start, rows)

    def _at_hand(self, stream: str, fold: Fold[S]) -> tuple[S | None, int, int]:
        """The state kept of a stream, its version, and the generation of keys it was opened in."""
        key, generation = (fold.name, stream), self._codec.generation()
        with self._lock:
            if generation != self._generation:
                # Somebody was erased, here or in another process: the states may still say what they were.
                self._states.clear()
                self._generation = generation
            found = self._states.get(key)
            if found is None:
                return None, 0, generation
            self._states.move_to_end(key)
            return *found, generation

    def _carried_on(
        self, stream: str, fold: Fold[S], start: tuple[S | None, int, int], rows: Iterable[Row]
    ) -> tuple[S | None, int]:
        state, version, generation = start
        evolve, decode = fold.evolve, self._codec.decode
        for row in rows:
            recorded = decode(row)
            again = fold.refold is not None and isinstance(recorded.event, fold.rewrites)
            state = self._again(state, recorded, fold) if again else evolve(state, recorded)
            version = row.version
        if version > start[1]:
            self._keep((fold.name, stream), (state, version), generation)
        return state, version

    def _again(self, state: S | None, last: Recorded, fold: Fold[S]) -> S:
        """The state after an event that changes what earlier ones add up to."""
        rows = self._log.stream_rows(last.stream, 0)[: last.version]
        assert fold.refold is not None
        return fold.refold(state, [*(self._codec.decode(row) for row in rows[:-1]), last])

    def _keep(self, key: tuple[str, str], made: tuple[object, int], generation: int) -> None:
        with self._lock:
            found = self._states.get(key)
            if generation == self._generation and (found is None or found[1] < made[1]):
                self._states[key] = made
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
