"""Handovers in columns: who was asked, for how long, and what became of it."""

from hypothesis import given

from pipeline_engine import deal as e
from tests.facts.given import Log, column, day, opened
from tests.facts.histories import histories

ASKED = e.HandoffRequested(to="rep-2")


def asked() -> Log:
    """rep-1's deal, which rep-2 is asked to take over a day later."""
    return Log().deal("D", day(0), opened()).deal("D", day(1), ASKED)


def test_a_handover_says_who_asked_whom_and_when() -> None:
    """While nobody has answered it is open, and the deal is still its owner's."""
    (row,) = asked().facts().handoffs.to_pylist()
    assert (row["from_owner"], row["to_owner"], row["actor"], row["outcome"]) == ("rep-1", "rep-2", "rep-1", "open")
    assert (row["asked_at"], row["answered_at"], row["answered_version"]) == (day(1), None, None)


def test_how_each_handover_ended() -> None:
    """Accepted, declined, withdrawn, or overtaken where the deal got another owner or was merged meanwhile."""
    answers = {
        "accepted": e.HandoffAccepted(owner="rep-2"), "declined": e.HandoffDeclined(),
        "withdrawn": e.HandoffWithdrawn(), "overtaken": e.OwnerAssigned(owner="rep-3"),
    }  # fmt: skip
    for outcome, event in answers.items():
        (row,) = asked().deal("D", day(4), event).facts().handoffs.to_pylist()
        assert (row["outcome"], row["answered_at"], row["answered_version"]) == (outcome, day(4), 3)
    assert asked().deal("D", day(4), e.DealMerged(into="E")).facts().handoffs["outcome"].to_pylist() == ["overtaken"]


def test_who_accepts_owns_the_deal_from_then_on() -> None:
    """The deals and every later attempt name the new owner; the stay keeps the one it began with."""
    log = asked().deal("D", day(4), e.HandoffAccepted(owner="rep-2"))
    log.deal("D", day(5), e.DealMoved(from_stage="lead", to_stage="qualified"))
    facts = log.facts()
    assert facts.deals["owner"].to_pylist() == ["rep-2"]
    assert column(facts.stays.to_pylist(), "stage", "owner") == [("lead", "rep-1"), ("qualified", "rep-2")]


def test_an_answer_is_not_known_before_it_was_given() -> None:
    """As of a day before the answer the handover is open."""
    log = asked().deal("D", day(4), e.HandoffDeclined())
    assert log.facts(as_of=day(3)).handoffs["outcome"].to_pylist() == ["open"]


@given(histories())
def test_a_handover_is_open_where_the_deal_says_so(log: Log) -> None:
    """What stands open in the facts is what folding each deal says."""
    found = {row["deal_id"]: (row["to_owner"], row["version"]) for row in _open(log)}
    deals = {name: e.fold(each for each in log.recorded if each.stream == f"deal:{name}") for name in ("A", "B", "C")}
    told = {name: (d.handoff.to, d.handoff.version) for name, d in deals.items() if d and d.handoff}
    assert found == told


def _open(log: Log) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = log.facts().handoffs.to_pylist()
    return [row for row in rows if row["outcome"] == "open"]
