"""Clocks that are wrong: set back and forth by an hour, through both changes to summer time and back, and past 2038.

The log's order is that of the appends, whatever the clocks say; record times never go back, and no view shows a
duration below nothing.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from pipeline_engine.engine import Engine
from pipeline_engine.errors import Rejected
from pipeline_engine.values import microseconds

pytestmark = pytest.mark.slow

STAGES = ("lead", "offer", "contract")
PROCESS = """
process: b2b
currency: EUR
calendar: {zone: Europe/Berlin, week: mon-sun 00:00-23:59}
deal: {amount: {type: money}}
activities: [call]
stages:
  - {id: lead, service_level: 3bh, stalled_after: {days: 1, since: last_activity}}
  - {id: offer, service_level: 1bd}
  - {id: contract, service_level: 2h}
moves: {forward: any, back: {reason: optional}}
outcomes: {lost: {reasons: [price]}}
"""
HOUR = timedelta(hours=1)
STARTS = {
    "winter begins": datetime(2026, 10, 24, 22, 30, tzinfo=UTC),
    "summer begins": datetime(2026, 3, 28, 22, 30, tzinfo=UTC),
    "32 bits end": datetime(2038, 1, 19, 1, 14, 8, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 28, 22, 30, tzinfo=UTC),
}


class Jumping:
    """A clock that goes on by minutes and is set back or forth by up to an hour between two looks."""

    def __init__(self, true: list[datetime], random: Random, by: timedelta) -> None:
        self._true, self._random, self._by = true, random, by

    def __call__(self) -> datetime:
        """What it shows now; all clocks stray from one true time."""
        self._true[0] += timedelta(minutes=self._random.uniform(0, 5))
        return self._true[0] + self._random.uniform(-1, 1) * self._by


@contextmanager
def two_engines(url: str, start: datetime, seed: int, by: timedelta) -> Iterator[Sequence[Engine]]:
    """Two engines on one store, each with a clock of its own; in memory one engine twice."""
    with ExitStack() as stack:
        true = [start]
        clocks = [Jumping(true, Random(f"{seed}-{which}"), by) for which in range(2)]
        first = stack.enter_context(Engine.open(url, clock=clocks[0]))
        second = stack.enter_context(Engine.open(url, clock=clocks[1])) if url != "memory://" else first
        first.publish_text(PROCESS, "b2b.yaml", by="ops")
        yield first, second


def ask_at_random(engines: Sequence[Engine], random: Random, number: int) -> list[tuple[str, str, bool | str]]:
    """Ask for so many things of four deals, by turns at either engine; what was asked and what was said."""
    said: list[tuple[str, str, bool | str]] = []
    for nth in range(4):
        engines[nth % 2].open_deal(f"D-{nth}", process="b2b", owner="rep-03", by="rep-03")
    for _ in range(number):
        engine, deal = random.choice(engines), f"D-{random.randrange(4)}"
        verb, ask = random.choice(ASKS)
        try:
            said.append((deal, verb, ask(engine, deal, random).accepted))
        except Rejected as no:
            said.append((deal, verb, type(no).__name__))
    return said


ASKS: Sequence[tuple[str, Callable[[Engine, str, Random], Any]]] = (
    *[("move", lambda engine, deal, random: engine.move(deal, to=random.choice(STAGES), by="rep-03"))] * 4,
    ("log", lambda engine, deal, random: engine.log(deal, "call", by="rep-03")),
    ("set", lambda engine, deal, random: engine.set(deal, {"amount": str(random.randrange(99))}, by="rep-03")),
    ("pause", lambda engine, deal, random: engine.pause(deal, reason="away", by="rep-03")),
    ("resume", lambda engine, deal, random: engine.resume(deal, by="rep-03")),
    ("lose", lambda engine, deal, random: engine.lose(deal, "price", by="rep-03")),
    ("reopen", lambda engine, deal, random: engine.reopen(deal, reason="they called", by="rep-03")),
)
NUMBERS = [
    pytest.param(120, 21, id="120"),
    pytest.param(5_000, 210, id="5000", marks=pytest.mark.soak),
]


@pytest.mark.parametrize("start", STARTS.values(), ids=list(STARTS))
@pytest.mark.parametrize(("number", "seed"), NUMBERS)
def test_clocks_that_jump_change_no_order_and_no_answer(url: str, start: datetime, number: int, seed: int) -> None:
    """Every answer is the one that good clocks get, record times never go back, and no duration is below nothing."""
    print(f"seed {seed}")  # noqa: T201 -- a random test says its seed
    with two_engines("memory://", start, seed, timedelta()) as steady:
        wanted = ask_at_random(steady, Random(seed), number)
    with two_engines(url, start, seed, HOUR) as engines:
        assert ask_at_random(engines, Random(seed), number) == wanted
        assert went_back(engines[0]) == 0
        assert list(below_nothing(engines[1])) == []


def went_back(engine: Engine) -> int:
    """How many events were recorded before the one in front of them."""
    recorded = [row.recorded_at for row in engine.store_rows()]
    return sum(later < earlier for earlier, later in itertools.pairwise(recorded))


def below_nothing(engine: Engine) -> Iterator[str]:
    """Every duration that is negative, in the facts and in the views, by name."""
    facts = engine.facts()
    stays = facts.stays
    for late, early in (("left", "entered"),):
        if pc.any(pc.less(stays[late], stays[early])).as_py():
            yield f"stays: {late} before {early}"
    if pc.any(pc.less(stays["paused_us"], 0)).as_py():
        yield "stays: paused_us"
    for view in (engine.health(), engine.bottlenecks(), engine.funnel()):
        yield from _negative(type(view).__name__, view.to_json())


def _negative(name: str, told: Any) -> Iterator[str]:
    if isinstance(told, Mapping):
        # What is taken off at the end of a window is a correction, and may go either way.
        parts = [(key, part) for key, part in told.items() if key != "end_correction_days"]
        yield from (found for key, part in parts for found in _negative(f"{name}.{key}", part))
    elif isinstance(told, (list, tuple)):
        yield from (found for part in told for found in _negative(name, part))
    elif isinstance(told, (int, float)) and told < 0:
        yield f"{name}: {told}"


def test_control_appending_by_the_clock_alone_goes_back() -> None:
    """Control: the clocks of these tests do jump back; a store that believed them would have recorded it."""
    clock = Jumping([STARTS["winter begins"]], Random(21), HOUR)
    shown = [clock() for _ in range(100)]
    assert shown != sorted(shown)
    assert list(_negative("view", {"wait_days": -0.5, "deals": [{"n": 1}], "end_correction_days": -2}))


@pytest.mark.parametrize("back", [HOUR, timedelta(days=400)], ids=["an hour", "400 days"])
def test_a_stay_never_ends_before_it_began(url: str, back: timedelta) -> None:
    """A clock that was set back between two moves makes a stay of no length, not of less."""
    now = [STARTS["winter begins"]]
    with Engine.open(url, clock=lambda: now[0]) as engine:
        engine.publish_text(PROCESS, "b2b.yaml", by="ops")
        engine.open_deal("D-1", process="b2b", owner="rep-03", by="rep-03")
        now[0] -= back
        for to in ("offer", "contract", "lead"):
            engine.move("D-1", to=to, by="rep-03").raise_if_refused()
        stays = engine.facts().stays
        lengths = pc.subtract(stays["left"], stays["entered"]).drop_null().cast("int64").to_numpy()
        assert np.array_equal(lengths, [0, 0, 0])
        assert stays["stage"].to_pylist() == ["lead", "offer", "contract", "lead"]
        now[0] += back + HOUR
        engine.log("D-1", "call", by="rep-03")
        assert list(below_nothing(engine)) == []


@pytest.mark.parametrize("back", [HOUR, timedelta(days=400)], ids=["an hour", "400 days"])
def test_a_clock_that_was_set_back_stops_no_pause_and_no_handover(url: str, back: timedelta) -> None:
    """Who names no time goes on with the deal as it stands: after the pause began, after the handover was asked for."""
    now = [STARTS["winter begins"]]
    with Engine.open(url, clock=lambda: now[0]) as engine:
        engine.publish_text(PROCESS, "b2b.yaml", by="ops")
        engine.open_deal("D-1", process="b2b", owner="rep-03", by="rep-03")
        now[0] += HOUR
        engine.pause("D-1", reason="away", by="rep-03").raise_if_refused()
        now[0] -= back
        assert engine.resume("D-1", by="rep-03").accepted
        assert engine.pause("D-1", reason="away again", by="rep-03").accepted
        now[0] += back
        engine.hand_off("D-1", to="rep-04", by="rep-03").raise_if_refused()
        now[0] -= back
        assert engine.accept("D-1", by="rep-04").accepted
        at = [each.envelope.at or now[0] for each in engine.timeline("D-1")]
        assert at[2] >= at[1]
        assert at[5] >= at[4]
        assert list(below_nothing(engine)) == []


FAR = [
    datetime(2038, 1, 19, 3, 14, 7, 999_999, tzinfo=UTC),
    datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC),
    datetime(2262, 4, 11, 23, 47, 17, tzinfo=UTC),
]


@pytest.mark.parametrize("moment", FAR, ids=["2038", "2106", "2262"])
def test_the_ends_of_counters_are_moments_like_others(url: str, moment: datetime) -> None:
    """What happens around the end of 32 bits of seconds, or of 64 of nanoseconds, is kept to the microsecond."""
    now = [moment]
    with Engine.open(url, clock=lambda: now[0]) as engine:
        engine.publish_text(PROCESS, "b2b.yaml", by="ops")
        engine.open_deal("D-1", process="b2b", owner="rep-03", by="rep-03")
        now[0] += timedelta(microseconds=1)
        engine.move("D-1", to="offer", by="rep-03").raise_if_refused()
        moved = engine.timeline("D-1")[-1]
        assert (moved.envelope.at, moved.recorded_at) == (now[0], now[0])
        stays = engine.facts().stays
        assert stays["left"].cast("int64").to_pylist() == [microseconds(now[0]), None]
        assert list(below_nothing(engine)) == []
