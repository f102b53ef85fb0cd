"""Every kind of bad input: one line with what and where, the right exit code, no traceback, nothing half written."""

import gzip
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Type
from tests.cli.given import CRM_MAPPING, PROCESS, XES_MAPPING, xes

pytestmark = pytest.mark.slow

BIG_LINE = 10 * 1024 * 1024

# name: (what is written instead of what, a word that the line must hold)
MISTAKES = {
    "a bracket that is never closed": ("stages:", "stages: [", ""),
    "a tab": ("stages:\n  -", "stages:\n\t-", "tab"),
    "a check that begins with an exclamation mark": ("approval: manager,", "check: !deal.amount,", '"!deal.amount"'),
    "an unknown field, with the near one": ("deal.amount >= 50000", "deal.amuont >= 50000", "amount`"),
    "an unknown key, with the near one": ("service_level: 14d", "service_levle: 14d", "`service_level`"),
    "a rule of the wrong type": ("deal.amount >= 50000", "deal.amount + 50000", "true or false"),
    "a duration nobody can read": ("deal.amount >= 50000", "now - opened_at > duration('90d')", "90d"),
    "an alias": ("roles: [rep, manager]", "roles: &r [rep, manager]\nmore: *r", "anchor"),
    "an unknown stage": ("won: {from: [negotiation]}", "won: {from: [negotiations]}", "`negotiation`"),
    "a key twice": ("currency: EUR", "currency: EUR\ncurrency: USD", "currency"),
    "a list inside braces": ("{id: lead, service_level: 5d}", "{id: lead, enter: [require: [amount]}", ""),
    "an absurd number": ("deal.amount >= 50000", "deal.amount >= 1e400", ""),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_broken_process_file_is_one_line_with_its_place(line: Type, folder: Path, mistake: str) -> None:
    """File and line are named, and the process is not published."""
    was, instead, word = MISTAKES[mistake]
    assert was in PROCESS
    (folder / "bad.yaml").write_text(PROCESS.replace(was, instead), encoding="utf-8")
    refused = line("process publish bad.yaml --by ops-1")
    assert refused.code == 2
    told = refused.said_in_one_line()
    assert "bad.yaml:" in told
    assert word.lower() in told.lower()
    assert line("process list --json").json == []
    assert line("process lint bad.yaml").code == 1


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00p", b"\x00" * 100, b"- just\n- a list\n", b"process: " + b"x" * 2_000_000]
)
def test_a_file_that_is_no_process_is_one_line(line: Type, folder: Path, content: bytes) -> None:
    """Empty, binary, another kind of YAML, far too large."""
    (folder / "bad.yaml").write_bytes(content)
    for command in ("process publish bad.yaml --by ops-1", "backtest bad.yaml", "team apply bad.yaml --by ops-1"):
        refused = line(command)
        assert refused.code == 2
        assert "bad.yaml" in refused.said_in_one_line()


def _missing_column(folder: Path) -> str:
    (folder / "m.yaml").write_text(CRM_MAPPING.replace("id: deal", "id: opportunity"), encoding="utf-8")
    return "import csv crm.csv --mapping m.yaml"


def _not_what_it_says(folder: Path) -> str:
    (folder / "crm.csv").write_bytes(b"PK\x03\x04" + b"\x00" * 200)
    return "import csv crm.csv --mapping crm-mapping.yaml"


def _xml_as_csv(folder: Path) -> str:
    (folder / "crm.csv").write_text(xes(("L-1", ("Submit",))), encoding="utf-8")
    return "import csv crm.csv --mapping crm-mapping.yaml"


def _truncated_gzip(folder: Path) -> str:
    whole = gzip.compress(xes(*((f"L-{n}", ("Submit", "Approve")) for n in range(200))).encode())
    (folder / "log.xes.gz").write_bytes(whole[: len(whole) // 2])
    (folder / "m.yaml").write_text(XES_MAPPING.replace("process: loans", "process: crm"), encoding="utf-8")
    return "import xes log.xes.gz --mapping m.yaml"


def _long_line(folder: Path) -> str:
    text = (folder / "crm.csv").read_text(encoding="utf-8")
    (folder / "crm.csv").write_text(text + "D,2026-01-01T00:00:00," + "x" * BIG_LINE + ",lead,\n", encoding="utf-8")
    return "import csv crm.csv --mapping crm-mapping.yaml"


def _no_file(folder: Path) -> str:
    return "import csv nothing.csv --mapping crm-mapping.yaml"


def _a_folder(folder: Path) -> str:
    (folder / "here.csv").mkdir()
    return "import csv here.csv --mapping crm-mapping.yaml"


def _no_mapping_file(folder: Path) -> str:
    return "import csv crm.csv --mapping nothing.yaml"


def _broken_mapping(folder: Path) -> str:
    (folder / "m.yaml").write_text("format: csv\nrows: [", encoding="utf-8")
    return "import csv crm.csv --mapping m.yaml"


def _unknown_stage_in_the_mapping(folder: Path) -> str:
    (folder / "m.yaml").write_text(CRM_MAPPING.replace("Won: won", "Offer: ofer"), encoding="utf-8")
    return "import csv crm.csv --mapping m.yaml"


def _csv_by_a_mapping_for_xes(folder: Path) -> str:
    (folder / "m.yaml").write_text(XES_MAPPING.replace("process: loans", "process: crm"), encoding="utf-8")
    return "import csv crm.csv --mapping m.yaml"


HISTORIES: list[Callable[[Path], str]] = [
    _missing_column, _not_what_it_says, _xml_as_csv, _truncated_gzip, _no_file, _a_folder, _no_mapping_file,
    _broken_mapping, _unknown_stage_in_the_mapping, _csv_by_a_mapping_for_xes,
]  # fmt: skip


@pytest.mark.parametrize("broken", HISTORIES, ids=lambda each: each.__name__.strip("_"))
def test_a_history_that_cannot_be_read_is_one_line(line: Type, folder: Path, broken: Callable[[Path], str]) -> None:
    """The file is named, and nothing of it is brought in."""
    line("process publish crm-process.yaml --by ops-1")
    before = line("rebuild --json").json
    refused = line(broken(folder))
    assert refused.code == 2
    assert any(name in refused.said_in_one_line() for name in (".csv", ".xes", ".yaml"))
    assert line("rebuild --json").json["rows"] == before["rows"]


def test_a_line_of_ten_megabytes_is_one_line_of_error_or_a_reject(line: Type, folder: Path) -> None:
    """It neither fills the terminal nor brings in half a deal."""
    line("process publish crm-process.yaml --by ops-1")
    done = line(_long_line(folder))
    assert len(done.out) + len(done.err) < 5_000
    assert done.code in (0, 2)
    if done.code == 2:
        done.said_in_one_line()


@pytest.mark.parametrize("broken", ["_not_what_it_says", "_no_file", "_a_folder", "_xml_as_csv"])
def test_nothing_is_proposed_for_what_is_no_table(line: Type, folder: Path, broken: str) -> None:
    """One line, and no half-written folder."""
    file = globals()[broken](folder).split()[2]
    refused = line(f"import csv {file} --propose mine")
    assert refused.code == 2
    refused.said_in_one_line()
    assert not (folder / "mine").exists()


def _no_database(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says")


def _foreign_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table customers (id integer)")
    connection.close()


def _newer_format(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 99")
    connection.close()


@pytest.mark.parametrize("made", [_no_database, _foreign_database], ids=lambda each: each.__name__.strip("_"))
def test_a_file_that_is_no_store_is_left_alone(line: Type, folder: Path, made: Callable[[Path], None]) -> None:
    """One line, exit code 2, and the file is what it was, to the byte."""
    made(folder / "other.db")
    before = (folder / "other.db").read_bytes()
    for command in ("doctor", "deal list", "process publish b2b.yaml --by ops-1", "view health"):
        refused = line(f"--store sqlite:///other.db {command}")
        assert refused.code == 2
        assert "other.db" in refused.said_in_one_line()
    assert (folder / "other.db").read_bytes() == before


def test_a_store_of_a_newer_format_is_left_alone(office: Type, folder: Path) -> None:
    """An older program does not write into what it cannot read whole."""
    with sqlite3.connect(folder / "sales.db") as connection:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        heads = [table for table in tables if "head" in table or "meta" in table or "about" in table]
        connection.execute("pragma user_version = 99")
        for table in heads:
            _raise_format(connection, table)
    connection.close()
    refused = office("deal note D-1 hello --by rep-1")
    assert refused.code == 2
    assert "newer" in refused.said_in_one_line() or "format" in refused.said_in_one_line()


def _raise_format(connection: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in connection.execute(f"pragma table_info({table})")]
    if {"key", "value"} <= set(columns):
        connection.execute(f"update {table} set value = '99' where key = 'format'")
    elif {"name", "value"} <= set(columns):
        connection.execute(f"update {table} set value = '99' where name = 'format'")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("sqlite:////no/such/folder/sales.db", 3), ("postgresql://nobody:secret@127.0.0.1:1/none", 3),
        ("mysql://here", 2), ("sales.db", 2), ("sqlite:///", 2), ("postgresql://[", 2),
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_had_is_one_line(line: Type, url: str, code: int) -> None:
    """Out of reach is 3, no store at all is 2; a password is never shown."""
    refused = line(f"--store {url} deal list")
    assert refused.code in (code, 3) if url == "postgresql://[" else refused.code == code
    assert "secret" not in refused.said_in_one_line()


# A command on the small office, and a word that its one line must hold.
DEALS: dict[str, tuple[str, str]] = {
    "opened twice": ("deal open D-1 --process b2b", "there already"),
    "an unknown stage": ("deal move D-1 --to propsal", "`proposal`"),
    "an unknown field": ("deal set D-1 amuont=1", "`amount`"),
    "an unknown rule": ("deal waive D-1 two-meeting --reason x", "`two-meetings`"),
    "an unknown reason": ("deal lose D-1 --reason prize", "`price`"),
    "an unknown process": ("deal open D-2 --process b2c", "`b2b`"),
    "an unknown deal": ("deal win D-9", "D-9"),
    "not a number": ("deal set D-1 amount=NaN", "NaN"),
    "infinite": ("deal set D-1 amount=Infinity", "Infinity"),
    "an absurd amount": ("deal set D-1 amount=1e400", "amount"),
    "too many decimals": ("deal set D-1 amount=0.000001", "amount"),
    "an amount of many digits": (f"deal set D-1 amount={'9' * 5000}", "amount"),
    "a date that is none": ("deal set D-1 close_date=2026-02-30", "close_date"),
    "in the future": ("deal log D-1 call --at 2199-01-01T00:00:00Z", "2199"),
    "before it was opened": ("deal move D-1 --to proposal --at 2001-01-01T00:00:00Z", "2001"),
    "without its zone": ("deal log D-1 call --at 2026-01-31T09:00:00", "zone"),
    "no moment at all": ("deal log D-1 call --at yesterday", "yesterday"),
    "out of the calendar": ("deal log D-1 call --at 0001-01-01T00:00:00+14:00", "0001"),
    "minutes before nothing": ("deal log D-1 call --minutes -5", "minutes"),
    "reopened while open": ("deal reopen D-1 --reason x", "open"),
    "an empty owner": ("deal assign D-1 --to=", "owner"),
    "a wrong option": ("deal move D-1 --too proposal", "--to"),
    "a wrong command": ("deal mvoe D-1", "mvoe"),
    "a missing argument": ("deal move D-1", "--to"),
    "an odd id": ("deal open D\x07-2 --process b2b", "id"),
    "minutes that are no number": ("deal log D-1 call --minutes many", "--minutes"),
}


@pytest.mark.parametrize("case", DEALS)
def test_a_wrong_command_on_a_deal_is_one_line_and_no_event(office: Type, case: str) -> None:
    """What is malformed or unknown is an error and no event; the line says what to put right."""
    text, word = DEALS[case]
    before = office("rebuild --json").json["position"]
    refused = office(f"{text} --by rep-1")
    assert refused.code == 2
    told = refused.said_in_one_line()
    assert word in told
    assert len(told) < 600
    assert office("rebuild --json").json["position"] == before


def test_a_command_id_used_for_another_request_is_refused(office: Type) -> None:
    """At this door as at every other, and nothing is recorded."""
    office("deal note D-1 one --by rep-1 --command-id c-1")
    refused = office("deal note D-1 two --by rep-1 --command-id c-1")
    assert refused.code == 2
    assert "c-1" in refused.said_in_one_line()


def test_a_closed_deal_does_not_move(office: Type) -> None:
    """The line says what comes first."""
    office("deal lose D-1 --reason price --by rep-1")
    refused = office("deal move D-1 --to proposal --by rep-1")
    assert refused.code == 2
    assert "reopen" in refused.said_in_one_line()


@pytest.mark.parametrize("text", ["deal move D-9 --to lead --by rep-1", "deal move D-1", "view health --as-of soon"])
def test_an_error_is_one_document_too_where_scripts_ask(office: Type, text: str) -> None:
    """With `--json` an error is `{"error": {type, message}}` on standard output, and its line on standard error."""
    refused = office(f"{text} --json")
    assert refused.code == 2
    error: dict[str, Any] = refused.json["error"]
    assert set(error) >= {"type", "message"}
    assert error["message"] in refused.said_in_one_line()


def test_a_command_without_its_group_is_told_where_it_is(line: Type) -> None:
    """Who types `lint FILE` means `process lint`; what is nowhere is not guessed."""
    assert "did you mean `pipeline-engine process lint`?" in line("lint x.yaml").err
    assert line("nowhere x.yaml").err == "error: No such command 'nowhere'; `pipeline-engine --help` shows how\n"
    assert line("lint x.yaml").code == 2


def test_the_rules_of_a_process_are_shown_by_what_they_ask(line: Type, folder: Path) -> None:
    """The column of conditions is not called what the author says of the rule."""
    (folder / "p.yaml").write_text(PROCESS, encoding="utf-8")
    line("process publish p.yaml --by ops-1")
    head = next(each for each in line("process show b2b").out.splitlines() if "may be waived by" in each)
    assert "asks" in head
    assert "says" not in head
