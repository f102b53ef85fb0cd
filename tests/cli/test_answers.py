"""Views, the backtest, rebuilding and the doctor, over a small made-up year."""

import pytest

from tests.cli.conftest import DEALS, Type
from tests.cli.given import CONFIG

pytestmark = pytest.mark.slow

STRICT = CONFIG / "processes" / "b2b-saas-strict.yaml"
VIEWS = {
    "health": ({"as_of", "open", "open_value", "won_value", "stages", "flags"}, {"stage", "open"}),
    "bottlenecks": (
        {"as_of", "stages"},
        {"stage", "arrivals", "departures", "in_stage_mean", "median_days", "p90_days"},
    ),
    "funnel": ({"as_of", "won", "lost", "open", "stages"}, {"stage", "reached", "open"}),
}
CHANGES = {"same", "newly_refused", "newly_needs_approval", "newly_warned", "newly_allowed"}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_the_keys_scripts_rely_on(year: Type, view: str) -> None:
    """The contract of `view … --json`, and a table for people that names every stage."""
    top, row = VIEWS[view]
    document = year(f"view {view} --json").json
    assert set(document) >= top
    assert all(set(stage) >= row for stage in document["stages"])
    told = year(f"view {view}")
    assert told.code == 0
    assert all(stage["stage"] in told.out for stage in document["stages"])


def test_money_in_a_view_is_decimal_text(year: Type) -> None:
    """Never a float: scripts add it up exactly."""
    value = year("view health --json").json["open_value"]
    assert all(isinstance(amount, str) for amount in value.values())


def test_the_funnel_counts_each_deal_once(year: Type) -> None:
    """Won, lost and open add up to the deals of the year."""
    document = year("view funnel --json").json
    assert document["won"] + document["lost"] + document["open"] == len(year("deal list --json").json) <= DEALS


def test_a_view_answers_for_an_earlier_moment(year: Type) -> None:
    """`--as-of` takes a day, `--since` and `--until` a window, `--owner` and `--process` a part."""
    then = year("view health --as-of 2025-06-30 --json").json
    assert then["as_of"].startswith("2025-06-30")
    assert then["open"] != year("view health --json").json["open"]
    assert year("view bottlenecks --since 2025-03-01 --until 2025-06-30 --json").code == 0
    assert year("view funnel --process b2b-saas --owner rep-03 --json").code == 0
    assert year("view health --known-at 2025-06-30T00:00:00Z --json").code == 0


@pytest.mark.parametrize(
    "text",
    [
        "view health --process nothing", "view health --as-of soon", "view health --as-of 2025-02-30",
        "view bottlenecks --since 2031-01-01", "view health --known-at 2025-06-30T00:00:00",
    ],
)  # fmt: skip
def test_a_view_asked_for_nonsense_is_one_line(year: Type, text: str) -> None:
    """An unknown process, a time that is none, a window of nothing: exit code 2."""
    wrong = year(text)
    assert wrong.code == 2
    wrong.said_in_one_line()


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_an_empty_store_says_so(line: Type, view: str) -> None:
    """No deals yet is no fault of anybody, and no traceback."""
    assert line("team apply people.yaml --by ops-1").code == 0
    empty = line(f"view {view}")
    assert empty.code in (0, 2)
    assert empty.out or empty.said_in_one_line()


def test_a_backtest_has_the_keys_scripts_rely_on(year: Type) -> None:
    """The contract of `backtest --json`: the control, the counts, the rules."""
    document = year(f"backtest {STRICT} --json").json
    assert set(document["fidelity"]) >= {"replayable", "reproduced"}
    assert document["fidelity"]["replayable"] == document["fidelity"]["reproduced"] > 0
    assert set(document) >= CHANGES | {"attempts", "rules"}
    assert all(set(rule) >= {"rule", "evaluated", "fails", "unknown"} for rule in document["rules"])
    assert document["newly_refused"] > 0


def test_a_backtest_begins_with_its_control(year: Type) -> None:
    """People read first whether to trust it, then what cannot be known."""
    told = year(f"backtest {STRICT}")
    assert told.code == 0
    assert "Trust: all" in told.out
    assert "Cannot know" in told.out
    assert "economic" in told.out


def test_a_budget_sets_the_exit_code(year: Type) -> None:
    """`--fail-if` leaves with 1 where it holds, with 0 where not, and says which."""
    over = year(f"backtest {STRICT} --fail-if newly_refused>0 --json")
    assert over.code == 1
    assert over.json["newly_refused"] > 0
    assert "newly_refused>0" in over.err
    assert year(f"backtest {STRICT} --fail-if newly_refused>100000 --fail-if newly_allowed>100000").code == 0


@pytest.mark.parametrize(
    "text", ["--fail-if newly_refused", "--fail-if nonsense>1", "--baseline b2b-saas@9", "--baseline nothing@1"]
)
def test_a_backtest_asked_for_nonsense_is_one_line(year: Type, text: str) -> None:
    """A budget that is none, a baseline that is not there: exit code 2."""
    wrong = year(f"backtest {STRICT} {text}")
    assert wrong.code == 2
    wrong.said_in_one_line()


def test_a_baseline_may_be_named(year: Type) -> None:
    """Compared with a published version instead of what was in force."""
    assert year(f"backtest {STRICT} --baseline b2b-saas@1 --json").json["attempts"] > 0


def test_two_rebuilds_give_one_digest(year: Type) -> None:
    """Positions, rows a table and the digest; the same log, the same digest."""
    first, second = (year("rebuild --json").json for _ in range(2))
    assert first == second
    assert set(first) >= {"position", "rows", "digest"}
    assert first["digest"] in year("rebuild").out


def test_the_doctor_says_what_to_look_at(year: Type, line: Type) -> None:
    """A store lived under another clock is named with 1; the commands still work there."""
    sick = year("doctor --json")
    assert sick.code == 1
    assert any("simulation" in finding["found"] and not finding["ok"] for finding in sick.json["findings"])
    assert "clock" in year("doctor").out


def test_a_healthy_store_is_well(office: Type) -> None:
    """With people in it, nothing is left to look at."""
    well = office("doctor --json")
    assert well.code == 0
    assert well.json["ok"] is True


def test_a_command_typed_later_works_on_a_simulated_store(year: Type) -> None:
    """The real clock is after the year that was made up, so the gate takes commands as on any day."""
    deal = year("deal list --status open --stage lead --json").json[0]
    assert year(f"deal note {deal['id']} hello --by {deal['owner']}").code == 0
    asked = year(f"deal move {deal['id']} --to negotiation --by {deal['owner']} --json")
    assert asked.code == 1
    assert asked.json["accepted"] is False
