"""Ways round a gate that somebody might try, each of them closed."""

from datetime import timedelta

import pytest

from pipeline_engine.deal import (
    Approve,
    Command,
    DealOpened,
    FieldsChanged,
    LoseDeal,
    MoveDeal,
    MoveRefused,
    OpenDeal,
    SetFields,
    WinDeal,
)
from pipeline_engine.errors import BadMoment
from pipeline_engine.process import Judge, load_process
from pipeline_engine.values import Personal
from tests.deal.story import MONDAY, Story

PROCESS = """
process: b2b
currency: EUR
deal:
  account: {type: text}
  segments: {type: choice, many: true, of: [smb, enterprise]}
  email: {type: text, personal: deal}
stages:
  - id: lead
  - {id: proposal, enter: [{require: [account, segments, email]}]}
outcomes: {}
"""
EMPTY: tuple[object, ...] = (" ", "\t\n", "", (), [], None)


def at_lead(**fields: object) -> Story:
    """A deal in lead with these fields."""
    judge = Judge(load_process(PROCESS, "b2b.yaml").model_copy(update={"version": 1}))
    opened = DealOpened(process="b2b", version=1, stage="lead", owner="rep-1", fields=fields)  # type: ignore[arg-type]  # values of fields
    return Story(judge=judge).given(opened)


@pytest.mark.parametrize("empty", [*EMPTY, Personal("deal:D-1", " ")], ids=repr)
def test_what_is_empty_is_not_recorded_so_nothing_required_is_met_by_it(empty: object) -> None:
    """Blanks alone and empty lists are no value, neither of a field nor of one that is personal."""
    fields = ("email",) if isinstance(empty, Personal) else ("account", "segments", "email")
    story = at_lead().when(SetFields, values=dict.fromkeys(fields, empty)).then()
    story.when(MoveDeal, target="proposal").then(MoveRefused)
    assert story.deal is not None
    assert story.deal.fields == {}


def test_what_is_empty_takes_a_value_away() -> None:
    """As an empty text always did."""
    story = at_lead(account="Acme", segments=("smb",)).when(SetFields, values={"account": "  ", "segments": []})
    assert story.recorded[-1].event == FieldsChanged(cleared=("account", "segments"))


TIMED = """
process: b2b
currency: EUR
roles: [manager]
stages:
  - id: lead
  - {id: proposal, enter: [{stay_at_least: 5d}, {approval: manager}]}
outcomes: {won: {from: [lead, proposal]}}
backdate: {max: 1d, by: [manager]}
"""


def timed(backdate: str = "{max: 1d, by: [manager]}") -> Story:
    """No deal yet, in a process whose rules hang on when things happened."""
    text = TIMED.replace("{max: 1d, by: [manager]}", backdate)
    return Story(judge=Judge(load_process(text, "b2b.yaml").model_copy(update={"version": 1})))


def test_a_deal_is_not_said_to_have_been_opened_long_ago() -> None:
    """Or every least stay would be over as soon as it begins."""
    with pytest.raises(BadMoment, match="backdate"):
        timed().when(OpenDeal, process="b2b", owner="rep-1", after=timedelta(0), clock=MONDAY + timedelta(days=9))


@pytest.mark.parametrize(
    ("kind", "what"),
    [(MoveDeal, {"target": "proposal"}), (WinDeal, {}), (LoseDeal, {"reason": "price"})],
    ids=["move", "win", "lose"],
)
def test_an_approval_that_has_ended_does_not_serve_a_move_said_to_be_of_yesterday(
    kind: type[Command], what: dict[str, str]
) -> None:
    """Whoever asks says when it was only as far as the process lets them."""
    story = timed().given(DealOpened(process="b2b", version=1, stage="lead", owner="rep-1"))
    rule, ends = "proposal:approval:manager", MONDAY + timedelta(days=8)
    story.when(Approve, rule=rule, by="mgr-1", after=timedelta(days=6), expires_at=ends)
    story.when(MoveDeal, target="proposal", after=timedelta(days=9)).then(MoveRefused)
    with pytest.raises(BadMoment, match="only manager may backdate"):
        story.when(kind, after=timedelta(days=8.5), clock=MONDAY + timedelta(days=9), **what)
    with pytest.raises(BadMoment, match="allows 1 d"):
        story.when(kind, by="mgr-1", after=timedelta(days=7), clock=MONDAY + timedelta(days=9), **what)


def test_a_process_may_let_nobody_say_that_anything_was_earlier() -> None:
    """`max: 0d` holds for every stage event too."""
    story = timed("{max: 0d}").given(DealOpened(process="b2b", version=1, stage="lead", owner="rep-1"))
    with pytest.raises(BadMoment, match="backdate"):
        story.when(WinDeal, after=timedelta(days=8), clock=MONDAY + timedelta(days=8, seconds=1))
