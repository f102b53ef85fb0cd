"""Keeps the tables of one view in step with the log: a batch, its rows and the position, in one transaction.

Any number of processes may run the same follower: of two that take the same batch in, one finds the position moved
and leaves it. An event that cannot be taken is put aside with its reason, and the later ones of its stream behind it,
so that other streams go on.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from pipeline_engine.errors import BadStore, BadValue
from pipeline_engine.store.following.model import Kept, Parked, Projection, Standing
from pipeline_engine.store.following.positions import Positions
from pipeline_engine.store.following.taking import Taking
from pipeline_engine.store.forked import renewed_in_children
from pipeline_engine.store.log import Log
from pipeline_engine.store.model import Progress, Row, quiet
from pipeline_engine.store.view_tables import ViewRows

BATCH = 500
FAR_BEHIND = 5_000
PAGE = 1000


class StoredFollower:
    """One view in the store's database; safe to share between threads and processes."""

    _live = True

    def __init__(self, log: Log, projection: Projection, clock: Callable[[], datetime]) -> None:
        self._log, self._projection, self._clock = log, projection, clock
        self.name = projection.name
        self._taking = Taking(projection, clock)
        self._known: tuple[int, int] | None = None
        renewed_in_children(self)

    def begin_anew(self) -> None:
        """A lock of this process."""
        self._lock = Lock()

    def catch_up(self, progress: Progress = quiet, until: int | None = None) -> int:
        """Take in all there is, or up to a position; the position reached. Raises StoreUnreachable."""
        head = self._log.position() if until is None else until
        while self.position() < head and self.step():
            progress(self.position(), head)
        return self.position()

    def position(self) -> int:
        """The last position taken in, as far as this process knows."""
        return self._at()[1]

    def step(self) -> int:
        """Take the next batch in; how many events it was, 0 at the end of the log. Raises StoreUnreachable."""
        generation, position = self._at()
        rows = self._next(position)
        if not rows:
            return 0
        last = rows[-1].position
        with self._log.views() as views:
            books = Positions(views)
            first = books.moved(self.name, generation, (position, last), self._live)
            if first:
                self._take(rows, (views, books, generation))
        if first:
            self._know(generation, last)
        else:
            self._look_again()
        return len(rows)

    def _next(self, position: int) -> list[Row]:
        rows = self._log.rows(position, BATCH)
        # Who is far behind takes more at once: nobody waits for a single event of it.
        return rows if len(rows) < BATCH else [*rows, *self._log.rows(rows[-1].position, FAR_BEHIND - BATCH)]

    def _at(self) -> tuple[int, int]:
        with self._lock:
            known = self._known
        return known or self._look_again()

    def _look_again(self) -> tuple[int, int]:
        """The generation that is read and its position, from the books; begun where there is none."""
        # Whoever only looks waits for no lock: it may be kept by the very one that hangs.
        found = self._in_the_books() or self._first()
        if self._live and found[1] != self._projection.shape:
            raise BadStore(f"the view `{self.name}` was made by another version of this program; it is to be made anew")
        return self._know(found[0], found[2])

    def _in_the_books(self) -> tuple[int, int, int] | None:
        with self._log.views(writing=False) as views:
            books = Positions(views)
            return books.live(self.name) if books.there() else None

    def _first(self) -> tuple[int, int, int]:
        with self._log.views() as views:
            books = Positions(views)
            books.make()
            views.alone()
            return books.live(self.name) or self._begin(books, views, 1, live=True)

    def _begin(self, books: Positions, views: ViewRows, generation: int, *, live: bool) -> tuple[int, int, int]:
        for table in self._projection.tables:
            views.make(table, generation)
        books.begin(self.name, generation, self._projection.shape, live)
        return generation, self._projection.shape, 0

    def _know(self, generation: int, position: int) -> tuple[int, int]:
        with self._lock:
            self._known = generation, position
        return generation, position

    def _take(self, rows: Sequence[Row], place: tuple[ViewRows, Positions, int]) -> None:
        views, books, generation = place
        waiting = books.first_parked(self.name, generation)
        told = self._taking.take(rows, views.naming(self._projection.tables, generation), waiting)
        books.park(self.name, generation, told)

    @contextmanager
    def view(self) -> Iterator[ViewRows]:
        """The tables as they stand, in one transaction; statements name them as the projection does."""
        self._at()
        with self._log.views(writing=False) as views:
            found = Positions(views).live(self.name)
            assert found, "a follower that knows where it stands is in the books"
            yield views.naming(self._projection.tables, found[0])

    @contextmanager
    def kept(self) -> Iterator[Kept | None]:
        """What is kept at this moment; None where nothing is that this version made. Writes nothing."""
        with self._log.views(writing=False) as views:
            views.steady()
            books = Positions(views)
            found = books.live(self.name) if books.there() else None
            if found is None or found[1] != self._projection.shape:
                yield None
                return
            generation, _, position = found
            own = views.naming(self._projection.tables, generation)
            parked = books.count_parked(self.name, generation)
            yield Kept(own, generation, position, parked, books.first_parked(self.name, generation))

    def standing(self) -> Standing:
        """Where it stands, by the books. Raises StoreUnreachable."""
        self._at()
        head = self._log.position()
        with self._log.views(writing=False) as views:
            return next(each for each in Positions(views).standings(head) if each.name == self.name)

    def beat(self, by: str, failing: str | None) -> None:
        """Say in the books that a process runs it, and whether it gets on."""
        with self._log.views() as views:
            Positions(views).beat(self.name, self._clock(), by, failing)

    def rest(self, by: str) -> None:
        """Say in the books that this process does not run it any more."""
        with self._log.views() as views:
            Positions(views).rest(self.name, by)

    def parked(self, after: int = 0, limit: int = PAGE) -> list[Parked]:
        """What was put aside after a position, at most `limit`."""
        generation, _ = self._look_again()
        with self._log.views(writing=False) as views:
            return Positions(views).parked(self.name, generation, after, limit)

    def aside(self, stream: str) -> list[Parked]:
        """What is put aside of a stream, in order; none where nothing is."""
        generation, _ = self._look_again()
        with self._log.views(writing=False) as views:
            return Positions(views).of_stream(self.name, generation, stream)

    def retry(self, stream: str) -> list[Parked]:
        """Take in again what was put aside of a stream; what is still put aside afterwards. Raises BadValue."""
        return self._again(stream, release=False)

    def release(self, stream: str) -> list[Parked]:
        """
        Go on without the first event that was put aside of a stream; what is still put aside afterwards.

        Raises:
            BadValue: Nothing of this stream is put aside.
        """
        return self._again(stream, release=True)

    def _again(self, stream: str, *, release: bool) -> list[Parked]:
        self._at()
        with self._log.views() as views:
            books = Positions(views)
            # Another process may have made the view anew since this one looked.
            generation = books.held(self.name)
            held = books.of_stream(self.name, generation, stream) if generation is not None else []
            if generation is None or not held:
                raise BadValue("stream", stream, f"one of which `{self.name}` put events aside: `follow parked`")
            wanted = {each.position for each in held[release:]}
            rows = [row for row in self._log.stream_rows(stream, held[0].version - 1) if row.position in wanted]
            books.unpark(self.name, generation, stream)
            told = self._taking.take(rows, views.naming(self._projection.tables, generation), {})
            books.park(self.name, generation, told)
        return told

    def rebuild(self, progress: Progress = quiet) -> int:
        """
        Make the tables anew from the first event, beside those that are read meanwhile; the position reached.

        Of what was put aside nothing stays aside that can be taken now. Broken off, it leaves what was there.
        """
        with self._log.views() as views:
            books = Positions(views)
            books.make()
            views.alone()
            known = books.generations(self.name)
            for generation, live in known:
                if not live:
                    self._drop(books, views, generation)
            new = max((generation for generation, _ in known), default=0) + 1
            self._begin(books, views, new, live=False)
        beside = _Beside(self._log, self._projection, self._clock, new)
        beside.catch_up(progress)
        with self._log.exclusive():
            # What came meanwhile, so that nobody who reads sees the view go back. The old one stays for those who are
            # reading it, until it is built anew once more.
            beside.catch_up()
            with self._log.views() as views:
                Positions(views).go_live(self.name, new)
        return self._know(new, beside.position())[1]

    def _drop(self, books: Positions, views: ViewRows, generation: int) -> None:
        for table in self._projection.tables:
            views.drop(table, generation)
        books.forget(self.name, generation)

    def renew(self, progress: Progress = quiet) -> bool:
        """Make the tables anew where another version of this program made them; whether that was so."""
        found = self._in_the_books()
        if found is None or found[1] == self._projection.shape:
            return False
        self.rebuild(progress)
        return True


class _Beside(StoredFollower):
    """The same view in a generation that nobody reads yet."""

    def __init__(self, log: Log, projection: Projection, clock: Callable[[], datetime], generation: int) -> None:
        super().__init__(log, projection, clock)
        self._know(generation, 0)

    _live = False

    def _look_again(self) -> tuple[int, int]:
        # Another process rebuilds too, and struck this generation out.
        raise BadValue("follower", self.name, "to be built anew by one process at a time")


def standings(log: Log) -> list[Standing]:
    """Where every follower stands that is in a store's books, by name; none where there are no books."""
    head = log.position()
    with log.views(writing=False) as views:
        books = Positions(views)
        return books.standings(head) if books.there() else []
