"""What the tests of the command line are given: a folder of their own, files in it, a way to type a command."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_engine.cli import main
from pipeline_engine.engine import Engine, StoryClock
from pipeline_engine.simulation import YearPlan, sales_year
from tests.cli.given import CONFIG, CRM_MAPPING, CRM_PROCESS, CRM_ROWS, PEOPLE, PROCESS, Ran
from tests.stored import copy_store

Type = Callable[..., Ran]
DEALS = 60


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in with a few files, and an environment that says nothing of ours."""
    monkeypatch.chdir(tmp_path)
    for name in ("PIPELINE_ENGINE_STORE", "PIPELINE_ENGINE_ACTOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    files = {
        "b2b.yaml": PROCESS, "people.yaml": PEOPLE, "crm-process.yaml": CRM_PROCESS, "crm-mapping.yaml": CRM_MAPPING,
        "crm.csv": CRM_ROWS,
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type a command as words, in the folder."""

    def typed(*words: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Ran(int(left.value.code or 0), said.out, said.err)

    return typed


@pytest.fixture
def line(run: Type) -> Type:
    """Type a command as one line."""
    return lambda text: run(*text.split())


@pytest.fixture(scope="session")
def _office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    (folder / "b2b.yaml").write_text(PROCESS, encoding="utf-8")
    (folder / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    with Engine.open(f"sqlite:///{folder / 'office.db'}", via="cli") as engine:
        engine.publish(folder / "b2b.yaml", by="ops-1")
        engine.apply_team(folder / "people.yaml", by="ops-1")
        assert engine.open_deal("D-1", process="b2b", owner="rep-1", by="rep-1").accepted
    return folder / "office.db"


@pytest.fixture
def office(folder: Path, line: Type, _office: Path) -> Type:
    """A store with the small process, its people and the deal D-1 in `lead`; then type one line after the other."""
    copy_store(_office, folder / "sales.db")
    return line


@pytest.fixture(scope="session")
def _year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("year") / "year.db"
    clock = StoryClock(datetime(2025, 1, 1, tzinfo=UTC))
    with Engine.open(f"sqlite:///{path}", clock=clock, clock_name="simulation", via="simulation") as engine:
        engine.publish(CONFIG / "processes" / "b2b-saas.yaml", by="ops-1")
        engine.apply_team(CONFIG / "people.yaml", by="ops-1")
        engine.live(sales_year(7, YearPlan(deals=DEALS)))
    return path


@pytest.fixture
def year(folder: Path, line: Type, _year: Path) -> Type:
    """A copy of a small made-up year as the store of the folder; then type one line after the other."""
    copy_store(_year, folder / "sales.db")
    return line
