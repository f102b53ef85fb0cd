"""Looking for what is due in 100,000 open deals: all at once by the columns, against a plain scan of those columns.

Beside it what it costs once somebody keeps time: a look when nothing is due, and one after a single command.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

import numpy as np

from pipeline_engine.deal import ActivityLogged, DealOpened, DealPaused, DealResumed
from pipeline_engine.engine import Engine
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.facts import Facts, Words, ints
from pipeline_engine.store import Draft, StreamAppend
from pipeline_engine.views import ahead

DEALS, ROUNDS = 100_000, 7
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROCESS = """
process: timed
currency: EUR
activities: [call]
calendar: {zone: Europe/Berlin, week: mon-fri 09:00-17:00}
stages:
  - {id: lead, service_level: 5d, stalled_after: {days: 14}}
  - {id: offer, service_level: 10bd, stalled_after: {days: 7, since: stage_entered}}
outcomes: {}
escalations: [{id: slow, when: service_level, after: 2bd, to: owner}]
"""
_SCANNED = ("entered_at", "opened_at", "last_activity_at", "last_change_at", "process_version")


class Clock:
    """A moment that the benchmark sets."""

    now = BEGIN + timedelta(days=1)

    def __call__(self) -> datetime:
        """The moment."""
        return self.now


def deals(number: int) -> list[StreamAppend]:
    """So many open deals, begun over a day; every tenth was paused once, half were called."""
    made = []
    for each in range(number):
        at = BEGIN + timedelta(seconds=each % 86_400)
        stage = ("lead", "offer")[each % 2]
        events: list[tuple[datetime, Event]] = [
            (at, DealOpened(process="timed", version=1, stage=stage, owner=f"rep-{each % 50}", basis="source"))
        ]
        if each % 10 == 0:
            events += [(at + timedelta(hours=1), DealPaused()), (at + timedelta(hours=9), DealResumed())]
        if each % 4 < 2:
            events.append((at + timedelta(hours=2), ActivityLogged(kind="call")))
        drafts = tuple(Draft(Envelope(at=when, actor="rep", command_id="given"), event) for when, event in events)
        made.append(StreamAppend(f"deal:D-{each:06}", 0, drafts))
    return made


def scan(facts: Facts) -> int:
    """The columns that are looked at, read and compared with a moment, and nothing else."""
    now = int(BEGIN.timestamp() * 1e6)
    stood = Words.of(facts.deals["status"]).is_any("open") & (Words.of(facts.deals["stage"]).codes >= 0)
    entered = ints(facts.stays["entered_version"]) > 0
    return int(stood.sum()) + int(entered.sum()) + sum(int((ints(facts.deals[name]) <= now).sum()) for name in _SCANNED)


def timed(turn: Callable[[], object]) -> float:
    """Milliseconds, the median of some rounds after one that counts for nothing."""
    turn()
    found = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        turn()
        found.append((perf_counter() - begin) * 1000)
    return median(found)


def main() -> None:
    """Print what each costs."""
    clock = Clock()
    with Engine.open("memory://", clock=clock) as engine:
        engine.publish_text(PROCESS, "timed.yaml", by="ops")
        made = deals(DEALS)
        for begin in range(0, DEALS, 10_000):
            engine._store.append_many(made[begin : begin + 10_000])
        facts = engine.facts()
        looked, scanned = timed(lambda: ahead(facts)), timed(lambda: scan(facts))
        print(f"{DEALS:,} open deals, {len(ahead(facts)):,} moments to come")
        print(f"  looking for what is due   {looked:8.1f} ms, {looked / scanned:.1f} times a plain scan")
        print(f"  a plain scan              {scanned:8.1f} ms")
        due = ahead(facts)
        print(f"  asking that for a moment  {timed(lambda: due.due(10**15)) * 1000:8.1f} µs")
        engine.ring()
        print(f"  a ring, nothing due       {timed(engine.ring) * 1000:8.1f} µs")

        def after_one() -> None:
            engine.log(f"D-{np.random.default_rng(7).integers(DEALS):06}", "call", by="rep")
            engine.ring()

        alone = timed(lambda: engine.log("D-000007", "call", by="rep"))
        print(
            f"  a command                 {alone * 1000:8.1f} µs, with a ring after it {timed(after_one) * 1000:.1f} µs"
        )
        clock.now = BEGIN + timedelta(days=5, hours=1)
        began, rung = perf_counter(), engine.ring(5_000)
        each = (perf_counter() - began) / max(1, len(rung.recorded)) * 1e6
        print(f"  announcing                {each:8.1f} µs each, of {len(rung.recorded):,}")


if __name__ == "__main__":
    main()
