"""The demo: five sections on one screen, each figure from the engine, nothing of anybody else's removed."""

import io
import re
import shutil
from contextlib import chdir, redirect_stdout
from pathlib import Path

import pytest

from pipeline_engine.cli.demo_store import config
from pipeline_engine.cli.demo_year import PEOPLE, PROCESS, STRICT
from pipeline_engine.cli.running import run as run_line
from pipeline_engine.errors import BadValue
from tests.cli.conftest import Type
from tests.cli.given import CONFIG, XES_MAPPING, XES_PROCESS, xes

pytestmark = pytest.mark.slow

SECTIONS = ("1  THE PROCESS", "2  THE PIPELINE", "3  WHERE DEALS GET STUCK", "4  A MOVE", "5  WHAT IF?")


@pytest.fixture(scope="session")
def _demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder, out = tmp_path_factory.mktemp("demo"), io.StringIO()
    with chdir(folder), redirect_stdout(out):
        assert run_line(["demo", "--deals", "60"]) == 0
    return folder / "demo", out.getvalue().splitlines()


@pytest.fixture
def shown(folder: Path, _demo: tuple[Path, list[str]]) -> list[str]:
    """The lines of a demo of a small year, whose store is in the folder."""
    shutil.copytree(_demo[0], folder / "demo")
    return _demo[1]


def test_the_demo_is_five_sections_on_one_screen(shown: list[str]) -> None:
    """In their order, and the last line goes on from there."""
    starts = [next(n for n, text in enumerate(shown) if text.startswith(section)) for section in SECTIONS]
    assert starts == sorted(starts)
    assert len(shown) <= 48
    assert max(len(text) for text in shown) <= 120
    assert shown[-1] == "Yours next:  pipeline-engine import csv your-export.csv --propose mine/"


def test_the_figures_of_the_demo_are_those_of_the_views(line: Type, shown: list[str]) -> None:
    """What the screen says is what the commands say, asked of the store that it left."""
    store = "--store sqlite:///demo/sales.db"
    text = "\n".join(shown)
    health = line(f"{store} view health --as-of 2025-12-31 --json").json
    assert f"open {health['open']:,} deals" in text
    bottleneck = line(f"{store} view bottlenecks --as-of 2025-12-31 --json").json["stages"][0]
    assert f"{bottleneck['stage']}: {bottleneck['arrivals']:,} came in, {bottleneck['departures']:,} left" in text
    report = line(f"{store} backtest {CONFIG}/processes/b2b-saas-strict.yaml --json").json
    assert f"({report['attempts']:,} attempts replayed" in text
    assert f"all {report['fidelity']['replayable']:,} recorded verdicts reproduced" in text


def test_the_refused_move_may_be_typed_again(line: Type, shown: list[str]) -> None:
    """The command that the demo shows gives the same refusal, and is recorded once."""
    typed = next(text for text in shown if "$ pipeline-engine" in text).partition("pipeline-engine ")[2]
    marks = [text.strip() for text in shown if re.match(r" +[✗?✓~!] ", text)]
    again = line(typed)
    assert again.code == 1
    assert again.out.startswith("REFUSED")
    assert [text.strip() for text in again.out.splitlines() if re.match(r" +[✗?✓~!] ", text)] == marks


def test_a_demo_for_scripts_is_one_document(line: Type) -> None:
    """Made of the answers of the commands."""
    done = line("demo --deals 40 --json")
    assert set(done.json) >= {"store", "process", "health", "bottlenecks", "refusal", "backtest"}


def test_a_demo_again_makes_its_store_anew(line: Type) -> None:
    """The same seed, the same year."""
    first = line("demo --deals 20 --json").json
    assert line("demo --deals 20 --json").json == first
    assert line("demo --deals 20 --seed 8 --json").json["health"] != first["health"]


@pytest.mark.parametrize("content", [b"my notes", b"", b"SQLite format 3\x00" + b"\x00" * 100])
def test_a_demo_removes_nothing_that_is_not_its_own(line: Type, folder: Path, content: bytes) -> None:
    """A foreign file in its place stays, to the byte, and is named."""
    (folder / "mine").mkdir()
    (folder / "mine" / "sales.db").write_bytes(content)
    refused = line("demo --deals 20 --dir mine")
    if content:
        assert refused.code == 2
        assert "--dir" in refused.said_in_one_line()
        assert (folder / "mine" / "sales.db").read_bytes() == content


def test_a_demo_of_ones_own_export_guesses_and_says_so(line: Type, folder: Path) -> None:
    """The mapping is proposed, the history comes in, and the sections stand as far as the history allows."""
    done = line("demo --history crm.csv --dir mine")
    assert done.code == 0, done.err
    assert "least sure of" in done.out
    assert [section for section in SECTIONS if section not in done.out] == []
    assert "nothing to control" in done.out
    assert "--mapping mine/proposed/mapping.yaml" in done.out
    assert line("--store sqlite:///mine/sales.db view funnel --json").json["won"] == 1


def test_a_proposal_that_was_edited_is_kept(line: Type, folder: Path) -> None:
    """Another demo proposes beside it, and the same proposal is not written twice."""
    line("demo --history crm.csv --dir mine")
    line("demo --history crm.csv --dir mine")
    assert not (folder / "mine" / "proposed-2").exists()
    edited = folder / "mine" / "proposed" / "mapping.yaml"
    edited.write_text(edited.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    line("demo --history crm.csv --dir mine")
    assert edited.read_text(encoding="utf-8").endswith("# mine\n")
    assert (folder / "mine" / "proposed-2" / "mapping.yaml").exists()


def test_a_demo_of_an_event_log_takes_its_mapping(line: Type, folder: Path) -> None:
    """With the process beside the mapping; as JSON too, where nothing else is on standard output."""
    (folder / "process.yaml").write_text(XES_PROCESS, encoding="utf-8")
    (folder / "m.yaml").write_text(XES_MAPPING, encoding="utf-8")
    traces = [(f"L-{n}", ("Submit", "Call", "Offer", "Approve")[: 2 + n % 3]) for n in range(12)]
    (folder / "loans.xes").write_text(xes(*traces), encoding="utf-8")
    assert line("demo --history loans.xes --mapping m.yaml --dir mine").code == 0
    assert line("demo --history loans.xes --mapping m.yaml --dir mine --json").json["health"]["won"] == 4


@pytest.mark.parametrize(
    "text",
    [
        "demo --history nothing.csv", "demo --history loans.xes", "demo --deals 0", "demo --deals many",
        "demo --mapping crm-mapping.yaml", "demo --history crm.csv --mapping nothing.yaml",
        "demo --history people.yaml --mapping crm-mapping.yaml", "demo --history crm.csv --mapping people.yaml",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("shown")
def test_a_demo_that_cannot_be_is_one_line_and_keeps_the_last_one(line: Type, folder: Path, text: str) -> None:
    """What was there before is still there."""
    before = (folder / "demo" / "sales.db").read_bytes()
    refused = line(text)
    assert refused.code == 2
    refused.said_in_one_line()
    assert (folder / "demo" / "sales.db").read_bytes() == before


def test_the_files_of_the_demo_are_found_or_named() -> None:
    """They come with the package; one that does not is an error with its name."""
    for name in (PROCESS, STRICT, PEOPLE):
        assert config(name).is_file()
    with pytest.raises(BadValue, match=r"nothing\.yaml"):
        config("nothing.yaml")
