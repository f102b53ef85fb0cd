"""The end of the log in memory, for everybody who listens: each event is read and written out once.

Nobody has a queue of their own. Each listener takes what it has not had yet, at its own pace, and reads the log again
where that is kept no longer. So a slow one holds up neither a writer nor any other.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from pydantic_core import to_json

from pipeline_engine.documents import row_document
from pipeline_engine.engine import Engine
from pipeline_engine.errors import shown
from pipeline_engine.store import Row, Standing

BATCH = 500
GATHER_SECONDS = 0.2
"""Sooner would be no use to people, and every time everybody is woken."""
MOST_FRAMES = 5_000
MOST_BYTES = 8 * 2**20
_DEAL = "deal:"


class Frame(NamedTuple):
    """One event as it goes out."""

    position: int
    deal: str
    name: str
    text: bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    """Every event of a deal after a position, in order."""

    after: int
    positions: tuple[int, ...]
    frames: tuple[Frame, ...]


class Tail:
    """What follows the log for the listeners of one process; begins at its end."""

    name = "live"

    def __init__(self, engine: Engine) -> None:
        self._engine, self._lock = engine, Lock()
        self._news: dict[asyncio.AbstractEventLoop, asyncio.Event] = {}
        self.ended = False
        self._kept: _Kept | None = None
        self.position = 0

    def step(self) -> int:
        """Take the next events in and wake whoever waits; how many there were."""
        if self._kept is None:
            self.position = self._engine.position()
            self._kept = _Kept(self.position, (), ())
        rows = self._engine.log_rows(self.position, BATCH)
        if rows:
            self._kept = _longer(self._kept, frames_of(rows))
            self.position = rows[-1].position
            self._wake()
        return len(rows)

    def standing(self) -> Standing:
        """Where it stands."""
        return Standing(self.name, self.position, self._engine.position())

    def beat(self, by: str, failing: str | None) -> None:
        """It is of this process alone, and stands in no books."""

    def rest(self, by: str) -> None:
        """As above."""

    def after(self, position: int) -> Sequence[Frame] | None:
        """The events after a position; None where they are kept no longer, or not yet."""
        kept = self._kept
        if kept is None or position < kept.after:
            return None
        return kept.frames[bisect_right(kept.positions, position) :]

    def news(self) -> asyncio.Event:
        """Set when something new is there; asked before looking, so that nothing comes in between."""
        loop = asyncio.get_running_loop()
        with self._lock:
            return self._news.setdefault(loop, asyncio.Event())

    def end(self) -> None:
        """Let all listeners go; they come back elsewhere, where they left off."""
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            waiting, self._news = self._news, {}
        for loop, event in waiting.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)


def frames_of(rows: Iterable[Row]) -> list[Frame]:
    """The events of deals among some rows, without personal values; one that cannot be read is told as such."""
    return [_frame(row) for row in rows if row.stream.startswith(_DEAL)]


def _frame(row: Row) -> Frame:
    deal, name = row.stream.removeprefix(_DEAL), row.name
    try:
        document: object = row_document(row)[0]
    except (ValueError, KeyError, TypeError, AttributeError):
        # Never quoted: what the row holds may be personal.
        name, document = "unreadable", {"position": row.position, "version": row.version, "event": shown(row.name)}
    body = to_json({"deal": deal, "event": document})
    return Frame(row.position, deal, name, b"id: %d\nevent: %s\ndata: %s\n\n" % (row.position, name.encode(), body))


def _longer(kept: _Kept, new: Sequence[Frame]) -> _Kept:
    frames = (*kept.frames, *new)
    room, first = MOST_BYTES, len(frames)
    while first and len(frames) - first < MOST_FRAMES and room >= len(frames[first - 1].text):
        first -= 1
        room -= len(frames[first].text)
    after = frames[first - 1].position if first else kept.after
    held = frames[first:]
    return _Kept(after, tuple(frame.position for frame in held), held)
