"""The limits hold: every check passes over the tree as it is, and catches the bad example it is shown."""

import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture import (
    CHECKS,
    PACKAGE,
    Module,
    back_rooms,
    far_from_home,
    hidden_imports,
    hidden_names,
    long_functions,
    meets_the_world,
    names_a_registry,
    names_the_workplace,
    no_door_sign,
    too_long,
    unlocked,
    unreasoned,
)

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / PACKAGE
MODULES = [Module.read(path, SOURCE) for path in sorted(SOURCE.rglob("*.py"))]
TEST_MODULES = [Module.read(path, ROOT) for path in sorted((ROOT / "tests").rglob("*.py"))]
MADE_HERE = {"demo", "dist", "build", "node_modules", "__pycache__"}


def kept_files() -> list[Path]:
    """What is or would be committed: git's own list, or in a source archive all files but those made here."""
    git = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False)
    paths = [ROOT / name for name in listed.stdout.split("\0")] if listed.stdout else list(ROOT.rglob("*"))
    return [path for path in paths if path.is_file() and not is_made_here(path.relative_to(ROOT).parts)]


def is_made_here(parts: tuple[str, ...]) -> bool:
    """Whether a path lies in a folder that is made here and kept nowhere, as caches are."""
    return any(part in MADE_HERE or (part[0] == "." and part != ".ci") for part in parts[:-1])


def none_of(complaints: Iterable[str]) -> None:
    """Fail with all complaints, each on its line."""
    if found := list(dict.fromkeys(complaints)):
        pytest.fail("\n".join(found), pytrace=False)


def text_of(path: Path) -> str:
    """The text of a file; nothing where it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_module_keeps_the_limits(check):
    """No module of the package breaks a limit that a tool can measure."""
    none_of(complaint for module in MODULES for complaint in check(module))


def test_rooms_are_entered_by_their_face():
    """What another room keeps behind its face is its own."""
    hidden = hidden_names(MODULES)
    none_of(complaint for module in MODULES for complaint in back_rooms(module, hidden))


@pytest.mark.parametrize("check", [no_door_sign, unreasoned], ids=lambda check: check.__name__)
def test_tests_have_door_signs_and_reasons_too(check):
    """A test module says what it pins, and excuses nothing without a reason."""
    none_of(complaint for module in TEST_MODULES for complaint in check(module))


def test_nothing_outside_the_tests_knows_the_workplace():
    """The engine runs anywhere: no file but a test names what lies beside the project."""
    outside = [path for path in kept_files() if path.relative_to(ROOT).parts[0] != "tests"]
    none_of(said for path in outside for said in names_the_workplace(str(path), text_of(path)))


def test_no_file_names_a_registry():
    """The locks, like every other file, leave it to the machine where packages come from."""
    none_of(said for path in kept_files() for said in names_a_registry(str(path), text_of(path)))


def test_every_requirement_is_locked():
    """A requirement added to pyproject.toml is in the lock before it is used."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = [name for extra in project["project"]["optional-dependencies"].values() for name in extra]
    wanted = [*project["project"]["dependencies"], *extras, *project["dependency-groups"]["dev"]]
    none_of(unlocked(wanted, (ROOT / "requirements" / "dev.txt").read_text()))


def module(source: str, name: str = "views.health") -> Module:
    """A made-up module of the package."""
    return Module(name, source)


BODY = "\n".join(f"    x{number} = {number}" for number in range(26))
BAD = {
    "a module of 401 lines": (too_long, module("x = 1\n" * 401)),
    "a body of 26 lines": (long_functions, module(f"def f():\n{BODY}\n")),
    "a method of 26 lines": (long_functions, module(f"class A:\n  async def f(self):\n{BODY}\n")),
    "no docstring": (no_door_sign, module("import ast\n")),
    "a docstring that is no sentence": (no_door_sign, module('"""Deal utilities"""\n')),
    "a lazy import": (hidden_imports, module("def f():\n    from pipeline_engine.store import Store\n")),
    "a lazy import in a method": (
        hidden_imports,
        module("class A:\n def f(s):\n  import pipeline_engine.deal\n"),
    ),
    "the event-sourcing library abroad": (far_from_home, module("from eventsourcing.domain import event\n")),
    "psycopg abroad": (far_from_home, module("import psycopg\n", "engine")),
    "protobuf abroad": (far_from_home, module("from google import protobuf\n")),
    "the bus outside its module": (far_from_home, module("import faststream\n", "service.api")),
    "a terminal library abroad": (far_from_home, module("def f():\n    import rich.table\n", "engine")),
    "the clock": (meets_the_world, module("from datetime import datetime\nx = datetime.now()\n")),
    "the clock by another name": (meets_the_world, module("from datetime import datetime as d\nx = d.now\n")),
    "today": (meets_the_world, module("import datetime\nx = datetime.date.today()\n", "deal.decide")),
    "time": (meets_the_world, module("import time as t\nx = t.time()\n", "process.judge")),
    "an identity": (meets_the_world, module("from uuid import uuid4\n", "team.people")),
    "a secret": (meets_the_world, module("import secrets\n", "replay.held")),
    "chance": (meets_the_world, module("import random\nx = random.choice([1])\n", "simulation.year")),
    "chance without a seed": (meets_the_world, module("from random import Random\nx = Random()\n")),
    "numpy's chance": (meets_the_world, module("import numpy as np\nx = np.random.normal()\n")),
    "numpy's chance without a seed": (
        meets_the_world,
        module("import numpy as np\nx = np.random.default_rng()\n"),
    ),
    "the environment": (meets_the_world, module("import os\nx = os.environ['A']\n")),
    "a database": (meets_the_world, module("import sqlite3\n")),
    "a bare type ignore": (unreasoned, module("x = 1  # type" + ": ignore\n")),
    "a type ignore without a reason": (unreasoned, module("x = 1  # type" + ": ignore[arg-type]\n")),
    "a bare exception": (unreasoned, module("x = 1  # no" + "qa\n")),
    "an exception without a reason": (unreasoned, module("x = 1  # no" + "qa: E501\n")),
    "an uncovered line without a reason": (unreasoned, module("x = 1  # pragma" + ": no cover\n")),
}
GOOD = {
    "a long docstring": (long_functions, module(f'def f():\n    """\n{BODY}\n    """\n    return 1\n')),
    "blank lines and comments": (long_functions, module("def f():\n    x = 1\n" + "\n    # why\n" * 30)),
    "cli waits with the engine": (
        hidden_imports,
        module("def f():\n    import pipeline_engine.engine\n", "cli"),
    ),
    "a library at home": (far_from_home, module("import psycopg\nimport eventsourcing\n", "store.recorders")),
    "a namesake": (far_from_home, module("import richer\nimport relative\n")),
    "a seed": (meets_the_world, module("import numpy as np\nx = np.random.default_rng(7)\n")),
    "a seeded Random": (meets_the_world, module("from random import Random\nx = Random(7).random()\n")),
    "a time that came in": (meets_the_world, module("def f(now):\n    return now.today\n")),
    "the clock in the engine": (meets_the_world, module("import time\nx = time.time()\n", "engine")),
    "a reason": (unreasoned, module("x = 1  # no" + "qa: S608 -- names come from constants\n")),
    "a typed reason": (unreasoned, module("x = 1  # type" + ": ignore[misc]  # their stub is wrong\n")),
}


@pytest.mark.parametrize("example", BAD)
def test_a_bad_example_is_caught(example):
    """A check that cannot fail proves nothing."""
    check, bad = BAD[example]
    assert list(check(bad)) != []


@pytest.mark.parametrize("example", GOOD)
def test_a_good_example_is_left_alone(example):
    """A check that cries wolf is soon switched off."""
    check, good = GOOD[example]
    assert list(check(good)) == []


@pytest.mark.parametrize(
    ("line", "by", "caught"),
    [
        ("from pipeline_engine.deal.events import DealMoved", "views.health", True),
        ("from pipeline_engine.deal import events", "views.health", True),
        ("import pipeline_engine.deal.events", "store.codec", True),
        ("from pipeline_engine import Engine", "views.health", True),
        ("from pipeline_engine import Engine", "cli.main", False),
        ("from pipeline_engine.deal import DealMoved", "views.health", False),
        ("from pipeline_engine.deal import decide", "engine.desk", False),
        ("from pipeline_engine.deal.decide import decide", "engine.desk", True),
        ("from pipeline_engine.deal.events import DealMoved", "deal.decide", False),
        ("from pipeline_engine.values import Money", "deal.events", False),
        ("from pipeline_engine import values", "deal.events", False),
    ],
)
def test_a_back_room_is_told_from_a_face(line, by, caught):
    """Only what a room's face offers may be taken from outside; a module without a folder is its own face."""
    face = module("from pipeline_engine.deal.decide import decide\n", "deal")
    hidden = hidden_names([face, *(module("", name) for name in ("deal.events", "deal.decide", "values"))])
    complaints = list(back_rooms(module(f"{line}\n", by), hidden))
    assert bool(complaints) == caught


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("see ../shared/x", True),
        ("/work/main", True),
        ("`/work`", True),
        ("a/workflow", False),
        ("a/work", False),
    ],
)
def test_the_workplace_is_recognised(text, caught):
    """Only the workplace's own paths are caught, not words that look like them."""
    assert bool(list(names_the_workplace("README.md", text))) == caught


def test_a_registry_is_recognised():
    """The address of a registry, and the options that take one, are caught."""
    for text in (
        "//py" + "pi.org/simple",
        "registry.npm" + "js.org",
        "--index" + "-url x",
        "--find" + "-links x",
    ):
        assert list(names_a_registry("requirements/dev.txt", text)) != []
    assert list(names_a_registry("README.md", "from PyPI, by `pip install`")) == []


def test_an_unlocked_requirement_is_recognised():
    """A requirement is found in the lock whatever its spelling, and missed where it is not."""
    lock = "pyyaml==6.0.3 \\\npsycopg==3.3.9 \\\n"
    assert list(unlocked(["PyYAML>=6", "psycopg[binary]>=3"], lock)) == []
    assert list(unlocked(["polars"], lock)) != []
