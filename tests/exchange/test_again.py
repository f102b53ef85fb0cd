"""Importing again: exactly what is new, and never in silence what differs."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_engine.deal import DealMoved, DealOpened, FieldsChanged
from pipeline_engine.envelope import Envelope
from pipeline_engine.exchange import import_history, read_mapping
from pipeline_engine.store import Draft, StreamAppend
from tests.exchange.given import DEALS, EVENTS, brought_in, empty_store, history, names, sales

HEAD = "deal,at,who,stage,amount\n"
DEALS_HEAD = "id,owner,stage,offered,closed,amount\n"
WHOLE = "D,2026-01-01,,lead,\nD,2026-01-02,,offer,5\nE,2026-01-02,,lead,\nD,2026-01-03,,Won,5\n"
CUT = "".join(WHOLE.splitlines(keepends=True)[:3])


def by_hand(store, event, version=0, **envelope):
    """Append an event to deal D as if somebody here had done it."""
    made = Envelope(at=datetime(2026, 1, 1, tzinfo=UTC), actor="ann", command_id=f"c{version}", **envelope)
    store.append_many([StreamAppend("deal:D", version, (Draft(made, event),))])


def test_the_same_file_again_adds_nothing(store, file):
    """Every row is known by its reference."""
    path = file(HEAD + WHOLE)
    brought_in(store, path, EVENTS)
    before = history(store)
    again = brought_in(store, path, EVENTS)
    assert (again.events, again.conflicts, again.rejected, again.deals, again.unchanged) == (0, 0, 0, 2, 2)
    assert history(store) == before


@pytest.mark.parametrize("parts", [(CUT, WHOLE), (WHOLE, CUT), (CUT, WHOLE, CUT)])
def test_a_cut_and_the_whole_are_the_whole_in_either_order(store, file, parts):
    """Two exports of one history cut at two dates come to their union."""
    for number, part in enumerate(parts):
        report = brought_in(store, file(HEAD + part, f"{number}.csv"), EVENTS)
        assert report.conflicts == 0
    whole = empty_store()
    brought_in(whole, file(HEAD + WHOLE), EVENTS)
    assert history(store) == history(whole)


def test_several_files_of_one_import_are_told_one_after_the_other(store, file):
    """A history that comes in pieces is one history."""
    first, second = file(HEAD + CUT, "1.csv"), file(HEAD + "D,2026-01-03,,Won,5\n", "2.csv")
    report = import_history(store, [first, second], read_mapping(EVENTS, "m"), sales())
    whole = empty_store()
    brought_in(whole, file(HEAD + WHOLE), EVENTS)
    assert history(store) == history(whole)
    assert (report.rows, report.deals, report.new_deals) == (4, 2, 2)


def test_a_known_row_with_other_content_is_a_conflict(store, file):
    """The stored event stays; the difference is counted and shown, without the values."""
    brought_in(store, file(HEAD + WHOLE), EVENTS)
    before = history(store)
    report = brought_in(store, file(HEAD + WHOLE.replace("offer,5", "offer,6")), EVENTS)
    assert report.conflicts >= 1
    assert report.conflict_examples[0].line == 3
    assert "differs from what was imported in `set`" in report.conflict_examples[0].what
    assert history(store) == before


def test_a_stage_row_that_comes_too_late_is_a_conflict(store, file):
    """A row before rows that are in already cannot be put behind them: that would move the deal back."""
    brought_in(store, file(HEAD + WHOLE), EVENTS)
    before = history(store)
    report = brought_in(store, file(HEAD + "D,2026-01-01T12:00:00,,contract,\n" + WHOLE), EVENTS)
    assert report.conflicts == 1
    assert "before rows that were imported" in report.conflict_examples[0].what
    assert history(store) == before


def test_an_activity_that_comes_late_is_taken(store, file):
    """What was done was done; it is logged with its own time."""
    mapping = EVENTS + "activity: {column: act, values: {Call: call}}\n"
    head = "deal,at,who,stage,amount,act\n"
    rows = "D,2026-01-01,,lead,,\nD,2026-01-03,,offer,,\n"
    brought_in(store, file(head + rows), mapping)
    report = brought_in(store, file(head + rows + "D,2026-01-02,,,,Call\n"), mapping)
    assert (report.events, report.conflicts) == (1, 0)
    assert names(store, "D") == ["DealOpened", "DealMoved", "ActivityLogged"]


def test_a_deal_that_was_opened_here_is_not_the_imports(store, file):
    """An import writes only to streams that its source opened."""
    by_hand(store, DealOpened(process="sales", version=1, stage="lead"))
    report = brought_in(store, file(HEAD + WHOLE), EVENTS)
    assert names(store, "D") == ["DealOpened"]
    assert "was opened here; give this one an `id_prefix`" in report.rejects[0].reason
    assert report.deals == 1


def test_a_deal_of_another_source_is_kept_apart_by_a_prefix(store, file):
    """The same id from two systems is a reject, unless the mapping gives one of them a prefix."""
    path = file(HEAD + WHOLE)
    brought_in(store, path, EVENTS)
    other = EVENTS.replace("source: crm", "source: erp")
    assert brought_in(store, path, other).rejected == 2
    report = brought_in(store, path, other + "id_prefix: erp-\n")
    assert (report.rejected, report.new_deals) == (0, 2)
    assert names(store, "erp-D") == names(store, "D")


def test_a_deal_that_the_gate_moved_takes_no_imported_move(store, file):
    """Once the engine runs a deal, the old system may add facts to it and no stages."""
    brought_in(store, file(HEAD + CUT), EVENTS)
    by_hand(store, DealMoved(from_stage="offer", to_stage="contract"), version=len(names(store, "D")))
    report = brought_in(store, file(HEAD + WHOLE), EVENTS)
    assert names(store, "D")[-1] == "DealMoved"
    assert "the gate has moved this deal" in report.rejects[0].reason


def test_a_fact_of_our_own_is_no_conflict(store, file):
    """Events without a reference of the source are ours and left alone."""
    brought_in(store, file(HEAD + CUT), EVENTS)
    by_hand(store, FieldsChanged(set={"region": "north"}), version=len(names(store, "D")))
    report = brought_in(store, file(HEAD + WHOLE), EVENTS)
    assert (report.conflicts, names(store, "D")[-2:]) == (0, ["FieldsChanged", "DealWon"])


def test_a_later_process_version_is_no_difference(store, file):
    """A deal keeps the version it was pinned to; importing under a newer one changes nothing."""
    path = file(HEAD + WHOLE)
    brought_in(store, path, EVENTS)
    report = import_history(store, [path], read_mapping(EVENTS, "m"), sales(version=2))
    assert (report.events, report.conflicts) == (0, 0)


def test_a_deal_row_that_went_on_adds_its_new_stage(store, file):
    """From prospect to offer to won, export by export: one event a step."""
    for row in ("D,,Lead,,,\n", "D,,Offer,01.02.2026,,\n", "D,,Won,01.02.2026,03.03.2026,7\n"):
        assert brought_in(store, file(DEALS_HEAD + row), DEALS).conflicts == 0
    assert names(store, "D") == ["DealOpened", "DealMoved", "DealWon"]


def test_an_older_undated_export_is_a_conflict_and_moves_nothing_back(store, file):
    """Where a deal stood is not known to be newer than what the store has."""
    brought_in(store, file(DEALS_HEAD + "D,,Offer,01.02.2026,,\n"), DEALS)
    report = brought_in(store, file(DEALS_HEAD + "D,,Lead,,,\n"), DEALS)
    assert (report.conflicts, names(store, "D")) == (1, ["DealOpened"])


def test_a_closing_date_that_changed_is_a_conflict(store, file):
    """One row a deal closes it once: another date is another story, and listed."""
    brought_in(store, file(DEALS_HEAD + "D,,Won,01.02.2026,03.03.2026,7\n"), DEALS)
    report = brought_in(store, file(DEALS_HEAD + "D,,Won,01.02.2026,04.03.2026,7\n"), DEALS)
    assert (report.conflicts, report.events) == (1, 0)


def test_row_ids_tell_rows_apart_and_settle_ties(store, file):
    """With a row id, equal times go by the id, and a row id that comes twice is a reject."""
    mapping = EVENTS + "row_id: nr\nties: row_id\n"
    head = "nr,deal,at,who,stage,amount\n"
    rows = "10,D,2026-01-01,,offer,\n9,D,2026-01-01,,lead,\n9,D,2026-01-05,,contract,\n"
    report = brought_in(store, file(head + rows), mapping)
    assert [recorded.envelope.source_ref.key for recorded in store.events("deal:D")] == ["9", "10"]
    assert [(r.line, r.value) for r in report.rejects] == [(4, "9")]


def test_a_batch_that_another_writer_disturbs_is_decided_again(file, monkeypatch):
    """Someone else may write while an import runs; nothing is lost and nothing comes twice."""
    store = empty_store()
    monkeypatch.setattr(store, "append_many", _disturbed_once(store.append_many))
    report = brought_in(store, file(HEAD + WHOLE), EVENTS)
    assert (report.rejected, names(store, "E"), names(store, "D")) == (1, ["DealOpened"], ["DealOpened"])


def _disturbed_once(append):
    done: list[bool] = []

    def disturbing(batch):
        if not done:
            done.append(True)
            made = Envelope(at=datetime(2026, 1, 1, tzinfo=UTC), actor="ann", command_id="c")
            opened = DealOpened(process="sales", version=1, stage="lead")
            append([StreamAppend("deal:D", 0, (Draft(made, opened),))])
        return append(batch)

    return disturbing


@pytest.fixture(scope="module")
def law_folder(tmp_path_factory):
    """One folder for all examples; each writes its two files anew."""
    return tmp_path_factory.mktemp("law")


MOMENTS = st.integers(0, 40).map(lambda n: f"2026-01-{1 + n // 4:02d}T{6 * (n % 4):02d}:00:00")
ROWS = st.tuples(
    st.sampled_from(["A", "B", "C"]),
    MOMENTS,
    st.sampled_from(["", "ann", "bob"]),
    st.sampled_from(["lead", "offer", "contract", "Won", "Lost", "Archived", "Junk", ""]),
    st.sampled_from(["", "1", "2"]),
)


@settings(max_examples=150)
@given(st.lists(ROWS, max_size=16), MOMENTS, st.booleans(), st.booleans())
def test_cut_and_whole_are_the_whole_for_any_history(law_folder, rows, until, reopens, cut_first):
    """Law: a history cut at any time and the whole of it, in either order, are the whole, event by event."""
    folder = law_folder
    mapping = EVENTS + f"reopens: {str(reopens).lower()}\n"
    files = {"whole": rows, "cut": [row for row in rows if row[1] <= until]}
    for name, kept in files.items():
        (folder / name).write_text(HEAD + "".join(",".join(row) + "\n" for row in kept), encoding="utf-8")
    once, both = empty_store(), empty_store()
    brought_in(once, folder / "whole", mapping)
    for name in ("cut", "whole") if cut_first else ("whole", "cut"):
        assert brought_in(both, folder / name, mapping).conflicts == 0
    assert history(both) == history(once)
