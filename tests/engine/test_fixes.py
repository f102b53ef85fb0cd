"""What a refusal tells a rep to type next is something that this deal can do."""

from pathlib import Path

import pytest

from pipeline_engine import Engine
from pipeline_engine.errors import BadValue, UnknownRule, UnknownStage

PROCESS = """
process: b2b
currency: EUR
roles: [rep, manager]
deal: {amount: {type: money}, terms: {type: choice, of: [ours, theirs]}}
stages:
  - id: lead
    leave: [{id: price, approval: {by: deal.amount, bands: [{up_to: 10}, {up_to: 100, from: rep}, {from: manager}]}}]
  - {id: legal, applies: deal.terms == 'theirs'}
  - {id: board, applies: deal.amount >= 1000}
  - id: closing
outcomes: {lost: {reasons: [price]}}
"""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """An engine with one process and one large deal on our terms, which passes legal by and not the board."""
    (tmp_path / "b2b.yaml").write_text(PROCESS, encoding="utf-8")
    engine = Engine.open("memory://")
    engine.publish(tmp_path / "b2b.yaml", by="ops-1")
    engine.open_deal("D-1", process="b2b", owner="rep-1", by="rep-1", fields={"amount": "5000", "terms": "ours"})
    return engine


def fix(engine: Engine, to: str, rule: str) -> str:
    """What is told to do about a rule."""
    return next(each.fix for each in engine.preflight("D-1", to, by="rep-1").unmet if each.rule == rule)


@pytest.mark.parametrize(
    ("to", "rule"), [("closing", "moves:forward"), ("won", "won:from"), ("legal", "legal:applies")]
)
def test_the_way_on_leads_into_a_stage_that_the_deal_has(engine: Engine, to: str, rule: str) -> None:
    """A deal that passes legal by is sent to the board, not to legal."""
    assert fix(engine, to, rule) == "deal move D-1 --to board"


def test_the_name_of_an_entry_leads_to_its_rules(engine: Engine) -> None:
    """The file says `price`; the rule that was made from it is named."""
    with pytest.raises(
        UnknownRule, match=r"no rule `price`; did you mean `price:rep:above-10` or `price:manager:above-100`"
    ):
        engine.request("D-1", "price", by="rep-1")


def test_a_target_that_is_left_out_is_called_missing(engine: Engine) -> None:
    """An approval on leaving a stage is for one move, and nobody can guess which."""
    with pytest.raises(BadValue, match="`--to` is missing; expected the stage, or the outcome"):
        engine.request("D-1", "price:manager:above-100", by="rep-1")


def test_a_list_of_names_that_is_cut_says_so() -> None:
    """A dozen names and how many more there are, so that nobody takes the dozen for all."""
    told = str(UnknownRule("x", [f"rule-{number}" for number in range(15)]))
    assert told.endswith("`rule-11` or one of 3 more")


def test_who_moves_a_deal_to_won_is_told_how_it_is_won(engine: Engine) -> None:
    """Won is no stage; the command that wins a deal is named beside the stages there are."""
    with pytest.raises(UnknownStage, match=r"has no stage `won`; there is .*; `deal win` closes a deal as won"):
        engine.move("D-1", to="won", by="rep-1")
