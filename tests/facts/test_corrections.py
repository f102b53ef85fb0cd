"""Corrections in columns: after one is recorded the tables say what really was; before, what was known."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_engine import deal as e
from pipeline_engine.errors import EmptyWindow
from pipeline_engine.facts import TABLES, Facts, Instants, Probes, facts_of, ints
from pipeline_engine.facts.corrected import corrected
from pipeline_engine.facts.intake import Intake
from pipeline_engine.facts.standing import contact_ends, grant_ends, tick_ends
from pipeline_engine.facts.taken import Taken
from pipeline_engine.values import Money, moment_at
from pipeline_engine.views import bottlenecks, funnel, health
from tests.facts.corrected import DEALS, as_it_was, corrected_histories, correction, noon, stream, won
from tests.facts.given import Log, column, day, euro, opened, personal

pytestmark = pytest.mark.slow

LAWS = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
# What a log that was right at once cannot say: where corrections stand, and what was asked of void moves.
APART = {"deals": ("version", "position"), "changes": ("corrected_by",)}
ALIKE = (
    "deals", "stays", "changes", "activities", "contacts", "documents", "items", "follow_ups", "handoffs", "pauses",
)  # fmt: skip


@given(corrected_histories(), st.none() | st.integers(0, 6))
@LAWS
def test_after_corrections_the_tables_say_what_really_was(log: Log, until: int | None) -> None:
    """Every table, at every instant, is what it would be had everything been recorded right at once."""
    as_of = None if until is None else noon(until)
    told, was = log.facts(as_of=as_of), facts_of(as_it_was(log), as_of)
    for name in ALIKE:
        assert rows_of(told, name) == rows_of(was, name), name


def rows_of(facts: Facts, name: str) -> list[dict[str, Any]]:
    """The rows of a table without what stands apart, those of one event by their field.

    That an opening did not know a field after all is a row in the one log, and none in the other.
    """
    rows = facts.table(name).drop_columns(list(APART.get(name, ()))).to_pylist()
    if name != "changes":
        return rows
    openings = {(row["deal_id"], row["version"]) for row in facts.attempts.to_pylist() if row["kind"] == "open"}
    known = [row for row in rows if row["state"] == "set" or (row["deal_id"], row["version"]) not in openings]
    return sorted(known, key=lambda row: (row["deal_id"], row["version"], row["field"]))


@given(corrected_histories(), st.integers(0, 40))
@LAWS
def test_known_at_before_a_correction_is_what_was_known(log: Log, position: int) -> None:
    """Every table and every view at an earlier record time are those of the log as far as it went then."""
    cut = log.rows[: min(position, len(log.rows))]
    known_at = moment_at(cut[-1].recorded_at if cut else 0)
    then, only = log.facts(known_at=known_at), facts_of(cut)
    assert then.digest() == only.digest()
    assert all(then.table(name).equals(only.table(name)) for name in TABLES)
    assert views(then) == views(only)


@given(corrected_histories())
@LAWS
def test_every_view_after_corrections_is_that_of_what_really_was(log: Log) -> None:
    """Health, bottlenecks and funnel count what happened, and nothing that did not."""
    assert views(log.facts(as_of=day(9))) == views(facts_of(as_it_was(log), day(9)))


def views(facts: Facts) -> list[Any]:
    """Every view of the process, as scripts read it; none where there is no deal."""
    if not facts.deals.num_rows or not facts.processes:
        return []
    at, told = day(9), [health(facts, day(9), process="b2b").to_json(), funnel(facts, day(9), process="b2b").to_json()]
    try:
        return [*told, bottlenecks(facts, day(-1), day(8), as_of=at, process="b2b").to_json()]
    except EmptyWindow as empty:
        return [*told, {"empty": str(empty)}]


@given(corrected_histories())
@LAWS
def test_the_columns_say_what_the_fold_says(log: Log) -> None:
    """Two roads to one answer, corrections and all."""
    facts = log.facts()
    for deal_id in DEALS:
        deal = e.fold(stream(log, deal_id))
        row = next((row for row in facts.deals.to_pylist() if row["deal_id"] == deal_id), None)
        assert (row is not None) == (deal is not None and deal.opened)
        if deal is None or row is None:
            continue
        assert (row["stage"], row["owner"], row["entered_at"], row["opened_at"], row["paused"], row["version"]) == (
            deal.stage, deal.owner, deal.entered_at, deal.opened_at, deal.paused, deal.version,
        )  # fmt: skip
        if deal.merged_into is None:
            assert (row["status"], row["closed_at"]) == (deal.status, deal.closed_at)
        assert fields_of(facts, deal_id) == {k: v for k, v in deal.fields.items() if isinstance(v, (Money, bool))}
        paused = [row for row in facts.pauses.to_pylist() if row["deal_id"] == deal_id]
        assert deal.pauses.over == tuple((row["over_from"], row["over_to"]) for row in paused if row["over_from"])
        mine = [row for row in facts.activities.to_pylist() if row["deal_id"] == deal_id]
        assert column(mine, "kind", "at") == [(each.kind, each.at) for each in deal.activities]
        documents = [row for row in facts.documents.to_pylist() if row["deal_id"] == deal_id]
        assert column(documents, "name", "at") == [(each.name, each.at) for each in deal.documents]
        assert standing(facts, "items", deal_id, tick_ends(facts)) == sorted(
            each.at.isoformat() if each.at else "" for each in deal.ticked.values()
        )
        assert standing(facts, "contacts", deal_id, contact_ends(facts)) == sorted(
            each.at.isoformat() if each.at else "" for each in deal.contacts
        )


def fields_of(facts: Facts, deal_id: str) -> dict[str, Any]:
    """The latest money and flags of a deal, read as a rule would."""
    held, instants = {}, Instants(facts)
    place = facts.deal_ids.to_pylist().index(deal_id)
    probes = Probes.of(*(ints(pa.array([number])) for number in (place, 2**31 - 1, 0)))
    for name in ("amount", "ok"):
        found = instants.value_before(name, probes)
        if not found.missing[0]:
            value = found.values[0]
            held[name] = Money(int(value), "EUR") if name == "amount" else bool(value)
    return held


def standing(facts: Facts, table: str, deal_id: str, ends: Any) -> list[str]:
    """When what still stands of a deal was recorded to have happened."""
    rows = facts.table(table).to_pylist()
    kept = [row for row, end in zip(rows, ends, strict=True) if row["deal_id"] == deal_id and end == 2**31 - 1]
    return sorted(row["at"].isoformat() if row["at"] else "" for row in kept)


@given(corrected_histories())
@LAWS
def test_no_grant_stands_in_columns_that_does_not_stand_in_the_fold(log: Log) -> None:
    """What was used, lapsed or taken back before a correction stays so; what a corrected field bears ends."""
    facts = log.facts()
    ends = {
        (row["deal_id"], row["version"]): end
        for row, end in zip(facts.approvals.to_pylist(), grant_ends(facts), strict=True)
    }
    for deal_id in DEALS:
        deal = e.fold(stream(log, deal_id))
        for grant in (*deal.approvals, *deal.waivers) if deal and deal.opened else ():
            assert (ends[deal_id, grant.version] == 2**31 - 1) == grant.standing


# ---- told one by one


def test_a_void_move_leaves_no_stay_and_keeps_its_attempt() -> None:
    """It was asked and judged, and it did not happen."""
    log = Log().deal("A", day(0), opened()).deal("A", day(1), e.DealMoved(from_stage="lead", to_stage="qualified"))
    facts = log.deal("A", day(3), correction(2)).facts()
    assert column(facts.stays.to_pylist(), "stage", "ended") == [("lead", "still there")]
    assert column(facts.attempts.to_pylist(), "kind", "accepted", "voided") == [
        ("open", True, False), ("move", True, True),
    ]  # fmt: skip
    assert column(facts.deals.to_pylist(), "stage", "entered_at") == [("lead", day(0))]


def test_a_corrected_value_stands_at_its_first_time() -> None:
    """The change is where it was; beside it stands which correction says it."""
    log = won(9).deal("A", day(5), correction(2, "value", set={"amount": euro(8)}))
    rows = [row for row in log.facts().changes.to_pylist() if row["field"] == "amount"]
    assert column(rows, "version", "at", "integer", "corrected_by") == [
        (1, day(0), 50_000, None), (2, day(1), 80_000, 4),
    ]  # fmt: skip


def test_a_deal_is_worth_what_it_was_really_won_at() -> None:
    """A win took its amount from the field; corrected there, it is corrected in every sum."""
    facts = won(9).deal("A", day(5), correction(2, "value", set={"amount": euro(8)})).facts()
    assert column(facts.deals.to_pylist(), "status", "value") == [("won", 80_000)]
    assert facts.attempts["value"].to_pylist() == [50_000, 80_000]
    void = won(9).deal("A", day(5), correction(2)).facts()
    assert column(void.deals.to_pylist(), "value", "currency") == [(50_000, "EUR")]


def test_a_win_that_says_its_own_amount_keeps_it() -> None:
    """What a source says a deal was won at is not what the field said, and stays."""
    log = Log().deal("A", day(0), opened(fields={"amount": euro(5)}))
    log.imported("A", day(1), e.DealWon(from_stage="lead", amount=euro(7), basis="source"))
    facts = log.deal("A", day(2), correction(1, "value", set={"amount": euro(6)})).facts()
    assert facts.deals["value"].to_pylist() == [70_000]


def test_an_earlier_instant_knows_what_was_corrected_since() -> None:
    """As of a day before the correction, known today: the right value, on that day already."""
    log = won(9).deal("A", day(5), correction(2, "value", set={"amount": euro(8)}))
    assert log.facts(as_of=day(1)).deals["value"].to_pylist() == [80_000]
    before = moment_at(log.rows[-1].recorded_at - 1)
    assert log.facts(as_of=day(1), known_at=before).deals["value"].to_pylist() == [90_000]


def test_a_merge_by_ourselves_ends_the_stay_as_merged() -> None:
    """Whoever found that two deals are one, the deal is out of every count of open ones."""
    merged = e.DealMerged(into="B", reason=personal("x"), basis="correction")
    facts = Log().deal("A", day(0), opened()).deal("A", day(1), merged).facts()
    assert column(facts.deals.to_pylist(), "status") == ["merged"]
    assert column(facts.stays.to_pylist(), "ended", "left") == [("merged", day(1))]


def test_corrections_are_told_one_by_one() -> None:
    """Who said what of which event, and which fields it bears on."""
    log = Log().deal("A", day(0), opened(fields={"amount": euro(5)}), e.FieldsChanged(set={"n": 1}))
    proposed = e.CorrectionProposed(corrects=2, kind="void", role="ops", reason=personal("x"))
    log.deal("A", day(1), correction(1, "value", cleared=("amount",)), proposed, correction(2, proposed=4))
    log.deal("A", day(1), e.CorrectionRefused(corrects=2, kind="void", why="no-role"))
    rows = log.facts().corrections.to_pylist()
    assert column(rows, "event", "kind", "corrects", "fields", "proposed", "why") == [
        ("recorded", "value", 1, ["amount"], None, None), ("proposed", "void", 2, [], None, None),
        ("recorded", "void", 2, ["n"], 4, None), ("refused", "void", 2, [], None, "no-role"),
    ]  # fmt: skip


def test_a_log_without_corrections_is_not_touched() -> None:
    """The columns are those that were written, not copies of them."""
    taken = Taken.of(Intake())
    assert corrected(taken, {}, None) is taken
