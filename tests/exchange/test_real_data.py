"""Real histories: the loan log and the CRM export come to their known totals, whole and cut."""

import csv
import gzip
import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree

from pipeline_engine.exchange import import_history, load_mapping
from pipeline_engine.process import load_process
from pipeline_engine.values import Money
from tests.exchange.given import empty_store

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).resolve().parents[2] / "config" / "examples"


def bring(store, path, example):
    """Import a file by one of the examples."""
    folder = EXAMPLES / example
    process = load_process((folder / "process.yaml").read_text(encoding="utf-8"), "process.yaml")
    published = process.model_copy(update={"version": 1})
    return import_history(store, [path], load_mapping(folder / "mapping.yaml"), published)


def log(store):
    """The log by stream: names and payloads, without positions and times of recording."""
    found: dict[str, list[tuple[int, str, bytes]]] = {}
    for row in store.rows(0, 1_000_000):
        found.setdefault(row.stream, []).append((row.version, row.name, row.payload))
    return found


def counted(store):
    """How many events there are of each name, and how many deals have one."""
    rows = store.rows(0, 1_000_000)
    return Counter(row.name for row in rows), Counter(name for name, _ in {(row.name, row.stream) for row in rows})


@pytest.fixture(scope="module")
def crm(shared_data):
    """The CRM export."""
    return shared_data / "maven_crm_sales" / "sales_pipeline.csv"


@pytest.fixture(scope="module")
def loans(shared_data):
    """The loan log."""
    return shared_data / "bpic2012_loan_applications" / "bpic2012.xes.gz"


def cut_crm(path, until, target):
    """The export as it would have been at a day: later deals are not there, later outcomes not yet."""
    with path.open(encoding="utf-8", newline="") as source, target.open("w", encoding="utf-8", newline="") as out:
        reader = csv.DictReader(source)
        writer = csv.DictWriter(out, reader.fieldnames or ())
        writer.writeheader()
        for row in reader:
            if row["engage_date"] > until:
                continue
            if row["close_date"] > until:
                row |= {"deal_stage": "Engaging", "close_date": "", "close_value": ""}
            writer.writerow(row)
    return target


def cut_loans(path, until, target):
    """The log as it would have been at a moment."""
    space = "{http://www.xes-standard.org/}"
    root = etree.fromstring(gzip.decompress(path.read_bytes()))
    for trace in root.findall(f"{space}trace"):
        for event in trace.findall(f"{space}event"):
            at = next(item.get("value") for item in event if item.get("key") == "time:timestamp")
            if datetime.fromisoformat(str(at)) > until:
                trace.remove(event)
        if trace.find(f"{space}event") is None:
            root.remove(trace)
    with gzip.open(target, "wb", compresslevel=1) as out:
        out.write(etree.tostring(root))
    return target


def test_the_crm_export_comes_to_its_known_totals(crm):
    """8,800 deals; won 4,238 worth 10,005,534 USD; lost 2,473; 500 of the open ones without any date."""
    store = empty_store()
    report = bring(store, crm, "maven-crm")
    events, deals = counted(store)
    assert (report.rows, report.deals, report.rejected, report.conflicts) == (8800, 8800, 0, 0)
    assert (events["DealOpened"], events["DealWon"], events["DealLost"]) == (8800, 4238, 2473)
    assert deals["DealWon"] + deals["DealLost"] == 6711
    won = [json.loads(row.payload)["data"]["amount"] for row in store.rows(0, 1_000_000) if row.name == "DealWon"]
    assert Money(sum(amount["money"] for amount in won), "USD") == Money.of("10005534", "USD")
    undated = [row for row in store.rows(0, 1_000_000) if json.loads(row.payload)["at_precision"] == "unknown"]
    assert len(undated) == 500


@pytest.mark.parametrize("cut_first", [True, False])
def test_the_crm_export_cut_and_whole_is_the_whole(crm, tmp_path, cut_first):
    """Importing the file as it was earlier and then the whole, or the other way round, gives the same log."""
    earlier = cut_crm(crm, "2017-06-30", tmp_path / "earlier.csv")
    once, both = empty_store(), empty_store()
    bring(once, crm, "maven-crm")
    for path in (earlier, crm) if cut_first else (crm, earlier):
        assert bring(both, path, "maven-crm").conflicts == 0
    assert log(both) == log(once)


def test_the_loan_log_comes_to_its_known_totals(loans):
    """13,087 deals; 2,246 won; 7,635 declined and 2,807 cancelled; 1,909 with stage rows after the outcome."""
    store = empty_store()
    report = bring(store, loans, "loan-application")
    events, deals = counted(store)
    assert (report.rows, report.deals, report.rejected, report.conflicts) == (262_200, 13_087, 0, 0)
    assert report.events == events.total() == store.position()
    assert (events["DealWon"], events["DealLost"], deals["SourceStageNoted"]) == (2246, 10_442, 1909)
    rows = store.rows(0, 1_000_000)
    reasons = Counter(json.loads(row.payload)["data"]["reason"] for row in rows if row.name == "DealLost")
    assert reasons == {"declined": 7635, "cancelled": 2807}
    assert 13_087 - deals["DealWon"] - deals["DealLost"] == 399


@pytest.mark.slow
def test_the_loan_log_cut_and_whole_is_the_whole(loans, tmp_path):
    """A log cut at a moment and the whole log after it give the log of the whole."""
    earlier = cut_loans(loans, datetime.fromisoformat("2011-12-15T12:00:00+00:00"), tmp_path / "earlier.xes.gz")
    once, both = empty_store(), empty_store()
    bring(once, loans, "loan-application")
    for path in (earlier, loans):
        assert bring(both, path, "loan-application").conflicts == 0
    assert log(both) == log(once)
