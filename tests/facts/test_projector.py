"""The projector: following the log, standing at an instant, and always making the same of the same."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_engine import deal as e
from pipeline_engine.errors import UnreadableEvent
from pipeline_engine.facts import Facts, Projector, facts_of, ledger, projector
from pipeline_engine.store import Row
from pipeline_engine.values import moment_at
from tests.facts.given import Log, column, day, euro, opened
from tests.facts.histories import days, histories

pytestmark = pytest.mark.slow


def test_an_empty_log_is_no_error() -> None:
    """Nothing is known of nothing."""
    facts = facts_of([])
    assert (facts.position, facts.undated, facts.deals.num_rows, len(facts.deal_ids)) == (0, 0, 0, 0)
    assert len(facts.digest()) == 64


def test_rows_read_before_are_passed_over() -> None:
    """Reading on from too early counts nothing twice."""
    log = Log().deal("D", day(0), opened()).deal("D", day(1), e.ActivityLogged(kind="call"))
    follower = Projector()
    assert follower.advance(log.rows[:2]) == 2
    assert follower.advance(log.rows) == 1
    assert follower.advance(log.rows) == 0
    assert (follower.position, follower.facts().activities.num_rows) == (3, 1)


@given(histories(), st.lists(st.integers(0, 40), max_size=6), st.booleans())
def test_batch_sizes_do_not_matter(log: Log, cuts: list[int], asking: bool) -> None:
    """One digest for one log, however it came in and whatever was asked on the way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "PENDING", 3)
        patch.setattr(projector, "PENDING", 2)
        follower = Projector()
        for start, end in pairwise([0, *sorted(cuts), len(log.rows)]):
            follower.advance(log.rows[start : max(start, end)])
            if asking:
                follower.facts(as_of=day(1))
    assert follower.facts().digest() == log.facts().digest()


def test_another_log_has_another_digest() -> None:
    """The control: a digest that never changes would prove nothing."""
    digests = {
        Log().deal("D", at, opened(fields={"amount": euro(amount)}), e.ActivityLogged(kind=kind)).facts().digest()
        for at in (day(0), None)
        for amount in (1, 2)
        for kind in ("call", "meeting")
    }
    assert len(digests) == 8


@given(histories(), days)
def test_as_of_is_projecting_only_what_happened_by_then(log: Log, until: int) -> None:
    """The view of an instant rests on nothing that came later; undated events are in it, and counted."""
    kept = [
        row
        for row, recorded in zip(log.rows, log.recorded, strict=True)
        if recorded.envelope.at is None or recorded.envelope.at <= day(until)
    ]
    then, only = log.facts(as_of=day(until)), facts_of(kept)
    assert then.digest() == only.digest()
    assert (then.undated, then.deal_ids) == (only.undated, only.deal_ids)


@given(histories(), st.integers(0, 40))
def test_known_at_is_a_prefix_of_the_log(log: Log, position: int) -> None:
    """What was known at an instant is what had been recorded by then, and nothing else."""
    cut = log.rows[: min(position, len(log.rows))]
    known_at = moment_at(cut[-1].recorded_at if cut else 0)
    then, only = log.facts(known_at=known_at), facts_of(cut)
    assert (then.digest(), then.position, then.processes) == (only.digest(), only.position, only.processes)


def test_a_deal_opened_later_is_not_there_yet() -> None:
    """Earlier facts of a deal that was not open yet do not bring it into being."""
    log = Log().imported("D", day(5), opened(basis="source")).imported("D", day(2), e.ActivityLogged(kind="call"))
    facts = log.facts(as_of=day(3))
    assert (facts.deals.num_rows, facts.activities.num_rows, len(facts.deal_ids)) == (0, 0, 0)


def test_out_of_order_imports_keep_the_order_of_their_source() -> None:
    """What an as-of view includes stays in stream order; times decide what is in, not what comes first."""
    log = Log().imported("D", day(0), opened("lead", basis="source"))
    for number, stage in ((4, "qualified"), (2, "proposal"), (9, "negotiation")):
        log.imported("D", day(number), e.DealMoved(from_stage="lead", to_stage=stage, basis="source"))
    stays = log.facts(as_of=day(4)).stays.to_pylist()
    assert column(stays, "stage", "anomaly") == [("lead", False), ("qualified", True), ("proposal", False)]


def test_undated_events_are_counted() -> None:
    """Whoever reads an instant is told how much of it has no time."""
    log = Log().deal("D", day(0), opened()).imported("D", None, e.ActivityLogged(kind="call"))
    facts = log.facts(as_of=day(0))
    assert (facts.undated, facts.activities.num_rows, facts.as_of) == (1, 1, day(0))


@pytest.mark.parametrize(
    "payload",
    [
        b"no json",
        b"[]",
        b'{"at":"2026-01-01T09:00:00","actor":"a","data":{"to_stage":"lead"}}',
        b'{"data":{}}',
    ],
)
def test_a_row_that_cannot_be_read_is_named(payload: bytes) -> None:
    """No row is skipped: stream, version and position say where to look."""
    bad = Row(2, "deal:D", 1, 0, "DealMoved", payload)
    with pytest.raises(UnreadableEvent, match=r"event 1 of stream `deal:D` \(position 2\)"):
        facts_of([*Log().rows, bad])


def test_an_unreadable_row_leaves_nothing_behind() -> None:
    """What was half written is taken back: a row that can be read then takes its place."""
    log = Log().deal("D", day(0), opened(), e.FieldsChanged(set={"n": 1, "m": 2}), e.ActivityLogged(kind="call"))
    good, follower = log.rows[2], Projector()
    follower.advance(log.rows[:2])
    with pytest.raises(UnreadableEvent):
        follower.advance([good._replace(payload=good.payload.replace(b'"m":2', b'"m":{}'))])
    follower.advance(log.rows)
    assert follower.facts().digest() == log.facts().digest()


def test_personal_text_in_the_clear_is_unreadable() -> None:
    """
    Facts hold personal values only sealed; one that is not is a fault of the store, and not copied further.
    """
    clear = b'{"at":null,"actor":"a","data":{"set":{"mail":{"personal":"x","subject":"deal"}}}}'
    with pytest.raises(UnreadableEvent, match="cannot be read: no event, but ValueError"):
        facts_of([Row(1, "deal:D", 1, 0, "FieldsChanged", clear)])


@given(histories())
def test_deals_say_what_their_fold_says(log: Log) -> None:
    """The columns and the deal's own fold are two roads to one answer."""
    folded = {deal: e.fold(r for r in log.recorded if r.stream == f"deal:{deal}") for deal in ("A", "B", "C")}
    facts = log.facts()
    rows = {row["deal_id"]: row for row in facts.deals.to_pylist()}
    assert rows.keys() == {name for name, deal in folded.items() if deal and deal.opened}
    for name, row in rows.items():
        deal = folded[name]
        assert deal is not None
        same = (
            row["owner"],
            row["stage"],
            row["opened_at"],
            row["entered_at"],
            row["paused"],
            row["removed"],
        )
        assert same == (deal.owner, deal.stage, deal.opened_at, deal.entered_at, deal.paused, deal.removed)
        if deal.merged_into is None:
            outcome = (row["status"], row["closed_at"], row["lost_reason"])
            assert outcome == (deal.status, deal.closed_at, deal.lost_reason)
        assert row["version"] == deal.version
    _check_stays(facts)


def _check_stays(facts: Facts) -> None:
    """Of each deal every stay but the last has ended; a deal that is open stands in its last one."""
    status = dict(column(facts.deals.to_pylist(), "deal_id", "status"))
    stays = facts.stays.to_pylist()
    for stay, after in zip(stays, [*stays, None][1:], strict=True):
        last = after is None or after["deal_id"] != stay["deal_id"]
        assert (stay["ended"] == "still there") == (last and status[stay["deal_id"]] == "open")
        assert stay["anomaly"] == bool(stay["entered"] and stay["left"] and stay["left"] < stay["entered"])
        assert stay["paused_us"] >= 0


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("NoteRecorded", b'{"actor":5,"data":{}}'),
        ("NoteRecorded", b'{"actor":"a","via":["cli"],"data":{}}'),
        ("NoteRecorded", b'{"actor":"a","at_precision":1,"data":{}}'),
        ("ActivityLogged", b'{"actor":"a","data":{"kind":"call","minutes":"long"}}'),
        ("ActivityLogged", b'{"actor":"a","data":{"kind":"call","minutes":1.5}}'),
        ("ActivityLogged", b'{"actor":"a","data":{"kind":"call","minutes":true}}'),
        ("ActivityLogged", b'{"actor":"a","data":{"kind":"call","minutes":9223372036854775808}}'),
        ("ActivityLogged", b'{"actor":"a","data":{"kind":{"secret":1}}}'),
        ("FieldsChanged", b'{"actor":"a","data":{"set":{"n":9223372036854775808}}}'),
        ("FieldsChanged", b'{"actor":"a","data":{"set":{"amount":{"money":1.5,"currency":"EUR"}}}}'),
        ("FieldsChanged", b'{"actor":"a","data":{"set":{"amount":{"money":1,"currency":7}}}}'),
        ("FieldsChanged", b'{"actor":"a","data":{"cleared":[5]}}'),
        ("OwnerAssigned", b'{"actor":"a","data":{"owner":["x"]}}'),
        ("DealMoved", b'{"actor":"a","data":{"from_stage":1,"to_stage":"lead"}}'),
        ("DealOpened", b'{"actor":"a","data":{"process":"b2b","version":2147483648,"stage":"lead"}}'),
        ("ApprovalGranted", b'{"actor":"a","data":{"rule":"r","target":"t","role":"x","seen_version":"3"}}'),
        (
            "ApprovalGranted",
            b'{"actor":"a","data":{"rule":"r","target":"t","role":"x","seen_version":3,"lapses_on":5}}',
        ),
        ("ApprovalGranted", b'{"actor":"a","data":{"rule":"r","target":"t","role":"x","expires_at":"secret"}}'),
    ],
)
def test_a_value_of_the_wrong_kind_is_found_at_its_row(name: str, payload: bytes) -> None:
    """Not when columns are made of it, when nobody knows whose it was; the row is not quoted, and the rest stands."""
    projector = Projector()
    projector.advance([Row(1, "deal:D", 1, 0, "DealPaused", b'{"actor":"a","data":{}}')])
    with pytest.raises(UnreadableEvent, match=r"event 2 of stream `deal:D` \(position 2\)") as caught:
        projector.advance([Row(2, "deal:D", 2, 0, name, payload)])
    assert "secret" not in str(caught.value)
    projector.advance([Row(2, "deal:D", 2, 0, "DealResumed", b'{"actor":"a","data":{}}')])
    assert projector.facts().position == 2
