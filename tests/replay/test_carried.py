"""How many deals an owner had: what the stays say is what was counted then, or nobody knows it."""

from collections import defaultdict
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from pipeline_engine import deal as e
from pipeline_engine.envelope import Event, Recorded
from pipeline_engine.facts import Facts, Instants, Projector
from pipeline_engine.process import Judge
from pipeline_engine.replay.situations import Situations
from pipeline_engine.values import Personal
from tests.facts.given import MONDAY, PROCESS, STAGES, Log, day, opened
from tests.facts.kept import Kept

JUDGE = Judge(PROCESS)
STEPS = (e.DealOpened, e.DealMoved, e.DealWon, e.DealLost, e.DealReopened)
Ints = npt.NDArray[np.int64]
owners = st.sampled_from(("x", "y", None))
stages = st.sampled_from(STAGES)


class Counted(NamedTuple):
    """What an attempt is said to have had beside it: None is not known."""

    open_deals: int | None
    deals_in_stage: int | None


def told(log: Log) -> dict[int, Counted]:
    """What the columns say of each attempt, by its position."""
    facts = log.facts()
    return said(facts, np.arange(facts.attempts.num_rows))


def said(facts: Facts, rows: Ints) -> dict[int, Counted]:
    """The same of these rows of the attempts."""
    frame = Situations.of(Instants(facts), rows, "version", None).frame(JUDGE)
    columns = [frame.look("owner.open_deals"), frame.look("owner.deals_in_stage")]
    values = [[None if gone else int(value) for value, gone in zip(c.values, c.missing, strict=True)] for c in columns]  # type: ignore[union-attr]  # numbers are no lists
    positions = np.array(facts.attempts["position"])[rows].tolist()
    return {at: Counted(*pair) for at, *pair in zip(positions, *values, strict=True)}


def by_position(log: Log) -> dict[int, Counted]:
    """What was counted in the log right before each attempt; nothing of a deal that nobody owns."""
    found, holdings, deals, histories = {}, Kept(), dict[str, e.Deal](), defaultdict[str, list[Recorded]](list)
    for row, recorded in zip(log.rows, log.recorded, strict=True):
        before, event = deals.get(row.stream), recorded.event
        if isinstance(event, STEPS):
            owner = event.owner if isinstance(event, e.DealOpened) else before and before.owner
            stage = _asked_for(event, before)
            held = holdings.held(owner, "b2b", stage, row.stream[5:]) if owner else e.Held()
            found[row.position] = Counted(held.open_deals, held.deals_in_stage)
        if row.stream.startswith("deal:"):
            histories[row.stream].append(recorded)
            deals[row.stream] = _then(before, histories[row.stream])
        holdings.advance([row], deals)
    return found


def _then(before: e.Deal | None, history: list[Recorded]) -> e.Deal:
    """The deal after the last event of its history."""
    corrects = isinstance(history[-1].event, e.CorrectionRecorded)
    return e.refold(before, history) if corrects else e.evolve(before, history[-1])


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


@st.composite
def corrected_lives(draw: st.DrawFn) -> Log:
    """The same, an hour after the other as they were recorded, with calls; and people correct what they told."""
    log, histories, deals = Log(), defaultdict[str, list[Recorded]](list), dict[str, e.Deal | None]()
    for _ in range(draw(st.integers(0, 30))):
        deal = draw(st.sampled_from("ABC"))
        history, now = histories[deal], MONDAY + timedelta(hours=len(log.rows) + 1)
        acts = st.sampled_from(("go on", "go on", "call", "correct"))
        act = draw(acts) if history else "go on"
        event: Event | None = e.ActivityLogged(kind="call")
        if act != "call":
            event = _next(draw, deals.get(deal)) if act == "go on" else _correction(draw, history)
        if event is not None:
            log.deal(deal, now, event)
            history.append(log.recorded[-1])
            deals[deal] = _then(deals.get(deal), history)
    return log


def _correction(draw: st.DrawFn, history: list[Recorded]) -> Event | None:
    """The last stage event did not happen, or a call did not, or something was half an hour earlier."""
    really = e.effective(history)
    steps = [each for each in really if isinstance(each.event, STEPS)]
    calls = [each for each in really if isinstance(each.event, e.ActivityLogged)]
    what = draw(st.sampled_from((steps[-1], *calls[-1:])))
    reason = Personal("deal:A", "a slip")
    if draw(st.booleans()) and isinstance(what.event, e.CORRECTABLE["void"]):
        return e.CorrectionRecorded(corrects=what.version, kind="void", role="ops", reason=reason)
    assert what.envelope.at is not None
    early = what.envelope.at - timedelta(minutes=30)
    return e.CorrectionRecorded(corrects=what.version, kind="time", role="ops", reason=reason, really_at=early)


@given(corrected_lives())
def test_a_corrected_deal_is_counted_once_and_as_it_was_known_then(log: Log) -> None:
    """What was counted in the log before each attempt is what the stays as they were lived say; never a deal twice."""
    facts = lived(log)
    rows = np.arange(facts.attempts.num_rows) if facts.lived is None else facts.lived.attempts
    assert said(facts, rows) == by_position(log)


def lived(log: Log) -> Facts:
    """The facts of a log as they were lived."""
    projector = Projector()
    projector.advance(log.rows)
    return projector.lived()


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
