"""Who holds how many open deals where: counted row by row, and always what the deals themselves add up to."""

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_engine import deal as e
from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.facts import Holding
from tests.facts.given import STAGES, Log, day, opened, personal
from tests.facts.histories import histories
from tests.facts.kept import Kept


def folded(log: Log) -> dict[str, e.Deal]:
    """Every deal of a log as it stands, by its stream."""
    streams = defaultdict(list)
    for each in log.recorded:
        streams[each.stream].append(each)
    return {stream: deal for stream, events in streams.items() if (deal := e.fold(events)) and deal.opened}


def counted(log: Log, owner: str, stage: str, but: str) -> tuple[int, int]:
    """The same as `held` says, from the deals as they are folded."""
    others = [deal for stream, deal in folded(log).items() if stream != f"deal:{but}"]
    mine = [each for deal in others if (each := Holding.of(deal)).counts and each.owner == owner]
    return len(mine), sum(each.stage == stage for each in mine)


def said(holdings: Kept, owner: str, stage: str, but: str) -> tuple[int | None, int | None]:
    """What the projector says."""
    held = holdings.held(owner, "b2b", stage, but)
    return held.open_deals, held.deals_in_stage


@given(histories(), st.lists(st.integers(0, 40), max_size=4))
def test_the_counts_are_what_the_deals_add_up_to(log: Log, cuts: list[int]) -> None:
    """Whatever happened, in whatever batches it was read: per owner and stage, with one deal left out."""
    holdings = Kept()
    for start, end in pairwise([0, *sorted(cuts), len(log.rows)]):
        holdings.advance(log.rows[start : max(start, end)], {})
    for owner in ("x", "y"):
        for stage in STAGES:
            for but in ("A", "Z"):
                assert said(holdings, owner, stage, but) == counted(log, owner, stage, but)


def test_every_way_in_and_out_of_the_count() -> None:
    """Opened, moved, given away, handed over, closed, reopened, merged, migrated and removed at its source."""
    log, holdings, seen = Log(), Kept(), []
    events = (
        opened("lead", owner="x"),
        e.DealMoved(from_stage="lead", to_stage="proposal"),
        e.OwnerAssigned(owner="y"),
        e.HandoffAccepted(owner="x"),
        e.DealWon(from_stage="proposal"),
        e.DealReopened(to_stage="proposal"),
        e.DealLost(from_stage="proposal", reason="price"),
        e.DealReopened(to_stage="lead"),
        e.DealMigrated(process="b2b", version=2, from_version=1, from_stage="lead", to_stage="proposal"),
        e.DealMerged(into="Z"),
    )
    for number, event in enumerate(events):
        log.deal("A", day(number), event)
        holdings.advance(log.rows, {})
        seen.append((*said(holdings, "x", "proposal", "Z"), holdings.held("x", "b2b", "lead", "Z").position))
    assert [each[:2] for each in seen] == [
        (1, 0), (1, 1), (0, 0), (1, 1), (0, 0), (1, 1), (0, 0), (1, 0), (1, 1), (0, 0),
    ]  # fmt: skip
    assert [each[2] for each in seen] == list(range(2, 12))


def test_another_process_is_counted_apart() -> None:
    """A deal that moves to another process takes a slot there and no longer here."""
    log = Log().deal("A", day(0), opened("lead", owner="x"))
    moved = e.DealMigrated(
        process="other", version=1, from_version=1, from_process="b2b", from_stage="lead", to_stage="start"
    )
    holdings = Kept()
    holdings.advance(log.deal("A", day(1), moved).rows, {})
    assert said(holdings, "x", "lead", "Z") == (0, 0)
    assert holdings.held("x", "other", "start", "Z") == e.Held(1, 1, 3)


def test_what_changes_no_count_moves_no_position() -> None:
    """A note, a refusal and another person's deal leave the position where it was, so a refusal still repeats."""
    log = Log().deal("A", day(0), opened("lead", owner="x"), e.NoteRecorded(text=personal("hm")))
    log.deal("B", day(1), opened("lead", owner="y"))
    holdings = Kept()
    holdings.advance(log.rows, {})
    assert holdings.held("x", "b2b", "lead", "Z") == e.Held(1, 1, 2)
    assert holdings.position == 4


def test_a_corrected_deal_is_counted_as_it_stands() -> None:
    """What a correction leads to is read off the deal, not off its row."""
    log = Log().deal("A", day(0), opened("lead", owner="x"), e.DealWon(from_stage="lead"))
    void = e.CorrectionRecorded(corrects=2, kind="void", role="ops", reason=personal("not signed"))
    holdings = Kept()
    holdings.advance(log.rows, {})
    assert said(holdings, "x", "lead", "Z") == (0, 0)
    as_it_stands = e.fold(log.recorded[:2])
    assert as_it_stands is not None
    holdings.advance(log.deal("A", day(2), void).rows, {"deal:A": as_it_stands})
    assert said(holdings, "x", "lead", "Z") == (1, 1)


def test_a_row_that_cannot_be_read_is_named() -> None:
    """Never skipped: a count that left it out would be wrong."""
    log = Log().deal("A", day(0), opened("lead", owner="x"))
    broken = log.rows[1]._replace(payload=b"{}")
    with pytest.raises(UnreadableEvent, match="deal:A"):
        Kept().advance([broken], {})
