"""States of streams, kept and carried on: a load reads only the events that are new since the last one."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any, TypeVar

from pipeline_engine.envelope import Recorded
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.forked import renewed_in_children
from pipeline_engine.store.log import Command, Log
from pipeline_engine.store.model import Fold, Row

S = TypeVar("S")
KEPT = 4096


class Folds:
    """The newest states by (fold name, stream), at most `kept`, the least recently used dropped first.

    Never trusted as they are: every load asks the log for newer rows first, since other processes write too. Only what
    is checked again under the writers' lock may begin with a state `as_kept`.
    """

    def __init__(self, log: Log, codec: Codec, kept: int = KEPT) -> None:
        self._log, self._codec, self._kept = log, codec, kept
        self._states: OrderedDict[tuple[str, str], tuple[Any, int]] = OrderedDict()
        self._behind: set[tuple[str, str]] = set()
        self._generation = codec.generation()
        renewed_in_children(self)

    def begin_anew(self) -> None:
        """States are kept by whoever is next; a half-kept one cannot be."""
        self._lock = Lock()

    def load(self, stream: str, fold: Fold[S]) -> tuple[S | None, int]:
        """The state of a stream and its version."""
        start = self._start(stream, fold)
        return self._carried_on(stream, fold, start, self._log.stream_rows(stream, start[1]))

    def forget(self) -> None:
        """Drop every state that is kept."""
        with self._lock:
            self._states.clear()
            self._behind.clear()

    def begin(self, command_id: str, stream: str, fold: Fold[S]) -> tuple[Command | None, S | None, int]:
        """What the command log says of an id, and the state and version of a stream, in one look."""
        start = self._start(stream, fold)
        known, rows = self._log.begin(command_id, stream, start[1])
        if known is not None:
            return known, None, 0
        return None, *self._carried_on(stream, fold, start, rows)

    def _start(self, stream: str, fold: Fold[S]) -> tuple[S | None, int, int]:
        """The state to carry on from, its version, and the generation of keys it was opened in."""
        generation = self._codec.generation()
        state, version = self._at_hand(stream, fold, generation) or (None, 0)
        return state, version, generation

    def _at_hand(self, stream: str, fold: Fold[S], generation: int) -> tuple[S | None, int] | None:
        """The state and version that the last load left, also of a stream without events; None where none is kept."""
        key = (fold.name, stream)
        with self._lock:
            if generation != self._generation:
                # Somebody was erased, here or in another process: the states may still say what they were.
                self._states.clear()
                self._behind.clear()
                self._generation = generation
            found = self._states.get(key)
            if found is not None:
                self._states.move_to_end(key)
            return found

    def as_kept(self, stream: str, fold: Fold[S]) -> tuple[S | None, int] | None:
        """The state at hand, unless this process itself wrote to the stream since."""
        if (fold.name, stream) in self._behind:
            return None
        return self._at_hand(stream, fold, self._codec.generation())

    def moved_on(self, stream: str, fold: Fold[S]) -> None:
        """Note that this process wrote to a stream."""
        with self._lock:
            if (fold.name, stream) in self._states:
                self._behind.add((fold.name, stream))

    def _carried_on(
        self, stream: str, fold: Fold[S], start: tuple[S | None, int, int], rows: Iterable[Row]
    ) -> tuple[S | None, int]:
        state, version, generation = start
        evolve, decode = fold.evolve, self._codec.decode
        for row in rows:
            recorded = decode(row)
            again = fold.refold is not None and type(recorded.event) in fold.rewrites
            state = self._again(state, recorded, fold) if again else evolve(state, recorded)
            version = row.version
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
            self._behind.discard(key)
            if len(self._states) > self._kept:
                self._behind.discard(self._states.popitem(last=False)[0])


class ReadVersions:
    """A reader for one decision: remembers which version of which stream was read.

    Versions are checked again under the writers' lock. So a first decision may be made on states at hand without asking
    the log for newer rows (`kept`): where one was out of date the check fails, and the next decision asks.
    """

    def __init__(self, folds: Folds, *, kept: bool = False) -> None:
        self._folds, self._kept = folds, kept
        self.versions: dict[str, int] = {}
        self.unasked = False

    def state(self, stream: str, fold: Fold[S]) -> tuple[S | None, int]:
        """The state of a stream and its version, which is checked again under the writers' lock."""
        found = self._folds.as_kept(stream, fold) if self._kept else None
        if found is not None:
            self.unasked = True
        state, version = found or self._folds.load(stream, fold)
        # Where a stream moved on between two reads the first version stands, so that the check fails.
        self.versions.setdefault(stream, version)
        return state, version
