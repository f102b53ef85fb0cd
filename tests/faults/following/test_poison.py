"""Row 13: one event in a hundred is poison; the others are all taken in, and each bad one is put aside with its reason.

Once what was wrong is mended they are taken in after all, in order; and those that never can be are let go. The control
leaves out silently what it cannot take, and the same check must find that out.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from random import Random
from typing import Any

import pytest

from pipeline_engine.store import IDENTITY, Row, Store, StoredFollower, Upcasters, ViewRows
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.log import NewRow
from pipeline_engine.store.opening import log_at
from pipeline_engine.values import microseconds
from tests.store.following.given import Sums, following, seen_by, sums_of
from tests.store.given import EVENTS, FRIDAY

pytestmark = pytest.mark.slow

GOOD = b'{"at":"2026-01-30T09:00:00Z","actor":"rep-03","command_id":"c-1","data":{"by":%d}}'
# What is wrong, and how the row says it: the name that is stored and the bytes.
POISON: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "unknown name": ("Raised", lambda by: GOOD % by),
    "cut payload": ("Counted", lambda by: (GOOD % by)[:-9]),
    "wrong type": ("Counted", lambda by: GOOD.replace(b"%d", b'"many"')),
    "no payload": ("Counted", lambda by: b""),
    "no envelope": ("Counted", lambda by: b'{"data":{"by":%d}}' % by),
    "another field": ("Counted", lambda by: GOOD.replace(b'"by"', b'"of"') % by),
    "no text at all": ("Counted", lambda by: b"\xff\xfe\x00"),
    "too large a number": ("Counted", lambda by: GOOD % 2**70),
}
CODEC = Codec(EVENTS, IDENTITY)
MENDABLE = "unknown name"
Poisoned = dict[int, str]


def filled(url: str, events: int, chance: Random) -> tuple[Poisoned, list[NewRow]]:
    """A log in which one event in a hundred is bad; which, and what is wrong with each."""
    poisoned: Poisoned = {}
    versions: dict[str, int] = defaultdict(int)
    rows: list[NewRow] = []
    for position in range(1, events + 1):
        stream, name, payload = f"deal:D-{chance.randrange(events // 4)}", "Counted", GOOD % position
        if chance.random() < 0.01:
            poisoned[position] = chance.choice(list(POISON))
            name, payload = POISON[poisoned[position]][0], POISON[poisoned[position]][1](position)
        versions[stream] += 1
        rows.append(NewRow(stream, versions[stream], name, payload))
    log = log_at(url, lambda: microseconds(FRIDAY), "test", "identity")
    log.append_many(rows, {})
    log.close()
    return poisoned, rows


class Checking(Sums):
    """Takes what the codec can read, as a view of deals would."""

    name = "sums"

    def _by(self, row: Row) -> int:
        CODEC.decode(row)
        return super()._by(row)


class Silent(Checking):
    """Control: what it cannot take it leaves out, and says nothing."""

    def take(self, rows: Sequence[Row], view: ViewRows) -> None:
        """One after the other."""
        for row in rows:
            with suppress(Exception), view.apart():
                super().take([row], view)


def opened_at(url: str, upcasters: Upcasters | None = None) -> Store:
    """The store as this release reads it, or a later one that mended something."""
    log = log_at(url, lambda: microseconds(FRIDAY), "test", "identity")
    return Store(log, Codec(EVENTS, IDENTITY, upcasters) if upcasters else CODEC, "test")


def wrongs(follower: StoredFollower, poisoned: Poisoned, rows: list[NewRow], mended: str = "") -> list[str]:
    """What is wrong: good events that were not taken in, bad ones that nobody was told of."""
    bad = {position for position, how in poisoned.items() if how != mended}
    first: dict[str, int] = {}
    for position in sorted(bad):
        first.setdefault(rows[position - 1][0], position)
    # Of a stream, what comes behind its first bad event waits for it: it is aside too, and told.
    aside = {n for n, row in enumerate(rows, 1) if row[0] in first and n >= first[row[0]]}
    told = {each.position: each for each in follower.parked(limit=1_000_000)}
    wrong = [f"event {n} is neither taken in nor put aside" for n in sorted(aside - set(told))]
    wrong += [f"event {n} is good and put aside" for n in sorted(set(told) - aside)]
    wrong += [f"event {n} has no reason" for n, each in told.items() if not each.why or each.behind == n]
    if seen_by(follower) != [n for n in range(1, len(rows) + 1) if n not in aside]:
        wrong.append("not every good event was taken in once")
    return wrong


def _raised(name: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "Counted", body


MENDED = Upcasters(("Raised", _raised))
EVENTS_EACH = [1000, pytest.param(10_000, marks=pytest.mark.soak)]


@pytest.mark.parametrize("events", EVENTS_EACH)
def test_each_good_event_is_taken_in_and_each_bad_one_is_told(lasting_url: str, events: int, seed: int) -> None:
    """The log is read to its end; of a stream that has a bad event what comes later waits, and that is told too."""
    poisoned, rows = filled(lasting_url, events, Random(seed))
    with closing(opened_at(lasting_url)) as store:
        follower = following(store, Checking())
        assert follower.catch_up() == events
        assert poisoned
        assert wrongs(follower, poisoned, rows) == []
        assert {each.position for each in follower.parked(limit=events) if each.behind is None} <= set(poisoned)
        assert not any("rep-03" in each.why or "many" in each.why for each in follower.parked(limit=events))


@pytest.mark.parametrize("events", EVENTS_EACH)
def test_what_was_put_aside_is_taken_in_once_it_is_mended_or_let_go(lasting_url: str, events: int, seed: int) -> None:
    """A later release reads the name that was unknown; what nobody can read is let go, and all good ones are there."""
    poisoned, rows = filled(lasting_url, events, Random(seed))
    with closing(opened_at(lasting_url)) as store:
        following(store, Checking()).catch_up()
    with closing(opened_at(lasting_url, MENDED)) as store:
        follower = following(store, Checking())
        streams = {each.stream for each in follower.parked(limit=events)}
        for stream in streams:
            follower.retry(stream)
        assert wrongs(follower, poisoned, rows, MENDABLE) == []
        for stream in streams:
            while follower.aside(stream):
                follower.release(stream)
        bad = {position for position, how in poisoned.items() if how != MENDABLE}
        assert seen_by(follower) == [n for n in range(1, events + 1) if n not in bad]
        sums: Counter[str] = Counter()
        for n, (stream, *_) in enumerate(rows, 1):
            sums[stream] += 0 if n in bad else n
        assert sums_of(follower) == {stream: total for stream, total in sums.items() if total}


def test_control_what_is_left_out_without_a_word_is_found_out(lasting_url: str, seed: int) -> None:
    """Control: a view that goes on silently without what it cannot take has told nobody of the bad ones."""
    poisoned, rows = filled(lasting_url, 1000, Random(seed))
    with closing(opened_at(lasting_url)) as store:
        follower = following(store, Silent())
        follower.catch_up()
        assert any(wrong.endswith("neither taken in nor put aside") for wrong in wrongs(follower, poisoned, rows))
