"""A year as a whole: the same by seed, in order, within its hours, and with the story it is to tell."""

from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from hashlib import sha256

from pipeline_engine.deal import Command, LoseDeal, MoveDeal, OpenDeal, ReopenDeal, WinDeal
from pipeline_engine.simulation import YearPlan

SMALL = YearPlan(deals=60)
ATTEMPTS = (OpenDeal, MoveDeal, WinDeal, LoseDeal, ReopenDeal)
# Changes only with a change of the made-up year, on purpose: every platform and version must make this year.
YEAR_7 = "092ad9a7c2a05140a3affe4061083c4017811eee91cbaa82279082c6405da2a9"


def _digest(log):
    # What is not said is left out, so that a part that commands get later does not make another year.
    said = ({name: part for name, part in asdict(command).items() if part is not None} for command, _ in log)
    told = [(type(command).__name__, sorted(parts.items())) for (command, _), parts in zip(log, said, strict=True)]
    return sha256(repr(told).encode()).hexdigest()


def test_the_same_seed_makes_the_same_year(run):
    """A year is a function of its seed: the same commands on every run, platform and version."""
    assert _digest(run(7, SMALL).log) == YEAR_7


def test_another_seed_makes_another_year(run):
    """Seeds differ in what happens, not only in names."""
    one, other = ([(type(command), command.at) for command, _ in run(seed, SMALL).log] for seed in (7, 8))
    assert one != other


def test_time_goes_forward_and_stays_in_the_year(year_7):
    """Commands come in order of time, every one within the plan's year."""
    moments = [command.at for command, _ in year_7.log]
    assert moments == sorted(moments)
    assert datetime(2025, 1, 1, tzinfo=UTC) <= moments[0]
    assert moments[-1] < datetime(2026, 1, 1, tzinfo=UTC)


def test_a_year_may_start_and_end_elsewhere(run):
    """A plan of six months from April ends with September."""
    log = run(1, YearPlan(start=date(2024, 4, 1), months=6, deals=40)).log
    assert log[0][0].at >= datetime(2024, 4, 1, tzinfo=UTC)
    assert log[-1][0].at < datetime(2024, 10, 1, tzinfo=UTC)


def test_people_work_in_office_hours(year_7):
    """Nearly all is done on weekdays by day; nothing at the weekend."""
    moments = [command.at for command, _ in year_7.log]
    assert not [moment for moment in moments if moment.weekday() > 4]
    assert sum(8 <= moment.hour < 17 for moment in moments) == len(moments)


def test_a_deal_is_opened_first_and_never_asked_backwards_in_time(year_7):
    """Every deal begins with its opening, under ids in order, and its commands never go back in time."""
    by_deal: dict[str, list[Command]] = {}
    for command, _ in year_7.log:
        by_deal.setdefault(command.deal_id, []).append(command)
    assert list(by_deal) == [f"D-{n:04}" for n in range(1, 1201)]
    for commands in by_deal.values():
        assert isinstance(commands[0], OpenDeal)
        assert [command.at for command in commands] == sorted(command.at for command in commands)


def test_commands_say_who_asks_and_how(year_7):
    """Ids are in order and told apart by seed, the door is the simulation, people are those of the plan."""
    commands = [command for command, _ in year_7.log]
    assert [command.command_id for command in commands] == [f"sim-7-{n:06}" for n in range(1, len(commands) + 1)]
    assert {command.via for command in commands} == {"simulation"}
    people = {f"rep-{n:02}" for n in range(1, 13)} | {"manager-1", "manager-2"}
    assert {command.by for command in commands} == people


def test_the_year_tells_the_story_it_is_meant_to(year_7):
    """Enough events, a fifth still open, more than a quarter of the decided won, a tenth refused."""
    ends = {}
    for command, outcome in year_7.log:
        if outcome.accepted and isinstance(command, OpenDeal | WinDeal | LoseDeal | ReopenDeal):
            ends[command.deal_id] = type(command)
    ended = Counter(ends.values())
    refused = [outcome.accepted for command, outcome in year_7.log if isinstance(command, ATTEMPTS)]
    assert 14_000 <= len(year_7.log) <= 21_000
    assert 0.17 <= (ended[OpenDeal] + ended[ReopenDeal]) / 1200 <= 0.27
    assert 0.24 <= ended[WinDeal] / (ended[WinDeal] + ended[LoseDeal]) <= 0.32
    assert 0.08 <= refused.count(False) / len(refused) <= 0.20


def test_more_deals_make_a_larger_year_of_the_same_kind(run):
    """The number of deals changes nothing about what one deal is like."""
    small, large = (run(3, replace(SMALL, deals=deals)).log for deals in (100, 200))
    assert 1.7 < len(large) / len(small) < 2.3
