"""One view in step with the log: every event once, in order, whatever goes wrong."""

import sqlite3
from collections.abc import Callable, Sequence

import pytest

from pipeline_engine.errors import BadValue
from pipeline_engine.store import Decision, Reader, Request, Row, Store, ViewRows
from tests.store.following.given import Sums, count, expected, following, seen_by, sums_of
from tests.store.given import COUNT, Clock, appending


def test_a_view_is_the_replay_of_the_log(store: Store) -> None:
    """Every event is taken in once, in batches, and the follower says where it stands."""
    for nth in range(7):
        count(store, f"deal:D-{nth}", *range(1, 300))
    follower = following(store)
    told: list[tuple[int, int]] = []
    assert follower.catch_up(lambda done, total: told.append((done, total))) == store.position() == 7 * 299
    assert sums_of(follower) == expected(store)
    assert seen_by(follower) == list(range(1, 7 * 299 + 1))
    assert told[-1] == (2093, 2093)
    standing = follower.standing()
    assert (standing.name, standing.position, standing.lag, standing.parked) == ("sums", 2093, 0, 0)
    count(store, "deal:D-0", 1)
    assert follower.standing().lag == 1


def test_who_comes_back_goes_on_where_it_was(lasting_url: str, opened: Callable[..., Store]) -> None:
    """The position is kept with the view: another process takes in only what is new."""
    first = opened(lasting_url)
    count(first, "deal:D-1", 1, 2, 3)
    following(first).catch_up()
    second = opened(lasting_url)
    count(second, "deal:D-1", 4)
    follower = following(second)
    assert follower.position() == 3
    follower.catch_up()
    assert (sums_of(follower), seen_by(follower)) == ({"deal:D-1": 10}, [1, 2, 3, 4])


def test_of_two_that_take_the_same_batch_one_does(lasting_url: str, opened: Callable[..., Store]) -> None:
    """Each knows only where it was itself; the books decide, and nothing is added twice."""
    stores = [opened(lasting_url), opened(lasting_url)]
    followers = [following(store) for store in stores]
    for nth in range(1, 20):
        count(stores[nth % 2], "deal:D-1", nth)
        for follower in followers:
            follower.step()
    assert sums_of(followers[0]) == sums_of(followers[1]) == {"deal:D-1": 190}


class Breaks(Sums):
    """The database fails once in the middle of a batch."""

    broken = False

    def take(self, rows: Sequence[Row], view: ViewRows) -> None:
        """Half of it is written before it breaks."""
        super().take(rows, view)
        if not self.broken:
            self.broken = True
            raise sqlite3.OperationalError("disk I/O error")


def test_a_batch_that_breaks_off_leaves_nothing(store: Store) -> None:
    """What fails is the database, so nothing is put aside; rows and position go back together, and it is done again."""
    count(store, "deal:D-1", 1, 2)
    follower = following(store, Breaks())
    with pytest.raises(Exception, match="disk I/O error"):
        follower.step()
    assert (sums_of(follower), follower.standing().position, follower.standing().parked) == ({}, 0, 0)
    follower.catch_up()
    assert sums_of(follower) == {"deal:D-1": 3}


def test_what_cannot_be_taken_is_put_aside_with_its_stream(store: Store) -> None:
    """The others go on; the reason quotes nothing, and what comes later in that stream waits behind it."""
    for by in (1, -13, 2):
        count(store, "deal:D-1", by)
        count(store, "deal:D-2", by + 1)
    follower = following(store)
    follower.catch_up()
    count(store, "deal:D-1", 5)
    count(store, "deal:D-2", 5)
    follower.catch_up()
    assert sums_of(follower) == {"deal:D-1": 1, "deal:D-2": -2}
    first, second, third = follower.parked()
    assert (first.position, first.stream, first.version, first.name, first.behind) == (
        3,
        "deal:D-1",
        2,
        "Counted",
        None,
    )
    assert first.why == "cannot be taken: ValueError"
    assert [(each.position, each.behind) for each in (second, third)] == [(5, 3), (7, 3)]
    assert (follower.standing().parked, follower.standing().position) == (3, store.position())


def test_what_was_put_aside_is_taken_in_again_in_order(store: Store) -> None:
    """Once whatever was wrong is mended; as long as it is not, nothing changes."""
    projection = Sums()
    follower = following(store, projection)
    count(store, "deal:D-1", 1, -13, 2, -13, 4)
    follower.catch_up()
    assert [each.position for each in follower.retry("deal:D-1")] == [2, 3, 4, 5]
    assert sums_of(follower) == {"deal:D-1": 1}
    projection.fussy = False
    assert follower.retry("deal:D-1") == []
    assert (sums_of(follower), follower.parked(), seen_by(follower)) == ({"deal:D-1": -19}, [], [1, 2, 3, 4, 5])
    with pytest.raises(BadValue, match="put events aside"):
        follower.retry("deal:D-1")


def test_one_that_can_never_be_taken_is_let_go(store: Store) -> None:
    """The stream goes on without it, up to the next one."""
    follower = following(store)
    count(store, "deal:D-1", 1, -13, 2, -13, 4)
    follower.catch_up()
    assert [each.position for each in follower.release("deal:D-1")] == [4, 5]
    assert sums_of(follower) == {"deal:D-1": 3}
    assert follower.release("deal:D-1") == []
    assert (sums_of(follower), follower.standing().parked) == ({"deal:D-1": 7}, 0)


def test_a_view_is_made_anew_beside_the_one_that_is_read(store: Store) -> None:
    """Whoever reads meanwhile sees the whole old one, then the whole new one; never an empty one, never one behind."""
    follower = following(store)
    count(store, "deal:D-1", *range(1, 13), -13)
    follower.catch_up()
    before = sums_of(follower)
    seen: list[dict[str, int]] = []
    count(store, "deal:D-2", 1)

    def look(done: int, total: int) -> None:
        seen.append(sums_of(follower))
        count(store, "deal:D-3", 1)

    reading = follower.rebuild(look)
    assert seen == [before]
    assert reading == store.position()
    assert sums_of(follower) == {"deal:D-1": 78, "deal:D-2": 1, "deal:D-3": 1}
    assert [each.position for each in follower.parked()] == [13]


def test_another_process_goes_over_to_the_new_one(lasting_url: str, opened: Callable[..., Store]) -> None:
    """One that was following the old one finds it replaced, and takes nothing in twice."""
    one, other = (following(opened(lasting_url)) for _ in range(2))
    store = opened(lasting_url)
    count(store, "deal:D-1", 1, 2)
    for follower in (one, other):
        follower.catch_up()
    one.rebuild()
    count(store, "deal:D-1", 3)
    other.catch_up()
    one.catch_up()
    assert sums_of(one) == sums_of(other) == {"deal:D-1": 6}


def test_what_is_mended_is_the_view_that_is_read(lasting_url: str, opened: Callable[..., Store]) -> None:
    """Where another process made it anew meanwhile: what was put aside is taken in there, or told as still aside."""
    first, view = opened(lasting_url), Sums()
    count(first, "deal:D-1", 1, -13, 5)
    stale = following(first, view)
    stale.catch_up()
    anew = following(opened(lasting_url))
    anew.rebuild()
    count(first, "deal:D-1", 7)
    anew.catch_up()
    assert [each.position for each in stale.parked()] == [2, 3, 4]
    assert [each.position for each in stale.retry("deal:D-1")] == [2, 3, 4]
    view.fussy = False
    assert stale.retry("deal:D-1") == anew.parked() == stale.aside("deal:D-1") == []
    assert sums_of(anew) == {"deal:D-1": 0}


def test_a_view_of_another_shape_is_made_anew(lasting_url: str, opened: Callable[..., Store]) -> None:
    """Tables that another version of this program made are not added to."""
    store = opened(lasting_url)
    count(store, "deal:D-1", 1)
    assert not following(store).renew()
    following(store).catch_up()
    newer = following(opened(lasting_url), Sums(shape=2))
    assert newer.renew()
    assert not newer.renew()
    assert sums_of(newer) == {"deal:D-1": 1}


def test_under_the_writers_lock_a_view_is_part_of_what_is_decided(store: Store) -> None:
    """It is brought up to date there, so a decision that counts sees every event before it."""
    follower = following(store)
    count(store, "deal:D-1", 4)
    found: list[dict[str, int]] = []

    def decide(state: int | None, version: int, reader: Reader) -> Decision:
        follower.catch_up()
        found.append(sums_of(follower))
        return appending()(state, version, reader)

    store.transact("deal:D-2", Request("c", "d"), COUNT, decide, alone=True)
    assert found == [{"deal:D-1": 4}]


def test_a_beat_says_who_runs_it_and_what_is_wrong(store: Store) -> None:
    """In the books, so that other processes see it."""
    clock = Clock()
    follower = following(store, clock=clock)
    follower.catch_up()
    assert follower.standing().beat_at is None
    follower.beat("here:1", "StoreUnreachable: gone")
    standing = follower.standing()
    assert (standing.beat_at, standing.beat_by, standing.failing) == (clock.now, "here:1", "StoreUnreachable: gone")
    assert store.standings() == [standing]
