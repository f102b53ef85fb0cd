"""What rows of a history come to as events."""

from datetime import UTC, datetime

import pytest

from pipeline_engine.deal import DealLost, DealMoved, DealOpened, DealWon, FieldsChanged, SourceStageNoted
from pipeline_engine.values import Money
from tests.exchange.given import DEALS, EVENTS, brought_in, names, sales

HEAD = "deal,at,who,stage,amount\n"
DEALS_HEAD = "id,owner,stage,offered,closed,amount\n"


def events(store, deal_id="D"):
    """The events of a deal, without their envelopes."""
    return [recorded.event for recorded in store.events(f"deal:{deal_id}")]


def test_the_first_row_opens_and_the_others_move(store, file):
    """Every event has the source's own time and person, and stands on the source, not on the gate."""
    rows = "D,2026-01-01T10:00:00,ann,lead,\nD,2026-01-02T10:00:00,bob,offer,500\nD,2026-01-03T10:00:00,,Won,450\n"
    brought_in(store, file(HEAD + rows), EVENTS)
    assert events(store) == [
        DealOpened(process="sales", version=1, stage="lead", basis="source", pinned_by="import"),
        FieldsChanged(set={"amount": Money.of(500, "EUR")}),
        DealMoved(from_stage="lead", to_stage="offer", basis="source"),
        FieldsChanged(set={"amount": Money.of(450, "EUR")}),
        DealWon(from_stage="offer", amount=Money.of(450, "EUR"), basis="source"),
    ]
    first, *_, last = (recorded.envelope for recorded in store.events("deal:D"))
    assert (first.at, first.actor, first.via) == (datetime(2026, 1, 1, 10, tzinfo=UTC), "ann", "import")
    assert last.actor == "import:crm"
    assert first.command_id == "import:crm:D:stage:2026-01-01T10:00:00|lead"


def test_nothing_of_the_file_is_in_the_reference(store, file):
    """A row is known again by source, deal, kind and natural key; never by its file or line."""
    brought_in(store, file(HEAD + "D,2026-01-01,,lead,\n"), EVENTS)
    ref = store.events("deal:D")[0].envelope.source_ref
    assert (ref.source, ref.deal, ref.kind, ref.key) == ("crm", "D", "stage", "2026-01-01T00:00:00|lead")


def test_equal_times_keep_the_order_of_the_file(store, file):
    """Rows are put by time; where times are equal the file decides."""
    rows = "D,2026-01-02,,contract,\nD,2026-01-01,,offer,\nD,2026-01-01,,lead,\n"
    brought_in(store, file(HEAD + rows), EVENTS)
    moved = [event.to_stage for event in events(store) if isinstance(event, DealMoved)]
    assert (events(store)[0].stage, moved) == ("offer", ["lead", "contract"])


def test_file_order_keeps_times_that_go_backwards(store, file):
    """With `order: file` nothing is sorted, and the source's own times stay as they are."""
    rows = "D,2026-01-02,,lead,\nD,2026-01-01,,offer,\n"
    brought_in(store, file(HEAD + rows), EVENTS + "order: file\n")
    times = [recorded.envelope.at.day for recorded in store.events("deal:D")]
    assert (names(store, "D"), times) == (["DealOpened", "DealMoved"], [2, 1])


def test_a_row_that_repeats_the_stage_changes_nothing_and_is_counted(store, file):
    """The same stage twice is one stay; the report says how often that was so."""
    report = brought_in(store, file(HEAD + "D,2026-01-01,,lead,\nD,2026-01-02,,lead,\n"), EVENTS)
    assert names(store, "D") == ["DealOpened"]
    assert sum(count for note, count in report.notes.items() if "repeat" in note) == 1


def test_stage_rows_after_an_outcome_are_noted(store, file):
    """What the source says of a closed deal is kept and changes nothing."""
    rows = (
        "D,2026-01-01,,lead,\nD,2026-01-02,,Lost,\nD,2026-01-03,,offer,\nD,2026-01-04,,Archived,\nD,2026-01-05,,Won,9\n"
    )
    brought_in(store, file(HEAD + rows), EVENTS)
    noted = [event for event in events(store) if isinstance(event, SourceStageNoted)]
    assert [event.stage for event in noted] == ["offer", "archived", "won"]
    assert sum(isinstance(event, (DealWon, DealLost)) for event in events(store)) == 1


def test_stage_rows_after_an_outcome_reopen_where_the_mapping_says_so(store, file):
    """With `reopens: true` a deal can leave an outcome, and be won after it was lost."""
    rows = "D,2026-01-01,,lead,\nD,2026-01-02,,Lost,\nD,2026-01-03,,offer,\nD,2026-01-04,,Lost,\nD,2026-01-05,,Won,\n"
    brought_in(store, file(HEAD + rows), EVENTS + "reopens: true\n")
    assert names(store, "D") == [
        "DealOpened", "DealLost", "DealReopened", "DealLost", "DealReopened", "DealWon",
    ]  # fmt: skip


def test_a_deal_that_begins_with_its_outcome_is_opened_by_inference(store, file):
    """Where the first row is an outcome, the opening before it is inferred and says so."""
    brought_in(store, file(HEAD + "D,2026-01-01,,Won,10\n"), EVENTS)
    opened, won = store.events("deal:D")
    assert (opened.event.stage, opened.envelope.provenance, won.envelope.provenance) == ("lead", "inferred", "observed")


def test_an_activity_before_the_opening_follows_it_with_its_own_time(store, file):
    """A deal's first event is its opening, whatever was noted earlier."""
    mapping = EVENTS + "activity: {column: act, values: {Call: call}}\n"
    rows = "deal,at,who,stage,amount,act\nD,2026-01-01,,,,Call\nD,2026-01-02,,lead,,\nE,2026-01-01,,,,Call\n"
    report = brought_in(store, file(rows), mapping)
    assert names(store, "D") == ["DealOpened", "ActivityLogged"]
    assert store.events("deal:D")[1].envelope.at.day == 1
    assert [(r.line, r.reason) for r in report.rejects] == [
        (4, "nothing in the file opens this deal: no stage or outcome row")
    ]


def test_an_undated_row_has_no_time_and_follows_its_neighbour(store, file):
    """No date stays no date; the row keeps its place behind the row it follows in the file."""
    brought_in(store, file(HEAD + "D,2026-01-01,,lead,\nD,,,offer,\nD,2026-01-03,,contract,\n"), EVENTS)
    envelopes = [recorded.envelope for recorded in store.events("deal:D")]
    assert [(e.at and e.at.day, e.at_precision) for e in envelopes] == [(1, "day"), (None, "unknown"), (3, "day")]


def test_bad_cells_are_rejects_and_the_rest_goes_in(store, file, tmp_path):
    """A reject carries file, line, column, value and reason, and stands in a file that is safe to open in a
    spreadsheet.
    """
    rows = "D,2026-01-01,,lead,\nD,soon,,offer,\nD,2026-01-03,,Ofer,\nD,2026-01-04,,offer,=1+1\n,2026-01-04,,lead,\n"
    report = brought_in(store, file(HEAD + rows), EVENTS, reject_file=tmp_path / "rejects.csv")
    assert [(r.line, r.column, r.value) for r in report.rejects] == [
        (6, "deal", ""), (3, "at", "soon"), (4, "stage", "Ofer"), (5, "amount", "=1+1"),
    ]  # fmt: skip
    assert report.rejected == 4
    assert names(store, "D") == ["DealOpened"]
    written = (tmp_path / "rejects.csv").read_text(encoding="utf-8").splitlines()
    assert written[0] == "file,line,column,value,reason"
    assert ",5,amount,'=1+1," in written[4]


def test_one_row_a_deal_becomes_what_it_stands_for(store, file):
    """Today's state with a few dates: opening, outcome with its amount, owner as an id; a day is a day."""
    rows = 'D,Ann Lee,Won,01.02.2026,03.03.2026,"1.200,50"\n'
    report = brought_in(store, file(DEALS_HEAD + rows), DEALS)
    assert events(store) == [
        DealOpened(process="sales", version=1, stage="offer", owner="ann-lee", basis="source", pinned_by="import"),
        DealWon(from_stage="offer", amount=Money.of("1200.5", "EUR"), basis="source"),
    ]
    assert [r.envelope.at_precision for r in store.events("deal:D")] == ["day", "day"]
    assert (report.rows, report.deals, report.events, report.fidelity.grade) == (1, 1, 2, "C")


def test_a_deal_without_any_date_is_undated(store, file):
    """A deal that is only known to stand somewhere is opened there at an unknown time."""
    brought_in(store, file(DEALS_HEAD + "D,,Lead,,,\n"), DEALS)
    opened = store.events("deal:D")[0]
    assert (opened.event.stage, opened.envelope.at, opened.envelope.at_precision) == ("lead", None, "unknown")


def test_a_missing_amount_is_unknown_and_not_zero(store, file):
    """A won deal without an amount has none; a zero that is written stays a zero."""
    brought_in(store, file(DEALS_HEAD + "D,,Won,01.02.2026,03.03.2026,\nE,,Won,01.02.2026,03.03.2026,0\n"), DEALS)
    assert events(store)[-1].amount is None
    assert events(store, "E")[-1].amount == Money(0, "EUR")


def test_values_hold_since_when_the_mapping_says(store, file):
    """`known` tells what a deal was opened with from what came with the outcome, and from what only the
    export knows.
    """
    mapping = DEALS + (
        "fields:\n  region: {column: owner, known: opening}\n"
        '  amount: {column: amount, decimal: ",", known: closing}\n  mail: stage\n'
    )
    brought_in(store, file(DEALS_HEAD + "D,north,Won,01.02.2026,03.03.2026,7\n"), mapping)
    opened, export, closing, _ = store.events("deal:D")
    assert opened.event.fields == {"region": "north"}
    assert (export.envelope.at, export.event.set["mail"].subject) == (None, "deal:D")
    assert (closing.envelope.at.day, closing.event.set["amount"]) == (3, Money.of(7, "EUR"))


def test_a_deal_that_stands_twice_is_a_reject_unless_it_is_the_same_row(store, file):
    """One row a deal means one row a deal: a copy is counted, another version of it is a reject."""
    rows = "D,,Lead,,,\nD,,Lead,,,\nD,,Offer,,,\n"
    report = brought_in(store, file(DEALS_HEAD + rows), DEALS)
    assert [(r.line, r.reason) for r in report.rejects] == [
        (4, "this deal stands in line 2 already, with other values")
    ]
    assert sum(report.notes.values()) == 1


@pytest.mark.parametrize("mapping", [EVENTS, DEALS])
def test_a_header_without_rows_is_an_empty_history(store, file, mapping):
    """Nothing to import is no error."""
    report = brought_in(store, file(HEAD if mapping is EVENTS else DEALS_HEAD), mapping)
    assert (report.rows, report.deals, report.events, sales().version) == (0, 0, 0, 1)
