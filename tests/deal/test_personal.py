"""What is about people is kept sealed, under whom it is about; nothing of it stands in the clear beside it."""

import base64

import pytest

from pipeline_engine.deal import (
    DEAL_EVENTS,
    Approve,
    AssignOwner,
    FieldsChanged,
    LinkContact,
    LogActivity,
    LoseDeal,
    MoveDeal,
    OpenDeal,
    RecordNote,
    Reject,
    RequestApproval,
    SetFields,
    SetNextStep,
    Waive,
)
from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadProcess
from pipeline_engine.process import Judge, load_process
from pipeline_engine.store import IDENTITY, Draft
from pipeline_engine.store.codec import Codec
from pipeline_engine.values import Personal
from tests.deal.story import PROCESS, Story

EVENTS: dict[str, type[Event]] = {kind.__name__: kind for kind in DEAL_EVENTS}
WITH_SUBJECT = PROCESS.replace(
    "  region:", "  buyer: {type: person}\n  phone: {type: text, personal: buyer}\n  region:"
)
SECRET = "Ada Lovelace"


def story_of(text: str) -> Story:
    """A story under a process."""
    return Story(judge=Judge(load_process(text, "b2b.yaml").model_copy(update={"version": 1})))


def test_no_text_about_people_is_stored_in_the_clear() -> None:
    """Every command is asked with the same name in every place a person can write; no stored byte shows it."""
    story = story_of(WITH_SUBJECT)
    story.when(OpenDeal, process="b2b", stage="proposal", title=SECRET, fields={"email": SECRET})
    story.when(OpenDeal, process="b2b", owner="rep-1", title=SECRET, fields={"email": SECRET, "phone": SECRET})
    story.when(AssignOwner, owner="rep-2", why=SECRET).when(LinkContact, contact=SECRET, role="champion")
    story.when(LogActivity, kind="call", with_whom=SECRET).when(SetNextStep, text=SECRET).when(RecordNote, text=SECRET)
    story.when(MoveDeal, target="qualified", reason=SECRET).when(RequestApproval, rule="big-deal", note=SECRET)
    story.when(Approve, rule="big-deal", note=SECRET).when(Reject, rule="big-deal", reason=SECRET)
    story.when(Approve, rule="big-deal", note=SECRET, by="mgr-1").when(
        Reject, rule="big-deal", reason=SECRET, by="mgr-1"
    )
    story.when(Waive, rule="moves:forward", target="proposal", reason=SECRET)
    story.when(Waive, rule="moves:forward", target="proposal", reason=SECRET, by="mgr-1")
    story.when(LoseDeal, reason="price", competitor=SECRET, note=SECRET)
    codec, sealed = Codec(EVENTS, IDENTITY), base64.urlsafe_b64encode(SECRET.encode())
    stored = [codec.encode(e.stream, e.version, Draft(e.envelope, e.event)) for e in story.recorded]
    assert len(stored) == 16
    assert not [row for row in stored if SECRET.encode() in row]
    # The control: it is in there, only sealed.
    assert sum(row.count(sealed) for row in stored) >= 18


def test_a_personal_value_is_sealed_under_whoever_the_deal_names() -> None:
    """The subject's field need not be given again: erasing the person later must reach this value too."""
    story = story_of(WITH_SUBJECT).when(OpenDeal, process="b2b", fields={"buyer": "p-7"})
    story.when(SetFields, values={"phone": "1"})
    assert story.recorded[-1].event == FieldsChanged(set={"phone": Personal("person:p-7", "1")})
    story.when(SetFields, values={"phone": "2", "buyer": "p-8"})
    assert story.deal is not None
    assert story.deal.fields["phone"] == Personal("person:p-8", "2")
    story.when(SetFields, values={"phone": "3", "buyer": ""})
    assert story.deal.fields["phone"] == Personal("deal:D-1", "3")


def test_a_personal_field_is_cleared_like_any_other() -> None:
    """Cleared is not erased: the field is gone, the history keeps its sealed value."""
    story = (
        story_of(WITH_SUBJECT)
        .when(OpenDeal, process="b2b", fields={"email": "a@b"})
        .when(SetFields, values={"email": None})
    )
    assert story.recorded[-1].event == FieldsChanged(cleared=("email",))


def test_whose_data_it_is_cannot_be_personal_itself() -> None:
    """The subject stands in the clear beside every sealed value, so it must be an id."""
    text = PROCESS.replace(
        "  region:", "  name: {type: text, personal: deal}\n  phone: {type: text, personal: name}\n  region:"
    )
    with pytest.raises(BadProcess, match="`name` is itself personal"):
        load_process(text, "b2b.yaml")
