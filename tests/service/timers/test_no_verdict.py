"""What time says changes nothing else: no deal, no table, no verdict hangs on whether anybody kept time."""

import pytest

from pipeline_engine.deal import ANNOUNCEMENTS, Deal, DealEscalated, fold
from pipeline_engine.envelope import stored_name
from pipeline_engine.facts import TABLES, facts_of
from tests.engine.mixed import DEALS, Lives
from tests.engine.test_mixed_lives import reproduced
from tests.engine.timed import OTHERWISE, TIMED
from tests.service.timers.given import Office

# Where the log itself is told: how far a stream goes, and what was announced.
_TOLD = {"deals": {"version", "position"}}
_NAMES = {stored_name(kind) for kind in ANNOUNCEMENTS}


def rung_life(seed: int) -> Lives:
    """A random life in which somebody keeps time."""
    lives = Lives(seed, (TIMED, OTHERWISE))
    for _ in range(8):
        lives.live(20)
        lives.engine.ring()
    return lives


@pytest.mark.parametrize("seed", range(4))
def test_facts_and_deals_are_the_same_without_what_time_says(seed: int) -> None:
    """The log with and without its announcements: equal tables, equal deals, equal verdicts on trying them again."""
    lives = rung_life(seed)
    rows = list(lives.engine.store_rows())
    kept, bare = facts_of(rows), facts_of([row for row in rows if row.name not in _NAMES])
    assert kept.announcements.num_rows > 0
    for name in set(TABLES) - {"announcements", "approvals", "happenings"}:
        columns = [column for column in kept.table(name).column_names if column not in _TOLD.get(name, ())]
        assert kept.table(name).select(columns).equals(bare.table(name).select(columns)), f"seed {seed}: {name}"
    for deal in DEALS:
        events = lives.engine._store.events(f"deal:{deal}")
        assert same(fold(events), fold(e for e in events if type(e.event) not in ANNOUNCEMENTS)), f"seed {seed}"
    reproduced(lives, seed)


def same(one: Deal | None, other: Deal | None) -> bool:
    """Whether two folds agree on all but the version, and on which ends of approvals were said."""
    if one is None or other is None:
        return one is other
    return one.after({"version": 0, "announced": frozenset()}) == other.after({"version": 0, "announced": frozenset()})


def test_control_a_fold_that_took_a_call_for_a_change_is_seen() -> None:
    """Control: were an escalation to move anything of the deal, the comparison would say so."""
    office = Office.opened().open()
    office.ring_on(6)
    events = office.engine._store.events("deal:D")
    assert any(isinstance(each.event, DealEscalated) for each in events)
    deal = fold(events)
    assert deal is not None
    assert not same(deal, deal.after({"owner": "boss"}))


def test_an_announcement_moves_no_etag_and_no_view() -> None:
    """Who looked at the deal before may act on what they saw, and a view still answers as of the last real event."""
    office = Office.opened().open()
    before, health = office.engine.deal("D"), office.engine.health().as_of
    office.ring_on(30)
    assert office.engine.deal("D").solid_version == before.solid_version
    assert office.engine.health().as_of == health


def test_a_refusal_that_was_said_is_not_said_again_because_of_time() -> None:
    """Asked the same twice, with an announcement between, the refusal is recorded once."""
    office = Office.opened().open()
    office.clock.on(4)
    first = office.engine.move("D", to="offer", by="rep")
    office.ring_on(5)
    again = office.engine.move("D", to="offer", by="rep")
    assert (first.accepted, again.accepted, again.repeated) == (False, False, True)
