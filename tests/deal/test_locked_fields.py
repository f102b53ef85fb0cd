"""Fields that are locked from a stage on: who may still change them, and what becomes of who may not."""

import pytest

from pipeline_engine.deal import ApprovalGranted, ChangeRefused, DealMoved, DealOpened, FieldsChanged, SetFields
from pipeline_engine.values import Money
from tests.deal.papers import begun
from tests.deal.story import Story


def at(stage: str) -> Story:
    """A deal of 100 EUR in a stage; its amount is locked from proposal on, its discount from contract on."""
    story = begun().given(
        DealOpened(process="b2b", version=1, stage="lead", owner="rep-1", fields={"amount": Money.of(100, "EUR")})
    )
    return story if stage == "lead" else story.given(DealMoved(from_stage="lead", to_stage=stage))


@pytest.mark.parametrize("stage", ["proposal", "contract"])
def test_a_locked_field_is_not_changed(stage: str) -> None:
    """In the stage that locks it and in every later one: what was tried is an event that names field and stage."""
    story = at(stage).when(SetFields, values={"amount": "200"}).then(ChangeRefused)
    assert story.recorded[-1].event == ChangeRefused(fields=("amount",), stage=stage, why="locked")
    assert story.deal is not None
    assert story.deal.fields["amount"] == Money.of(100, "EUR")


def test_a_locked_field_is_not_cleared_either() -> None:
    """Taking a value away is a change."""
    at("proposal").when(SetFields, values={"amount": ""}).then(ChangeRefused)


def test_before_its_stage_the_field_is_free() -> None:
    """Nothing is locked yet, and the other field is not locked before its own stage."""
    at("lead").when(SetFields, values={"amount": "200"}).then(FieldsChanged)
    at("proposal").when(SetFields, values={"discount": "5"}).then(FieldsChanged)


def test_a_deal_that_went_back_is_free_again() -> None:
    """Where the deal stands counts, not how far it ever was."""
    story = at("proposal").given(DealMoved(from_stage="proposal", to_stage="lead"))
    story.when(SetFields, values={"amount": "200"}).then(FieldsChanged)


def test_who_holds_the_role_may_change_it() -> None:
    """`unless` names the roles; a field that names none may be changed by nobody."""
    story = at("contract").when(SetFields, values={"amount": "200"}, by="mgr-1").then(FieldsChanged)
    story.when(SetFields, values={"discount": "5"}, by="mgr-1").then(ChangeRefused)


def test_all_or_nothing() -> None:
    """One locked field among others holds back the whole change, and only the locked ones are named."""
    story = at("contract").when(SetFields, values={"region": "NA", "discount": "5", "amount": "1"}).then(ChangeRefused)
    assert story.recorded[-1].event.fields == ("discount", "amount")  # type: ignore[attr-defined]  # just checked
    assert story.deal is not None
    assert "region" not in story.deal.fields


def test_the_value_it_has_needs_no_right() -> None:
    """Saying again what is so changes nothing."""
    at("contract").when(SetFields, values={"amount": "100", "discount": ""}).then()
    at("contract").when(SetFields, values={"amount": "100", "region": "NA"}).then(FieldsChanged)


def test_without_people_nothing_is_locked_to_anybody() -> None:
    """A store without people binds nobody by roles."""
    story = at("contract").later(open_register=True)
    story.when(SetFields, values={"amount": "200", "discount": "5"}).then(FieldsChanged)


def test_who_tried_moves_no_etag_and_ends_no_approval() -> None:
    """A refused change is told to auditors and changes nothing of the deal; trying twice is two tries."""
    story = at("proposal").given(
        ApprovalGranted(rule="sign:manager", target="contract", role="manager", seen_version=2, lapses_on=("amount",))
    )
    before = story.deal
    story.when(SetFields, values={"amount": "200"}).when(SetFields, values={"amount": "200"}).then(ChangeRefused)
    after = story.deal
    assert before is not None
    assert after is not None
    assert (after.solid_version, after.approvals, after.fields) == (
        before.solid_version, before.approvals, before.fields,
    )  # fmt: skip
    assert after.version == before.version + 2
