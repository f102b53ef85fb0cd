"""Ways round a gate that somebody might try, each of them closed."""

import pytest

from pipeline_engine.deal import DealOpened, FieldsChanged, MoveDeal, MoveRefused, SetFields
from pipeline_engine.process import Judge, load_process
from pipeline_engine.values import Personal
from tests.deal.story import Story

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
