"""`deal observe` and the audits from the command line: each answers, and each says no in one line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.cli.given import PEOPLE, PROCESS

pytestmark = pytest.mark.slow

OBSERVED = PROCESS.replace("roles: [rep, manager]", "roles: [rep, manager, sync]") + "observed: {by: [sync]}\n"


def now() -> str:
    """This moment, as it is typed."""
    return datetime.now(UTC).isoformat()


@pytest.fixture
def beside(office: Type, folder: Path) -> Type:
    """The office, and deal D-2 of rep-1 under a version whose moves crm-sync may tell."""
    (folder / "b2b.yaml").write_text(OBSERVED, encoding="utf-8")
    (folder / "people.yaml").write_text(PEOPLE + "  - {id: crm-sync, roles: [sync]}\n", encoding="utf-8")
    for line in (
        "process publish b2b.yaml --by ops-1", "team apply people.yaml --by ops-1",
        "deal open D-2 --process b2b --owner rep-1 --set amount=62000 --by rep-1",
    ):  # fmt: skip
        assert office(line).code == 0
    return office


def test_what_another_system_did_is_recorded_and_listed_with_what_the_gate_would_have_said(beside: Type) -> None:
    """A rep's deal went to the proposal in the CRM without a meeting; told twice it stands there once."""
    told = f"deal observe D-2 --to proposal --source crm --key 77 --at {now()} --by crm-sync"
    assert "recorded  D-2: DealMoved" in beside(told).out
    assert "asked before; recorded once" in beside(told).out
    listed = beside("audit bypasses").out
    assert "move lead → proposal" in listed
    assert "refused: two-meetings" in listed
    assert "1 event past the gate: 1 would have been refused" in listed
    (row,) = beside("audit bypasses --json").json["rows"]
    assert (row["deal"], row["would"], row["refused_by"], row["by"]) == ("D-2", "refused", ["two-meetings"], "crm-sync")


def test_who_may_not_tell_is_refused_by_name(beside: Type) -> None:
    """A rep cannot take the way of the integration, and that is on the list of refusals."""
    ran = beside(f"deal observe D-2 --to negotiation --source crm --key 78 --at {now()} --by rep-1")
    assert (ran.code, "REFUSED  D-2: rep-1 may not record what crm did: only sync may" in ran.out) == (1, True)
    assert "observe → negotiation  rep-1  no-role" in beside("audit refusals").out
    assert "ObservationRefused" in beside("deal timeline D-2").out


def test_a_process_that_trusts_nobody_says_what_is_missing(office: Type) -> None:
    """The key of the process file is named."""
    ran = office(f"deal observe D-1 --to proposal --source crm --key 1 --at {now()} --by rep-1")
    assert (ran.code, "`observed: {by: […]}`" in ran.out) == (1, True)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("deal observe D-2 --to nowhere --source crm --key 1 --at {now} --by crm-sync", "no stage `nowhere`"),
        ("deal observe D-2 --to proposal --source crm --key 1 --at yesterday --by crm-sync", "`--at` cannot be"),
        (
            "deal observe D-2 --to proposal --source crm --key 1 --at 2999-01-01T00:00:00Z --by crm-sync",
            "in the future",
        ),
        (
            "deal observe D-2 --to proposal --amount 5 --source crm --key 1 --at {now} --by crm-sync",
            "only a win has one",
        ),
        ("audit bypasses --rule two-meeting", "did you mean `two-meetings`"),
        ("audit waivers --process b2c", "no process `b2c`"),
        ("audit approvals --deal D-9", "no deal `D-9`"),
        ("audit refusals --since soon", "`--since` cannot be"),
        ("audit corrections --limit -1", "greater than or equal to 0"),
        ("audit corrections --limit 100001", "`limit` cannot be `100001`"),
    ],
)
def test_bad_input_is_said_in_one_line(beside: Type, typed: str, said: str) -> None:
    """What was found and what was expected."""
    ran = beside(typed.format(now=now()))
    assert (ran.code, said in ran.said_in_one_line()) == (2, True), ran.err


def test_waivers_approvals_and_refusals_of_a_year(year: Type) -> None:
    """A made-up year: tables for people, the same numbers for scripts, and pages."""
    for what, text in (("waivers", "waiver"), ("approvals", "events"), ("refusals", "refusals")):
        shown, document = year(f"audit {what} --limit 2"), year(f"audit {what} --json").json
        assert shown.code == 0
        assert text in shown.out
        assert sum(document["totals"].values()) == document["found"]
        assert document["next"] is None or len(document["rows"]) == 50
    first = year("audit refusals --limit 2")
    assert "the latest 2 rows of" in first.out
    before = year("audit refusals --limit 2 --json").json["next"]
    later = year(f"audit refusals --limit 1 --before {before} --json").json["rows"]
    assert later[0]["position"] < before


def test_a_store_in_which_nothing_was_corrected_says_so(year: Type) -> None:
    """None, and exit code 0."""
    assert year("audit corrections").out.startswith("0 corrections\n")
    assert year("audit bypasses").out.startswith("0 events past the gate\n")


def test_an_import_stands_in_the_ledger(line: Type) -> None:
    """Openings, moves and outcomes of a file; with a CRM that tells no reasons, going back could not be judged."""
    for each in (
        "process publish crm-process.yaml --by ops-1", "import csv crm.csv --mapping crm-mapping.yaml --by ops-1",
    ):  # fmt: skip
        assert line(each).code == 0
    document = line("audit bypasses --json").json
    assert document["found"] == 9
    assert document["totals"] == {"passed": 9}
    assert {row["basis"] for row in document["rows"]} == {"source"}


def test_news_that_changes_nothing_is_said_to_change_nothing(beside: Type) -> None:
    """A stage after an outcome, or from before the deal went on, is noted only; the answer says why."""
    early, late = now(), "deal observe D-2 --source crm --by crm-sync"
    assert beside(f"{late} --to proposal --key 1 --at {now()}").code == 0
    said = beside(f"{late} --to negotiation --key 2 --at {early}").out.splitlines()
    assert said == [
        "recorded  D-2: SourceStageNoted",
        "  noted, and nothing changes: the deal has gone on since then, and stands in proposal",
    ]
    assert beside(f"{late} --to lost --reason price --key 3 --at {now()}").code == 0
    after = beside(f"{late} --to negotiation --key 4 --at {now()}").out
    assert "noted, and nothing changes: the deal is lost; `--reopens` says that a stage opens it again" in after
    assert "SourceStageNoted: negotiation, which changes nothing" in beside("deal timeline D-2").out


def test_what_went_past_the_gate_names_its_source(beside: Type) -> None:
    """Which system told it and under which key, to be looked up there, and the reason it gave."""
    told = f"deal observe D-2 --to proposal --source crm --key 77/2 --reason agreed --at {now()} --by crm-sync"
    assert beside(told).code == 0
    (row,) = beside("audit bypasses --json").json["rows"]
    assert (row["source"], row["key"]) == ("crm", "77/2")
    listed = beside("audit bypasses").out
    assert "source: crm 77/2" in listed
    assert "agreed" in listed
