"""
The other tables: attempts, deals, changes, activities, approvals and contacts, and what their columns mean.
"""

import json
from datetime import date, time

import pytest

from pipeline_engine import deal as e
from pipeline_engine.facts import TABLES, exact_sum, reference
from pipeline_engine.process import Process, Stage
from pipeline_engine.values import Document, Money, Value
from tests.facts.given import MONDAY, PROCESS, Log, column, day, euro, judged, opened, personal, sealed


def test_every_column_has_a_meaning_and_times_and_money_a_unit() -> None:
    """The reference leaves no column unexplained."""
    lines = list(reference())
    assert {line.table for line in lines} == set(TABLES)
    assert all(line.doc for line in lines)
    assert all(line.unit for line in lines if line.type.startswith("timestamp") or line.column == "value")


def test_tables_have_exactly_the_documented_columns(small_log: Log) -> None:
    """What is handed out is what is documented, sorted by deal and version, in one chunk."""
    facts = small_log.facts()
    for name, schema in TABLES.items():
        table = facts.table(name)
        assert table.schema.equals(schema, check_metadata=True), name
        assert all(part.num_chunks <= 1 for part in table.columns), name
        rows = table.to_pylist()
        order = [(row["deal_id"], row.get("version") or row.get("entered_version")) for row in rows]
        assert order == sorted(order, key=lambda key: (key[0].encode(), key[1])), name
    with pytest.raises(KeyError):
        facts.table("no-table")


@pytest.fixture
def small_log() -> Log:
    """Two deals and a refused opening, in the order nobody sorts by."""
    log = Log().deal("é", day(0), opened(fields={"amount": euro(10)})).deal("z", day(0), opened())
    log.deal("é", day(1), e.ActivityLogged(kind="call", minutes=3, with_whom=personal("someone")))
    log.deal("a", day(1), refused_opening(amount=5)).deal(
        "z", day(2), e.ContactLinked(contact=personal("x"), role="champion")
    )
    return log.deal("z", day(2), e.ApprovalRequested(rule="r", target="won", role="vp"))


def refused_opening(amount: int) -> e.OpeningRefused:
    """An opening that the gate did not let through."""
    return e.OpeningRefused(
        process="b2b",
        version=1,
        stage="lead",
        owner="rep-2",
        fields={"amount": euro(amount)},
        verdicts=judged("f"),
    )


def test_a_refused_opening_is_an_attempt_of_no_deal() -> None:
    """What was proposed is kept apart: no deal ever had it."""
    facts = Log().deal("D", day(0), refused_opening(amount=5)).facts()
    assert (facts.deals.num_rows, facts.stays.num_rows, facts.changes.num_rows) == (0, 0, 0)
    (attempt,) = facts.attempts.to_pylist()
    assert (attempt["kind"], attempt["accepted"], attempt["to_stage"]) == ("open", False, "lead")
    assert (attempt["owner"], attempt["value"], attempt["currency"]) == ("rep-2", 50_000, "EUR")
    assert column(facts.proposed.to_pylist(), "deal_id", "version", "field") == [("D", 1, "amount")]


def test_an_opening_after_refusals_starts_with_its_own_fields() -> None:
    """The deal begins at its opening, whatever was proposed before."""
    log = Log().deal("D", day(0), refused_opening(amount=5)).deal("D", day(1), opened(fields={"amount": euro(7)}))
    facts = log.facts()
    assert column(facts.attempts.to_pylist(), "accepted", "value") == [(False, 50_000), (True, 70_000)]
    assert column(facts.deals.to_pylist(), "value", "opened_at", "version") == [(70_000, day(1), 2)]


def test_an_attempt_carries_its_verdicts_and_the_value_of_its_time() -> None:
    """The amount at the time of the move, never the closing value; codes and context as stored."""
    context = {"actor.roles": e.ContextValue(value=("rep",), stream="person:rep-1", version=4)}
    verdicts = judged("pfuwn", day(2), 2).model_copy(update={"context": context})
    log = Log().deal("D", day(0), opened(fields={"amount": euro(10)}))
    log.deal("D", day(1), e.FieldsChanged(set={"amount": euro("12.5")}))
    log.deal(
        "D",
        day(2),
        e.DealMoved(from_stage="lead", to_stage="qualified", verdicts=verdicts, reason=personal("why")),
    )
    log.deal("D", day(3), e.FieldsChanged(set={"amount": euro(99)}))
    row = log.facts().attempts.to_pylist()[1]
    assert (row["codes"], row["now"], row["judged_at"], row["digest"]) == ("pfuwn", day(2), 2, "d1")
    assert json.loads(row["context"])["actor.roles"] == {
        "value": ["rep"],
        "stream": "person:rep-1",
        "version": 4,
    }
    assert json.loads(row["reason"]) == sealed("why")
    assert (row["value"], row["currency"], row["from_stage"], row["via"]) == (
        125_000,
        "EUR",
        "lead",
        "python",
    )


def test_observed_moves_are_attempts_without_codes() -> None:
    """A candidate can be tried on what another system did; the process is the one the deal runs under."""
    log = Log().imported("D", day(0), opened(basis="source"))
    log.imported("D", day(1), e.DealMoved(from_stage="lead", to_stage="qualified", basis="source"))
    row = log.facts().attempts.to_pylist()[1]
    assert (row["kind"], row["accepted"], row["basis"], row["via"]) == ("move", True, "source", "import")
    assert (row["codes"], row["digest"], row["now"], row["context"]) == (None, None, None, None)
    assert (row["process"], row["process_version"]) == ("b2b", 1)


def test_outcomes_and_reopenings_are_attempts_at_their_word(judgement: e.Verdicts) -> None:
    """Targets are won, lost and reopen; a merge was asked of nobody."""
    log = Log().deal("D", day(0), opened(fields={"amount": euro(1)}))
    log.deal("D", day(1), e.MoveRefused(attempt="lose", from_stage="lead", lost_reason="price", verdicts=judgement))
    log.deal("D", day(2), e.DealLost(from_stage="lead", reason="price", note=personal("too dear")))
    log.deal("D", day(3), e.DealReopened(to_stage="qualified"), e.DealWon(from_stage="qualified", amount=euro(8)))
    log.deal("D", day(4), e.DealMerged(into="E"))
    rows = log.facts().attempts.to_pylist()[1:]
    assert column(rows, "kind", "from_stage", "to_stage", "accepted", "lost_reason", "value") == [
        ("lose", "lead", "lost", False, "price", 10_000),
        ("lose", "lead", "lost", True, "price", 10_000),
        ("reopen", "lead", "reopen", True, None, 10_000),
        ("win", "qualified", "won", True, None, 80_000),
    ]
    assert json.loads(rows[1]["reason"]) == sealed("too dear")


def test_a_deal_stands_as_its_latest_steps_say() -> None:
    """Status apart from stage; a lost deal keeps its stage; an import that its source deleted is marked."""
    log = Log().imported("L", day(0), opened("proposal", basis="source"))
    log.imported("L", day(6), e.DealLost(from_stage="proposal", reason="price", basis="source"))
    log.imported("L", day(7), e.SourceStageNoted(stage="lead"), e.DealRemovedAtSource())
    log.deal("W", day(0), opened(fields={"amount": euro(5)})).deal(
        "W", day(1), e.DealWon(from_stage="lead", amount=euro(9))
    )
    log.deal("M", day(0), opened()).deal("M", day(2), e.DealMerged(into="W"))
    lost, merged, won = log.facts().deals.to_pylist()
    assert (lost["status"], lost["stage"], lost["lost_reason"], lost["closed_at"]) == (
        "lost",
        "proposal",
        "price",
        day(6),
    )
    assert (lost["imported"], lost["removed"], lost["version"], lost["last_event_at"]) == (
        True,
        True,
        4,
        day(7),
    )
    assert (won["status"], won["value"], won["closed_at"], won["imported"]) == ("won", 90_000, day(1), False)
    assert (merged["status"], merged["closed_at"], merged["value"]) == ("merged", day(2), None)


def test_a_reopened_deal_is_worth_its_field_again() -> None:
    """The won amount belongs to the win; closing facts go with it."""
    log = Log().deal("D", day(0), opened(fields={"amount": euro(5)}))
    log.deal("D", day(1), e.DealWon(from_stage="lead", amount=euro(9))).deal(
        "D", day(2), e.DealReopened(to_stage="lead")
    )
    (deal,) = log.facts().deals.to_pylist()
    assert (deal["status"], deal["value"], deal["closed_at"], deal["entered_at"]) == (
        "open",
        50_000,
        None,
        day(2),
    )


def test_signs_of_life_go_by_when_they_happened() -> None:
    """A backdated activity is not a later sign of life; each clock has its own events."""
    log = Log().deal("D", day(0), opened()).deal("D", day(5), e.ActivityLogged(kind="call"))
    log.deal("D", day(2), e.ActivityLogged(kind="meeting")).deal("D", day(6), e.FieldsChanged(cleared=("amount",)))
    log.deal("D", day(8), e.NoteRecorded(text=personal("note")))
    (deal,) = log.facts().deals.to_pylist()
    assert (deal["last_activity_at"], deal["last_change_at"], deal["last_event_at"]) == (
        day(5),
        day(6),
        day(8),
    )


def test_the_value_is_the_money_of_the_field_the_process_names() -> None:
    """
    A process without a value field has deals without a value; a cleared value is none; other kinds are none.
    """
    bare = Process(name="bare", version=3, digest="d3", currency="EUR", stages=(Stage(id="lead"),))
    log = Log().publish(bare).deal("A", day(0), opened(process="bare", version=3, fields={"amount": euro(1)}))
    log.deal("B", day(0), opened(fields={"amount": euro(1)}), e.FieldsChanged(cleared=("amount",)))
    log.deal("C", day(0), opened(fields={"amount": "a lot"})).deal(
        "E", day(0), opened(fields={"amount": Money(7, "USD")})
    )
    facts = log.facts()
    assert column(facts.deals.to_pylist(), "value", "currency") == [(None, None)] * 3 + [(7, "USD")]
    assert set(facts.processes) == {("b2b", 1), ("bare", 3)}
    assert facts.processes["b2b", 1] == PROCESS


def test_changes_keep_every_kind_of_value() -> None:
    """Each kind in its column, a personal value sealed, set and cleared apart, the owner like a field."""
    values: dict[str, Value] = {
        "amount": euro("-0.0001"), "note": "text", "n": -3, "x": 0.5, "ok": True, "due": date(2026, 1, 31),
        "when": MONDAY, "hour": time(9, 30), "tags": ("a", "b"), "doc": Document("offer", "ab"),
        "mail": personal("a@b"), "big": 2**63 - 1,
    }  # fmt: skip
    log = Log().deal("D", day(0), opened(owner=None)).deal("D", day(1), e.FieldsChanged(set=values, cleared=("old",)))
    log.deal("D", day(2), e.OwnerAssigned(owner="rep-2"))
    rows = {row["field"]: row for row in log.facts().changes.to_pylist()}
    told = {name: (row["kind"], row["text"] or row["integer"] or row["real"]) for name, row in rows.items()}
    assert {name: told[name] for name in ("amount", "n", "x", "ok", "due")} == {
        "amount": ("money", -1), "n": ("int", -3), "x": ("number", 0.5), "ok": ("bool", 1),
        "due": ("date", 20_484),
    }  # fmt: skip
    assert told["when"] == ("instant", 1_767_603_600_000_000)
    assert told["hour"] == ("time", 34_200_000_000)
    assert told["tags"] == ("many", '["a","b"]')
    assert json.loads(rows["doc"]["text"]) == {"document": "offer", "sha256": "ab"}
    assert json.loads(rows["mail"]["text"]) == sealed("a@b")
    assert told["big"] == ("int", 2**63 - 1)
    assert (rows["old"]["state"], rows["old"]["kind"], rows["note"]["state"]) == ("cleared", None, "set")
    assert told["@owner"] == ("text", "rep-2")


def test_imported_evidence_says_when_its_source_knew() -> None:
    """By the source's own note, else by when it happened; our own rows go by their place in the stream."""
    log = Log().imported("D", day(0), opened(basis="source"))
    log.imported("D", day(1), e.ActivityLogged(kind="call"), noted=day(3)).imported(
        "D", day(1), e.ActivityLogged(kind="call")
    )
    log.deal("D", day(1), e.ActivityLogged(kind="call"))
    assert column(log.facts().activities.to_pylist(), "known_at", "imported") == [
        (day(3), True), (day(1), True), (None, False),
    ]  # fmt: skip


def test_approvals_and_contacts_keep_who_and_what() -> None:
    """One row an event around an approval or a waiver, with what it lapses on."""
    log = Log().deal("D", day(0), opened())
    log.deal("D", day(1), e.ApprovalRequested(rule="r", target="won", role="vp"))
    log.deal("D", day(2), granted := e.ApprovalGranted(
        rule="r", target="won", role="vp", seen_version=2, lapses_on=("amount",), expires_at=day(9)
    ), actor="vp-1")  # fmt: skip
    log.deal("D", day(3), e.ApprovalExpired(rule="r", target="won", granted_version=3))
    log.deal("D", day(3), e.WaiverRefused(rule="r", target="won", why="four-eyes"))
    log.deal(
        "D",
        day(4),
        e.ContactLinked(contact=personal("x"), role="champion"),
        e.ContactUnlinked(contact=personal("x"), role="champion"),
    )
    facts = log.facts()
    rows = facts.approvals.to_pylist()
    assert column(rows, "event", "actor", "role", "seen_version", "lapses_on", "expires_at") == [
        ("requested", "rep-1", "vp", None, None, None),
        ("granted", "vp-1", "vp", granted.seen_version, ["amount"], day(9)),
        ("expired", "rep-1", None, 3, None, None),
        ("waiver_refused", "rep-1", None, None, None, None),
    ]
    assert column(facts.contacts.to_pylist(), "role", "linked") == [("champion", True), ("champion", False)]


def test_sums_past_sixty_four_bits_are_exact() -> None:
    """Money and durations may add up to more than any column holds; the sum does not wrap round."""
    most = Money(2**63 - 1, "EUR")
    log = Log()
    for number in range(5):
        log.deal(f"D-{number}", day(0), opened(fields={"amount": most}))
    values = log.facts().deals["value"]
    assert exact_sum(values) == 5 * (2**63 - 1)
    assert values.to_numpy().sum() != 5 * (2**63 - 1), "the control must lose something"


def test_documents_and_items_are_rows_as_they_happened() -> None:
    """One row a paper attached and one a tick given or taken back, with who and when."""
    log = Log().deal("D", day(0), opened()).deal("D", day(1), e.DocumentAttached(name="nda", sha256="ab" * 32))
    log.deal("D", day(2), e.ItemTicked(item="legal-ok"), e.ItemUnticked(item="legal-ok"), actor="mgr-1")
    facts = log.facts()
    assert column(facts.documents.to_pylist(), "deal_id", "version", "at", "name", "sha256", "actor", "imported") == [
        ("D", 2, day(1), "nda", "ab" * 32, "rep-1", False)
    ]
    assert column(facts.items.to_pylist(), "version", "at", "item", "ticked", "actor") == [
        (3, day(2), "legal-ok", True, "mgr-1"), (4, day(2), "legal-ok", False, "mgr-1"),
    ]  # fmt: skip
    assert log.facts(as_of=day(1)).items.num_rows == 0


def test_follow_ups_are_rows_planned_and_there() -> None:
    """When each is due, null where nobody knows; the row that notes it as there repeats nothing."""
    log = Log().deal("D", day(0), opened()).deal(
        "D", day(1), e.DealWon(from_stage="lead"), e.FollowUpPlanned(process="renewal", deal_id="D-r", due=day(9)),
        e.FollowUpPlanned(process="survey", deal_id="D-s"),
    )  # fmt: skip
    rows = log.deal("D", day(2), e.FollowUpOpened(deal_id="D-r")).facts().follow_ups.to_pylist()
    assert column(rows, "version", "follow_up", "process", "due", "opened") == [
        (3, "D-r", "renewal", day(9), False), (4, "D-s", "survey", None, False), (5, "D-r", None, None, True),
    ]  # fmt: skip


def test_a_refused_change_is_in_no_table() -> None:
    """It changed nothing, and is no sign of a change; the log has it."""
    log = (
        Log().deal("D", day(0), opened()).deal("D", day(3), e.ChangeRefused(fields=("n",), stage="lead", why="locked"))
    )
    facts = log.facts()
    assert facts.changes.num_rows == 1
    assert column(facts.deals.to_pylist(), "last_change_at", "version") == [(day(0), 2)]
