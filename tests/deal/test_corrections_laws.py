"""Laws of corrections over random sequences of commands: no gate is passed, nothing moves on, all roads agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_engine import deal as d
from pipeline_engine.envelope import Envelope, Recorded
from pipeline_engine.errors import Rejected
from tests.deal.story import MONDAY, PEOPLE
from tests.deal.test_corrections import CORRECTING
from tests.deal.test_properties import ASKS, PERSON

pytestmark = pytest.mark.slow

STAGES = CORRECTING.process.stage_ids
GOOD = {"amount": "10", "email": "a@b.example", "close_date": "2026-06-01"}
ON = st.tuples(st.just(d.MoveDeal), st.sampled_from(STAGES).map(lambda stage: {"target": stage, "reason": "on"}))
CORRECTIONS: st.SearchStrategy[tuple[Any, dict[str, Any]]] = st.one_of(
    st.tuples(
        st.just(d.CorrectValue),
        st.fixed_dictionaries({
            "version": st.integers(-3, 3), "reason": st.just("x"),
            "values": st.sampled_from([{"amount": "70000"}, {"amount": ""}, {"email": "b@c.example"}]),
        }),
    ),
    st.tuples(
        st.just(d.CorrectTime),
        st.fixed_dictionaries({
            "version": st.integers(-3, 3), "reason": st.just("x"),
            "really_at": st.integers(-30, 12).map(lambda hour: timedelta(hours=hour)),
        }),
    ),
    st.tuples(st.just(d.VoidEvent), st.fixed_dictionaries({"version": st.integers(-3, 0), "reason": st.just("x")})),
    st.tuples(st.just(d.ConfirmCorrection), st.fixed_dictionaries({"version": st.integers(-2, 0)})),
)  # fmt: skip
WHO = PERSON | st.sampled_from(["mgr-1", "mgr-2"])
SET = st.tuples(st.just(d.SetFields), st.sampled_from([{"values": {"amount": "60"}}, {"values": {"region": "NA"}}]))
MANAGER = st.sampled_from(["mgr-1", "mgr-2"])
ONE = st.tuples(WHO, st.one_of(ASKS, ON, SET)) | st.tuples(MANAGER, ON | SET) | st.tuples(MANAGER, CORRECTIONS)
# Lost, and one says what really was, and another, or the same, agrees.
BY_TWO = st.tuples(CORRECTIONS, MANAGER, MANAGER).map(
    lambda drawn: [
        ("mgr-1", (d.LoseDeal, {"reason": "price"})), (drawn[1], drawn[0]),
        (drawn[2], (d.ConfirmCorrection, {"version": 0})), ("mgr-1", (d.ReopenDeal, {"reason": "on"})),
    ]
)  # fmt: skip
AT_ONCE = st.tuples(st.tuples(MANAGER, ON | SET), st.tuples(MANAGER, CORRECTIONS)).map(list)
SINGLE = ONE.map(lambda one: [one])
HISTORY = st.lists(SINGLE | SINGLE | AT_ONCE | AT_ONCE | BY_TWO, max_size=16).map(
    lambda parts: [one for part in parts for one in part]
)
LAWS = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


class Life:
    """A deal that lives through random commands; their versions count back from the last event, times from its own."""

    def __init__(self, history: list[tuple[str, tuple[Any, dict[str, Any]]]]) -> None:
        self.recorded: list[Recorded] = []
        self.before: list[d.Deal | None] = []
        self.deal: d.Deal | None = None
        self.ask(-1, "rep-1", (d.OpenDeal, {"process": "b2b", "owner": "rep-1", "fields": GOOD}))
        for day, (by, asked) in enumerate(history):
            self.ask(day, by, asked)

    def ask(self, day: int, by: str, asked: tuple[Any, dict[str, Any]]) -> None:
        """Decide a command and record what it comes to; what is bad input comes to nothing."""
        kind, what = asked
        at = MONDAY + timedelta(days=day + 1)
        if "version" in what:
            version = what["version"] + (len(self.recorded) if what["version"] <= 0 else 0)
            what = {**what, "version": version}
            there = self.recorded[version - 1].envelope.at if 0 < version <= len(self.recorded) else None
            if "really_at" in what:
                what["really_at"] = (there or at) + what["really_at"]
        people = (PEOPLE.get(who, d.Standing(who)) for who in (by, self.deal.owner or "" if self.deal else ""))
        actor, owner = people
        context = d.Context(at, actor, owner, history=lambda: tuple(self.recorded))
        command = kind(deal_id="D-1", at=at, by=by, command_id=f"c-{day}", **what)
        try:
            events = d.decide(command, self.deal, CORRECTING, context).events
        except Rejected:
            return
        for event in events:
            number = len(self.recorded) + 1
            self.before.append(self.deal)
            self.recorded.append(Recorded("deal:D-1", number, number, at, _envelope(at, by, number), event))
            self.deal = d.fold(self.recorded)

    def corrections(self) -> list[tuple[Recorded, d.Deal, d.Deal]]:
        """Every correction, with the deal before and after it."""
        after = [*self.before[1:], self.deal]
        found = zip(self.recorded, self.before, after, strict=True)
        return [(r, b, a) for r, b, a in found if isinstance(r.event, d.CorrectionRecorded) and b and a]


def _envelope(at: Any, by: str, number: int) -> Envelope:
    return Envelope(at=at, actor=by, command_id=f"c-{number}")


@given(HISTORY)
@LAWS
def test_no_correction_moves_a_deal_forward(history: Any) -> None:
    """Not into a later stage, and not to won."""
    for _, before, after in Life(history).corrections():
        assert STAGES.index(after.stage) <= STAGES.index(before.stage)
        assert (before.status, after.status) != ("open", "won")
        assert (before.status, after.status) != ("lost", "won")


@given(HISTORY)
@LAWS
def test_no_correction_gives_anybody_a_grant(history: Any) -> None:
    """What does not stand before it does not stand after it, and nobody who asked may approve."""
    for _, before, after in Life(history).corrections():
        for was, then in ((before.approvals, after.approvals), (before.waivers, after.waivers)):
            stood = {grant.version for grant in was if grant.standing}
            assert {grant.version for grant in then if grant.standing} <= stood
        assert before.askers <= after.askers


@given(HISTORY)
@LAWS
def test_a_deal_stands_only_where_a_gate_let_it(history: Any) -> None:
    """Every stage a deal stands in, and every outcome it has, is that of its opening or of an accepted attempt."""
    life = Life(history)
    for number in range(1, len(life.recorded) + 1):
        deal = d.fold(life.recorded[:number])
        said = [getattr(r.event, "verdicts", None) and r.event for r in life.recorded[:number]]
        stages = {getattr(event, "to_stage", None) or getattr(event, "stage", None) for event in said if event}
        assert deal is not None
        assert deal.stage in stages
        assert deal.status != "won" or any(isinstance(event, d.DealWon) for event in said)


@given(HISTORY)
@LAWS
def test_a_void_stage_event_has_no_later_one_that_stands(history: Any) -> None:
    """What others depend on is refused: no hole is ever left in the way a deal went."""
    life = Life(history)
    stage_events = (d.DealMoved, d.DealWon, d.DealLost, d.DealReopened)
    for recorded, _, _ in life.corrections():
        event: Any = recorded.event
        if event.kind == "void" and isinstance(life.recorded[event.corrects - 1].event, stage_events):
            stood = d.effective(life.recorded[: recorded.version - 1])
            later = [each for each in stood if each.version > event.corrects and isinstance(each.event, stage_events)]
            assert later == []


@given(HISTORY)
@LAWS
def test_a_closed_deal_is_never_corrected_by_one(history: Any) -> None:
    """A correction of a won or lost deal, and one that makes it lost again, has a proposal of somebody else."""
    life = Life(history)
    for recorded, before, after in life.corrections():
        event: Any = recorded.event
        if (before.status, after.status) != ("open", "open"):
            proposal = life.recorded[event.proposed - 1]
            assert proposal.envelope.actor != recorded.envelope.actor
        assert recorded.envelope.actor in ("mgr-1", "mgr-2")


@given(HISTORY)
@LAWS
def test_folding_on_is_folding_anew(history: Any) -> None:
    """Carried on event by event or added up at once, a deal is the same; each earlier part is what it was then."""
    life = Life(history)
    deal: d.Deal | None = None
    for number, each in enumerate(life.recorded, 1):
        again = isinstance(each.event, d.CorrectionRecorded)
        deal = d.refold(deal, life.recorded[:number]) if again else d.evolve(deal, each)
        assert deal == d.fold(life.recorded[:number])
    for number, before in enumerate(life.before):
        assert d.fold(life.recorded[:number]) == before


@given(HISTORY)
@LAWS
def test_times_never_leave_the_order_of_the_stages(history: Any) -> None:
    """After any correction the stage events that stand are still in the order of their times."""
    life = Life(history)
    stood = [r for r in d.effective(life.recorded) if isinstance(r.event, (d.DealOpened, d.DealMoved, d.DealWon))]
    times = [each.envelope.at for each in stood if each.envelope.at]
    assert times == sorted(times)


def test_the_random_lives_are_rich_enough() -> None:
    """The control: among the histories there are corrections of every kind, also of closed deals, and void moves."""
    seen: set[tuple[str, str]] = set()

    @given(HISTORY)
    @settings(max_examples=300, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def look(history: Any) -> None:
        life = Life(history)
        for recorded, before, _ in life.corrections():
            event: Any = recorded.event
            seen.add((event.kind, type(life.recorded[event.corrects - 1].event).__name__))
            seen.add((event.kind, before.status))

    look()
    assert {("void", "DealMoved"), ("value", "DealOpened"), ("time", "DealMoved"), ("void", "FieldsChanged")} <= seen
    assert {("value", "won"), ("value", "lost"), ("void", "lost")} & seen
