"""`timers run --once`, `timers due` and `deal list --called`, under a frozen clock."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time
from typer.testing import CliRunner

from pipeline_engine.cli.app import app
from pipeline_engine.engine import Engine
from pipeline_engine.errors import BadValue
from tests.service.timers.given import PEOPLE, PROCESS

Ran = Callable[..., Any]
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def ran(tmp_path: Path) -> Ran:
    """Runs a command line on a store with one deal, so many days after its opening."""
    (tmp_path / "timed.yaml").write_text(PROCESS, encoding="utf-8")
    (tmp_path / "people.yaml").write_text(PEOPLE, encoding="utf-8")

    def run(line: str, day: int = 2) -> Any:
        with freeze_time(BEGIN.replace(day=day)):
            found = CliRunner().invoke(app, ["--store", f"sqlite:///{tmp_path}/sales.db", *line.split()])
        assert found.exit_code == 0, found.output
        return json.loads(found.stdout) if "--json" in line else found.output

    # Arrow looks once whether pandas is there, and pandas does not load under a frozen clock.
    with Engine.open("memory://") as engine:
        engine.coming_due()
    run(f"process publish {tmp_path}/timed.yaml --by ops")
    run(f"team apply {tmp_path}/people.yaml --by ops")
    run("deal open D --process timed --owner rep --by rep")
    return run


def test_what_comes_next_is_told_before_it_comes(ran: Ran) -> None:
    """The table and the document name the deal, what it is, and when; nothing is recorded by it."""
    found = ran("timers due --json", day=8)
    assert [(each["stream"], each["kind"], each["due"], each["late"]) for each in found][:2] == [
        ("deal:D", "service_level", "2026-03-07T09:00:00.000000Z", True),
        ("deal:D", "escalation", "2026-03-08T09:00:00.000000Z", True),
    ]
    assert "service level" in ran("timers due --limit 1", day=3)
    assert ran("timers due --json", day=8) == found


def test_what_is_due_is_recorded_once(ran: Ran) -> None:
    """The first ring records it, the second finds nothing; the timeline says what and when."""
    first = ran("timers run --once --json", day=8)
    assert [each["about"] for each in first["recorded"]] == ["lead", "slow"]
    assert first["next_at"] == "2026-03-10T09:00:00.000000Z"
    assert ran("timers run --once --json", day=8)["recorded"] == []
    assert "0 moments recorded; the next comes due 10 Mar 2026 09:00" in ran("timers run --once", day=8)
    told = ran("deal timeline D", day=8)
    assert "ServiceLevelBreached: in lead for longer than 5d" in told
    assert "DealEscalated: slow → boss" in told


def test_whoever_is_called_finds_the_deal(ran: Ran) -> None:
    """By name, with what the process says to them; nobody else is shown it."""
    ran("timers run --once", day=8)
    (called,) = ran("deal list --called boss --json", day=8)
    assert (called["id"], called["escalation"], called["says"]) == ("D", "slow", "help with it")
    assert "help with it" in ran("deal list --called boss", day=8)
    assert ran("deal list --called rep-2 --json", day=8) == []


@pytest.mark.parametrize(
    ("line", "needed"),
    [("deal list --called boss --owner rep", "no other filter"), ("timers run --json", "--once")],
)
def test_wrong_use_is_told(ran: Ran, line: str, needed: str) -> None:
    """No document without an end, no second filter beside `--called`."""
    found = CliRunner().invoke(app, line.split())
    assert isinstance(found.exception, BadValue)
    assert needed in str(found.exception)
