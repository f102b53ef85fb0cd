"""The books of all followers: where each stands, who runs it, and which events it put aside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline_engine.store.following.model import Parked, Standing
from pipeline_engine.store.model import Row
from pipeline_engine.store.view_tables import ViewRows, ViewTable
from pipeline_engine.values import microseconds, moment_at

FOLLOWERS = ViewTable(
    "followers",
    (
        ("name", "text"), ("generation", "bigint"), ("shape", "bigint"), ("live", "bigint"), ("position", "bigint"),
        ("beat_at", "bigint"), ("beat_by", "text"), ("failing", "text"),
    ),
    key=("name", "generation"),
)  # fmt: skip
PARKED = ViewTable(
    "parked_events",
    (
        ("follower", "text"), ("generation", "bigint"), ("position", "bigint"), ("stream", "text"),
        ("version", "bigint"), ("name", "text"), ("why", "text"), ("behind", "bigint"), ("parked_at", "bigint"),
    ),
    key=("follower", "generation", "position"),
    lookups=(("follower", "generation", "stream", "position"),),
)  # fmt: skip
_PARKED = "position, stream, version, name, why, behind, parked_at"


class Positions:
    """The books, within one open transaction."""

    def __init__(self, rows: ViewRows) -> None:
        self._rows = rows.naming((FOLLOWERS, PARKED), 0)

    def there(self) -> bool:
        """Whether there are any books."""
        return self._rows.there(PARKED.name)

    def make(self) -> None:
        """Make the books where there are none; several processes may try at once."""
        if not self.there():
            self._rows.alone()
            for table in (FOLLOWERS, PARKED):
                self._rows.make(table, 0)

    def live(self, name: str) -> tuple[int, int, int] | None:
        """Generation, shape and position of the tables that are read; None where there are none yet."""
        found = self._rows.ask("SELECT generation, shape, position FROM {followers} WHERE name = ? AND live = 1", name)
        return found[0] if found else None

    def begin(self, name: str, generation: int, shape: int, live: bool) -> None:
        """Enter a generation that has taken nothing in."""
        self._rows.put(FOLLOWERS.replace, [(name, generation, shape, int(live), 0, None, None, None)])

    def moved(self, name: str, generation: int, step: tuple[int, int], live: bool) -> bool:
        """Move a position on; False where another process was first. Others wait until this transaction ends."""
        before, after = step
        query = """UPDATE {followers} SET position = ? WHERE name = ? AND generation = ? AND position = ? AND live = ?
            RETURNING position"""
        return bool(self._rows.ask(query, after, name, generation, before, int(live)))

    def held(self, name: str) -> int | None:
        """The generation that is read, which nobody else moves on until this transaction ends; None where none is."""
        query = "UPDATE {followers} SET position = position WHERE name = ? AND live = 1 RETURNING generation"
        found = self._rows.ask(query, name)
        return int(found[0][0]) if found else None

    def forget(self, name: str, generation: int) -> None:
        """Strike a generation out, with what it had put aside."""
        self._rows.ask("DELETE FROM {followers} WHERE name = ? AND generation = ?", name, generation)
        self._rows.ask("DELETE FROM {parked_events} WHERE follower = ? AND generation = ?", name, generation)

    def generations(self, name: str) -> list[tuple[int, bool]]:
        """Every generation there is, and whether it is the one that is read."""
        found = self._rows.ask("SELECT generation, live FROM {followers} WHERE name = ? ORDER BY 1", name)
        return [(generation, bool(live)) for generation, live in found]

    def go_live(self, name: str, generation: int) -> None:
        """From now on this generation is read."""
        self._rows.ask("UPDATE {followers} SET live = CASE generation WHEN ? THEN 1 ELSE 0 END WHERE name = ?",
                       generation, name)  # fmt: skip

    def beat(self, name: str, at: datetime, by: str, failing: str | None) -> None:
        """Note that a process runs the follower, and why it does not get on where it does not."""
        query = "UPDATE {followers} SET beat_at = ?, beat_by = ?, failing = ? WHERE name = ? AND live = 1"
        self._rows.ask(query, microseconds(at), by, failing, name)

    def rest(self, name: str, by: str) -> None:
        """Note that this process does not run the follower any more; where another one does, that stands."""
        query = "UPDATE {followers} SET beat_at = NULL, beat_by = NULL, failing = NULL WHERE name = ? AND beat_by = ?"
        self._rows.ask(query, name, by)

    def standings(self, head: int) -> list[Standing]:
        """Where every follower stands, by name."""
        found = self._rows.ask(
            "SELECT f.name, f.position, (SELECT count(*) FROM {parked_events} AS p WHERE p.follower = f.name"
            " AND p.generation = f.generation), f.beat_at, f.beat_by, f.failing"
            " FROM {followers} AS f WHERE f.live = 1 ORDER BY 1"
        )
        return [
            Standing(name, position, head, parked, None if at is None else moment_at(at), by, failing)
            for name, position, parked, at, by, failing in found
        ]

    def count_parked(self, name: str, generation: int) -> int:
        """How many events are put aside."""
        query = "SELECT count(*) FROM {parked_events} WHERE follower = ? AND generation = ?"
        found: int = self._rows.ask(query, name, generation)[0][0]
        return found

    def first_parked(self, name: str, generation: int) -> dict[str, int]:
        """By stream the position of the first event that was put aside."""
        query = """SELECT stream, min(position) FROM {parked_events} WHERE follower = ? AND generation = ?
            GROUP BY stream"""
        return dict(self._rows.ask(query, name, generation))

    def park(self, name: str, generation: int, parked: Sequence[Parked]) -> None:
        """Put events aside."""
        rows = (
            (name, generation, each.position, each.stream, each.version, each.name, each.why, each.behind,
             microseconds(each.parked_at))
            for each in parked
        )  # fmt: skip
        self._rows.put(PARKED.replace, rows)

    def parked(self, name: str, generation: int, after: int, limit: int) -> list[Parked]:
        """What was put aside after a position, in position order."""
        query = f"""SELECT {_PARKED} FROM {{parked_events}} WHERE follower = ? AND generation = ? AND position > ?
            ORDER BY position LIMIT ?"""
        return [_parked(row) for row in self._rows.ask(query, name, generation, after, limit)]

    def of_stream(self, name: str, generation: int, stream: str) -> list[Parked]:
        """What was put aside of a stream, in position order."""
        query = f"""SELECT {_PARKED} FROM {{parked_events}} WHERE follower = ? AND generation = ? AND stream = ?
            ORDER BY position"""
        return [_parked(row) for row in self._rows.ask(query, name, generation, stream)]

    def unpark(self, name: str, generation: int, stream: str) -> None:
        """Strike out what was put aside of a stream."""
        query = "DELETE FROM {parked_events} WHERE follower = ? AND generation = ? AND stream = ?"
        self._rows.ask(query, name, generation, stream)


def parked_of(row: Row, why: str, behind: int | None, at: datetime) -> Parked:
    """An event of the log, put aside."""
    return Parked(row.position, row.stream, row.version, row.name, why, behind, at)


def _parked(row: tuple[Any, ...]) -> Parked:
    position, stream, version, name, why, behind, parked_at = row
    return Parked(position, stream, version, name, why, behind, moment_at(parked_at))
