"""Laws over random histories of a deal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_engine.deal import (
    DEAL_EVENTS,
    Approve,
    AssignOwner,
    Context,
    Deal,
    LinkContact,
    LogActivity,
    LoseDeal,
    MoveDeal,
    MoveRefused,
    OpenDeal,
    ReopenDeal,
    RequestApproval,
    SetFields,
    Standing,
    Waive,
    WinDeal,
    decide,
    evolve,
    judged_again,
    verdicts_of,
)
from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.errors import Rejected
from pipeline_engine.process import LETTERS
from pipeline_engine.values import Document, Money, Personal
from tests.deal.story import JUDGE, MONDAY, PEOPLE

PERSON = st.sampled_from(["rep-1", "mgr-1", "stranger"])
STAGE = st.sampled_from(["lead", "qualified", "proposal", "negotiation"])
TARGET = st.sampled_from(["negotiation", "proposal", "won"])
VALUES = st.dictionaries(
    st.sampled_from(["amount", "discount", "email", "region", "close_date"]),
    st.sampled_from([None, ""]),
) | st.fixed_dictionaries(
    {},
    optional={
        "amount": st.sampled_from(["10", "49999.9999", "50000", "70000 USD"]),
        "discount": st.sampled_from(["0", "10%"]),
        "email": st.sampled_from(["a@b.example", "nobody"]),
        "close_date": st.just("2026-06-01"),
    },
)
ASKS: st.SearchStrategy[tuple[type, dict[str, Any]]] = st.one_of(
    st.tuples(st.just(OpenDeal), st.fixed_dictionaries({"process": st.just("b2b"), "owner": PERSON, "fields": VALUES})),
    st.tuples(st.just(SetFields), st.fixed_dictionaries({"values": VALUES})),
    st.tuples(
        st.just(MoveDeal), st.fixed_dictionaries({"target": STAGE, "reason": st.sampled_from([None, "why not"])})
    ),
    st.tuples(st.just(LogActivity), st.just({"kind": "meeting"})),
    st.tuples(st.just(LinkContact), st.just({"contact": "buyer", "role": "champion"})),
    st.tuples(st.just(AssignOwner), st.fixed_dictionaries({"owner": PERSON})),
    st.tuples(st.just(RequestApproval), st.fixed_dictionaries({"rule": st.just("big-deal"), "target": TARGET})),
    st.tuples(st.just(Approve), st.fixed_dictionaries({"rule": st.just("big-deal"), "target": TARGET})),
    st.tuples(
        st.just(Waive),
        st.fixed_dictionaries({"rule": st.just("moves:forward"), "target": TARGET, "reason": st.just("x")}),
    ),
    st.tuples(st.just(WinDeal), st.just({})),
    st.tuples(st.just(LoseDeal), st.just({"reason": "price"})),
    st.tuples(st.just(ReopenDeal), st.just({})),
)
HISTORY = st.lists(st.tuples(PERSON, ASKS), max_size=25)


def told(history: list[tuple[str, tuple[type, dict[str, Any]]]]) -> list[Recorded]:
    """What a sequence of commands comes to, one a day; what is bad input comes to nothing."""
    recorded: list[Recorded] = []
    deal: Deal | None = None
    for day, (by, (kind, what)) in enumerate(history):
        for event in decided(deal, day, by, (kind, what)):
            number = len(recorded) + 1
            at = MONDAY + timedelta(days=day)
            envelope = Envelope(at=at, actor=by, command_id=f"c-{number}")
            recorded.append(Recorded("deal:D-1", number, number, at, envelope, event))
            deal = evolve(deal, recorded[-1])
    return recorded


def decided(deal: Deal | None, day: int, by: str, asked: tuple[type, dict[str, Any]]) -> tuple[Event, ...]:
    """The events of one command; none for bad input."""
    kind, what = asked
    at = MONDAY + timedelta(days=day)
    owner = what.get("owner") if kind is OpenDeal else deal.owner if deal else None
    context = Context(at, PEOPLE.get(by, Standing(by)), PEOPLE.get(owner or "", Standing(owner or "")))
    try:
        return decide(kind(deal_id="D-1", at=at, by=by, command_id=f"d-{day}", **what), deal, JUDGE, context).events
    except Rejected:
        return ()


def deal_of(recorded: list[Recorded]) -> Deal | None:
    """The fold of a history."""
    deal: Deal | None = None
    for each in recorded:
        deal = evolve(deal, each)
    return deal


@given(HISTORY, PERSON, ASKS)
@settings(max_examples=300, deadline=None)
def test_every_command_asked_twice_records_once(
    history: list[Any], by: str, asked: tuple[type, dict[str, Any]]
) -> None:
    """The same ask straight after itself adds nothing, except where doing it again is another fact."""
    if asked[0] is LogActivity:
        return
    once = told([*history, (by, asked)])
    refused_attempt = once and not isinstance(once[-1].event, MoveRefused)
    twice = told([*history, (by, asked), (by, asked)])
    if refused_attempt and "Refused" in type(once[-1].event).__name__:
        return  # who tried to approve or waive twice, tried twice
    assert len(twice) == len(once)


@given(HISTORY)
@settings(max_examples=300, deadline=None)
def test_every_stored_verdict_is_reproduced_from_its_prefix(history: list[Any]) -> None:
    """Letters are all that is kept; folding the history before them gives them again."""
    recorded = told(history)
    for each in recorded:
        verdicts = verdicts_of(each)
        if verdicts is not None:
            again = judged_again(each, recorded, JUDGE)
            assert again is not None
            assert JUDGE.letters(again.asked, again.codes) == verdicts.codes


@given(HISTORY)
@settings(max_examples=200, deadline=None)
def test_nothing_is_accepted_past_a_rule_that_blocks(history: list[Any]) -> None:
    """An accepted attempt has no blocking rule at fail or unknown, and a refusal has at least one."""
    blocking = [rule.severity == "block" for rule in JUDGE.process.rules]
    for each in told(history):
        verdicts = verdicts_of(each)
        if verdicts is not None:
            stopped = any(b and code in "fu" for b, code in zip(blocking, verdicts.codes, strict=True))
            assert stopped == ("Refused" in type(each.event).__name__)
            assert set(verdicts.codes) <= set(LETTERS)


@given(HISTORY)
@settings(max_examples=200, deadline=None)
def test_a_deal_above_the_limit_never_stands_in_negotiation_without_a_grant(history: list[Any]) -> None:
    """No approval serves a move, target or amount that it does not cover."""
    recorded = told(history)
    for number, each in enumerate(recorded):
        if getattr(each.event, "to_stage", None) == "negotiation" and type(each.event).__name__ == "DealMoved":
            before = deal_of(recorded[:number])
            assert before is not None
            amount = before.fields.get("amount")
            small = (
                isinstance(amount, Money) and amount.currency == "EUR" and amount.units < Money.of(50_000, "EUR").units
            )
            granted = any(g.covers("big-deal", "negotiation", each.envelope.at or MONDAY) for g in before.approvals)
            assert small or granted or before.stage == "negotiation"


MOMENT = st.none() | st.integers(-22 * 365, 68 * 365).map(
    lambda day: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
)
SAMPLES: dict[str, st.SearchStrategy[Any]] = {
    "process": st.just("b2b"), "stage": STAGE, "from_stage": STAGE, "to_stage": STAGE, "owner": PERSON,
    "fields": st.just({"amount": Money(5, "EUR"), "file": Document("a", "b")}),
    "set": st.just({"amount": Money(6, "EUR")}),
    "cleared": st.just(("region",)), "contact": st.just(Personal("deal:D-1", "x")), "role": st.just("champion"),
    "kind": st.just("call"), "text": st.just(Personal("deal:D-1", "t")), "reason": st.just(Personal("deal:D-1", "r")),
    "rule": st.just("big-deal"), "target": STAGE, "seen_version": st.just(1), "granted_version": st.just(1),
    "lapses_on": st.just(("amount",)), "into": st.just("D-2"), "why": st.just("no-role"), "attempt": st.just("move"),
    "version": st.just(1), "verdicts": st.none(),
}  # fmt: skip


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    """Any event with plausible parts, in no sensible order."""
    kind = draw(st.sampled_from(DEAL_EVENTS))
    parts = {name: draw(SAMPLES[name]) for name in kind.model_fields if name in SAMPLES}
    if kind.__name__ in ("MoveRefused", "OpeningRefused", "AssignmentRefused"):
        from pipeline_engine.deal import Verdicts

        parts["verdicts"] = Verdicts(process="b2b", version=1, digest="d", judged_at=0, codes="", now=MONDAY)
    if kind.__name__ == "WaiverRefused":
        parts["why"] = "not-waivable"
    return kind.model_construct(**{**{n: f.default for n, f in kind.model_fields.items()}, **parts})


@given(st.lists(st.tuples(any_event(), MOMENT), max_size=30))
@settings(max_examples=300, deadline=None)
def test_the_fold_is_total_over_whatever_is_stored(history: list[tuple[Event, datetime | None]]) -> None:
    """Any events in any order, dated or not, add up to some deal."""
    deal: Deal | None = None
    for number, (event, at) in enumerate(history, 1):
        envelope = Envelope(at=at, at_precision="instant" if at else "unknown", actor="x", command_id="c")
        deal = evolve(deal, Recorded("deal:D-1", number, number, MONDAY, envelope, event))
    assert (deal.version if deal else 0) == len(history)
