"""How many deals an owner had: what the stays say is what was counted then, or nobody knows it."""

from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline_engine import deal as e
from pipeline_engine.envelope import Event
from pipeline_engine.facts import Instants
from pipeline_engine.process import Judge
from pipeline_engine.replay.situations import Situations
from tests.facts.given import PROCESS, STAGES, Log, day, opened
from tests.facts.kept import Kept

JUDGE = Judge(PROCESS)
owners = st.sampled_from(("x", "y", None))
stages = st.sampled_from(STAGES)


class Counted(NamedTuple):
    """What an attempt is said to have had beside it: None is not known."""

    open_deals: int | None
    deals_in_stage: int | None


def told(log: Log) -> dict[int, Counted]:
    """What the columns say of each attempt, by its position."""
    facts = log.facts()
    rows = np.arange(facts.attempts.num_rows)
    frame = Situations.of(Instants(facts), rows, "version", None).frame(JUDGE)
    columns = [frame.look("owner.open_deals"), frame.look("owner.deals_in_stage")]
    values = [[None if gone else int(value) for value, gone in zip(c.values, c.missing, strict=True)] for c in columns]  # type: ignore[union-attr]  # numbers are no lists
    positions = facts.attempts["position"].to_pylist()
    return {at: Counted(*pair) for at, *pair in zip(positions, *values, strict=True)}


def by_position(log: Log) -> dict[int, Counted]:
    """What was counted in the log right before each attempt; nothing of a deal that nobody owns."""
    found, holdings, deals = {}, Kept(), dict[str, e.Deal]()
    for row, recorded in zip(log.rows, log.recorded, strict=True):
        before, event = deals.get(row.stream), recorded.event
        if isinstance(event, (e.DealOpened, e.DealMoved, e.DealWon, e.DealLost, e.DealReopened)):
            owner = event.owner if isinstance(event, e.DealOpened) else before and before.owner
            stage = _asked_for(event, before)
            held = holdings.held(owner, "b2b", stage, row.stream[5:]) if owner else e.Held()
            found[row.position] = Counted(held.open_deals, held.deals_in_stage)
        holdings.advance([row], {})
        if row.stream.startswith("deal:"):
            deals[row.stream] = e.evolve(before, recorded)
    return found


def _asked_for(event: Event, before: e.Deal | None) -> str:
    if isinstance(event, e.DealOpened):
        return event.stage
    return event.to_stage if isinstance(event, e.DealMoved) else before.stage if before else ""


@st.composite
def lives(draw: st.DrawFn, tick: int) -> Log:
    """Up to four deals that are opened, moved, given away, closed, merged and reopened, in the order of time."""
    log, standing, now = Log(), dict[str, e.Deal | None](), 0
    for _ in range(draw(st.integers(0, 25))):
        now += draw(st.integers(tick, 2))
        deal = draw(st.sampled_from("ABCD"))
        event = _next(draw, standing.get(deal))
        if event is not None:
            log.deal(deal, day(now), event)
            standing[deal] = e.evolve(standing.get(deal), log.recorded[-1])
    return log


def _next(draw: st.DrawFn, deal: e.Deal | None) -> Event | None:
    if deal is None:
        return opened(draw(stages), owner=draw(owners))
    if deal.merged_into is not None:
        return None
    given_away = e.OwnerAssigned(owner=draw(st.sampled_from(("x", "y"))))
    if deal.status != "open":
        return draw(st.sampled_from((e.DealReopened(to_stage=deal.stage), given_away)))
    moved = e.DealMoved(from_stage=deal.stage, to_stage=draw(stages.filter(lambda stage: stage != deal.stage)))
    closed = (e.DealWon(from_stage=deal.stage), e.DealLost(from_stage=deal.stage), e.DealMerged(into="Z"))
    return draw(st.sampled_from((moved, moved, given_away, e.HandoffAccepted(owner="x"), *closed)))


@given(lives(tick=1))
def test_the_stays_say_what_was_counted_in_the_log(log: Log) -> None:
    """Where no two things happened at one instant, every count is known, and it is the one of then."""
    assert told(log) == by_position(log)


@given(lives(tick=0))
def test_what_happened_at_one_instant_is_never_guessed(log: Log) -> None:
    """A count that is told is the right one, whatever came first."""
    there = by_position(log)
    for position, counted in told(log).items():
        for said, was in zip(counted, there[position], strict=True):
            assert said is None or said == was


def test_of_a_stay_that_nobody_dated_no_count_is_told() -> None:
    """The owner of a deal without dates may have had it then or not; another owner's counts are told."""
    log = Log().deal("A", None, opened("lead", owner="x")).deal("B", day(1), opened("lead", owner="x"))
    log.deal("C", day(1), opened("lead", owner="y")).deal("D", day(2), opened("lead", owner="y"))
    assert list(told(log).values())[1:] == [Counted(None, None), Counted(0, 0), Counted(1, 1)]


def test_of_days_no_count_is_told_within_the_day() -> None:
    """What a source dates by the day may have come before or after; a day later it is clear."""
    log = Log().deal("A", day(0), opened("lead", owner="x"), at_precision="day")
    log.deal("B", day(0.5), opened("lead", owner="x")).deal("C", day(2), opened("lead", owner="x"))
    assert list(told(log).values())[1:] == [Counted(None, None), Counted(2, 2)]


def test_what_the_verdict_kept_is_told_before_what_the_stays_say() -> None:
    """Counted under the lock it is certain, also where two things happened at one instant."""
    log = Log().deal("A", day(0), opened("lead", owner="x"))
    kept = {"owner.open_deals": e.ContextValue(value=7, stream="deals-of:x", version=1)}
    verdicts = e.Verdicts(process="b2b", version=1, digest="d1", judged_at=0, codes="p", now=day(0), context=kept)
    log.deal("B", day(0), opened("lead", owner="x", verdicts=verdicts))
    assert list(told(log).values())[1] == Counted(7, None)


def test_a_deal_won_and_reopened_at_one_instant_was_perhaps_closed_in_between() -> None:
    """What another deal was judged at that same instant is not known: the slot may have been free."""
    log = Log().deal("C", day(0), opened("lead", owner="x")).deal("B", day(0), opened("lead", owner="x"))
    log.deal("C", day(1), e.DealWon(from_stage="lead"))
    log.deal("B", day(1), e.DealMoved(from_stage="lead", to_stage="qualified"))
    log.deal("C", day(1), e.DealReopened(to_stage="lead"))
    assert [counted.open_deals for counted in told(log).values()][1:2] == [None]
