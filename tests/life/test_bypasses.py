"""Beside another system: recorded as it happened, never refused, and kept apart from what passed the gate."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline_engine.deal import ObserveDeal
from pipeline_engine.errors import Rejected, UnknownReason, UnknownStage
from tests.life.office import DAY, HOUR, SALES, Office, unmet


def _told(office: Office, to: str, key: str = "1", by: str = "crm-sync", deal: str = "D-1", **how: Any) -> Any:
    what: dict[str, Any] = {"source": "crm", "key": key, "at": office.now, "by": by} | how
    return office.ask("observe", deal, to, **what)


def test_an_observed_move_is_recorded_and_stands_in_the_ledger_with_what_the_gate_would_have_said(
    office: Office,
) -> None:
    """From lead to negotiation at a stroke: done, and refused by the way, the meeting and the word on a big deal."""
    office.deal(amount="60000")
    assert _told(office, "negotiation").accepted
    (row,) = office.engine.audit_bypasses().rows
    assert (row.basis, row.by, row.from_stage, row.to_stage, row.would) == (
        "source",
        "crm-sync",
        "lead",
        "negotiation",
        "refused",
    )
    assert {"moves:forward", "met", "big-deal"} <= set(row.refused_by)
    assert office.last().event.basis == "source"
    assert office.last().event.verdicts is None


@pytest.mark.parametrize("who", ["rep-1", "manager-1", "ops-1", "nobody-7"])
def test_nobody_else_takes_this_way_round_the_gate(office: Office, who: str) -> None:
    """Who tries is kept, once, and the deal stays."""
    office.deal()
    for _ in range(2):
        assert not _told(office, "negotiation", by=who).accepted
    assert office.stands() == ("lead", "open")
    assert office.events() == ["DealOpened", "ObservationRefused"]
    assert [row.by for row in office.engine.audit_refusals(deal="D-1").rows] == [who]


def test_without_the_key_nobody_observes_in_a_store_with_people(office: Office) -> None:
    """Not even an integration."""
    office.engine.publish_text(SALES.replace("observed: {by: [integration]}\n", ""), "sales.yaml", by="ops-1")
    office.deal()
    assert not _told(office, "negotiation").accepted


def test_a_moves_that_passed_the_gate_is_not_in_the_ledger(office: Office) -> None:
    """Nor is a waived one: that is the other list."""
    office.deal(stage="qualified", close_date="2026-01-01")
    office.ok("log", "D-1", "meeting")
    office.ok("waive", "D-1", "dated", "they will sign", by="manager-1")
    office.ok("move", "D-1", "proposal")
    assert office.engine.audit_bypasses().found == 0


def test_told_twice_is_recorded_once_by_whomever(office: Office) -> None:
    """The source's own key counts, not the command's id; the same key with other news is an error."""
    office.deal()
    at = office.now
    _told(office, "qualified", at=at)
    _told(office, "qualified", at=at, command_id="another")
    assert office.events().count("DealMoved") == 1
    others: tuple[dict[str, Any], ...] = (
        {"to": "proposal", "at": at}, {"to": "qualified", "at": at - timedelta(hours=1)},
    )  # fmt: skip
    for other in others:
        with pytest.raises(Rejected):
            _told(office, **other)
    assert _told(office, "proposal", source="erp", at=office.now).accepted


def test_late_news_moves_nothing(office: Office) -> None:
    """The deal went on meanwhile: what happened before is noted and puts the deal nowhere."""
    early = office.now
    office.deal(stage="proposal")
    _told(office, "negotiation", at=early + timedelta(minutes=1, seconds=30))
    assert office.stands() == ("proposal", "open")
    assert office.events()[-1] == "SourceStageNoted"


def test_after_an_outcome_a_stage_is_noted_and_reopens_only_where_that_is_said(office: Office) -> None:
    """A stage row of a lost deal changes nothing; `reopens` says that there deals come back that way."""
    office.deal()
    office.ok("lose", "D-1", "price")
    _told(office, "negotiation", key="1")
    assert office.stands() == ("lead", "lost")
    _told(office, "negotiation", key="2", reopens=True)
    assert office.stands() == ("negotiation", "open")
    assert {row.basis for row in office.engine.audit_bypasses().rows} == {"source"}


def test_news_needs_a_time_a_source_and_names_that_are_there(office: Office) -> None:
    """Without, it is an error and no event; nobody tells what will happen."""
    office.deal()
    with pytest.raises(Rejected):
        office.ask("observe", "D-1", "negotiation", source="crm", key="1", by="crm-sync")
    with pytest.raises(UnknownStage):
        _told(office, "negotation")
    with pytest.raises(UnknownReason):
        _told(office, "lost", reason="bad luck")
    with pytest.raises(Rejected):
        _told(office, "negotiation", at=office.now + DAY)
    with pytest.raises(Rejected):
        _told(office, "negotiation", source="")
    assert office.events() == ["DealOpened"]


def test_an_observed_stage_opens_no_later_gate(office: Office) -> None:
    """What went past one gate is judged by the next."""
    office.deal(amount="60000", discount="30")
    _told(office, "negotiation")
    assert unmet(office.ask("win", "D-1")) == {"own-boss"}


def test_migrations_and_corrections_stand_in_the_ledger_as_not_asked(office: Office) -> None:
    """They are no attempts; an auditor sees them all the same."""
    office.deal(stage="qualified")
    office.ok("move", "D-1", "lead", reason="not yet")
    office.ok("move", "D-1", "qualified")
    office.ok("void", "D-1", office.version("DealMoved"), reason="a slip", by="ops-1")
    office.engine.publish_text(SALES.replace("id: lead", "id: inquiry"), "sales.yaml", by="ops-1")
    office.engine.migrate("sales", "2", {"lead": "inquiry"}, why="a better word", by="ops-1")
    rows = office.engine.audit_bypasses(deal="D-1").rows
    assert {row.basis for row in rows} == {"migration", "correction"}
    assert {row.would for row in rows} == {"not asked"}


def test_who_read_the_ledger_then_reads_the_same_by_known_at(office: Office) -> None:
    """What was told later, and corrected later, is not in an earlier look."""
    office.deal()
    _told(office, "negotiation")
    then, before = office.now, office.engine.audit_bypasses().rows
    office.later()
    office.ok("void", "D-1", office.version("DealMoved"), reason="the wrong deal", by="ops-1")
    _told(office, "won", key="2")
    assert office.engine.audit_bypasses(known_at=then).rows == before
    assert office.engine.audit_bypasses().found == 3


def test_the_ledger_is_asked_by_rule_person_owner_and_time(office: Office) -> None:
    """And its totals count all, however few rows are shown."""
    for number in (1, 2, 3):
        office.deal(f"D-{number}", owner=f"rep-{number}")
        _told(office, "negotiation", deal=f"D-{number}", key=str(number))
    ask = office.engine.audit_bypasses
    assert (ask(owner="rep-2").found, ask(by="crm-sync").found, ask(by="rep-1").found) == (1, 3, 0)
    assert (ask(rule="met").found, ask(rule="dated").found, ask(deal="D-3").found) == (3, 0, 1)
    page = ask(limit=2)
    assert (len(page.rows), page.found, page.totals["refused"]) == (2, 3, 3)
    assert [row.deal for row in ask(limit=2, before=page.next).rows] == ["D-1"]
    assert ask(since=office.now).found == 0 or ask(since=office.now + DAY).found == 0


def test_a_rep_who_merges_a_bad_deal_away_is_found_by_the_auditor(office: Office) -> None:
    """It left the pipeline by no gate, with basis `correction`, and is no loss in any count: the ledger names it."""
    office.deal("D-1")
    office.deal("D-2")
    office.ok("merge", "D-2", "D-1", reason="one customer, opened twice", by="rep-1")
    assert office.last("D-2").event.basis == "correction"
    engine = office.engine
    assert engine.audit_bypasses(deal="D-2").found + engine.audit_corrections(deal="D-2").found > 0


@pytest.mark.parametrize("to", ["negotiation", "won", "lost", "reopen"])
def test_what_happens_to_a_merged_deal_in_its_source_is_noted_and_changes_nothing(office: Office, to: str) -> None:
    """The other system does not know that the two are one: its news are kept, once, and the deal stays merged."""
    office.deal("D-1")
    office.deal("D-2")
    office.ok("merge", "D-1", "D-2", "twice")
    before = office.engine.deal("D-1")
    at = office.now
    assert _told(office, to, at=at).accepted
    assert _told(office, to, at=at).repeated
    assert office.events().count("SourceStageNoted") == 1
    assert (office.last().event.stage, office.last().envelope.source_ref.key) == (to, "1")
    after = office.engine.deal("D-1")
    assert (after.merged_into, after.stage, after.status) == ("D-2", before.stage, before.status)
    assert not _told(office, to, key="2", by="rep-1").accepted
    assert office.last().event.why == "no-role"


def test_news_of_merged_deals_come_in_a_bulk_too(office: Office) -> None:
    """Neither is an all-or-nothing bulk of observations stopped by one merged deal."""
    office.deal("D-1")
    office.deal("D-2")
    office.ok("merge", "D-1", "D-2", "twice")
    what = {"target": "qualified", "source": "crm", "key": "1"}
    news = list(office.engine.commands_for(ObserveDeal, ["D-1", "D-2"], what, by="crm-sync"))
    results = office.engine.bulk(news, all_or_nothing=True)
    assert [each.result for each in results] == ["done", "done"]
    assert (office.last("D-1").event.stage, office.stands("D-2")[0]) == ("qualified", "qualified")


@pytest.mark.parametrize(("most", "corrected"), [(1, "D-1"), (2, "D-2")])
def test_a_corrected_deal_fills_no_second_slot_in_the_ledger(tmp_path: Path, most: int, corrected: str) -> None:
    """A call that was struck out, of this deal or another of the owner, says nothing on how many deals there were."""
    limit = f"      - {{owner_deals_at_most: {most}}}\n"
    office = Office(tmp_path, SALES.replace("      - {id: met, activities: {meeting: 1}}\n", limit))
    for deal, stage in [("D-2", "proposal"), ("D-1", "qualified")][2 - most :]:
        office.deal(deal, stage=stage)
        office.ok("log", deal, "call")
    _told(office, "proposal")
    then, before = office.now, office.engine.audit_bypasses().rows
    assert [row.would for row in before] == ["passed"]
    office.later(HOUR)
    office.ok("void", corrected, office.version("ActivityLogged", corrected), reason="no call", by="ops-1")
    assert office.engine.audit_bypasses(deal="D-1").rows == before
    assert office.engine.audit_bypasses(known_at=then).rows == before
