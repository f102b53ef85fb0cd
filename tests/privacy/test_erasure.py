"""An erasure takes two people who may, and is decided once."""

from datetime import UTC, datetime

import pytest

from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.errors import BadValue, NoErasure
from pipeline_engine.privacy import (
    Asker,
    ErasureProposed,
    ErasureRefused,
    Erasures,
    ErasureWithdrawn,
    SubjectErased,
    checked_subject,
    decide_confirm,
    decide_propose,
    decide_withdraw,
    evolve_erasures,
)
from pipeline_engine.values import Personal

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ONE, OTHER, NOBODY = Asker("privacy-1", True), Asker("privacy-2", True), Asker("rep-03", False)
WHY = Personal("store:erasures", "they asked us to")
PROPOSED = ErasureProposed(subject="person:p-7", reason=WHY)


def after(*events: tuple[str, Event]) -> Erasures:
    """The erasures after what these people did."""
    state: Erasures | None = None
    for version, (by, event) in enumerate(events, 1):
        envelope = Envelope(at=NOW, actor=by, command_id=f"c-{version}")
        state = evolve_erasures(state, Recorded("store:erasures", version, version, NOW, envelope, event))
    return state or Erasures()


def test_one_proposes_with_a_reason_that_is_not_erased_with_it() -> None:
    """The reason is kept under the erasures themselves."""
    assert decide_propose(after(), "person:p-7", "they asked us to", ONE) == PROPOSED


def test_proposed_again_nothing_is_recorded() -> None:
    """It waits for a second person already."""
    assert decide_propose(after(("privacy-1", PROPOSED)), "person:p-7", "again", OTHER) is None


def test_an_erasure_needs_a_reason() -> None:
    """Whoever confirms it must know why."""
    with pytest.raises(BadValue, match="`reason`"):
        decide_propose(after(), "person:p-7", "  ", ONE)


def test_another_one_confirms() -> None:
    """The event names the proposal that it carries out."""
    confirmed = decide_confirm(after(("privacy-1", PROPOSED)), "person:p-7", OTHER)
    assert confirmed == SubjectErased(subject="person:p-7", proposed=1)


@pytest.mark.parametrize("asker", [ONE, Asker("privacy-3", True, lent_by=frozenset({"privacy-1"}))])
def test_nobody_confirms_what_they_proposed(asker: Asker) -> None:
    """Neither themselves, nor through somebody who acts in nobody's role but theirs."""
    refused = decide_confirm(after(("privacy-1", PROPOSED)), "person:p-7", asker)
    assert refused == ErasureRefused(subject="person:p-7", tried="confirm", why="four-eyes")


@pytest.mark.parametrize("asker", [OTHER, Asker("privacy-3", True, on_behalf_of="privacy-1")])
def test_nobody_confirms_what_was_proposed_in_their_stead_nor_in_the_proposers(asker: Asker) -> None:
    """One in another's stead is one person with them."""
    envelope = Envelope(at=NOW, actor="privacy-1", on_behalf_of="privacy-2", command_id="c-1")
    state = evolve_erasures(None, Recorded("store:erasures", 1, 1, NOW, envelope, PROPOSED))
    refused = decide_confirm(state, "person:p-7", asker)
    assert refused == ErasureRefused(subject="person:p-7", tried="confirm", why="four-eyes")
    assert isinstance(decide_confirm(state, "person:p-7", Asker("privacy-3", True)), SubjectErased)


def test_whoever_has_the_role_from_somebody_else_too_is_a_second_person() -> None:
    """One of two lenders is the proposer: the other one's role is enough."""
    stand_in = Asker("privacy-3", True, lent_by=frozenset({"privacy-1", "privacy-2"}))
    assert isinstance(decide_confirm(after(("privacy-1", PROPOSED)), "person:p-7", stand_in), SubjectErased)


def test_whoever_lacks_the_role_is_refused_and_that_is_recorded() -> None:
    """Proposing, confirming and taking back somebody else's proposal."""
    state = after(("privacy-1", PROPOSED))
    tried = [
        decide_propose(after(), "person:p-7", "why not", NOBODY),
        decide_confirm(state, "person:p-7", NOBODY),
        decide_withdraw(state, "person:p-7", None, NOBODY),
    ]
    assert tried == [
        ErasureRefused(subject="person:p-7", tried=what, why="no-role") for what in ("propose", "confirm", "withdraw")
    ]


def test_a_proposal_is_taken_back_by_who_made_it_or_may_erase() -> None:
    """Also by somebody who lost the role since; nobody can confirm it then."""
    state = after(("privacy-1", PROPOSED))
    assert decide_withdraw(state, "person:p-7", "a mistake", Asker("privacy-1", False)) == ErasureWithdrawn(
        subject="person:p-7", reason=Personal("store:erasures", "a mistake")
    )
    state = after(("privacy-1", PROPOSED), ("privacy-2", ErasureWithdrawn(subject="person:p-7")))
    for decide in (lambda: decide_confirm(state, "person:p-7", OTHER), lambda: decide_withdraw(state, "x", None, ONE)):
        with pytest.raises(NoErasure, match="nobody proposes to erase"):
            decide()


def test_who_was_erased_can_be_erased_again() -> None:
    """A deal goes on, and what is written about it since can be erased too: each erasure is one of its own."""
    done = ("privacy-2", SubjectErased(subject="person:p-7", proposed=1))
    state = after(("privacy-1", PROPOSED), done, ("privacy-1", PROPOSED), done)
    assert [(each.subject, each.by, each.proposed_by, each.position) for each in state.erased] == [
        ("person:p-7", "privacy-2", "privacy-1", 2), ("person:p-7", "privacy-2", "privacy-1", 4),
    ]  # fmt: skip
    assert len({each.id for each in state.erased}) == 2
    assert not state.proposed


@pytest.mark.parametrize("subject", ["", "deal:", "person", "store:erasures", "kim@customer.example"])
def test_a_subject_is_a_deal_or_a_person(subject: str) -> None:
    """What the engine itself keeps, such as the reasons of erasures, is erased by nobody."""
    with pytest.raises(BadValue, match="`subject`"):
        checked_subject(subject)
    assert checked_subject("deal:D-1") == "deal:D-1"
