"""The life of a process: who changes it, which deals follow, and what becomes of those that find no stage."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pipeline_engine.errors import CannotCorrect, ProcessIsRetired, Rejected, UnknownProcess, UnknownStage
from tests.life.office import DAY, SALES, Office, unmet

RULED = SALES.replace("corrections:", "publishing: {by: [ops], four_eyes: true}\ncorrections:")
RENAMED = SALES.replace("id: proposal", "id: offer")
STRICTER = SALES.replace("{id: met, activities: {meeting: 1}}", "{id: met, activities: {meeting: 2}}")
LOOSER = SALES.replace("{manager_from: 50000}", "{manager_from: 40000}")


def _publish(office: Office, text: str, **how: Any) -> Any:
    return office.engine.publish_text(text, "sales.yaml", **({"by": "ops-1"} | how))


def _process_events(office: Office) -> list[str]:
    return [row.name for row in office.engine.store_rows() if row.stream == "process:sales"]


def test_open_deals_keep_the_version_they_were_opened_under(office: Office) -> None:
    """The new version asks two meetings; the old deal needs one, the new deal two."""
    office.deal("D-1", stage="qualified")
    _publish(office, STRICTER)
    office.deal("D-2", stage="qualified")
    for deal in ("D-1", "D-2"):
        office.ok("log", deal, "meeting")
    assert office.ask("move", "D-1", "proposal").accepted
    assert unmet(office.ask("move", "D-2", "proposal")) == {"met"}


def test_the_text_in_force_again_is_nothing_and_an_older_one_a_new_version(office: Office) -> None:
    """Versions only go up; `same_as` says which text came back."""
    assert not _publish(office, SALES).new
    assert _publish(office, STRICTER).process.version == 2
    back = _publish(office, SALES)
    assert (back.new, back.process.version, back.same_as) == (True, 3, 1)
    assert office.engine.process("sales", 2).version == 2


def test_a_change_takes_two_people_and_a_reason(tmp_path: Path) -> None:
    """Without a reason it is an error; proposed is not in force; one person is not two."""
    office = Office(tmp_path, RULED)
    changed = RULED.replace("meeting: 1", "meeting: 2")
    for why in (None, "", "  "):
        with pytest.raises(Rejected):
            _publish(office, changed, why=why)
    assert _publish(office, changed, why="one meeting was never enough").proposed is not None
    assert office.engine.process("sales").version == 1
    assert office.engine.confirm("sales", by="ops-1").refused
    assert office.engine.confirm("sales", by="rep-1").refused
    assert office.engine.confirm("sales", by="manager-1").refused
    assert office.engine.process("sales").version == 1
    assert office.engine.confirm("sales", by="ops-2").process.version == 2
    assert _process_events(office).count("PublicationRefused") == 3


def test_the_proposer_proposing_the_same_through_a_second_one_is_still_two(tmp_path: Path) -> None:
    """Proposed anew by the other one, the first may confirm; the same two heads, never one."""
    office = Office(tmp_path, RULED)
    changed = RULED.replace("meeting: 1", "meeting: 2")
    _publish(office, changed, why="one is not enough", by="ops-1")
    _publish(office, changed, why="one is not enough", by="ops-1")
    assert office.engine.process("sales").version == 1


def test_nobody_gives_themselves_the_right_in_the_file_they_publish(tmp_path: Path) -> None:
    """The version in force governs the next one; the try is an auditor's to find."""
    office = Office(tmp_path, RULED)
    mine = RULED.replace("publishing: {by: [ops], four_eyes: true}", "publishing: {by: [rep]}")
    assert _publish(office, mine, why="I would like that", by="rep-1").refused
    assert _publish(office, SALES, why="without any", by="rep-1").refused
    assert office.engine.process("sales").version == 1
    assert {row.by for row in office.engine.audit_refusals().rows} == {"rep-1"}


def test_only_what_was_read_is_confirmed(tmp_path: Path) -> None:
    """Another digest is an error, and so is confirming what nobody proposed or what was taken back."""
    office = Office(tmp_path, RULED)
    with pytest.raises(Rejected):
        office.engine.confirm("sales", by="ops-2")
    _publish(office, RULED.replace("meeting: 1", "meeting: 2"), why="better")
    with pytest.raises(Rejected):
        office.engine.confirm("sales", digest="0" * 12, by="ops-2")
    office.engine.withdraw_proposal("sales", by="ops-1")
    with pytest.raises(Rejected):
        office.engine.confirm("sales", by="ops-2")
    assert office.engine.process("sales").version == 1


def test_one_change_is_proposed_at_a_time(tmp_path: Path) -> None:
    """What somebody has read is what they confirm: no other text slips in between."""
    office = Office(tmp_path, RULED)
    first = _publish(office, RULED.replace("meeting: 1", "meeting: 2"), why="better").proposed
    with pytest.raises(Rejected):
        _publish(office, RULED.replace("meeting: 1", "meeting: 3"), why="better still")
    assert office.engine.confirm("sales", by="ops-2").process.digest == first.digest


def test_who_borrows_the_proposers_role_is_no_second_person(tmp_path: Path) -> None:
    """Proposed by one, confirmed in their stead: one pair of eyes."""
    office = Office(tmp_path, RULED)
    _publish(office, RULED.replace("meeting: 1", "meeting: 2"), why="better")
    office.ask("delegate", "ops-1", "rep-2", "ops", office.now + DAY, by="ops-1")
    try:
        refused = office.engine.confirm("sales", by="rep-2").refused
    except Rejected:
        refused = "no"
    assert refused
    assert office.engine.process("sales").version == 1


def test_a_retired_process_opens_no_deal_and_its_deals_go_on(office: Office) -> None:
    """Publishing it again puts it back, as a version of its own."""
    office.deal("D-1", stage="qualified")
    office.ok("log", "D-1", "meeting")
    office.engine.retire("sales", "sold", by="ops-1")
    with pytest.raises(ProcessIsRetired):
        office.ask("open_deal", "D-2", process="sales", owner="rep-1", fields={})
    assert office.ask("move", "D-1", "proposal").accepted
    _publish(office, SALES)
    office.deal("D-2")


def test_retiring_needs_a_reason_and_the_right(tmp_path: Path) -> None:
    """A rep does not stop the business."""
    office = Office(tmp_path, RULED)
    assert office.engine.retire("sales", "no fun", by="rep-1").refused
    with pytest.raises(Rejected):
        office.engine.retire("sales", " ", by="ops-1")
    office.deal("D-1")


@pytest.mark.parametrize("to", ["7", "0", "-1", "nothing@1", "sales@7", "", "x"])
def test_deals_go_to_no_version_that_is_not_published(office: Office, to: str) -> None:
    """Planned or for real: an error that names it, and nothing happens."""
    office.deal("D-1")
    before = _process_events(office)
    with pytest.raises(Rejected):
        office.engine.plan_migration("sales", to)
    with pytest.raises(Rejected):
        office.engine.migrate("sales", to, why="tidy", by="ops-1")
    assert (office.events(), _process_events(office)) == (["DealOpened"], before)


def test_a_proposed_version_is_not_published(tmp_path: Path) -> None:
    """What waits for the second person takes no deals."""
    office = Office(tmp_path, RULED)
    office.deal("D-1")
    _publish(office, RULED.replace("meeting: 1", "meeting: 2"), why="better")
    with pytest.raises(UnknownProcess, match="ops-1 proposed it, and `process confirm sales` publishes it"):
        office.engine.migrate("sales", "2", why="tidy", by="ops-1")


def test_a_mapping_names_stages_that_are_there(office: Office) -> None:
    """On both sides."""
    _publish(office, RENAMED)
    for mapping in ({"propsal": "offer"}, {"proposal": "ofer"}):
        with pytest.raises(UnknownStage):
            office.engine.plan_migration("sales", "2", mapping)
        with pytest.raises(UnknownStage):
            office.engine.migrate("sales", "2", mapping, why="tidy", by="ops-1")


def test_one_stranded_deal_stops_everything(office: Office) -> None:
    """It is listed, and no deal is touched, until somebody says that it may stay."""
    office.deal("D-1")
    office.deal("D-2", stage="proposal")
    _publish(office, RENAMED)
    plan = office.engine.plan_migration("sales", "2")
    assert [each.deal for each in plan.listed(None) if each.kind == "stranded"] == ["D-2"]
    done = office.engine.migrate("sales", "2", why="tidy", by="ops-1")
    assert (done.done, done.stranded) == (False, 1)
    assert [office.engine.deal(deal).process_version for deal in ("D-1", "D-2")] == [1, 1]
    assert "DealMigrated" not in office.events("D-1")
    assert office.engine.migrate("sales", "2", why="tidy", allow_stranded=True, by="ops-1").done
    assert [office.engine.deal(deal).process_version for deal in ("D-1", "D-2")] == [2, 1]
    assert office.ask("move", "D-2", "negotiation").accepted


def test_what_was_planned_is_what_happens_once(office: Office) -> None:
    """Kept and mapped as the dry run said; asked again nothing happens; closed deals keep their version."""
    office.deal("D-1")
    office.deal("D-2", stage="proposal")
    office.deal("D-3", stage="proposal")
    office.ok("lose", "D-3", "price")
    _publish(office, RENAMED)
    plan = office.engine.plan_migration("sales", "2", {"proposal": "offer"})
    assert office.events("D-1") == ["DealOpened"]
    for _ in range(2):
        done = office.engine.migrate("sales", "2", {"proposal": "offer"}, why="a better word", by="ops-1")
        assert done.done
    assert (plan.count("kept"), plan.count("mapped"), plan.count("stranded")) == (1, 1, 0)
    assert [office.events(deal).count("DealMigrated") for deal in ("D-1", "D-2", "D-3")] == [1, 1, 0]
    assert (office.stands("D-2"), office.stands("D-3")) == (("offer", "open"), ("proposal", "lost"))


def test_a_stay_goes_on_where_the_stage_keeps_its_name(office: Office) -> None:
    """A migration is no way to reset the clock of a stage."""
    office.deal("D-1", stage="qualified")
    entered = office.engine.deal("D-1").entered_at
    office.later()
    _publish(office, STRICTER)
    office.engine.migrate("sales", "2", why="two meetings", by="ops-1")
    assert office.engine.deal("D-1").entered_at == entered
    assert len(office.facts_of("stays")) == 2


def test_the_dry_run_says_which_next_move_is_newly_refused_and_for_what(office: Office) -> None:
    """One meeting was enough, two are asked: by rule, by deal, with what is missing."""
    office.deal("D-1", stage="qualified")
    office.ok("log", "D-1", "meeting")
    _publish(office, STRICTER)
    plan = office.engine.plan_migration("sales", "2")
    (deal,) = plan.listed(None)
    assert (deal.becomes, [rule for rule, _ in deal.missing]) == ("newly refused", ["met"])
    assert [(load.rule, load.deals) for load in plan.rules] == [("met", 1)]
    office.engine.migrate("sales", "2", why="two meetings", by="ops-1")
    assert unmet(office.ask("move", "D-1", "proposal")) == {"met"}


def test_an_approval_goes_on_where_its_rule_is_unchanged_and_ends_where_it_is_not(office: Office) -> None:
    """A meeting more changes nothing for the word on a big deal; another limit does."""
    for deal in ("D-1", "D-2"):
        office.deal(deal, stage="proposal", amount="60000")
        office.ok("approve", deal, "big-deal", by="manager-1")
    _publish(office, STRICTER)
    office.engine.migrate("sales", "2", why="two meetings", by="ops-1")
    assert office.ask("move", "D-1", "negotiation").accepted
    _publish(office, LOOSER)
    office.engine.migrate("sales", "3", why="smaller ones too", by="ops-1")
    assert unmet(office.ask("move", "D-2", "negotiation")) == {"big-deal"}


def test_a_word_that_ended_by_a_migration_does_not_come_back_by_migrating_back(office: Office) -> None:
    """The older text comes back, the approval does not."""
    office.deal(stage="proposal", amount="60000")
    office.ok("approve", "D-1", "big-deal", by="manager-1")
    _publish(office, LOOSER)
    office.engine.migrate("sales", "2", why="smaller ones too", by="ops-1")
    _publish(office, SALES)
    office.engine.migrate("sales", "3", why="back again", by="ops-1")
    assert office.engine.deal("D-1").process_version == 3
    assert unmet(office.ask("move", "D-1", "negotiation")) == {"big-deal"}


def test_migrating_needs_the_right_of_the_version_in_force(tmp_path: Path) -> None:
    """A rep who tries is refused, and it is recorded."""
    office = Office(tmp_path, RULED)
    office.deal("D-1")
    _publish(office, RULED.replace("meeting: 1", "meeting: 2"), why="better")
    office.engine.confirm("sales", by="ops-2")
    done = office.engine.migrate("sales", "2", why="tidy", by="rep-1")
    assert (done.done, bool(done.refused), office.engine.deal("D-1").process_version) == (False, True, 1)
    assert _process_events(office)[-1] == "PublicationRefused"
    with pytest.raises(Rejected):
        office.engine.migrate("sales", "2", why="", by="ops-1")


def test_deals_are_not_mapped_further_on_past_the_gates_in_silence(office: Office) -> None:
    """A mapping that puts deals into a later stage is on the list of what went past the gate."""
    office.deal("D-1", stage="qualified")
    _publish(office, STRICTER)
    office.engine.migrate("sales", "2", {"qualified": "negotiation"}, why="hm", by="ops-1")
    (row,) = office.engine.audit_bypasses(deal="D-1").rows
    assert (row.basis, row.from_stage, row.to_stage) == ("migration", "qualified", "negotiation")


def test_a_move_under_a_migration_that_changed_the_stage_is_not_void(office: Office) -> None:
    """Later stage events depend on it."""
    office.deal("D-1", stage="proposal")
    _publish(office, RENAMED)
    office.engine.migrate("sales", "2", {"proposal": "offer"}, why="a better word", by="ops-1")
    with pytest.raises(CannotCorrect):
        office.ask("void", "D-1", office.version("DealMoved"), reason="a slip", by="ops-1")


def test_a_void_move_under_a_migration_leads_to_no_stage_that_is_gone(office: Office) -> None:
    """`qualified` is gone in the new version; voiding the move out of it must not put the deal there."""
    office.deal("D-1", stage="proposal")
    _publish(office, SALES.replace("id: qualified", "id: scoped"))
    office.engine.migrate("sales", "2", why="a better word", by="ops-1")
    with suppress(Rejected):
        office.ask("void", "D-1", office.version("DealMoved"), reason="a slip", by="ops-1")
    stages = {stage.id for stage in office.engine.process("sales", office.engine.deal("D-1").process_version).stages}
    assert office.engine.deal("D-1").stage in stages


def test_a_deal_reopened_after_the_migration_runs_under_its_old_version_until_the_next(office: Office) -> None:
    """Its history was judged by that version; the same call takes it along."""
    office.deal("D-1", stage="proposal")
    office.ok("lose", "D-1", "price")
    _publish(office, RENAMED)
    office.engine.migrate("sales", "2", {"proposal": "offer"}, why="a better word", by="ops-1")
    office.ok("reopen", "D-1", reason="they called")
    assert (office.engine.deal("D-1").process_version, office.stands()) == (1, ("proposal", "open"))
    office.engine.migrate("sales", "2", {"proposal": "offer"}, why="a better word", by="ops-1")
    assert office.stands() == ("offer", "open")
