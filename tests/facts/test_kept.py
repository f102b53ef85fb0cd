"""Facts that are kept and read on are the facts read from nothing, wherever the log is cut."""

import sqlite3
from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_engine.facts import KeptFacts, Projector, as_kept, kept, last_kept, parts
from pipeline_engine.store import Row, SpoiledView, ViewRows
from pipeline_engine.store.view_tables import SqliteRows
from tests.facts.given import Log, day, opened
from tests.facts.histories import histories

CUTS = st.lists(st.integers(0, 40), max_size=6)


def empty() -> ViewRows:
    """The tables, in a database of their own."""
    view, rows = KeptFacts(), SqliteRows(sqlite3.connect(":memory:", isolation_level=None).cursor())
    for table in view.tables:
        rows.make(table, 1)
    return rows.naming(view.tables, 1)


def take(view: ViewRows, rows: Sequence[Row], cuts: Sequence[int] = ()) -> None:
    """Keep these rows in several steps."""
    for start, end in pairwise([0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]):
        KeptFacts().take(rows[start:end], view)


def answers(projector: Projector) -> list[object]:
    """What is asked of facts: now, at moments, as known at moments, and as they were lived."""
    asked = [(None, None), (day(3), None), (None, day(0.4))]
    found = [projector.facts(*moments) for moments in asked]
    lived = projector.lived()
    return [*((facts.digest(), facts.position, facts.undated) for facts in found), lived.digest(), lived.lived is None]


def read(rows: Sequence[Row], lenient: bool = True) -> Projector:
    """The log read from nothing."""
    projector = Projector(lenient=lenient)
    projector.advance(rows)
    return projector


@settings(max_examples=12)
@given(histories(), CUTS, st.integers(0, 40), st.sampled_from([4, kept.LARGEST]))
def test_what_is_kept_and_read_on_is_what_is_read_from_nothing(
    log: Log, cuts: list[int], until: int, largest: int
) -> None:
    """The same digest now, at any moment and as lived, however the log was cut and whatever was kept of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "LARGEST", largest)
        view, until = empty(), min(until, len(log.rows))
        take(view, log.rows[:until], cuts)
    projector = as_kept(view, until, {})
    projector.advance(log.rows)
    assert answers(projector) == answers(read(log.rows))


@settings(max_examples=12)
@given(histories(), st.integers(1, 40))
def test_a_part_that_is_missing_makes_other_answers(log: Log, until: int) -> None:
    """The control: facts that begin with less than they say are told by the same comparison."""
    view, until = empty(), min(until, len(log.rows) - 1)
    take(view, log.rows[:until])
    projector = as_kept(view, until, {})
    projector.advance(log.rows[until + 1 :])
    assert answers(projector) != answers(read(log.rows))


@settings(max_examples=12)
@given(histories(), st.lists(st.integers(1, 40), max_size=3), st.integers(0, 40))
def test_events_that_were_left_out_stay_so(log: Log, bad: list[int], until: int) -> None:
    """An unreadable event and its stream behind it are left out alike, before and after what was kept."""
    rows = [row._replace(payload=b"") if row.position in bad else row for row in log.rows]
    whole = read(rows)
    aside = {each.position for each in whole.aside}
    until = min(until, len(rows))
    view = empty()
    take(view, [row for row in rows[:until] if row.position not in aside])
    stopped = {each.stream: each.position for each in whole.aside if each.behind is None and each.position <= until}
    projector = as_kept(view, until, stopped)
    projector.advance(rows)
    assert answers(projector) == answers(whole)
    assert {each.position for each in projector.aside} == {position for position in aside if position > until}


@settings(max_examples=12)
@given(histories())
def test_what_came_in_late_stands_where_it_happened(log: Log) -> None:
    """A stream that was put aside and is taken in later reads as if it had never been."""
    late = "deal:A"
    view = empty()
    take(view, [row for row in log.rows if row.stream != late], [3, 5])
    take(view, [row for row in log.rows if row.stream == late])
    assert answers(as_kept(view, len(log.rows), {})) == answers(read(log.rows))


def test_small_parts_are_joined() -> None:
    """However many small steps there are, their number grows with the number of digits only, and nothing is lost."""
    log = Log()
    for number in range(60):
        log.deal(f"E-{number}", day(number), opened())
    view = empty()
    take(view, log.rows, range(1, len(log.rows)))
    sizes = [size for (size,) in view.ask("SELECT size FROM {fact_parts} ORDER BY number")]
    assert (sum(sizes), len(sizes) < 9) == (len(log.rows), True)
    assert answers(as_kept(view, len(log.rows), {})) == answers(read(log.rows))


SPOILED = [
    "UPDATE {fact_parts} SET packed = zeroblob(length(packed)) WHERE number = 1",
    "UPDATE {fact_parts} SET crc = crc + 1 WHERE number = 1",
    "UPDATE {fact_parts} SET size = size + 1",
    "DELETE FROM {fact_parts} WHERE number = 1",
    "DELETE FROM {fact_header}",
    "UPDATE {fact_header} SET position = position - 1",
    "UPDATE {fact_header} SET stream = 'deal:Z'",
]


@pytest.mark.parametrize("harm", SPOILED)
def test_what_is_not_as_it_was_written_is_not_believed(harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that is changed, lost or of another log is no answer."""
    monkeypatch.setattr(kept, "LARGEST", 4)
    log = Log().deal("D", day(0), opened()).deal("E", day(1), opened()).deal("F", day(2), opened())
    view = empty()
    take(view, log.rows, [2])
    assert answers(as_kept(view, 4, {})) == answers(read(log.rows))
    view.ask(harm)
    with pytest.raises(SpoiledView):
        as_kept(view, 4, {})


def test_parts_that_another_form_wrote_are_not_believed() -> None:
    """Columns that this version does not write, in bytes that are whole."""
    log, view = Log(), empty()
    take(view, log.rows)
    part = Projector().part()
    strange = parts.packed(part._replace(log=part.log.rename_columns(["position", "at"])))
    view.ask("UPDATE {fact_parts} SET packed = ?, crc = ?", strange, crc32(strange))
    view.ask("UPDATE {fact_header} SET crc = ?", kept._seal(view, last_of(view)))
    with pytest.raises(SpoiledView, match="cannot be read: ValueError"):
        as_kept(view, 1, {})


def last_of(view: ViewRows) -> kept.Last:
    """The place that the header names, believed or not."""
    return kept.Last(*view.ask("SELECT position, stream, version, recorded_at FROM {fact_header}")[0])


def test_nothing_is_kept_of_an_empty_log() -> None:
    """And that is no error."""
    view = empty()
    assert last_kept(view) is None
    assert answers(as_kept(view, 0, {})) == answers(Projector())
