"""The ledger of a real history: a CRM export of 8,800 deals, counted beside the engine from the file itself."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from pipeline_engine.engine import Engine

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "examples" / "maven-crm"


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> list[dict[str, str]]:
    """The rows of the file."""
    with (shared_data / "maven_crm_sales" / "sales_pipeline.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def crm(shared_data: Path) -> Engine:
    """The export, brought in under the example's process."""
    engine = Engine.open("memory://")
    engine.publish(EXAMPLE / "process.yaml", by="ops-1")
    engine.import_history([shared_data / "maven_crm_sales" / "sales_pipeline.csv"], EXAMPLE / "mapping.yaml")
    return engine


def test_every_stage_event_of_the_export_stands_in_the_ledger(crm: Engine, rows: list[dict[str, str]]) -> None:
    """An opening a row, and an outcome for each that is closed: none asked the gate."""
    found = crm.audit_bypasses(limit=100_000)
    kinds = Counter(row.kind for row in found.rows)
    stages = Counter(row["deal_stage"] for row in rows)
    assert kinds == {"open": len(rows), "win": stages["Won"], "lose": stages["Lost"]}
    assert found.found == sum(kinds.values())


def test_the_gate_cannot_say_where_the_export_has_no_account_and_of_large_deals_whether_a_manager_agreed(
    crm: Engine, rows: list[dict[str, str]]
) -> None:
    """No import brings approvals, so a large win is no refusal; a deal without a customer is not known, not refused."""
    tallies = {tally.name: dict(tally.counts) for tally in crm.audit_bypasses().by_rule}
    engaged = [row for row in rows if row["deal_stage"] != "Prospecting"]
    large = [row for row in rows if row["deal_stage"] == "Won" and float(row["close_value"]) >= 20_000]
    assert tallies == {
        "engaging:require:account": {"unknown": sum(row["account"] == "" for row in engaged)},
        "won:approval:manager": {"unknown": len(large)},
    }


def test_each_person_of_the_export_is_counted(crm: Engine) -> None:
    """All of it was put down by the import."""
    (everybody,) = crm.audit_bypasses().by_person
    assert (everybody.name, everybody.total) == ("import:maven-crm", crm.audit_bypasses().found)
