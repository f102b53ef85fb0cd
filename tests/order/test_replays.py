"""Reading the past again touches nothing and says the same every time: rebuild, replay and backtest of a made-up year.

Each runs three times in processes of their own, under another order of hashes, another zone, another language and from
another folder; an audit hook notes every socket and every file that is opened for writing.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline_engine.engine import Engine, StoryClock
from pipeline_engine.simulation import YearPlan, sales_year
from tests.replay.lived import ROOT

SURROUNDINGS = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "2", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "77", "TZ": "America/St_Johns", "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
)
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
READING = ("rebuild", "replay", "backtest")


class Run(NamedTuple):
    """What a run said, what it touched, and afterwards the digests of the store's files."""

    said: bytes
    touched: list[str]
    files: dict[str, str]


def content(folder: Path) -> dict[str, str]:
    """The digest of every file there."""
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a made-up year of forty deals."""
    path = tmp_path_factory.mktemp("year") / "year.db"
    with Engine.open(f"sqlite:///{path}", clock=StoryClock(BEGIN), clock_name="simulation", via="simulation") as engine:
        engine.publish(ROOT / "config" / "processes" / "b2b-saas.yaml", by="ops-1")
        engine.apply_team(ROOT / "config" / "people.yaml", by="ops-1")
        engine.live(sales_year(7, YearPlan(deals=40)))
    return path


def run(store: Path, folder: Path, surroundings: dict[str, str], *what: str) -> Run:
    """One run in a process of its own, on the store itself."""
    environment = {"PATH": os.defpath, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.order.replaying", str(store), *what],
        cwd=folder, env=environment | surroundings, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return Run(done.stdout, json.loads(done.stderr), content(store.parent))


@pytest.mark.slow
def test_the_past_is_read_without_touching_anything_and_says_the_same(year: Path, tmp_path: Path) -> None:
    """No socket, no file written, no row added; and three runs that agree to the byte."""
    before = content(year.parent)
    runs = []
    for nth, surroundings in enumerate(SURROUNDINGS):
        folder = tmp_path / str(nth)
        folder.mkdir()
        runs.append(run(year, folder, surroundings, *READING))
        assert list(folder.iterdir()) == []
    assert [each.touched for each in runs] == [[], [], []]
    assert [each.files for each in runs] == [before] * 3
    assert runs[0].said.count(b"\n") > 100
    assert len({each.said for each in runs}) == 1


@pytest.mark.slow
def test_control_what_touches_something_or_hangs_on_chance_is_seen(year: Path, tmp_path: Path) -> None:
    """Control: a socket, a file, a recorded command and the order of a set are each noticed by the same look."""
    copy = shutil.copytree(year.parent, tmp_path / "copy") / year.name
    chance = [run(copy, tmp_path, surroundings, "by_chance") for surroundings in SURROUNDINGS[:2]]
    assert chance[0].said != chance[1].said
    touched = run(copy, tmp_path, SURROUNDINGS[0], "by_socket", "by_file", "by_command")
    assert any(each.startswith("socket.") for each in touched.touched)
    assert any("year.note" in each for each in touched.touched)
    assert touched.files[year.name] != chance[0].files[year.name]
