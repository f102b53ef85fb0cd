"""Held until compliant, the simple reading: the first later event at which a rule holds."""

from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

import numpy as np
import pytest

from pipeline_engine import deal as d
from pipeline_engine.deal import DealMoved, DealOpened, FieldsChanged
from pipeline_engine.deal.reading import row_of
from pipeline_engine.envelope import Recorded
from pipeline_engine.facts import NOWHEN, Instants
from pipeline_engine.process import PASS, Judge
from pipeline_engine.replay import held as held_room
from pipeline_engine.replay.held import NEVER, UNTIMED, held
from pipeline_engine.replay.situations import Situations
from pipeline_engine.values import Money, microseconds
from tests.replay import plain
from tests.replay.lived import Story, in_bulk, story
from tests.replay.plain import attempts_of
from tests.replay.rich import judge_of
from tests.replay.small import History, day, effect, process

PRICED, CALLED = "{id: priced, check: deal.amount > 10}", "{activities: {call: 1}}"
CALLS = "offer:activities:call:1"
OPENED = DealOpened(process="small", version=1, stage="lead", basis="source")
MOVED = DealMoved(from_stage="lead", to_stage="offer", basis="source")


def test_a_rule_that_is_met_later_counts_as_complied_after_so_many_days() -> None:
    """Stopped on day 1, the call is logged on day 4: three days."""
    history = History.of().opened(0, "A").on(1, "A", "move", "offer").on(4, "A", "log", "call")
    row = effect(history.judged_by(CALLED), CALLS)
    assert (row.stopped, row.complied, row.never, row.days_median) == (1, 1, 0, 3.0)


def test_a_rule_that_is_never_met_is_censored_and_not_averaged() -> None:
    """One of three complies: the median is not reached, which is no number."""
    history = History.of().opened(0, "A", "B", "C")
    for deal in "ABC":
        history.on(1, deal, "move", "offer")
    row = effect(history.on(2, "A", "log", "call").on(30, "B", "note", "hm").judged_by(CALLED), CALLS)
    assert (row.stopped, row.complied, row.never, row.days_median) == (3, 1, 2, None)


def test_a_rule_that_holds_for_a_while_is_met_at_the_first_moment() -> None:
    """The amount was right on day 3 and wrong again on day 5: the wait was two days."""
    history = History.of().opened(0, "A", amount="1").on(1, "A", "move", "offer")
    for number, amount in ((2, "2"), (3, "20"), (5, "3"), (9, "30")):
        history.on(number, "A", "set", {"amount": amount})
    assert effect(history.judged_by(PRICED), "priced").days_median == 2.0


def test_each_rule_is_met_at_its_own_time() -> None:
    """Two rules stop one move; each is reported with its own wait, and neither alone."""
    history = History.of().opened(0, "A", amount="1").on(1, "A", "move", "offer")
    history.on(2, "A", "set", {"amount": "20"}).on(5, "A", "log", "call")
    report = history.judged_by(f"{PRICED}, {CALLED}")
    rows = [effect(report, rule) for rule in ("priced", CALLS)]
    assert [(row.days_median, row.stopped, row.sole) for row in rows] == [(1.0, 1, 0), (4.0, 1, 0)]


def test_a_fact_noted_late_is_met_at_once() -> None:
    """A call of day 0 that is logged on day 3, after the move: the rule would have held from the attempt on."""
    history = History.of().opened(0, "A").on(1, "A", "move", "offer").on(3, "A", "log", "call", at=day(0.5))
    row = effect(history.judged_by(CALLED), CALLS)
    assert (row.complied, row.never, row.days_median) == (1, 0, 0.0)


def test_what_was_known_before_is_no_later_event() -> None:
    """Only what comes after the attempt can release it."""
    history = History.of().opened(0, "A", amount="20").on(0.5, "A", "set", {"amount": "5"})
    row = effect(history.on(1, "A", "move", "offer").judged_by(PRICED), "priced")
    assert (row.stopped, row.complied, row.never) == (1, 0, 1)


def test_a_stay_is_over_at_the_first_event_after_it() -> None:
    """Rules of time are looked at when something happens: five days of stay, seen on day 7."""
    history = History.of().opened(0, "A").on(1, "A", "move", "offer")
    history.on(3, "A", "log", "call").on(7, "A", "log", "call").on(8, "A", "log", "call")
    row = effect(history.judged_by("{stay_at_least: 5d}"), "offer:stay_at_least:5d")
    assert (row.complied, row.days_median) == (1, 6.0)


def test_never_is_counted_by_what_became_of_the_deal_with_its_value_then() -> None:
    """Lost, open: each deal once, in its own currency, at the amount it had when it was stopped."""
    history = History.of().opened(0, "A", amount="5").opened(0, "B", amount="7 USD").opened(0, "C")
    for deal in "ABC":
        history.on(1, deal, "move", "offer")
    history.on(2, "A", "lose", "price").on(2, "B", "set", {"amount": "9 USD"})
    stake = effect(history.judged_by(CALLED), CALLS).at_stake
    assert {outcome: stake[outcome].to_json() for outcome in stake} == {
        "won": {"deals": 0, "value": {}, "unknown": 0},
        "lost": {"deals": 1, "value": {"EUR": "5"}, "unknown": 0},
        "open": {"deals": 2, "value": {"USD": "7"}, "unknown": 1},
    }


@pytest.mark.parametrize(("at", "noted", "days"), [(day(3), None, 2.0), (day(0), day(6), 5.0)])
def test_imported_evidence_counts_when_its_source_knew_of_it(at: datetime, noted: datetime | None, days: float) -> None:
    """By `source_recorded_at` where the source kept it, else by when it happened."""
    cheap = OPENED.model_copy(update={"fields": {"amount": Money.of(5, "EUR")}})
    raised = FieldsChanged(set={"amount": Money.of(50, "EUR")})
    history = History.of().imported("A", cheap, at=day(0)).imported("A", MOVED, at=day(1))
    assert effect(history.imported("A", raised, at=at, noted=noted).judged_by(PRICED), "priced").days_median == days


def test_undated_attempts_and_undated_evidence_are_met_without_a_time() -> None:
    """Nobody noted when: complied, and in no median; and no number overflows."""
    cheap = OPENED.model_copy(update={"fields": {"amount": Money.of(5, "EUR")}})
    raised = FieldsChanged(set={"amount": Money.of(50, "EUR")})
    history = History.of().imported("A", cheap, MOVED, raised, at=None).imported("B", cheap, MOVED, at=None)
    history.imported("C", cheap, MOVED, at=day(1)).imported("C", raised, at=None)
    row = effect(history.judged_by(PRICED), "priced")
    assert (row.stopped, row.complied, row.never, row.days_median) == (3, 2, 1, None)


def _waits(tale: Story, judge: Judge, stops: np.ndarray) -> np.ndarray:
    facts, opener = tale.engine.facts(), tale.engine._store.open_sealed
    attempts = np.arange(facts.attempts.num_rows)
    situations = Situations.of(Instants(facts, opener), attempts, "known_at", opener)
    found = held(situations, judge, stops)
    waited = np.full(stops.shape, NEVER)
    waited[:, found.attempts] = found.waited
    return waited


@pytest.fixture(scope="module")
def tale() -> Story:
    """A random story."""
    told = Story.begun()
    for step in story(Random(11), 260, 12):
        told.tell(step)
    return told


def test_waits_are_those_of_trying_every_later_event(tale: Story) -> None:
    """The oracle folds the deal up to each later event, asks again, and takes the soonest yes."""
    judge = judge_of("strict")
    facts = tale.engine.facts()
    letters = in_bulk(tale.engine, facts, judge)
    stops = np.array([[letter in "fu" for letter in each] for each in letters]).T
    waited = _waits(tale, judge, stops)
    expected = np.full(stops.shape, NEVER)
    for place, (recorded, before) in enumerate(attempts_of(tale.engine, facts)):
        for rule in np.flatnonzero(stops[:, place]).tolist():
            expected[rule, place] = _tried(tale, judge, rule, (recorded, before))
    different = np.argwhere(waited != expected)
    assert not len(different), [(judge.process.rule_ids[rule], place) for rule, place in different]
    assert (expected > 0).sum() > 50
    assert UNTIMED not in expected


EVIDENCE = (
    d.FieldsChanged, d.OwnerAssigned, d.ContactLinked, d.ActivityLogged, d.ApprovalRequested, d.RuleWaived,
    d.ApprovalGranted, d.ApprovalRejected, d.ApprovalRefused, d.WaiverRefused, d.DocumentAttached, d.ItemTicked,
    d.ItemUnticked,
)  # fmt: skip


def _tried(tale: Story, judge: Judge, rule: int, attempt: tuple[Recorded, list[Recorded]]) -> int:
    recorded, before = attempt
    event: Any = recorded.event
    if isinstance(event, d.OpeningRefused):
        return int(NEVER)
    first = plain.deal_of(recorded, before)
    asked = plain.attempt_of(recorded, first)
    context = plain.context_of(event.verdicts, recorded, first)
    stream = tale.engine._store.events(recorded.stream)
    waits = []
    for number, later in enumerate(stream):
        if later.version > recorded.version and isinstance(later.event, EVIDENCE) and later.envelope.at:
            moment, deal = max(later.envelope.at, asked.now), d.fold(stream[: number + 1])
            assert deal is not None
            opened = moment if asked.gate == "open" else first.opened_at
            # Held back in the stage it was in, and owned as it was.
            held_back = replace(deal, entered_at=first.entered_at, opened_at=opened, owner=first.owner)
            row = row_of(held_back, replace(asked, now=moment), judge, context)
            if judge.verdict(rule, judge.frame(row))[0] == PASS:
                waits.append(microseconds(moment) - microseconds(asked.now))
    return min(waits, default=int(NEVER))


def test_waits_do_not_depend_on_how_many_events_are_looked_at_at_once(
    tale: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of 1, 7 or all later events give the same waits."""
    judge = judge_of("strict")
    stops = np.array(
        [[letter in "fu" for letter in each] for each in in_bulk(tale.engine, tale.engine.facts(), judge)]
    ).T
    whole = _waits(tale, judge, stops)
    for size in (1, 7, 100):
        monkeypatch.setattr(held_room, "_AT_ONCE", size)
        assert (_waits(tale, judge, stops) == whole).all()


def test_nothing_held_is_nothing_looked_at() -> None:
    """A candidate that stops nobody has no waits."""
    history = History.of().opened(0, "A")
    facts = history.facts
    situations = Situations.of(Instants(facts), np.arange(1), "known_at", None)
    judge = Judge(process())
    assert not len(held(situations, judge, np.zeros((len(judge.process.rules), 1), np.bool_)).attempts)
    assert NOWHEN not in situations.now
