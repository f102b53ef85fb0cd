"""What no command may carry: it is refused when the command is made, in one line, and nothing is recorded."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest

from pipeline_engine.deal import (
    Approve,
    AssignOwner,
    Command,
    LogActivity,
    LoseDeal,
    MoveDeal,
    OpenDeal,
    RecordNote,
    SetFields,
    SetNextStep,
    WinDeal,
    preflight,
)
from pipeline_engine.deal.context import Context
from pipeline_engine.errors import BadMoment, BadValue, DealIsClosed, PipelineError
from pipeline_engine.process import Judge, load_process
from pipeline_engine.values import Document, Money, Personal
from tests.deal.story import JUDGE, MONDAY, PROCESS, REP, Story

BERLIN = timezone(timedelta(hours=1))
WHOLE: dict[str, Any] = {"deal_id": "D-1", "at": MONDAY, "by": "rep-1", "command_id": "c-1"}


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (WinDeal, {"by": "rep\ud800"}),
        (WinDeal, {"by": "two words"}),
        (WinDeal, {"by": "zero\u200bwidth"}),
        (WinDeal, {"by": ""}),
        (WinDeal, {"by": 5}),
        (WinDeal, {"by": "x" * 101}),
        (WinDeal, {"deal_id": ""}),
        (WinDeal, {"deal_id": "x" * 196}),
        (WinDeal, {"deal_id": "a\nb"}),
        (WinDeal, {"command_id": None}),
        (WinDeal, {"correlation_id": "\x00"}),
        (WinDeal, {"on_behalf_of": "Mr Smith"}),
        (WinDeal, {"at": datetime(2026, 1, 1)}),  # noqa: DTZ001 - a time without its zone is what is refused
        (WinDeal, {"at": "2026-01-01T00:00:00Z"}),
        (WinDeal, {"at": datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))}),
        (Approve, {"rule": "big-deal", "expires_at": datetime(2027, 1, 1)}),  # noqa: DTZ001 - as above
        (SetNextStep, {"text": "call", "due": date(2027, 1, 1)}),
        (AssignOwner, {"owner": "Jane Doe"}),
        (OpenDeal, {"process": "b2b", "owner": ""}),
        (LogActivity, {"kind": "call", "minutes": 1.5}),
        (LogActivity, {"kind": "call", "minutes": True}),
        (RecordNote, {"text": "half a character: \ud83d"}),
        (RecordNote, {"text": "NUL: \x00"}),
        (RecordNote, {"text": "x" * 10_001}),
        (RecordNote, {"text": b"bytes"}),
        (LoseDeal, {"reason": "price", "competitor": 5}),
        (MoveDeal, {"target": 5}),
        (MoveDeal, {"target": "x" * 100_000}),
        (SetFields, {"values": [("amount", 1)]}),
        (SetFields, {"values": {5: "x"}}),
        (SetFields, {"values": {"amount": object()}}),
        (SetFields, {"values": {"email": "\udfff"}}),
        (SetFields, {"values": {"email": Personal("deal:D-1", "\udfff")}}),
        (SetFields, {"values": {"email": Document("\udfff", "a" * 64)}}),
        (SetFields, {"values": {"region": ["EMEA", {"of": "NA"}]}}),
    ],
)
def test_what_cannot_be_kept_is_refused_when_the_command_is_made(kind: type[Command], what: dict[str, Any]) -> None:
    """One line that every terminal can print, before anything is looked up."""
    with pytest.raises(BadValue) as caught:
        kind(**{**WHOLE, **what})
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "given",
    [
        *(nan, inf, Decimal("sNaN"), Decimal("1E+999999"), 10**5000, -(10**400), True, "９", "1e3", "1,000", "0.00001"),
        *("922337203685477.5808", Personal("deal:D-1", "5"), ("1", "2"), date(2026, 1, 1), "5 eur"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_no_absurd_number_becomes_money(opened: Story, given: Any) -> None:
    """Every one of them is a bad value, and none is a crash."""
    with pytest.raises(BadValue):
        opened.when(SetFields, values={"amount": given})


@pytest.mark.parametrize("units", [1.5, True, 2**63, "5"])
def test_money_is_a_whole_number_of_64_bits(units: Any) -> None:
    """No other door makes money either."""
    with pytest.raises(ValueError, match="whole number"):
        Money(units, "EUR")


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "ＥＵＲ", None])
def test_money_has_a_currency(currency: Any) -> None:
    """Three capitals."""
    with pytest.raises(ValueError, match="currency"):
        Money(5, currency)


def test_a_personal_value_is_never_repeated_in_an_error() -> None:
    """Errors end up in logs; what a person typed about a person does not."""
    judge = Judge(load_process(PROCESS.replace("region: {", "mail: {type: text, personal: deal}\n  region: {"), "f"))
    story = Story(judge=judge).when(OpenDeal, process="b2b")
    with pytest.raises(BadValue) as caught:
        story.when(SetFields, values={"region": "nowhere", "mail": Personal("deal:D-1", None)})
    assert "nowhere" in str(caught.value) or "mail" in str(caught.value)
    with pytest.raises(BadValue, match="kept in the clear"):
        story.when(SetFields, values={"region": Personal("deal:D-1", "EMEA")})
    with pytest.raises(BadValue) as caught:
        RecordNote(**WHOLE, text="secret " * 2_000)
    assert "secret" not in str(caught.value)


def test_a_moment_is_kept_in_utc_whatever_zone_it_came_in() -> None:
    """One moment has one stored form, and one request one digest."""
    asked = Approve(**{**WHOLE, "at": MONDAY.astimezone(BERLIN)}, rule="big-deal", expires_at=MONDAY.astimezone(BERLIN))
    assert (asked.at.utcoffset(), asked.expires_at and asked.expires_at.tzinfo) == (timedelta(0), UTC)


def test_preflight_of_an_attempt_that_would_not_come_to_the_gate_says_so(opened: Story) -> None:
    """What the real command raises, its preflight raises too."""
    opened.when(LoseDeal, reason="price")
    assert opened.deal is not None
    probe = MoveDeal(**WHOLE, target="qualified")
    with pytest.raises(DealIsClosed):
        preflight(opened.deal, probe, ("move", "qualified"), (JUDGE, Context(MONDAY, REP)))


def backdating(how_far: str, by: str = "") -> Story:
    """A deal of a process that lets facts be backdated."""
    judge = Judge(load_process(PROCESS + f"backdate: {{max: {how_far}{by}}}\n", "f").model_copy(update={"version": 1}))
    return Story(judge=judge).when(OpenDeal, process="b2b", owner="rep-1")


@pytest.mark.parametrize(
    ("how_far", "works"), [("0d", False), ("36h", True), ("35h", False), ("2d", True), ("1w", True)]
)
def test_facts_are_backdated_as_far_as_the_process_allows(how_far: str, works: bool) -> None:
    """A day and a half back."""
    story = backdating(how_far)
    late = {"at": MONDAY + timedelta(days=5), "ago": timedelta(hours=36)}
    if works:
        story.when(LogActivity, kind="call", **_dated(late))
        return
    with pytest.raises(BadMoment, match="back"):
        story.when(LogActivity, kind="call", **_dated(late))


def _dated(late: dict[str, Any]) -> dict[str, Any]:
    return {"after": late["at"] - MONDAY - late["ago"], "clock": late["at"]}


def test_only_who_may_backdates() -> None:
    """`by` names the roles; recording what happens now is everybody's."""
    story = backdating("2d", ", by: [manager]")
    late = {"at": MONDAY + timedelta(days=5), "ago": timedelta(hours=36)}
    with pytest.raises(BadMoment, match="only manager"):
        story.when(LogActivity, kind="call", **_dated(late))
    story.when(LogActivity, kind="call", by="mgr-1", **_dated(late)).when(LogActivity, kind="call")


@pytest.mark.parametrize("how_far", ["5bd", "8bh"])
def test_backdating_is_limited_by_the_clock_not_by_working_time(how_far: str) -> None:
    """Working time is not known where facts are recorded, so a file cannot ask for it there."""
    with pytest.raises(PipelineError, match="time by the clock"):
        backdating(how_far)
