"""A store with many open deals, written as fast as an import writes; and programs that work on it beside a test."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from random import Random

from pipeline_engine import deal as d
from pipeline_engine.engine import Engine
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.store import Draft, StreamAppend
from pipeline_engine.values import Money, Personal, Value

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
AT_ONCE = 500
PROCESS = """
process: many
currency: EUR
roles: [rep, manager]
contacts: {roles: [buyer]}
activities: [call, meeting]
deal:
  amount: {type: money}
  close_date: {type: date}
  email: {type: text, personal: deal}
stages:
  - id: lead
  - id: qualified
    enter: [{id: reachable, check: "deal.email.contains('@')"}]
  - id: proposal
    enter: [{require: [amount]}, {activities: {meeting: 1}}]
  - id: negotiation
    enter:
      - {id: big, approval: manager, when: deal.amount >= 50000, void_if_changed: [amount]}
      - {stay_at_least: 1d}
outcomes: {won: {from: [negotiation]}, lost: {reasons: [price]}}
"""
# One stage is called otherwise, one rule asks for more, one approval has another limit.
NEXT = (
    PROCESS.replace("id: qualified", "id: checked")
    .replace("require: [amount]", "require: [amount, close_date]")
    .replace(">= 50000", ">= 40000")
)
MAPPING = {"qualified": "checked"}
STAGES = ("lead", "qualified", "proposal")


def filled(url: str, deals: int) -> None:
    """A store with so many open deals of the process, and the next version in force."""
    with Engine.open(url) as engine:
        engine.publish_text(PROCESS, "many.yaml", by="ops")
        chance, numbers = Random(7), iter(range(deals))
        while batch := list(islice(numbers, AT_ONCE)):
            engine._store.append_many([_stream(number, chance) for number in batch])
        engine.publish_text(NEXT, "many.yaml", by="ops")


def _stream(number: int, chance: Random) -> StreamAppend:
    deal = f"D-{number:06d}"
    begin = BEGIN + timedelta(minutes=number % 10_000)
    owner, events = f"rep-{number % 40:02d}", list(_events(deal, number, chance))
    envelopes = (
        Envelope(at=begin + timedelta(hours=hour), actor=owner, command_id=f"{deal}/{hour}")
        for hour in range(len(events))
    )
    drafts = tuple(Draft(envelope, event) for envelope, event in zip(envelopes, events, strict=True))
    return StreamAppend(f"deal:{deal}", 0, drafts)


def _events(deal: str, number: int, chance: Random) -> Iterator[Event]:
    amount = Money.of(chance.randrange(1000, 90_000), "EUR")
    fields: dict[str, Value] = {"email": Personal(f"deal:{deal}", f"kim{number}@customer.example"), "amount": amount}
    yield d.DealOpened(process="many", version=1, stage="lead", owner=f"rep-{number % 40:02d}", fields=fields)
    yield d.ActivityLogged(kind="call")
    reached = chance.randrange(3)
    for start, end in pairwise(STAGES[: reached + 1]):
        yield d.ActivityLogged(kind="meeting", minutes=30)
        yield d.DealMoved(from_stage=start, to_stage=end, basis="gate")
    if chance.random() < 0.3:
        yield d.FieldsChanged(set={"amount": Money.of(chance.randrange(1000, 90_000), "EUR")})
    if reached == 2 and amount.units >= 50_000 * 10_000:
        yield d.ApprovalGranted(rule="big", target="negotiation", role="manager", seen_version=2, lapses_on=("amount",))


def migrations(engine: Engine) -> dict[str, int]:
    """How often each deal was migrated, by the log itself."""
    counts: dict[str, int] = {}
    for row in engine.store_rows():
        if row.name == "DealMigrated":
            counts[row.stream] = counts.get(row.stream, 0) + 1
    return counts


# Imports once, then forks a migration whenever it is told to, and says which process that is.
MIGRATING = """
import os, sys
import pipeline_engine.engine.engine as ours
import numpy, pyarrow.compute
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        with ours.Engine.open(sys.argv[1]) as engine:
            engine.migrate("many", "2", {"qualified": "checked"}, why="one name", by="ops")
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
# Writes to one deal after the other, each time also to a store that nobody else uses; says how long both took.
WRITING = """
import sys, time
from pipeline_engine.engine import Engine
def took(engine, deal):
    begin = time.perf_counter()
    engine.note(deal, "still there", by="rep-01")
    return time.perf_counter() - begin
with Engine.open(sys.argv[1]) as engine, Engine.open(sys.argv[3]) as quiet:
    for number in range(200):
        engine.note(f"D-{number:06d}", "to begin with", by="rep-01")
    print("ready", flush=True)
    number = 0
    while not sys.stdin.readline().startswith("stop"):
        both = took(engine, f"D-{number * 7919 % int(sys.argv[2]):06d}"), took(quiet, "D-000001")
        print(*both, flush=True)
        number += 1
"""


@contextmanager
def program(text: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A Python program of its own that reads lines and prints lines."""
    source = str(Path(d.__file__).resolve().parents[2])
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r})\n{text}", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def tell(running: "subprocess.Popen[str]", line: str) -> None:
    """One line to a program."""
    assert running.stdin is not None
    running.stdin.write(f"{line}\n")
    running.stdin.flush()


def said(running: "subprocess.Popen[str]") -> str:
    """The next line of a program."""
    assert running.stdout is not None
    return running.stdout.readline().strip()
