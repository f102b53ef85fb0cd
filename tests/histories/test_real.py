"""Two real histories end to end: import, rebuild, the three views, a backtest.

Their totals were counted from the files.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline_engine import Engine
from pipeline_engine.exchange import ImportReport

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "config" / "examples"


def brought_in(example: str, history: Path) -> tuple[Engine, ImportReport]:
    """A store in memory with one history in it, by the example's own process and mapping."""
    engine = Engine.open("memory://")
    engine.publish(EXAMPLES / example / "process.yaml", by="ops-1")
    return engine, engine.import_history([history], EXAMPLES / example / "mapping.yaml")


@pytest.fixture(scope="module")
def loans(shared_data: Path) -> Iterator[tuple[Engine, ImportReport]]:
    """The loan log, imported."""
    engine, report = brought_in("loan-application", shared_data / "bpic2012_loan_applications" / "bpic2012.xes.gz")
    yield engine, report
    engine.close()


@pytest.fixture(scope="module")
def crm(shared_data: Path) -> Iterator[tuple[Engine, ImportReport]]:
    """The CRM export, imported."""
    engine, report = brought_in("maven-crm", shared_data / "maven_crm_sales" / "sales_pipeline.csv")
    yield engine, report
    engine.close()


def by_stage(stages: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """One figure a stage."""
    return {stage["stage"]: stage[key] for stage in stages}


@pytest.mark.slow
def test_every_loan_application_comes_in_with_its_outcome(loans: tuple[Engine, ImportReport]) -> None:
    """13,087 applications: 2,246 approved, 7,635 declined, 2,807 cancelled, 399 still open."""
    engine, report = loans
    funnel = engine.funnel().to_json()
    assert (report.rows, report.deals, report.rejected, report.conflicts) == (262_200, 13_087, 0, 0)
    assert (funnel["won"], funnel["lost"], funnel["open"]) == (2_246, 10_442, 399)
    reasons = engine.facts().deals["lost_reason"].value_counts().to_pylist()
    assert {each["values"]: each["counts"] for each in reasons if each["values"]} == {
        "declined": 7_635,
        "cancelled": 2_807,
    }


@pytest.mark.slow
def test_rows_after_an_outcome_are_noted_and_change_nothing(loans: tuple[Engine, ImportReport]) -> None:
    """1,909 applications have status rows after their outcome; each keeps the outcome it had."""
    engine, _ = loans
    noted = {row.stream for row in engine.store_rows() if row.name == "SourceStageNoted"}
    assert len(noted) == 1_909


@pytest.mark.slow
def test_the_views_of_the_loan_log_agree_with_each_other(loans: tuple[Engine, ImportReport]) -> None:
    """What arrives in a stage leaves it or is there still; the funnel and the bottlenecks count the same deals."""
    engine, _ = loans
    stages, funnel = engine.bottlenecks().to_json()["stages"], engine.funnel().to_json()["stages"]
    arrived, left = by_stage(stages, "arrivals"), by_stage(stages, "departures")
    assert {stage: arrived[stage] - left[stage] for stage in arrived} == by_stage(funnel, "open")
    assert arrived["finalized"] == by_stage(funnel, "reached")["finalized"] == 5_015


@pytest.mark.slow
def test_two_rebuilds_of_the_loan_log_give_one_digest(loans: tuple[Engine, ImportReport]) -> None:
    """The facts can be thrown away and made again, the same to the last bit."""
    engine, _ = loans
    assert engine.rebuild().digest() == engine.rebuild().digest()


def test_every_opportunity_of_the_crm_comes_in_with_its_value(crm: tuple[Engine, ImportReport]) -> None:
    """8,800 opportunities: won 4,238 for 10,005,534 USD, lost 2,473, open 2,089 of which 500 have no date at all."""
    engine, report = crm
    health, funnel = engine.health().to_json(), engine.funnel().to_json()
    assert (report.rows, report.deals, report.rejected) == (8_800, 8_800, 0)
    assert (funnel["won"], funnel["lost"], funnel["open"]) == (4_238, 2_473, 2_089)
    assert health["won_value"] == {"USD": "10005534"}
    assert by_stage(funnel["stages"], "open") == {"engaging": 1_589, "prospecting": 500}


def test_an_imported_history_has_no_verdicts_to_control(crm: tuple[Engine, ImportReport]) -> None:
    """Nothing was judged there, so fidelity is about nothing, which is said and is no failure."""
    engine, _ = crm
    report = engine.backtest(EXAMPLES / "maven-crm" / "process.yaml")
    assert (report.fidelity.replayable, report.fidelity.holds) == (0, True)
    assert sum(report.counts.values()) == report.attempts


def test_an_export_cut_at_an_earlier_date_and_then_whole_is_the_whole(shared_data: Path, tmp_path: Path) -> None:
    """The same deals, event by event, whether they came in at once or in two exports."""
    whole = shared_data / "maven_crm_sales" / "sales_pipeline.csv"
    cut = tmp_path / "cut.csv"
    cut.write_text(
        "\n".join(_as_of(line, "2017-07-01") for line in whole.read_text().splitlines() if _there(line, "2017-07-01"))
    )
    at_once, _ = brought_in("maven-crm", whole)
    twice, _ = brought_in("maven-crm", cut)
    twice.import_history([whole], EXAMPLES / "maven-crm" / "mapping.yaml")
    assert _log(twice) == _log(at_once)


def _there(line: str, day: str) -> bool:
    engaged = line.split(",")[5]
    return engaged <= day or engaged == "engage_date"


def _as_of(line: str, day: str) -> str:
    cells = line.split(",")
    if cells[6] > day and cells[6] != "close_date":
        cells[4], cells[6], cells[7] = "Engaging", "", ""
    return ",".join(cells)


def _log(engine: Engine) -> set[tuple[str, int, str, bytes]]:
    return {
        (row.stream, row.version, row.name, row.payload)
        for row in engine.store_rows()
        if row.stream.startswith("deal:")
    }
