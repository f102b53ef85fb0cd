"""A view for these tests: what is counted in each stream, and every event that was seen, one row each."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic_core import from_json

from pipeline_engine.store import Row, Store, StoredFollower, StreamAppend, ViewRows, ViewTable
from tests.store.given import Clock, Counted, draft

SEEN = ViewTable("seen", (("position", "bigint"), ("stream", "text"), ("version", "bigint")), key=("position",))
SUMS = ViewTable("sums", (("stream", "text"), ("total", "bigint")), key=("stream",), lookups=(("total",),))


class Sums:
    """Adds up what is counted in each stream; an event that counts `bad` cannot be taken while `fussy`."""

    name = "sums"
    tables: tuple[ViewTable, ...] = (SEEN, SUMS)

    def __init__(self, shape: int = 1, bad: int = -13) -> None:
        self.shape, self.bad, self.fussy = shape, bad, True

    def take(self, rows: Sequence[Row], view: ViewRows) -> None:
        """A row for each event, and the sums of the streams they are of."""
        view.put(SEEN.replace, [(row.position, row.stream, row.version) for row in rows])
        sums: dict[str, int] = {}
        for row in rows:
            by = self._by(row)
            if row.stream not in sums:
                found = view.ask("SELECT total FROM {sums} WHERE stream = ?", row.stream)
                sums[row.stream] = found[0][0] if found else 0
            sums[row.stream] += by
        view.put(SUMS.replace, list(sums.items()))

    def _by(self, row: Row) -> int:
        by: int = from_json(row.payload)["data"].get("by", 1)
        if by == self.bad and self.fussy:
            raise ValueError(f"a secret {by}")
        return by


def sums_of(follower: StoredFollower) -> dict[str, Any]:
    """The view as it stands."""
    with follower.view() as view:
        return dict(view.ask("SELECT stream, total FROM {sums} ORDER BY 1"))


def seen_by(follower: StoredFollower) -> list[int]:
    """The positions of the events that were taken in."""
    with follower.view() as view:
        return [position for (position,) in view.ask("SELECT position FROM {seen} ORDER BY 1")]


def count(store: Store, stream: str, *by: int) -> int:
    """Append one event for each of the numbers; the position afterwards."""
    version = len(store.events(stream))
    return store.append_many([StreamAppend(stream, version, tuple(draft(Counted(by=each)) for each in by))])


def expected(store: Store) -> dict[str, int]:
    """What the view must be, added up event by event."""
    sums: dict[str, int] = {}
    for stream in store.streams(""):
        for recorded in store.events(stream):
            assert isinstance(recorded.event, Counted)
            sums[stream] = sums.get(stream, 0) + recorded.event.by
    return sums


def following(store: Store, projection: Sums | None = None, clock: Callable[..., Any] | None = None) -> StoredFollower:
    """A follower of that view."""
    return store.follower(projection or Sums(), clock or Clock())
