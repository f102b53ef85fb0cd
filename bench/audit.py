"""What the gate would have said of 200,000 events that asked none: against judging the same moves one by one.

The log is made here: deals that a source moved through four stages with their values, calls and meetings in between,
under a process with a rule of every common kind. Facts are in memory, as in a running engine; the first answer after
them is measured, with nothing made ready before. The peer folds and judges deal by deal, over the first few hundred.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from time import perf_counter

from pipeline_engine import Engine, Money
from pipeline_engine.deal import ActivityLogged, DealMoved, DealOpened, DealWon, FieldsChanged, fold
from pipeline_engine.deal.context import Context, Standing
from pipeline_engine.deal.gate import judge_attempt
from pipeline_engine.deal.reading import Attempt
from pipeline_engine.engine import StoryClock
from pipeline_engine.envelope import Envelope, Event
from pipeline_engine.process import Judge
from pipeline_engine.store import Draft, StreamAppend

DEALS, ROUNDS, ALONE = 20_000, 5, 400
START = datetime(2025, 1, 1, 9, tzinfo=UTC)
STAGES = ("lead", "qualified", "proposal", "negotiation")
PROCESS = """
process: audited
currency: EUR
roles: [rep, manager]
activities: [call, meeting]
deal: {amount: {type: money}, close_date: {type: date}, discount: {type: percent, default: 0}}
stages:
  - id: lead
  - {id: qualified, enter: [{activities: {call: 1}}]}
  - {id: proposal, enter: [{require: [amount]}, {activities: {meeting: 1}}, {stay_at_least: 1d}]}
  - id: negotiation
    enter:
      - {id: dear, check: deal.amount >= 1000 && deal.discount <= 20.0}
      - {id: big, approval: manager, when: deal.amount >= 50000}
outcomes: {won: {from: [negotiation], enter: [{id: slow, check: now - opened_at < days(90)}]}, lost: {}}
"""


def story(chance: Random) -> Iterator[Event]:
    """Ten events of one deal."""
    yield DealOpened(process="audited", version=1, stage="lead", basis="source", owner=f"rep-{chance.randrange(12):02}")
    for before, after in pairwise(STAGES):
        yield ActivityLogged(kind=chance.choice(("call", "meeting")))
        if chance.random() < 2 / 3:
            yield FieldsChanged(set={"amount": Money.of(chance.choice((500, 20_000, 80_000)), "EUR")})
        yield DealMoved(from_stage=before, to_stage=after, basis="source")
    yield DealWon(from_stage="negotiation", basis="source")


def told() -> Engine:
    """The store, with every deal as its source told it."""
    clock = StoryClock(START)
    engine = Engine.open("memory://", clock=clock, clock_name="bench")
    engine.publish_text(PROCESS, "audited.yaml", by="ops-1")
    chance = Random(7)
    for first in range(0, DEALS, 2_000):
        engine._store.append_many([_deal(number, chance) for number in range(first, first + 2_000)])
    return engine


def _deal(number: int, chance: Random) -> StreamAppend:
    begin = START + timedelta(minutes=13 * number)
    drafts = tuple(
        Draft(
            Envelope(at=begin + timedelta(hours=20 * n), actor="crm", via="import", command_id=f"{number}-{n}"), event
        )
        for n, event in enumerate(story(chance))
    )
    return StreamAppend(f"deal:D-{number:05}", 0, drafts)


def one_by_one(engine: Engine) -> int:
    """The same question without columns, over some deals: how many moves were judged."""
    judge, judged = Judge(engine.process("audited")), 0
    for number in range(ALONE):
        events = engine.timeline(f"D-{number:05}")
        for place, recorded in enumerate(events):
            if isinstance(recorded.event, DealMoved):
                deal, at = fold(events[:place]), recorded.envelope.at
                assert deal is not None
                assert at is not None
                attempt = Attempt("move", deal.stage, recorded.event.to_stage, at, "crm")
                judge_attempt(deal, attempt, judge, Context(clock=at, actor=Standing("crm")))
                judged += 1
    return judged


def main() -> None:
    """Print how long the facts, the first answer and a narrow one take, and the peer's speed."""
    engine = told()
    begin = perf_counter()
    facts = engine.facts()
    made = perf_counter() - begin
    times = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        found = engine.audit_bypasses()
        times.append(perf_counter() - begin)
    begin = perf_counter()
    judged = one_by_one(engine)
    alone = (perf_counter() - begin) / judged
    print(f"{facts.position:,} events, {found.found:,} of them past the gate: {dict(found.totals)}")
    print(f"  facts from the log {made:.1f} s; then the whole ledger {min(times):.2f} s (wanted: under 2)")
    print(f"  {found.found / min(times):,.0f} a second; judged one by one {1 / alone:,.0f} a second")
