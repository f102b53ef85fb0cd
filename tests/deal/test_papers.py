"""Documents and items: what may be attached and ticked, once each, and what the gate makes of them."""

import pytest

from pipeline_engine.deal import (
    AttachDocument,
    Attached,
    DealMoved,
    DealOpened,
    DocumentAttached,
    ItemTicked,
    ItemUnticked,
    MoveDeal,
    MoveRefused,
    OpenDeal,
    Tick,
    TickItem,
    UntickItem,
)
from pipeline_engine.errors import BadValue, UnknownDeal, UnknownItem, UnknownKind
from tests.deal.papers import OTHER_SHA, SHA, begun
from tests.deal.story import MONDAY, Story


@pytest.fixture
def lead() -> Story:
    """An open deal of rep-1 under the process with papers."""
    return begun().given(DealOpened(process="b2b", version=1, stage="lead", owner="rep-1"))


def test_a_document_is_attached_with_who_and_when(lead: Story) -> None:
    """The deal keeps its name and the SHA-256 of its content, in small letters however it was typed."""
    lead.when(AttachDocument, name="nda", sha256=SHA.upper(), by="mgr-1").then(DocumentAttached)
    assert lead.deal is not None
    (paper,) = lead.deal.documents
    assert isinstance(paper, Attached)
    assert (paper.name, paper.sha256, paper.by) == ("nda", SHA, "mgr-1")


def test_the_same_content_again_changes_nothing_and_another_is_another_document(lead: Story) -> None:
    """A signed version beside the draft is kept beside it."""
    lead.when(AttachDocument, name="nda", sha256=SHA)
    lead.when(AttachDocument, name="nda", sha256=SHA, by="mgr-1").then()
    lead.when(AttachDocument, name="nda", sha256=OTHER_SHA).then(DocumentAttached)
    lead.when(AttachDocument, name="contract", sha256=SHA).then(DocumentAttached)


@pytest.mark.parametrize("sha256", ["", "ab" * 31, "xy" * 32, f"{SHA}\n"])
def test_what_is_no_sha256_is_bad_input(lead: Story, sha256: str) -> None:
    """Anything but 64 hexadecimal digits would prove nothing later."""
    with pytest.raises(BadValue, match="64 hexadecimal"):
        lead.when(AttachDocument, name="nda", sha256=sha256)


def test_a_document_the_process_does_not_know_is_bad_input(lead: Story) -> None:
    """Its nearest name is told."""
    with pytest.raises(UnknownKind, match="did you mean `contract`"):
        lead.when(AttachDocument, name="contrakt", sha256=SHA)


def test_an_item_is_ticked_once_and_its_tick_taken_back_once(lead: Story) -> None:
    """Ticking again keeps who ticked it first; what is not ticked cannot be unticked."""
    lead.when(TickItem, item="legal-ok", by="mgr-1").then(ItemTicked)
    lead.when(TickItem, item="legal-ok").then()
    assert lead.deal is not None
    assert lead.deal.ticked["legal-ok"].by == "mgr-1"
    lead.when(UntickItem, item="legal-ok").then(ItemUnticked)
    lead.when(UntickItem, item="legal-ok").then()
    assert lead.deal.ticked == {}


def test_the_item_ticked_last_stands_last(lead: Story) -> None:
    """A tick taken back and given again counts from then on."""
    lead.given(ItemTicked(item="legal-ok"), ItemTicked(item="kickoff"), ItemUnticked(item="legal-ok"))
    lead.given(ItemTicked(item="legal-ok"), by="mgr-1")
    assert lead.deal is not None
    assert list(lead.deal.ticked) == ["kickoff", "legal-ok"]
    assert lead.deal.ticked["legal-ok"] == Tick(MONDAY.replace(hour=13), "mgr-1")


@pytest.mark.parametrize("kind", [TickItem, UntickItem])
def test_an_item_that_is_nowhere_is_bad_input(lead: Story, kind: type[TickItem]) -> None:
    """Items of checklists and of the plan are known, and no others."""
    lead.when(TickItem, item="kickoff").then(ItemTicked)
    with pytest.raises(UnknownItem, match="`legal-ok`"):
        lead.when(kind, item="legal-okay")


def test_the_gate_sees_what_is_attached_and_ticked_now(lead: Story) -> None:
    """Both papers and ticks are asked for; a tick taken back is none."""
    lead.when(MoveDeal, target="proposal").then(MoveRefused)
    lead.when(AttachDocument, name="nda", sha256=SHA).when(TickItem, item="legal-ok")
    lead.when(UntickItem, item="legal-ok").when(MoveDeal, target="proposal").then(MoveRefused)
    assert lead.codes("proposal:documents:nda", "proposal:checklist:legal-ok") == "pf"
    lead.when(TickItem, item="legal-ok").when(MoveDeal, target="proposal").then(DealMoved)


def test_nothing_is_attached_to_a_deal_that_is_not_there() -> None:
    """The deal is opened first."""
    with pytest.raises(UnknownDeal):
        begun().when(AttachDocument, name="nda", sha256=SHA)
    with pytest.raises(UnknownDeal):
        begun().when(TickItem, item="kickoff")
    begun().when(OpenDeal, process="b2b").when(TickItem, item="kickoff").then(ItemTicked)
