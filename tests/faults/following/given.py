"""A view that shows each event that was taken in twice or not at all, and writers that go on meanwhile."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from threading import Event, Thread
from time import monotonic, sleep

from pipeline_engine.store import Row, Store, StoredFollower, StreamAppend, ViewRows, ViewTable
from pipeline_engine.store.following.positions import Positions
from pipeline_engine.store.following.readable import as_readable
from tests.store.following.given import SEEN, SUMS, Sums, expected, sums_of
from tests.store.given import Counted, draft

TAKEN = ViewTable("taken", (("position", "bigint"), ("times", "bigint")), key=("position",))
_ONCE_MORE = """INSERT INTO {taken} AS t (position, times) VALUES (?, 1)
    ON CONFLICT (position) DO UPDATE SET times = t.times + 1"""
STREAMS = 20
A_MOMENT = 0.03  # between the rows and the position of the careless one, so that a kill comes between if it can


class Tallied(Sums):
    """The sums of each stream, and how often each event was taken in."""

    tables = (SEEN, SUMS, TAKEN)

    def take(self, rows: Sequence[Row], view: ViewRows) -> None:
        """One more for each of the events."""
        super().take(rows, view)
        view.put(_ONCE_MORE, [(row.position,) for row in rows])


def now() -> datetime:
    """The time it is."""
    return datetime.now(UTC)


Part = Callable[[ViewRows], None]


class Careless(StoredFollower):
    """Control: rows in one transaction, the position in another."""

    def step(self) -> int:
        """Whatever comes between the two is not taken back."""
        generation, position = self._at()
        rows = self._next(position)
        if not rows:
            return 0
        first, second = self.parts(rows, generation, position)
        with self._log.views() as views:
            first(views)
        self.between()
        with self._log.views() as views:
            second(views)
        self._know(generation, rows[-1].position)
        return len(rows)

    def parts(self, rows: Sequence[Row], generation: int, position: int) -> tuple[Part, Part]:
        """What is done in a transaction of its own, in order."""

        def take(views: ViewRows) -> None:
            self._take(rows, (views, Positions(views), generation))

        def move(views: ViewRows) -> None:
            Positions(views).moved(self.name, generation, (position, rows[-1].position), live=True)

        return take, move

    def between(self) -> None:
        """Take so long that something comes between if it can."""
        sleep(A_MOMENT)


class Hasty(Careless):
    """Control: the position first, and the rows in a transaction after it; what comes between is missed."""

    def parts(self, rows: Sequence[Row], generation: int, position: int) -> tuple[Part, Part]:
        """The other way about."""
        take, move = super().parts(rows, generation, position)
        return move, take


def follower_of(store: Store, kind: type[StoredFollower] = StoredFollower) -> StoredFollower:
    """A follower of that view, as it should be or careless."""
    return kind(as_readable(store._log, store._codec.readable), Tallied(), now)


class Busy:
    """A writer that goes on, a few events at a time, for as long as it is in `with`."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store, self._chance, self._stop = store, Random(seed), Event()
        self._versions = dict.fromkeys((f"deal:W-{nth}" for nth in range(STREAMS)), 0)
        self._thread = Thread(target=self._go_on)

    def __enter__(self) -> "Busy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._stop.wait(self._chance.uniform(0, 0.01)):
            stream = self._chance.choice(list(self._versions))
            events = [draft(Counted(by=self._chance.randrange(100))) for _ in range(self._chance.randrange(1, 40))]
            self._store.append_many([StreamAppend(stream, self._versions[stream], tuple(events))])
            self._versions[stream] += len(events)


def tallies(follower: StoredFollower) -> dict[int, int]:
    """How often each event was taken in, by position."""
    with follower.view() as view:
        return dict(view.ask("SELECT position, times FROM {taken} ORDER BY 1"))


def wrongs(store: Store, follower: StoredFollower) -> list[str]:
    """What is wrong with a view that was caught up: events missed or taken twice, sums that are not the log's."""
    follower.catch_up()
    found, every = tallies(follower), range(1, store.position() + 1)
    view = (sums_of(follower), found)
    wrong = [f"event {position} was taken in {found.get(position, 0)} times" for position in every
             if found.get(position) != 1]  # fmt: skip
    if view[0] != expected(store):
        wrong.append("the sums are not those of the log")
    follower.rebuild()
    if (sums_of(follower), tallies(follower)) != view:
        wrong.append("made anew from nothing, it is another one")
    return wrong


def seconds_until(true: Callable[[], bool], at_most: float) -> float:
    """How long it takes until something is so; endless where it takes longer than that."""
    began = monotonic()
    while not true():
        if monotonic() - began > at_most:
            return float("inf")
        sleep(0.02)
    return monotonic() - began
