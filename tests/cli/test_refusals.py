"""Refusals as a rep sees them, word for word.

`REFUSALS=write pytest tests/cli/test_refusals.py` writes the file anew; read every block before you keep it: it must
sound like a colleague who wants the deal to go on.
"""

import os
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from freezegun import freeze_time

from pipeline_engine.engine import Engine
from tests.cli.conftest import Type
from tests.cli.refusals import CASES, PEOPLE, Case

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden" / "refusals.txt"
NOW = datetime(2026, 5, 11, 9, tzinfo=UTC)
SEPARATOR = "=== "


def golden() -> dict[str, str]:
    """The blocks of the file, by name."""
    blocks = GOLDEN.read_text(encoding="utf-8").split(SEPARATOR) if GOLDEN.exists() else []
    named = (block.partition("\n") for block in blocks if block)
    return {name: text.strip("\n") for name, _, text in named}


def lived(run: Type, folder: Path, case: Case) -> str:
    """The command of a case and what it printed, after everything that happened before it."""
    (folder / "process.yaml").write_text(case.process, encoding="utf-8")
    (folder / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    with freeze_time(datetime(2026, 3, 1, tzinfo=UTC)):
        setup = run("process", "publish", "process.yaml", "--by", "ops-1")
        assert setup.code == 0, setup.err
        assert not case.people or run("team", "apply", "people.yaml", "--by", "ops-1").code == 0
    with freeze_time(NOW):
        for line in case.before:
            before = run(*shlex.split(line))
            assert before.code == 0, before.out + before.err
        asked = run(*shlex.split(case.command))
    return f"$ pipeline-engine {case.command}\n{asked.out}{asked.err}".strip("\n")


def test_the_names_of_the_cases_are_told_apart() -> None:
    """A block of the file belongs to one case, and every case has one."""
    assert len({case.name for case in CASES}) == len(CASES)
    assert os.environ.get("REFUSALS") == "write" or list(golden()) == [case.name for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_refusal_reads_as_it_should(run: Type, folder: Path, case: Case) -> None:
    """What stands in the way, the value seen, what would do, and who can help."""
    told = lived(run, folder, case)
    if os.environ.get("REFUSALS") == "write":
        kept = {**golden(), case.name: told}
        blocks = (f"{SEPARATOR}{each.name}\n{kept[each.name]}\n" for each in CASES if each.name in kept)
        GOLDEN.write_text("\n".join(blocks), encoding="utf-8")
    assert told == golden()[case.name]


def test_looking_writes_nothing(run: Type, folder: Path) -> None:
    """Neither an event, nor a store where there is none."""
    for looking in ("deal next D-1", "deal preflight D-1 --to proposal", "deal show D-1", "deal timeline D-1"):
        assert run(*looking.split()).code == 3
    assert not (folder / "sales.db").exists()
    lived(run, folder, CASES[0])
    with Engine.open(f"sqlite:///{folder / 'sales.db'}") as engine:
        before = len(engine.timeline("D-1"))
    for looking in ("deal next D-1", "deal preflight D-1 --to proposal", "deal preflight D-1 --to won --json"):
        assert run(*looking.split()).code in (0, 1)
    with Engine.open(f"sqlite:///{folder / 'sales.db'}") as engine:
        assert len(engine.timeline("D-1")) == before
