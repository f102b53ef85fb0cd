"""One thing asked of many deals: each by the gate, all or nothing, and once however often it is asked."""

import pytest

from pipeline_engine.deal import LoseDeal, MergeDeal, MoveDeal, SetFields
from pipeline_engine.errors import Rejected
from tests.life.office import SALES, Office


def _three(office: Office) -> Office:
    """Three deals in lead; the last one lacks an amount."""
    for deal in ("D-1", "D-2"):
        office.deal(deal)
    office.ok("open_deal", "D-3", process="sales", owner="rep-1", fields={})
    return office


def _moves(
    office: Office, *deals: str, to: str = "qualified", command_id: str | None = None, by: str = "rep-1"
) -> list[MoveDeal]:
    found = office.engine.commands_for(MoveDeal, deals, {"target": to}, by=by, command_id=command_id)
    return [command for command in found if isinstance(command, MoveDeal)]


def test_each_on_its_own_goes_through_the_same_gate(office: Office) -> None:
    """A refusal stops no other, and names its rules."""
    results = _three(office).engine.bulk(_moves(office, "D-1", "D-2", "D-3"))
    assert [each.result for each in results] == ["done", "done", "refused"]
    assert results[2].rules == ("qualified:require:amount",)
    assert [office.stands(deal)[0] for deal in ("D-1", "D-2", "D-3")] == ["qualified", "qualified", "lead"]


def test_all_or_nothing_moves_nothing_and_keeps_the_refusal(office: Office) -> None:
    """The refused one is on record; of the others nothing is."""
    results = _three(office).engine.bulk(_moves(office, "D-1", "D-2", "D-3"), all_or_nothing=True)
    assert [each.result for each in results] == ["not done", "not done", "refused"]
    assert [office.events(deal)[-1] for deal in ("D-1", "D-2", "D-3")] == ["DealOpened", "DealOpened", "MoveRefused"]


def test_where_one_is_bad_input_nothing_at_all_is_recorded(office: Office) -> None:
    """An unknown deal among them: nothing, and mended the same id does it."""
    _three(office)
    results = office.engine.bulk(_moves(office, "D-1", "D-9", command_id="q2"), all_or_nothing=True)
    assert sorted(each.result for each in results) == ["not done", "wrong"]
    assert office.events("D-1") == ["DealOpened"]


def test_all_that_go_through_do_so_together(office: Office) -> None:
    """Nothing stands in between them in the log."""
    _three(office)
    results = office.engine.bulk(_moves(office, "D-1", "D-2"), all_or_nothing=True)
    positions = [event.position for each in results if each.outcome for event in each.outcome.events]
    assert len(positions) == 2
    assert positions[1] == positions[0] + 1


def test_looking_first_records_nothing(office: Office) -> None:
    """A dry run says what each would say."""
    _three(office)
    before = [office.events(deal) for deal in ("D-1", "D-2", "D-3")]
    results = office.engine.bulk(_moves(office, "D-1", "D-2", "D-3"), dry_run=True)
    assert [each.result for each in results][2] == "refused"
    assert [office.events(deal) for deal in ("D-1", "D-2", "D-3")] == before


@pytest.mark.parametrize("together", [True, False])
def test_one_id_twice_is_recorded_once(office: Office, *, together: bool) -> None:
    """A bulk that was broken off is asked again, and says what it said the first time."""
    _three(office)
    first = office.engine.bulk(_moves(office, "D-1", "D-2", command_id="q2"), all_or_nothing=together)
    office.later()
    again = office.engine.bulk(_moves(office, "D-1", "D-2", command_id="q2"), all_or_nothing=together)
    assert [each.result for each in first] == [each.result for each in again] == ["done", "done"]
    assert [office.events(deal).count("DealMoved") for deal in ("D-1", "D-2")] == [1, 1]


def test_the_same_id_for_something_else_is_an_error(office: Office) -> None:
    """Another target under a known id: said of each deal, and nothing moves."""
    _three(office)
    office.engine.bulk(_moves(office, "D-1", "D-2", command_id="q2"))
    results = office.engine.bulk(_moves(office, "D-1", "D-2", to="proposal", command_id="q2"))
    assert [each.result for each in results] == ["wrong", "wrong"]
    assert [office.stands(deal)[0] for deal in ("D-1", "D-2")] == ["qualified", "qualified"]


def test_a_refused_bulk_asked_again_is_recorded_once(office: Office) -> None:
    """The refusal too."""
    _three(office)
    for _ in range(2):
        office.engine.bulk(_moves(office, "D-1", "D-3", command_id="q2"), all_or_nothing=True)
    assert office.events("D-3").count("MoveRefused") == 1
    assert office.events("D-1") == ["DealOpened"]


def test_one_deal_twice_in_all_or_nothing_is_an_error(office: Office) -> None:
    """The two could not see each other."""
    _three(office)
    twice = [*_moves(office, "D-1"), *_moves(office, "D-1", to="proposal")]
    with pytest.raises(Rejected):
        office.engine.bulk(twice, all_or_nothing=True)
    assert office.events("D-1") == ["DealOpened"]


def test_a_bulk_uses_each_approval_once_and_none_of_another_deal(office: Office) -> None:
    """Two big deals, one approved: one goes on."""
    for deal in ("D-1", "D-2"):
        office.deal(deal, stage="proposal", amount="60000")
    office.ok("approve", "D-1", "big-deal", by="manager-1")
    results = office.engine.bulk(_moves(office, "D-1", "D-2", to="negotiation"))
    assert [each.result for each in results] == ["done", "refused"]


def test_a_bulk_change_of_values_ends_what_rests_on_them(office: Office) -> None:
    """Changing many is changing each: the approvals end."""
    office.deal(stage="proposal", amount="60000")
    office.ok("approve", "D-1", "big-deal", by="manager-1")
    commands = office.engine.commands_for(SetFields, ["D-1"], {"values": {"amount": "500000"}}, by="rep-1")
    assert [each.result for each in office.engine.bulk(commands, all_or_nothing=True)] == ["done"]
    assert not office.ask("move", "D-1", "negotiation").accepted


def test_locked_fields_stay_locked_in_a_bulk(office: Office) -> None:
    """Who may not change one deal's amount does not change many."""
    text = SALES.replace("amount: {type: money}", "amount: {type: money, locked_from: qualified, unless: vp}")
    office.engine.publish_text(text, "sales.yaml", by="ops-1")
    office.deal(stage="qualified")
    results = office.engine.bulk(office.set_all(["D-1"], {"amount": "1"}))
    assert [each.result for each in results] == ["refused"]
    assert office.events()[-1] == "ChangeRefused"


def test_closing_a_closed_deal_in_a_bulk_is_said_of_that_deal(office: Office) -> None:
    """The others are closed all the same."""
    _three(office).ok("lose", "D-1", "price")
    commands = office.engine.commands_for(LoseDeal, ["D-1", "D-2"], {"reason": "no-decision"}, by="rep-1")
    assert [each.result for each in office.engine.bulk(commands)] == ["wrong", "done"]


def test_more_than_ten_thousand_are_not_all_or_nothing(office: Office) -> None:
    """The error says so before anything is decided."""
    office.deal()
    many = [f"D-{number}" for number in range(10_001)]
    with pytest.raises(Rejected, match=r"10,?000"):
        office.engine.bulk(office.set_all(many, {"region": "NA"}), all_or_nothing=True)
    assert office.events() == ["DealOpened"]


def test_nothing_to_do_for_nobody(office: Office) -> None:
    """An empty selection is answered by an empty list."""
    assert office.engine.bulk([]) == []
    assert office.engine.bulk([], all_or_nothing=True) == []


def _merges(office: Office, *pairs: tuple[str, str]) -> list[MergeDeal]:
    made = [
        office.engine.commands_for(MergeDeal, [deal], {"into": into, "reason": "twice"}, by="rep-1")
        for deal, into in pairs
    ]
    return [command for commands in made for command in commands if isinstance(command, MergeDeal)]


@pytest.mark.parametrize("dry_run", [False, True])
def test_no_two_deals_are_merged_into_each_other_at_once(office: Office, *, dry_run: bool) -> None:
    """The second is decided as if the first were done: there is no deal left to merge into, and nothing is done."""
    _three(office)
    asked = _merges(office, ("D-1", "D-2"), ("D-2", "D-1"))
    results = office.engine.bulk(asked, all_or_nothing=True, dry_run=dry_run)
    assert [each.result for each in results] == ["not done", "wrong"]
    assert "merged into `D-2`" in results[1].why
    assert [office.engine.deal(deal).merged_into for deal in ("D-1", "D-2")] == [None, None]


def test_no_circle_of_three_is_merged_at_once(office: Office) -> None:
    """Nor round by way of a third."""
    _three(office)
    asked = _merges(office, ("D-1", "D-2"), ("D-2", "D-3"), ("D-3", "D-1"))
    results = office.engine.bulk(asked, all_or_nothing=True)
    assert [each.result for each in results] == ["not done", "not done", "wrong"]


def test_two_deals_are_merged_into_a_third_at_once(office: Office) -> None:
    """What is fine one after the other is fine together; asked each on its own, the circle is refused as well."""
    _three(office)
    results = office.engine.bulk(_merges(office, ("D-1", "D-3"), ("D-2", "D-3")), all_or_nothing=True)
    assert [each.result for each in results] == ["done", "done"]
    office.deal("D-4")
    results = office.engine.bulk(_merges(office, ("D-3", "D-4"), ("D-4", "D-3")))
    assert [each.result for each in results] == ["done", "wrong"]
