"""Bringing history in from the command line, and having a mapping proposed for it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.cli.given import XES_MAPPING, XES_PROCESS, xes

KEYS = {"rows", "deals", "events", "rejected", "conflicts", "fidelity"}
IMPORT = "import csv crm.csv --mapping crm-mapping.yaml"


@pytest.fixture
def crm(line: Type) -> Type:
    """A store with the process of the history, which is not in yet."""
    assert line("process publish crm-process.yaml --by ops-1").code == 0
    return line


def test_an_import_has_the_keys_scripts_rely_on(crm: Type) -> None:
    """The contract of `import --json`; a bad row is rejected and counted, the rest goes in."""
    document = crm(f"{IMPORT} --json").json
    assert set(document) >= KEYS
    assert (document["rows"], document["deals"], document["rejected"], document["conflicts"]) == (10, 3, 1, 0)
    reject = document["rejects"][0]
    assert (reject["line"], reject["column"], reject["value"]) == (8, "at", "not-a-date")


def test_an_import_tells_people_where_the_rejects_are(crm: Type, folder: Path) -> None:
    """Rejected rows stand in a file with their line and reason."""
    told = crm(f"{IMPORT} --rejects bad.csv")
    assert told.code == 0
    assert "bad.csv" in told.out
    assert "not-a-date" in (folder / "bad.csv").read_text(encoding="utf-8")


def test_an_import_again_brings_nothing_twice(crm: Type) -> None:
    """The whole file once more is no event."""
    crm(IMPORT)
    again = crm(f"{IMPORT} --json").json
    assert (again["events"], again["conflicts"]) == (0, 0)
    funnel = crm("view funnel --json").json
    assert (funnel["won"], funnel["lost"], funnel["open"]) == (1, 1, 1)


def test_an_import_may_be_pinned_to_another_process(crm: Type) -> None:
    """`--process` stands above the mapping; one that is not published is an error with the near name."""
    wrong = crm(f"{IMPORT} --process cmr")
    assert wrong.code == 2
    assert "`crm`" in wrong.said_in_one_line()
    assert crm(f"{IMPORT} --process crm").code == 0


def test_an_event_log_comes_in(line: Type, folder: Path) -> None:
    """XES by a mapping from activities; the keys are the same."""
    (folder / "p.yaml").write_text(XES_PROCESS, encoding="utf-8")
    (folder / "m.yaml").write_text(XES_MAPPING, encoding="utf-8")
    log = xes(("L-1", ("Submit", "Call", "Offer", "Approve")), ("L-2", ("Submit", "Decline")))
    (folder / "loans.xes").write_text(log, encoding="utf-8")
    line("process publish p.yaml --by ops-1")
    document = line("import xes loans.xes --mapping m.yaml --json").json
    assert set(document) >= KEYS
    assert (document["rows"], document["deals"], document["rejected"]) == (6, 2, 0)
    funnel = line("view funnel --json").json
    assert (funnel["won"], funnel["lost"]) == (1, 1)


def test_a_proposal_writes_two_files_and_imports_nothing(line: Type, folder: Path) -> None:
    """It names at most three doubts, and what to type next; both files then work as they are."""
    proposed = line("import csv crm.csv --propose mine/")
    assert proposed.code == 0
    assert "pipeline-engine process publish" in proposed.out
    assert not (folder / "sales.db").exists()
    assert line("process publish mine/process.yaml --by ops-1").code == 0
    assert line("import csv crm.csv --mapping mine/mapping.yaml").code == 0


def test_a_proposal_overwrites_nothing(line: Type) -> None:
    """What is there already is kept, and said."""
    document = line("import csv crm.csv --propose mine --json").json
    assert set(document) >= {"mapping", "process", "unsure"}
    again = line("import csv crm.csv --propose mine")
    assert again.code == 2
    again.said_in_one_line()


def test_an_import_without_a_mapping_says_how_to_get_one(crm: Type) -> None:
    """One line with the command that proposes one."""
    assert "--propose" in crm("import csv crm.csv").said_in_one_line()
