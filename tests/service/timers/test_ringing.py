"""What a ring announces: each kind once, at the moment that was due, and never of what is over."""

from datetime import timedelta

import pytest

from pipeline_engine.deal import ApprovalExpired, DealEscalated, PauseEnded, ServiceLevelBreached
from pipeline_engine.engine import Engine
from pipeline_engine.team import LoanEnded, load_people
from tests.service.timers.given import MONDAY, PROCESS, Office, announcements

FIVE = ("ServiceLevelBreached", 5.0)
CALLED = ("DealEscalated", 6.0)
SILENT = [("DealEscalated", 8.0), ("DealStalled", 8.0)]


@pytest.fixture
def office() -> Office:
    """A store in which every kind of thing comes due."""
    return Office.opened()


def test_nothing_is_said_before_its_time(office: Office) -> None:
    """Up to the moment itself there is nothing; at the moment it has happened."""
    office.open()
    assert office.ring_on(4.999) == []
    assert office.ring_on(5) == [FIVE]


def test_late_rather_than_never_and_at_the_moment_that_was_due(office: Office) -> None:
    """Whoever looks after a month finds all that came due, dated when it did."""
    assert office.open().ring_on(30) == [FIVE, CALLED, *SILENT]
    recorded = announcements(office.engine, "deal:D")
    assert {(each.recorded_at, each.envelope.via, each.envelope.actor) for each in recorded} == {
        (office.clock.now, "timer", "timekeeper")
    }


def test_said_once_however_often_somebody_rings(office: Office) -> None:
    """Ringing again, also after a restart of whoever keeps time, says nothing again."""
    office.open().ring_on(30)
    again = Engine(office.engine._store, office.clock)
    assert [each.ring().recorded for each in (office.engine, office.engine.through("timer"), again)] == [()] * 3


def test_a_sign_of_life_puts_a_silence_off_and_another_silence_is_said_again(office: Office) -> None:
    """A deal stalls, somebody calls, and it stalls again in the same stay; who is called is called once a stay."""
    office.open().ring_on(9)
    office.ask("log", "D", "call")
    assert office.ring_on(17) == [FIVE, CALLED, *SILENT, ("DealStalled", 17.0)]


def test_another_stay_has_a_service_level_of_its_own(office: Office) -> None:
    """Gone back, the deal is in its stage anew."""
    office.in_offer().ring_on(1)
    office.ask("move", "D", to="lead", reason="asked for more")
    assert [each for each in office.ring_on(7) if each[0] == "ServiceLevelBreached"] == [("ServiceLevelBreached", 6.0)]


def test_paused_time_does_not_count_and_the_end_of_a_pause_is_said(office: Office) -> None:
    """Three days of waiting put everything off by three days."""
    office.open().ask("pause", "D", "budget", until=MONDAY + timedelta(days=3))
    assert office.ring_on(8) == [("PauseEnded", 3.0), ("ServiceLevelBreached", 8.0)]
    pause = announcements(office.engine, "deal:D")[0].event
    assert pause == PauseEnded(paused=2)


def test_a_pause_that_begins_after_the_moment_moves_nothing(office: Office) -> None:
    """What was due on Saturday was due then, whatever happened on Sunday, and whoever looks on Monday says so."""
    office.open().clock.on(5.5)
    office.ask("pause", "D", "budget", until=MONDAY + timedelta(days=20))
    assert office.ring_on(15) == [FIVE]


def test_a_deal_that_waits_for_somebody_has_nothing_due(office: Office) -> None:
    """Without an end of the pause nothing comes; resumed, it comes that much later."""
    office.open().ring_on(1)
    office.ask("pause", "D", "budget")
    assert office.ring_on(40) == []
    office.ask("resume", "D")
    assert office.ring_on(44) == [("ServiceLevelBreached", 44.0)]


def test_a_pause_with_another_end_ends_then(office: Office) -> None:
    """Put off before it is over, it is over at the later moment only; and one that somebody resumes is not said."""
    office.open().ask("pause", "D", "budget", until=MONDAY + timedelta(days=3))
    office.clock.on(2)
    office.ask("pause", "D", "budget", until=MONDAY + timedelta(days=4))
    assert office.ring_on(4) == [("PauseEnded", 4.0)]
    office.ask("pause", "D", "again", until=MONDAY + timedelta(days=6))
    office.clock.on(4.5)
    office.ask("resume", "D")
    assert [each for each in office.ring_on(7) if each[0] == "PauseEnded"] == [("PauseEnded", 4.0)]


def test_of_what_is_over_nobody_needs_to_be_told(office: Office) -> None:
    """Won, lost or merged deals have nothing due, and of the stays before the present one nothing is said."""
    office.open("D", "E", "F").clock.on(9)
    office.ask("lose", "D", "price")
    office.ask("merge", "E", "F", reason="the same", by="boss")
    office.engine.ring()
    assert (office.said("D"), office.said("E")) == ([], [])
    assert office.said("F") != []


def test_an_old_history_floods_nobody(office: Office) -> None:
    """When time is first kept, only deals that go on are told of, for the stay they are in."""
    for number in range(50):
        office.open(f"old-{number}")
        office.ask("lose", f"old-{number}", "price")
    office.open("D").clock.on(365)
    recorded = office.engine.ring().recorded
    assert {due.stream for due in recorded} == {"deal:D"}
    assert len(recorded) == 4


def test_reopened_it_is_counted_from_then(office: Office) -> None:
    """What came due before the loss is not said; the new stay has its own moments, none before it began."""
    office.open().clock.on(7)
    office.ask("lose", "D", "price")
    office.clock.on(10)
    office.ask("reopen", "D", "they called")
    assert office.ring_on(15) == [
        ("DealEscalated", 10.0), ("DealStalled", 10.0), ("ServiceLevelBreached", 15.0),
    ]  # fmt: skip


def test_a_corrected_time_is_what_counts(office: Office) -> None:
    """Opened really two days earlier, it was due two days earlier; what was said is not said again."""
    office.open().clock.on(4)
    office.ask("correct_time", "D", 1, MONDAY - timedelta(days=2), reason="found the mail", by="boss")
    assert office.ring_on(4) == [("ServiceLevelBreached", 3.0), ("DealEscalated", 4.0)]
    office.ask("correct_time", "D", 1, MONDAY - timedelta(days=3), reason="found another", by="boss")
    assert office.ring_on(4) == [("ServiceLevelBreached", 3.0), ("DealEscalated", 4.0)]


def test_put_off_by_a_correction_it_is_said_again_when_it_really_comes(office: Office) -> None:
    """It was said too early by what was known then; the service level passes really, once, later."""
    office.open().ring_on(5)
    office.ask("correct_time", "D", 1, MONDAY + timedelta(days=2), reason="it began then", by="boss")
    assert [each for each in office.ring_on(7) if each[0] == "ServiceLevelBreached"] == [
        FIVE, ("ServiceLevelBreached", 7.0),
    ]  # fmt: skip


def test_a_backdated_opening_is_due_when_it_says(office: Office) -> None:
    """Written down on Friday for Monday a week before, the deal is late at once, and dated when it was."""
    office.clock.on(4)
    office.open(at=MONDAY - timedelta(days=3))
    assert office.ring_on(4) == [("ServiceLevelBreached", 2.0), ("DealEscalated", 3.0)]


def test_migrated_it_goes_by_the_new_version(office: Office) -> None:
    """A longer service level is another promise; a shorter one that was passed before is not said again."""
    office.open().ring_on(5)
    text = PROCESS.replace("service_level: 5d", "service_level: 9d")
    office.engine.publish_text(text, "timed.yaml", why="slower", by="ops")
    office.engine.migrate("timed", to="2", why="slower", by="ops")
    twice = [FIVE, ("ServiceLevelBreached", 9.0)]
    assert [each for each in office.ring_on(9) if each[0] == "ServiceLevelBreached"] == twice
    shorter = text.replace("service_level: 9d", "service_level: 2d")
    office.engine.publish_text(shorter, "timed.yaml", why="quicker", by="ops")
    office.engine.migrate("timed", to="3", why="quicker", by="ops")
    assert [each for each in office.ring_on(9.5) if each[0] == "ServiceLevelBreached"] == twice


def test_the_end_of_an_approval_and_of_a_waiver_is_said_once(office: Office) -> None:
    """Each at its own end; one that was used or has lapsed is not."""
    office.open().ask("approve", "D", "big", by="boss", expires_at=MONDAY + timedelta(days=1))
    office.ask("waive", "D", "big", "r", by="boss-2", expires_at=MONDAY + timedelta(days=2))
    assert office.ring_on(3) == [("ApprovalExpired", 1.0), ("ApprovalExpired", 2.0)]
    first = announcements(office.engine, "deal:D")[0].event
    assert first == ApprovalExpired(rule="big", target="offer", granted_version=2)
    assert office.engine.announce_expiries(by="ops") == []


def test_who_was_announced_by_hand_is_not_announced_again(office: Office) -> None:
    """`deal announce-expired` says the same, and either says it for both."""
    office.open().ask("approve", "D", "big", by="boss", expires_at=MONDAY + timedelta(days=1))
    office.clock.on(2)
    assert len(office.engine.announce_expiries(by="ops")) == 1
    assert [name for name, _ in office.ring_on(3)] == ["ApprovalExpired"]


def test_the_end_of_a_lent_role_is_said_once_a_loan(office: Office) -> None:
    """At the moment the loan says; lent again with another end, that end too; given back, nothing."""
    end = MONDAY + timedelta(days=1)
    office.engine.delegate("boss", "rep-2", "manager", end, by="boss")
    office.engine.delegate("boss", "boss-2", "manager", end, by="boss")
    office.engine.end_delegation("boss", "boss-2", "manager", by="boss")
    office.clock.on(2)
    assert [due.stream for due in office.engine.ring().recorded] == ["person:rep-2"]
    office.engine.delegate("boss", "rep-2", "manager", MONDAY + timedelta(days=3), by="boss")
    office.clock.on(4)
    office.engine.ring()
    said = announcements(office.engine, "person:rep-2")
    assert [(each.event, each.envelope.at) for each in said] == [
        (LoanEnded(lender="boss", role="manager"), end),
        (LoanEnded(lender="boss", role="manager"), MONDAY + timedelta(days=3)),
    ]


def test_working_time_is_counted_over_a_clock_change() -> None:
    """Ten working hours from Friday 16:00 in Berlin are over on Tuesday 10:00, by the new time."""
    office = Office.opened()
    friday = MONDAY.replace(month=3, day=27, hour=15)
    office.clock.now = friday
    office.in_offer()
    office.clock.now = friday + timedelta(days=5)
    office.engine.ring()
    breached = next(e for e in announcements(office.engine, "deal:D") if isinstance(e.event, ServiceLevelBreached))
    assert breached.envelope.at == MONDAY.replace(month=3, day=31, hour=8)


def test_after_2038_time_goes_on(office: Office) -> None:
    """Seconds beyond 32 bits are seconds like others."""
    office.clock.now = MONDAY.replace(year=2038, month=1, day=18)
    office.open().clock.now += timedelta(days=40)
    assert [due.at.year for due in office.engine.ring().recorded] == [2038] * 4


def test_an_escalation_names_who_is_called_when_it_comes_due(office: Office) -> None:
    """By the people register of that moment: not of the moment at which the stay began."""
    office.open().clock.on(5.5)
    people = "people: [{id: rep, roles: [rep], manager: boss-2}, {id: boss-2, roles: [manager]}]"
    office.engine.apply_register(load_people(people, "people.yaml"), by="ops")
    office.ring_on(6)
    called = announcements(office.engine, "deal:D")[-1].event
    assert isinstance(called, DealEscalated)
    assert (called.rule, called.asked, called.to) == ("slow", "owner.manager", ("boss-2",))


def test_whoever_is_called_sees_the_deal_while_it_is_in_that_stay(office: Office) -> None:
    """Until it moves on, is lost, or what waited for an answer was answered."""
    office.open().ring_on(6)
    assert [(each.deal_id, each.rule, each.says) for each in office.engine.called("boss")] == [
        ("D", "slow", "help with it")
    ]
    assert office.engine.called("rep") == []
    office.ask("lose", "D", "price")
    assert office.engine.called("boss") == []


def test_an_approval_that_waits_calls_until_it_is_answered(office: Office) -> None:
    """Once for each time it is asked for."""
    office.open().ask("request", "D", "big")
    assert office.ring_on(2) == [("DealEscalated", 2.0)]
    assert [each.rule for each in office.engine.called("boss-2")] == ["waits"]
    office.ask("reject", "D", "big", "not yet", by="boss")
    assert office.engine.called("boss-2") == []


def test_nobody_is_called_where_nobody_is_that(office: Office) -> None:
    """It is said all the same: that nobody looked after it is something to know."""
    office.engine.apply_register(load_people("people: [{id: rep}]", "people.yaml"), by="ops")
    office.open().ring_on(6)
    called = announcements(office.engine, "deal:D")[-1].event
    assert isinstance(called, DealEscalated)
    assert called.to == ()
