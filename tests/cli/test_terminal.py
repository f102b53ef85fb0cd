"""The program as it is started: exit codes, streams, terminals wide and narrow, readers that go away."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline_engine.cli import output
from pipeline_engine.cli.running import run as run_line
from pipeline_engine.cli.running import store_first
from tests.cli.conftest import Type
from tests.cli.given import ROOT
from tests.stored import move_store

pytestmark = pytest.mark.slow

PROGRAM = [sys.executable, "-c", "from pipeline_engine.cli import main; main()"]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
HEAVY = ("numpy", "pyarrow", "pydantic", "eventsourcing", "psycopg", "lxml", "pipeline_engine.engine")


def environment(**more: str) -> dict[str, str]:
    """What the program is started with."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "ignore", **more}


def started(folder: Path, line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The program run to its end in a folder."""
    return subprocess.run(
        [*PROGRAM, *line.split()], cwd=folder, env=environment(PYTHONIOENCODING="utf-8", **more), text=True,
        capture_output=True, check=False, encoding="utf-8",
    )  # fmt: skip


def on_a_terminal(folder: Path, line: str, columns: int, **more: str) -> str:
    """What a terminal of that width is shown."""
    ours, theirs = pty.openpty()
    words = environment(COLUMNS=str(columns), LINES="40", TERM="xterm", PYTHONIOENCODING="utf-8", **more)
    with subprocess.Popen([*PROGRAM, *line.split()], cwd=folder, env=words, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while select.select([ours], [], [], 20)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        process.wait(timeout=20)
    os.close(ours)
    return shown.decode("utf-8").replace("\r\n", "\n")


@pytest.fixture
def kept(office: Type, folder: Path) -> Path:
    """A folder with a store in it, for programs of their own."""
    office("deal set D-1 amount=62000 --by rep-1")
    office("deal move D-1 --to proposal --by rep-1")
    return folder


def test_exit_codes_are_those_of_the_contract(kept: Path) -> None:
    """0 done, 1 refused, 2 wrong use, 3 no store; an error is one line on standard error, the answer on the other."""
    cases = {
        "deal show D-1": 0, "deal move D-1 --to proposal --by rep-1": 1, "deal show D-9": 2, "nonsense": 2,
        "--store postgresql://nobody@127.0.0.1:1/none deal list": 3,
    }  # fmt: skip
    for line, code in cases.items():
        done = started(kept, line)
        assert done.returncode == code, (line, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr
        if code > 1:
            assert re.fullmatch(r"error: [^\n]+\n", done.stderr), done.stderr
            assert done.stdout == ""
        else:
            assert done.stderr == ""


def test_json_is_alone_on_standard_output(kept: Path) -> None:
    """One document, whatever the command came to."""
    for line in ("deal show D-1 --json", "deal move D-1 --to proposal --by rep-1 --json", "deal show D-9 --json"):
        assert isinstance(json.loads(started(kept, line).stdout), dict)


def test_help_is_quick(kept: Path) -> None:
    """Nothing heavy is imported for it; every command has a purpose and an example."""
    probe = "import sys; from pipeline_engine.cli.running import run; code = run(['--help'])"
    told = subprocess.run(
        [sys.executable, "-c", f"{probe}; print(sorted(set(sys.modules) & {set(HEAVY)!r})); sys.exit(code)"],
        cwd=kept, env=environment(), text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert told.stdout.splitlines()[-1] == "[]"
    assert "pipeline-engine deal move D-1" in started(kept, "deal move --help").stdout


def test_a_reader_that_goes_away_is_no_error(kept: Path) -> None:
    """As with `| head`: no traceback, no complaint while Python shuts down."""
    line = " ".join((*map(_quoted, PROGRAM), "deal", "timeline", "D-1", "--json", "|", "true"))
    done = subprocess.run(["sh", "-c", line], cwd=kept, env=environment(), text=True, capture_output=True, check=False)
    assert done.stderr == ""


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_full_disk_is_one_line(kept: Path) -> None:
    """What cannot be written is said once, with exit code 2."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [*PROGRAM, "deal", "show", "D-1"], cwd=kept, env=environment(), stdout=full, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert re.fullmatch(r"error: [^\n]+\n", done.stderr), done.stderr


def test_ctrl_c_is_one_line(kept: Path) -> None:
    """130, and what was acknowledged before is kept."""
    words = [*PROGRAM, "demo", "--deals", "5000", "--dir", "long"]
    # A run that was started in the background has the signal switched off, and so have its children.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(words, cwd=kept, env=environment(), text=True, stderr=subprocess.PIPE) as process:
        signal.signal(signal.SIGINT, before)
        assert process.stderr is not None
        assert "living" in process.stderr.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        process.wait(timeout=20)
    assert process.returncode == 130
    assert re.fullmatch(r"error: [^\n]+\n", rest), rest


@pytest.mark.parametrize(
    "text",
    [
        "view health",
        "view bottlenecks",
        "view funnel",
        "rebuild",
        "deal list",
        "deal next D-1",
        "deal timeline D-1",
        "deal show D-1",
        "process show b2b",
        "doctor",
        "team list",
    ],
)
def test_eighty_columns_are_enough(kept: Path, text: str) -> None:
    """Nothing is wider than the terminal, so that nothing breaks where it should not."""
    shown = ESCAPE.sub("", on_a_terminal(kept, text, 80))
    assert shown.strip()
    assert [row for row in shown.splitlines() if len(row) > 80] == []


def test_colours_are_for_terminals_that_want_them(kept: Path) -> None:
    """On a terminal yes, in a pipe no, with NO_COLOR no."""
    line = "deal move D-1 --to proposal --by rep-1"
    assert "\x1b[" in on_a_terminal(kept, line, 100)
    assert "\x1b[" not in started(kept, line).stdout
    assert "\x1b[3" not in on_a_terminal(kept, line, 100, NO_COLOR="1")


def test_marks_have_a_plain_form_where_they_cannot_be_shown(kept: Path) -> None:
    """A terminal that knows ASCII only gets ASCII, not an error."""
    done = subprocess.run(
        [*PROGRAM, "deal", "next", "D-1"], cwd=kept, env=environment(PYTHONIOENCODING="ascii"), capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert b"x two-meetings" in done.stdout


def test_the_store_may_be_named_anywhere(kept: Path) -> None:
    """Before the command, after it, or in the environment."""
    move_store(kept / "sales.db", kept / "other.db")
    assert started(kept, "--store sqlite:///other.db deal show D-1").returncode == 0
    assert started(kept, "deal show D-1 --store=sqlite:///other.db").returncode == 0
    assert started(kept, "deal show D-1", PIPELINE_ENGINE_STORE="sqlite:///other.db").returncode == 0


def test_what_follows_two_dashes_is_left_as_it_is() -> None:
    """`--store` after `--` is text."""
    assert store_first(["deal", "note", "D-1", "--", "--store", "x"]) == ["deal", "note", "D-1", "--", "--store", "x"]
    assert store_first(["deal", "list", "--store", "x"]) == ["--store", "x", "deal", "list"]


@pytest.mark.parametrize(
    ("raised", "code", "word"),
    [
        (MemoryError(), 2, "memory"), (RecursionError(), 2, "nested"), (KeyboardInterrupt(), 130, "stopped"),
        (PermissionError(13, "Permission denied", "sales.db"), 2, "sales.db"),
        (ZeroDivisionError("x"), 2, "fault of the engine"),
    ],
)  # fmt: skip
def test_whatever_happens_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, raised: BaseException,
    code: int, word: str,
) -> None:  # fmt: skip
    """A fault of ours, too; its details are in a file that is named."""

    def broken(**_: object) -> None:
        raise raised

    monkeypatch.setattr("pipeline_engine.cli.running.app", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run_line(["deal", "list"]) == code
    said = capsys.readouterr().err
    assert re.fullmatch(r"error: [^\n]+\n", said), said
    assert word in said
    kept = list(tmp_path.glob("pipeline-engine-fault-*.txt"))
    assert len(kept) == ("fault" in word)
    assert all(str(path) in said and "Traceback" in path.read_text(encoding="utf-8") for path in kept)


def test_words_go_on_under_words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A line too long for the terminal goes on under its own column."""
    monkeypatch.setattr(output, "terminal_columns", lambda: 40)
    output.say("  ? rule  " + "word " * 12, under=10)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert all(line.startswith(" " * 10 + "word") for line in lines[1:])
