"""Histories to try rules on: made-up years, and random commands that went through the real engine."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from pipeline_engine.engine import Engine, StoryClock
from pipeline_engine.errors import Rejected
from pipeline_engine.facts import Clock, Facts, Instants
from pipeline_engine.process import LETTERS, Judge
from pipeline_engine.replay.situations import Situations
from pipeline_engine.replay.verdicts import judged
from pipeline_engine.simulation import YearPlan, sales_year
from pipeline_engine.team import Register, load_people
from tests.replay.rich import RICH

ROOT = Path(__file__).resolve().parents[2]
STRICT_SALES = ROOT / "config" / "processes" / "b2b-saas-strict.yaml"
# An hour before summer time begins in Berlin, and before midnight there.
BEGIN = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
PEOPLE = """
people:
  - {id: ann, roles: [rep], team: north, manager: max}
  - {id: bob, roles: [rep], team: south, manager: max}
  - {id: max, roles: [manager], team: north, manager: eva}
  - {id: eva, roles: [vp, manager]}
delegations:
  - {from: max, to: bob, role: manager, until: 2026-03-31}
"""


@cache
def year(seed: int, deals: int = 200) -> Engine:
    """A store in memory in which that year was lived; shared, so look at it only."""
    engine = Engine.open(
        "memory://", clock=StoryClock(datetime(2025, 1, 1, tzinfo=UTC)), clock_name="simulation", via="simulation"
    )
    engine.publish(ROOT / "config" / "processes" / "b2b-saas.yaml", by="ops-1")
    engine.apply_team(ROOT / "config" / "people.yaml", by="ops-1")
    engine.live(sales_year(seed, YearPlan(deals=deals)))
    return engine


def in_bulk(engine: Engine, facts: Facts, judge: Judge, clock: Clock = "version") -> list[str]:
    """The letters of every attempt by the columnar path."""
    instants = Instants(facts, engine._store.open_sealed)
    attempts = np.arange(facts.attempts.num_rows) if facts.lived is None else facts.lived.attempts
    verdicts = judged(Situations.of(instants, attempts, clock, engine._store.open_sealed), judge)
    return ["".join(LETTERS[code] for code in column) for column in verdicts.T]


@dataclass
class Story:
    """An engine under a clock that each command moves on; what is bad input is let go."""

    engine: Engine
    clock: StoryClock
    now: datetime = BEGIN

    @classmethod
    def begun(cls, more: str = "") -> "Story":
        """The rich process, with `more` at its end, and its people, in memory."""
        clock = StoryClock(BEGIN)
        engine = Engine.open("memory://", clock=clock, clock_name="story")
        engine.publish_text(f"{RICH}{more}", "rich.yaml", by="ops")
        engine.apply_register(_register(), by="ops")
        return cls(engine, clock)

    def tell(self, step: "Step") -> None:
        """Ask one thing of the engine, some time after the one before."""
        verb, after, late, what = step
        self.now += after
        self.clock.reach(self.now)
        with suppress(Rejected):
            getattr(self.engine, verb)(**what, at=self.now - late)


@cache
def _register() -> Register:
    return load_people(PEOPLE, "people.yaml")


Step = tuple[str, timedelta, timedelta, Mapping[str, Any]]

PERSONS = ("ann", "ann", "bob", "max", "eva", "out")
TARGETS = (None, None, "two", "three", "four", "won", "lost", "reopen")
REASONS = (None, "", "gone", "they called", "no")
VALUES: dict[str, tuple[Any, ...]] = {
    "amount": ("50", "99.9999", "500", "1000", "1087 USD", "1200 CHF", None),
    "count": (-1, 0, 3, "", 2**62),
    "score": (0.5, "1e3", -7, None),
    "discount": ("10%", "20.5", 21, ""),
    "closes": tuple(date(2026, 3, 28) + timedelta(days=days) for days in (-3, 0, 1, 9, 61, 70)),
    "hour": (time(9, 30), "12:00", "23:59:59", None),
    "hot": (True, False, "yes", None),
    "region": ("EMEA", "NA", ""),
    "tags": ("a", "b,c", ("c", "a"), ("c",), ()),
    "who": ("ann", "x", None),
    "email": ("a@b.example", "nowhere", None),
    "nick": ("Anna", "al", "bo", ""),
    "paper": (f"contract {'0a' * 32}", f"order {'0a' * 32}", None),
    "words": ("no way", "yes", "ünïcode ✓", None),
}
# What a diligent rep writes down, so that stories get far; whatever comes in between may undo it.
GOOD = {"amount": "800", "tags": "a,b", "email": "a@b.example", "words": "yes", "closes": "2026-04-02"}
WAIVABLE = (
    ("reachable", "two"), ("tagged", "two"), ("two:activities:meeting:1", "two"), ("champion", "three"),
    ("mine", "three"), ("team", "four"), ("paper", "won"), ("moves:forward", "four"), ("moves:forward", "three"),
    ("ahead", "three"), ("reopen:reason", "reopen"),
)  # fmt: skip
APPROVABLE = ("big", "mine", "sign")


def story(chance: Random, length: int, deals: int) -> Iterator[Step]:
    """So many steps around so many deals, all of them opened; the same draws give the same story."""
    names = [f"{'DÄ'[number % 2]}-{number}" for number in range(deals)]
    for deal in names:
        fields = GOOD if chance.random() < 0.8 else _fields(chance)
        yield _step(deal, "open_deal", "ann", process="rich", owner=chance.choice((None, *PERSONS)), fields=fields)
    for _ in range(length):
        deal, act = chance.choice(names), chance.choice(_ACTS)
        for verb, what in act(chance):
            by = what.pop("by", None) or chance.choice(PERSONS)
            after = timedelta(minutes=chance.choice((0, 1, 5, 20, 90, 240)))
            late = timedelta(minutes=chance.choice((0, 0, 30, 60 * 30)) if verb in _FACTS else 0)
            yield verb, after, late, {"deal_id": deal, "by": by, **what}


def waiting_story(chance: Random, length: int) -> Iterator[Step]:
    """Three deals that are paused, resumed and asked on again and again, with moves in between."""
    names = ("W-1", "W-2", "W-3")
    for deal in names:
        yield _step(deal, "open_deal", "ann", process="rich", owner="ann", fields=GOOD)
    for _ in range(length):
        verb, what = chance.choice(
            (_paused(chance), _paused(chance), ("resume", {}), ("move", {"to": "three"}), ("move", {"to": "two"}),
             ("log", {"kind": "meeting", "minutes": 30}), ("move", {"to": "one", "reason": "again"}))
        )  # fmt: skip
        after = timedelta(minutes=chance.choice((0, 7, 90, 600, 2000)))
        late = timedelta(minutes=chance.choice((0, 0, 45, 900)) if verb in _FACTS else 0)
        yield verb, after, late, {"deal_id": chance.choice(names), "by": chance.choice(("ann", "max")), **what}


def _step(deal: str, verb: str, by: str, **what: Any) -> Step:
    return verb, timedelta(minutes=5), timedelta(0), {"deal_id": deal, "by": by, **what}


def _fields(chance: Random) -> dict[str, Any]:
    return {name: chance.choice(values) for name, values in VALUES.items() if chance.random() < 0.25}


def _expiry(chance: Random) -> datetime | None:
    return chance.choice((None, None, BEGIN + timedelta(hours=chance.choice((6, 24, 24 * 9)))))


Asked = list[tuple[str, dict[str, Any]]]
_FACTS = (
    "attach", "tick", "set", "assign", "contact", "log", "request", "approve", "reject", "waive", "pause", "resume",
)  # fmt: skip


def _granted(chance: Random, verb: str, by: str | None = None) -> tuple[str, dict[str, Any]]:
    rule, to = chance.choice(APPROVABLE), chance.choice(TARGETS)
    return verb, {"rule": rule, "to": to, "by": by, **({"reason": "no"} if verb == "reject" else {})}


def _paused(chance: Random) -> tuple[str, dict[str, Any]]:
    end = BEGIN + timedelta(hours=chance.randrange(1, 900), minutes=chance.choice((0, 7)))
    return "pause", {"reason": "they are on holiday", "until": chance.choice((None, end))}


def _waived(chance: Random) -> Asked:
    rule, to = chance.choice(WAIVABLE)
    target = to if chance.random() < 0.9 else chance.choice(TARGETS)
    what = {"rule": rule, "to": target, "reason": "old friends", "expires_at": _expiry(chance)}
    return [("waive", {**what, "by": chance.choice(("max", "eva", None))})]


_ACTS: tuple[Callable[[Random], Asked], ...] = (
    lambda chance: [("open_deal", {"process": "rich", "stage": chance.choice((None, "one", "two", "four"))})],
    lambda chance: [("set", {"values": _fields(chance)})],
    lambda chance: [("set", {"values": GOOD})],
    lambda chance: [("assign", {"owner": chance.choice(PERSONS)})],
    lambda chance: [
        ("contact", {"contact": chance.choice(("anna", "bo", "Anna")), "role": chance.choice(("champion", "buyer"))})
    ],
    lambda chance: [
        (
            "log",
            {
                "kind": chance.choice(("meeting", "meeting", "call")),
                "minutes": chance.choice((None, 5, 30)),
                "with_whom": chance.choice((None, "nobody", "x")),
            },
        )
    ],
    lambda chance: [("move", {"to": chance.choice(("one", "two", "three", "four")), "reason": chance.choice(REASONS)})],
    lambda chance: [("log", {"kind": "meeting", "minutes": 30}), ("move", {"to": "two"})],
    lambda chance: [("contact", {"contact": "anna", "role": "champion"}), ("move", {"to": "three"})],
    lambda chance: [("move", {"to": "three"}), ("move", {"to": "four"})],
    lambda chance: [
        ("approve", {"rule": "big", "by": "max", "expires_at": _expiry(chance)}),
        ("move", {"to": "three"}),
    ],
    lambda chance: [
        ("approve", {"rule": "sign", "by": "eva"}),
        ("waive", {"rule": "paper", "by": "eva", "reason": "x"}),
        ("win", {}),
    ],
    # Who granted becomes the owner; an approval about the owner's manager, and then another owner; a no after a yes.
    lambda chance: [
        ("approve", {"rule": "sign", "by": "eva"}),
        ("waive", {"rule": "paper", "by": "eva", "reason": "x"}),
        ("assign", {"owner": chance.choice(("eva", "max"))}),
        ("win", {}),
    ],
    lambda chance: [
        ("assign", {"owner": "ann"}),
        ("set", {"values": {**GOOD, "hot": True}}),
        ("approve", {"rule": "mine", "by": "max"}),
        *([("assign", {"owner": "bob"})] if chance.random() < 0.5 else []),
        ("move", {"to": "three"}),
    ],
    lambda chance: [
        ("approve", {"rule": "sign", "by": "eva"}),
        ("reject", {"rule": "sign", "by": chance.choice(("eva", "max")), "reason": "no"}),
        ("win", {}),
    ],
    lambda chance: [("attach", {"name": chance.choice(("nda", "order")), "sha256": chance.choice(("0a", "b0")) * 32})],
    lambda chance: [("tick", {"item": chance.choice(("kick", "legal")), "undo": chance.random() < 0.3})],
    lambda chance: [
        ("attach", {"name": "nda", "sha256": "0a" * 32}),
        ("tick", {"item": "kick"}),
        ("tick", {"item": "legal", "undo": chance.random() < 0.5}),
        ("log", {"kind": "meeting", "minutes": 30}),
        ("move", {"to": chance.choice(("two", "three", "four"))}),
    ],
    lambda chance: [_paused(chance)],
    lambda chance: [("resume", {})],
    lambda chance: [_paused(chance), ("log", {"kind": "call"}), ("move", {"to": chance.choice(("two", "three"))})],
    lambda chance: [("hand_off", {"to": "bob", "by": "ann"}), ("accept", {"by": "bob"})],
    lambda chance: [("win", {})],
    lambda chance: [("lose", {"reason": chance.choice(("price", "gone"))})],
    lambda chance: [("lose", {"reason": "price"}), ("reopen", {"reason": chance.choice(REASONS)})],
    lambda chance: [("reopen", {"reason": chance.choice(REASONS)})],
    lambda chance: [("set", {"values": {"amount": "2000", "hot": True}}), _granted(chance, "request")],
    lambda chance: [_granted(chance, "request")],
    lambda chance: [_granted(chance, "approve", chance.choice(("max", "eva", None)))],
    lambda chance: [_granted(chance, "reject")],
    _waived,
    lambda chance: [*_waived(chance), ("move", {"to": chance.choice(("two", "three", "four"))})],
)
