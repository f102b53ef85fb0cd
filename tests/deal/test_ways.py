"""The ways of strange processes, and deals that came without dates: the gate answers, and never wrongly yes."""

from datetime import timedelta

import pytest

from pipeline_engine.deal import (
    ActivityLogged,
    ContactLinked,
    DealMoved,
    DealOpened,
    DealReopened,
    DealWon,
    FieldsChanged,
    LoseDeal,
    MoveDeal,
    MoveRefused,
    OpenDeal,
    OpeningRefused,
    ReopenDeal,
    WinDeal,
    ways_on,
)
from pipeline_engine.errors import UnknownStage
from pipeline_engine.process import Judge, load_process
from pipeline_engine.values import Money, Personal
from tests.deal.story import MONDAY, PROCESS, Story

BARE = """
process: bare
currency: EUR
roles: [boss]
deal: {amount: {type: money}}
stages:
  - id: a
  - {id: b, enter: [{id: b-rule, check: known(deal.amount)}]}
  - {id: c, enter: [{id: c-rule, check: known(deal.amount), waivable_by: boss}]}
  - id: d
moves: {forward: FORWARD, back: BACK, open_in: [a, c]}
outcomes:
  won: {from: WON, enter: [{id: won-rule, check: known(deal.amount)}]}
  lost: {from: LOST}
"""


def bare(
    *, won: str = "[d]", lost: str = "[a, b, c, d]", forward: str = "next", back: str = "{reason: required}"
) -> Judge:
    """A process with the given ways."""
    text = BARE.replace("FORWARD", forward).replace("BACK", back).replace("WON", won).replace("LOST", lost)
    return Judge(load_process(text, "bare.yaml").model_copy(update={"version": 1}))


def asked(judge: Judge, gate: str, start: str | None, target: str) -> set[str]:
    """The rules an attempt is judged by."""
    numbers = judge.asked(gate, start, target)  # type: ignore[arg-type]  # the tests name gates
    return {judge.process.rules[number].id for number in numbers}


@pytest.mark.parametrize(
    ("won", "start", "rules"),
    [
        ("[d]", "a", {"won:from", "b-rule", "c-rule", "won-rule"}),
        ("[d]", "d", {"won:from", "won-rule"}),
        ("[b, d]", "a", {"won:from", "b-rule", "won-rule"}),
        ("[b, d]", "c", {"won:from", "won-rule"}),
        ("[a]", "d", {"won:from", "won-rule"}),
        ("[a]", "a", {"won:from", "won-rule"}),
    ],
)
def test_a_win_is_judged_by_every_stage_it_leaps(won: str, start: str, rules: set[str]) -> None:
    """From a stage that deals are not won from, the stages up to the next such stage are asked."""
    assert asked(bare(won=won), "win", start, "won") == rules


def test_every_gate_asks_its_rules_and_no_others() -> None:
    """Going back asks none of the stages; losing and reopening ask their own."""
    judge = bare(lost="[b]")
    assert asked(judge, "move", "a", "d") == {"moves:forward", "b-rule", "c-rule"}
    assert asked(judge, "move", "d", "a") == {"moves:back"}
    assert asked(judge, "lose", "d", "lost") == {"lost:from"}
    assert asked(judge, "reopen", "d", "reopen") == {"reopen:reason"}
    assert asked(judge, "open", None, "c") == {"open:stage", "b-rule", "c-rule"}
    with pytest.raises(UnknownStage):
        judge.asked("move", "nowhere", "d")
    with pytest.raises(UnknownStage):
        judge.asked("move", "", "d")


def test_outcomes_come_only_from_their_stages() -> None:
    """A stage past every winning stage wins nothing, and losing has its own stages."""
    story = Story(judge=bare(won="[a]", lost="[b]")).given(DealOpened(process="bare", version=1, stage="d"))
    story.given(FieldsChanged(set={"amount": Money.of(1, "EUR")})).when(WinDeal).then(MoveRefused)
    story.when(LoseDeal, reason="price").then(MoveRefused)
    assert story.codes("lost:from") == "f"


def test_a_later_opening_is_judged_by_the_stages_before_it() -> None:
    """Opening in a later stage passes no gate for free."""
    story = Story(judge=bare()).when(OpenDeal, process="bare", stage="c").then(OpeningRefused)
    story.when(OpenDeal, process="bare", stage="c", fields={"amount": "1"}).then(DealOpened)
    Story(judge=bare()).when(OpenDeal, process="bare", stage="b", fields={"amount": "1"}).then(OpeningRefused)


def test_a_process_may_let_no_deal_go_back() -> None:
    """Then not even a reason helps; and where it is free none is needed."""
    there = DealOpened(process="bare", version=1, stage="d")
    Story(judge=bare(back="never")).given(there).when(MoveDeal, target="a", reason="r").then(MoveRefused)
    Story(judge=bare(back="{reason: optional}")).given(there).when(MoveDeal, target="a").then(DealMoved)


def test_going_forward_again_is_judged_again() -> None:
    """A rule that held once is asked anew after going back."""
    story = Story(judge=bare(forward="any")).given(DealOpened(process="bare", version=1, stage="a"))
    story.given(FieldsChanged(set={"amount": Money.of(1, "EUR")})).when(MoveDeal, target="d").then(DealMoved)
    story.when(MoveDeal, target="a", reason="r").given(
        FieldsChanged(cleared=("amount",)), at=MONDAY + timedelta(days=3)
    )
    story.when(MoveDeal, target="d", after=timedelta(days=9)).then(MoveRefused)


def test_a_deal_is_reopened_where_it_stood() -> None:
    """From won as from lost the stage is kept, and the new stay begins with the reopening."""
    story = Story(judge=bare(won="[a, d]")).given(DealOpened(process="bare", version=1, stage="d"))
    story.given(FieldsChanged(set={"amount": Money.of(1, "EUR")})).when(WinDeal).then(DealWon)
    story.when(ReopenDeal, after=timedelta(days=4)).then(MoveRefused)
    story.when(ReopenDeal, reason="a mistake", after=timedelta(days=5)).then(DealReopened)
    assert story.deal is not None
    assert (story.deal.stage, story.deal.status, story.deal.closed_at) == ("d", "open", None)
    assert story.deal.entered_at == MONDAY + timedelta(days=5)
    assert ways_on(story.deal, story.judge)[:2] == (("win", "won"), ("lose", "lost"))


def undated() -> Story:
    """A deal that an import brought in without a single date."""
    story = Story()
    for event in (
        DealOpened(process="b2b", version=1, stage="proposal", owner="rep-1", basis="source"),
        ActivityLogged(kind="meeting"),
        ContactLinked(contact=Personal("deal:D-1", "x"), role="champion"),
        FieldsChanged(set={"amount": Money.of(10, "EUR")}),
    ):
        story._add(event, "import:crm", None)
    return story


def test_a_deal_without_dates_comes_to_the_gate() -> None:
    """A time nobody knows is unknown to the rules, and unknown never passes for true."""
    story = undated().when(MoveDeal, target="negotiation").then(DealMoved)
    assert story.codes("quick", "big-deal") == "un"
    strict = PROCESS.replace("severity: warn", "severity: block")
    judge = Judge(load_process(strict, "b2b.yaml").model_copy(update={"version": 1}))
    undated().later(judge=judge).when(MoveDeal, target="negotiation").then(MoveRefused)


def test_a_deal_without_dates_can_be_lost_and_reopened() -> None:
    """The first known time of a stage event is the gate's own."""
    story = undated().when(LoseDeal, reason="price").when(ReopenDeal, reason="r", after=timedelta(days=4))
    assert story.deal is not None
    assert (story.deal.opened_at, story.deal.last_stage_at) == (None, MONDAY + timedelta(days=4))


def test_an_amount_in_another_currency_is_unknown_without_a_rate() -> None:
    """It neither passes nor walks round the approval; with a rate it is compared."""
    for rates, code in (("", "u"), ("rates: {USD: 0.5}\n", "n")):
        judge = Judge(load_process(PROCESS + rates, "b2b.yaml").model_copy(update={"version": 1}))
        story = undated().later(judge=judge).given(FieldsChanged(set={"amount": Money.of(60_000, "USD")}))
        story.when(MoveDeal, target="negotiation")
        assert story.codes("big-deal") == code
