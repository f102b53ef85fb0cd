"""Stores that are not as they should be, as somebody meets them who types a command: word for word.

`STORES=write pytest tests/cli/test_bad_stores.py` writes the file anew; read every block before you keep it: it says
what was found, where, and what to do next.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import Type

GOLDEN = Path(__file__).parent / "golden" / "stores.txt"
SEPARATOR = "=== "


@dataclass(frozen=True)
class Case:
    """What is done to a good store, the command that meets it, and how the command leaves."""

    name: str
    made: Callable[[Path], None]
    command: str
    code: int = 2


def sql(*statements: str, name: str = "sales.db") -> Callable[[Path], None]:
    """Statements that somebody else runs on the file."""

    def run(folder: Path) -> None:
        with closing(sqlite3.connect(folder / name, isolation_level=None)) as raw:
            for statement in statements:
                raw.execute(statement)

    return run


def wrote(name: str, content: bytes) -> Callable[[Path], None]:
    """A file of somebody else's."""

    def run(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return run


def foreign(folder: Path) -> None:
    """A database of another program."""
    with closing(sqlite3.connect(folder / "other.db")) as raw:
        raw.execute("CREATE TABLE invoices (id integer)")


def two_names(folder: Path) -> None:
    """A copy that is none."""
    os.link(folder / "sales.db", folder / "copy.db")


def cut_short(folder: Path) -> None:
    """Half of the file, as a broken transfer leaves it."""
    whole = (folder / "sales.db").read_bytes()
    (folder / "half.db").write_bytes(whole[: len(whole) // 2 // 4096 * 4096])


def twice(folder: Path) -> None:
    """A second store that is not empty."""
    shutil.copy(folder / "sales.db", folder / "used.db")


LATER = "UPDATE stored_events SET topic = 'DealFramed' WHERE originator_id = 'deal:D-1'"
CUT = "UPDATE stored_events SET state = substr(state, 1, 40) WHERE originator_id = 'deal:D-1'"
GAP = "UPDATE stored_events SET originator_version = 3 WHERE originator_id = 'deal:D-1'"
NEWER = "UPDATE store_header SET value = '2' WHERE key = 'format'"

CASES = (
    Case("written by a newer version", sql(NEWER), "deal list"),
    Case("a database of another program", foreign, "--store sqlite:///other.db deal list"),
    Case("no database at all", wrote("letter.db", b"Dear customer, " * 99), "--store sqlite:///letter.db deal list"),
    Case("an event of a newer version, met by a command", sql(LATER), "deal show D-1"),
    Case("an event of a newer version, met by a view", sql(LATER), "view health --as-of 2026-03-31", 0),
    Case("an event of a newer version, met by the doctor", sql(LATER), "doctor", 1),
    Case("a payload cut short, met by a command", sql(CUT), "deal note D-1 hello --by rep-1"),
    Case("a payload cut short, met by the doctor", sql(CUT), "doctor --deep", 1),
    Case("a trigger on the log", sql("CREATE TRIGGER tidy AFTER INSERT ON stored_events BEGIN SELECT 1; END"),
         "deal list"),
    Case("a file with two names", two_names, "deal list"),
    Case("a setting that gives the log away", sql(), "--store sqlite:///sales.db?synchronous=off deal list"),
    Case("a store that is not there", sql(), "--store sqlite:///none.db doctor", 3),
    Case("a folder that is not there", sql(), "--store sqlite:///none/sales.db deal list", 3),
    Case("a new store in a folder that is not there", sql(),
         "--store sqlite:///none/sales.db process publish b2b.yaml --by ops-1", 3),
    Case("a header that is damaged", sql("DELETE FROM store_header WHERE key = 'clock'"), "deal list"),
    Case("a format that is no number", sql("UPDATE store_header SET value = 'x' WHERE key = 'format'"), "doctor"),
    Case("a header of keys that is damaged", sql("DELETE FROM key_header WHERE name = 'master'", name="sales.db.keys"),
         "deal list"),
    Case("a record time beyond all times", sql(f"UPDATE stored_events SET recorded_at = {2**63 - 1}"), "doctor", 1),
    Case("a gap in a stream", sql(GAP), "doctor", 1),
    Case("a back-up over a file", wrote("there.db", b"a letter"), "backup there.db"),
    Case("a back-up into no folder", sql(), "backup none/copy.db", 3),
    Case("half a back-up", cut_short, "restore half.db --into sqlite:///again.db"),
    Case("no back-up", foreign, "restore other.db --into sqlite:///again.db"),
    Case("a back-up that is not there", sql(), "restore none.db --verify", 3),
    Case("a back-up into a store that is used", twice, "restore sales.db --into sqlite:///used.db"),
    Case("a back-up into nothing", sql(), "restore sales.db"),
    Case("a back-up into memory", sql(), "restore sales.db --into memory://"),
    Case("a tenant on SQLite", sql(), "tenant create north"),
)  # fmt: skip


def golden() -> dict[str, str]:
    """The blocks of the file, by name."""
    blocks = GOLDEN.read_text(encoding="utf-8").split(SEPARATOR) if GOLDEN.exists() else []
    named = (block.partition("\n") for block in blocks if block)
    return {name: text.strip("\n") for name, _, text in named}


def said(text: str, folder: Path) -> str:
    """What was said, without what differs from machine to machine: places, and lines of the doctor that are well."""
    lines = text.replace(f"{folder}/", "").replace(str(folder), ".").splitlines()
    return "\n".join(" ".join(line.split()) for line in lines if not line.startswith("✓"))


def test_the_names_of_the_cases_are_told_apart() -> None:
    """A block of the file belongs to one case, and every case has one."""
    assert len({case.name for case in CASES}) == len(CASES)
    assert os.environ.get("STORES") == "write" or list(golden()) == [case.name for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_store_that_is_not_as_it_should_be_is_told(office: Type, folder: Path, case: Case) -> None:
    """What was found, where, and the next step; one line where nothing could be done, and never a traceback."""
    case.made(folder)
    asked = office(case.command)
    assert asked.code == case.code
    if case.code > 1:
        asked.said_in_one_line()
    told = f"$ pipeline-engine {case.command}\n{said(asked.out + asked.err, folder)}\n[{asked.code}]"
    if os.environ.get("STORES") == "write":
        kept = {**golden(), case.name: told}
        blocks = (f"{SEPARATOR}{each.name}\n{kept[each.name]}\n" for each in CASES if each.name in kept)
        GOLDEN.write_text("\n".join(blocks), encoding="utf-8")
    assert told == golden()[case.name]
