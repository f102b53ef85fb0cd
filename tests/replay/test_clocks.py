"""Which evidence counts at an attempt: ours by its place in the stream, imported by when its source knew of it."""

from datetime import datetime
from pathlib import Path

import pytest

from pipeline_engine.deal import ActivityLogged, DealMoved, DealOpened, FieldsChanged, OwnerAssigned
from pipeline_engine.values import Money
from tests.replay.small import History, counted, day

PRICED, CALLED = "{id: priced, check: deal.amount > 10}", "{activities: {call: 1}}"
CHEAP = DealOpened(
    process="small", version=1, stage="lead", basis="source", fields={"amount": Money.of(5, "EUR")}, owner="rep"
)
MOVED = DealMoved(from_stage="lead", to_stage="offer", basis="source")
RAISED = FieldsChanged(set={"amount": Money.of(50, "EUR")})


@pytest.mark.parametrize(
    ("at", "noted", "passes"),
    [(day(1), None, True), (day(3), None, False), (day(1), day(3), False), (day(3), day(1), True), (None, None, False)],
)
def test_imported_evidence_counts_once_its_source_knew_of_it(
    at: datetime | None, noted: datetime | None, passes: bool
) -> None:
    """The move was on day 2 and stands before the value in the stream; without any time the stream decides."""
    history = History.of().imported("A", CHEAP, at=day(0)).imported("A", MOVED, at=day(2))
    report = history.imported("A", RAISED, at=at, noted=noted).judged_by(PRICED)
    assert counted(report) == ({} if passes else {"newly_refused": 1})


def test_evidence_that_stands_before_the_move_but_became_known_later_does_not_count() -> None:
    """Sources list what is known today; the backtest reads what was known then."""
    history = History.of().imported("A", CHEAP, at=day(0)).imported("A", RAISED, at=day(1), noted=day(9))
    assert counted(history.imported("A", MOVED, at=day(2)).judged_by(PRICED)) == {"newly_refused": 1}


def test_our_own_evidence_counts_by_its_place_in_the_stream() -> None:
    """Backdated before the move, and recorded after it: nobody had it at the gate."""
    history = History.of().opened(0, "A").on(2, "A", "move", "offer").on(3, "A", "log", "call", at=day(1))
    assert counted(history.judged_by(CALLED)) == {"newly_refused": 1}
    late = History.of().opened(0, "A").on(3, "A", "log", "call", at=day(1)).on(4, "A", "move", "offer")
    assert counted(late.judged_by(CALLED)) == {}


def test_the_control_reads_the_stream_whatever_sources_knew() -> None:
    """A deal that came by import and goes on here is judged on its prefix; the control never asks a clock."""
    history = History.of(PRICED).imported("A", CHEAP, at=day(0)).imported("A", RAISED, at=day(1), noted=day(30))
    history.imported("A", ActivityLogged(kind="call"), at=day(1)).on(5, "A", "move", "offer")
    report = history.judged_by(PRICED)
    assert history.outcomes[-1].accepted
    assert (report.fidelity.replayable, report.fidelity.reproduced) == (1, 1)


def test_lists_from_an_import_and_from_us_are_one_list() -> None:
    """One call came by import, one was logged here: two calls at the gate."""
    history = History.of().imported("A", CHEAP, at=day(0)).imported("A", ActivityLogged(kind="call"), at=day(1))
    history.on(2, "A", "log", "call").on(3, "A", "move", "offer")
    assert counted(history.judged_by("{activities: {call: 2}}")) == {}
    assert counted(history.judged_by("{activities: {call: 3}}")) == {"newly_refused": 1}


def test_owner_changes_in_an_import_do_not_disturb_the_rest() -> None:
    """Its owner stands with the attempt, as it was at that place of the stream."""
    history = History.of().imported("A", CHEAP, OwnerAssigned(owner="boss"), MOVED, at=day(1))
    assert counted(history.judged_by("{id: own, check: owner.id == 'boss'}")) == {}
    assert counted(history.judged_by("{id: own, check: owner.id == 'rep'}")) == {"newly_refused": 1}


def test_a_file_brought_in_through_the_exchange_is_tried_on(tmp_path: Path) -> None:
    """A CSV of events: the value came on the day of the move or after it, and only the first counts."""
    history = History.of()
    table, mapping = tmp_path / "events.csv", tmp_path / "mapping.yaml"
    table.write_text(
        "deal,at,stage,amount\nA,2026-01-01,lead,5\nA,2026-01-02,offer,50\nB,2026-01-01,lead,5\n"
        "B,2026-01-02,offer,5\nB,2026-01-03,contract,50\nC,2026-01-01,lead,\nC,2026-01-02,offer,\n"
    )
    mapping.write_text(
        "format: csv\nrows: events\nsource: crm\nprocess: small\nid: deal\n"
        "at: {column: at, date: iso, zone: UTC}\nstage: {column: stage}\nfields: {amount: amount}\n"
    )
    history.engine.import_history([table], mapping, by="ops")
    report = history.judged_by(PRICED)
    assert report.fidelity.left_out == {"imported": report.attempts}
    refused = [example.deal for example in report.examples if example.change == "newly_refused"]
    unknown = [example.deal for example in report.examples if example.change == "not_knowable"]
    assert (refused, unknown) == (["B"], ["C"])
