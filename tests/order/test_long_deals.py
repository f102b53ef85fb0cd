"""A deal of ten thousand events is worked with like one of ten: a warm move does the same work, whatever came before.

Work is counted and not timed: how many rows are read and decoded, and how many functions are called. What a rule
compares in one go over a column of activities is one call, however long the column; bench/long_deal.py times it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from pipeline_engine.deal import (
    ActivityLogged,
    ContactLinked,
    DealMoved,
    DealOpened,
    DealPaused,
    DealResumed,
    DocumentAttached,
    FieldsChanged,
    NoteRecorded,
)
from pipeline_engine.engine import EVENTS, Engine
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.process import Grown
from pipeline_engine.store import IDENTITY, Draft, Row, Store, StreamAppend
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.opening import log_at
from pipeline_engine.values import Personal, microseconds

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = MONDAY + timedelta(days=400)
PROCESS = """
process: long
currency: EUR
deal: {amount: {type: int}}
activities: [meeting, call]
documents: [offer]
contacts: {roles: [champion]}
stages:
  - id: one
  - id: two
    enter:
      - {require: [amount]}
      - {activities: {meeting: 2}}
      - {contacts: {champion: 1}}
      - {documents: [offer]}
      - {id: seen-lately, check: "activities.exists(a, a.kind == 'meeting' && a.at > now - days(90000))"}
moves: {forward: any, back: {reason: optional}}
outcomes: {lost: {reasons: [price]}}
"""


def _text(text: str) -> Personal:
    return Personal("deal:D-1", text)


KINDS: dict[str, Callable[[int], Event]] = {
    "activities": lambda n: ActivityLogged(kind=("call", "meeting")[n % 2], with_whom=_text(f"kim-{n}"), minutes=n),
    "contacts": lambda n: ContactLinked(contact=_text(f"kim-{n}"), role="champion"),
    "documents": lambda n: DocumentAttached(name="offer", sha256=f"{n:064x}"),
    "notes": lambda n: NoteRecorded(text=_text(f"note {n}")),
    "changes": lambda n: FieldsChanged(set={"amount": n}),
    "moves": lambda n: DealMoved(
        from_stage=("one", "two")[n % 2], to_stage=("two", "one")[n % 2], basis="source", verdicts=None
    ),
    "pauses": lambda n: DealPaused(reason=_text("away")) if n % 2 else DealResumed(),
}


class Counting:
    """A log that counts the rows it gives."""

    def __init__(self) -> None:
        self.log, self.rows = log_at("memory://", lambda: microseconds(LATER), "test", "identity"), 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)

    def begin(self, command_id: str, stream: str, after: int) -> tuple[Any, list[Row]]:
        """As the log does."""
        known, rows = self.log.begin(command_id, stream, after)
        self.rows += len(rows)
        return known, rows

    def stream_rows(self, stream: str, after: int) -> list[Row]:
        """As the log does."""
        rows = self.log.stream_rows(stream, after)
        self.rows += len(rows)
        return rows


@contextmanager
def calls() -> Iterator[list[int]]:
    """Counts every function that is called, of Python and of C."""
    count = [0]

    def called(frame: object, event: str, argument: object) -> None:
        count[0] += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        yield count
    finally:
        sys.setprofile(None)


def history(kind: str, number: int) -> StreamAppend:
    """A deal that may move, then so many events of a kind, an hour apart."""
    first = [
        DealOpened(process="long", version=1, stage="one", owner="rep-03", fields={"amount": 5}, basis="source"),
        ContactLinked(contact=_text("kim"), role="champion"),
        DocumentAttached(name="offer", sha256="0" * 64),
        *(ActivityLogged(kind="meeting") for _ in range(2)),
    ]
    events = [*first, *map(KINDS[kind], range(number))]
    at = (MONDAY + timedelta(minutes=n) for n in range(len(events)))
    return StreamAppend(
        "deal:D-1",
        0,
        tuple(
            Draft(Envelope(at=next(at), actor="rep-03", command_id=f"c-{n}"), event) for n, event in enumerate(events)
        ),
    )


def work_of_a_warm_move(kind: str, number: int) -> tuple[int, int]:
    """Rows read and functions called by a move of a deal that this process has worked with before."""
    log = Counting()
    with Engine(Store(cast("Any", log), Codec(EVENTS, IDENTITY), "test"), lambda: LATER) as engine:
        engine.publish_text(PROCESS, "long.yaml", by="ops")
        engine._store.append_many([history(kind, number)])
        for to in ("two", "one", "two", "one"):
            engine.move("D-1", to=to, by="rep-03").raise_if_refused()
        log.rows = 0
        with calls() as count:
            outcome = engine.move("D-1", to="two", by="rep-03", command_id="measured")
        assert outcome.accepted
        return log.rows, count[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_warm_move_does_the_same_work_on_a_long_deal(kind: str) -> None:
    """Of ten events or ten thousand: the rows that are new are read, and not one function more is called."""
    short, long = work_of_a_warm_move(kind, 10), work_of_a_warm_move(kind, 10_000)
    assert short[0] == long[0] <= 2
    assert long[1] <= short[1] * 1.02


def test_control_a_list_that_is_copied_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: columns read anew at every move are seen by the same count."""
    monkeypatch.setattr(Grown, "of", classmethod(lambda cls, elements: cls(tuple(elements))))
    short, long = work_of_a_warm_move("activities", 10), work_of_a_warm_move("activities", 1_000)
    assert long[1] > short[1] * 1.5


def test_an_activity_on_a_long_deal_costs_what_it_costs_on_a_short_one() -> None:
    """Adding to ten thousand activities copies none of them, and the older states stay as they were."""
    grown = Grown()
    for number in range(10_000):
        grown = grown.plus(number)
    with calls() as count:
        more = grown.plus("a")
        other = more.plus("b")
    assert count[0] < 20
    assert (len(grown), len(more), other[-2:], more[-1]) == (10_000, 10_001, ("a", "b"), "a")
    fork = grown.plus("x")
    assert (fork[-1], more[-1], fork[:3]) == ("x", "a", (0, 1, 2))
    assert grown == tuple(range(10_000)) != fork
