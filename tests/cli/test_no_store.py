"""A command in the wrong folder: there is no store, which is said, and none is made."""

from pathlib import Path

import pytest

from tests.cli.conftest import Type

pytestmark = pytest.mark.slow
LOOKS = (
    "deal list", "deal list --handed-to rep-1", "deal list --awaiting rep-1", "deal show D-1", "deal next D-1",
    "deal preflight D-1 --to won", "deal timeline D-1", "deal approvals D-1", "deal follow-ups", "process list",
    "process show b2b", "process graph b2b", "process diff b2b@1 b2b.yaml", "process migrate b2b --to 2 --dry-run",
    "team list", "view health", "view bottlenecks", "view funnel", "backtest b2b.yaml", "audit bypasses",
    "audit waivers", "audit approvals", "audit refusals", "audit corrections", "follow status",
    "follow parked holdings", "erase list", "keys status", "keys lost", "doctor", "digest", "backup copy.db", "rebuild",
)  # fmt: skip
# None of these can begin a store: each needs what only a process, people or an import brings.
WRITES = (
    "deal open D-1 --process b2b --by rep-1", "deal set D-1 amount=5 --by rep-1", "deal move D-1 --to won --by rep-1",
    "deal bulk move --to proposal --deal D-1 --by rep-1", "deal announce-expired --by ops-1",
    "deal follow-ups --open --by ops-1", "process retire b2b --why over --by ops-1",
    "team end-delegation manager-1 rep-1 --role manager --by manager-1", "erase propose person:p-7 --reason x --by p-1",
)  # fmt: skip


@pytest.mark.parametrize("typed", [*LOOKS, *WRITES])
def test_a_command_in_the_wrong_folder_says_so_and_leaves_no_store_there(line: Type, folder: Path, typed: str) -> None:
    """An answer from an empty store would be taken for an answer, and the file for the store."""
    said = line(typed)
    assert (said.code, said.out) == (3, "")
    told = said.said_in_one_line()
    assert "there is no store" in told
    assert "sales.db" in told
    assert not list(folder.glob("*.db*"))


def test_what_to_do_is_said(line: Type, folder: Path) -> None:
    """Where the store may be, how it is named, and what begins one."""
    told = line("deal list").said_in_one_line()
    assert told.startswith("error: there is no store `sales.db` in this folder; go to the folder that has it")
    for way in ("`--store URL`", "PIPELINE_ENGINE_STORE", "`process publish FILE`", "`import`", "`demo`"):
        assert way in told
    assert f"no store `{folder / 'none.db'}`; go" in line(f"deal list --store sqlite:///{folder}/none.db").err
    assert line("deal list --json").json["error"]["type"] == "StoreUnreachable"


def test_an_empty_file_is_no_store_to_look_at(line: Type, folder: Path) -> None:
    """Nothing is written into it."""
    (folder / "sales.db").touch()
    assert "there is no store" in line("deal list").said_in_one_line()
    assert (folder / "sales.db").stat().st_size == 0


@pytest.mark.parametrize(
    "typed",
    [
        "process publish b2b.yaml --by ops-1", "team apply people.yaml --by ops-1",
        "import csv crm.csv --mapping crm-mapping.yaml",
    ],
)  # fmt: skip
def test_what_can_begin_a_store_begins_one(line: Type, folder: Path, typed: str) -> None:
    """A process, people, a history: each may be the first thing that is recorded."""
    line(typed)
    assert (folder / "sales.db").exists()
    assert line("deal list").code == 0


def test_a_schema_without_a_store_is_looked_at_and_left_as_it_is(line: Type, postgres_schema: str) -> None:
    """On PostgreSQL too: a slip in the name of a schema makes no schema."""
    for _ in range(2):
        said = line(f"deal list --store {postgres_schema}")
        assert (said.code, "there is no store in schema" in said.said_in_one_line()) == (3, True)
    assert line(f"process publish b2b.yaml --by ops-1 --store {postgres_schema}").code == 0
    assert line(f"deal list --store {postgres_schema}").code == 0
