"""Proposing a mapping and a process for a file that nobody described."""

import pytest

from pipeline_engine.errors import BadHistory, BadMapping
from pipeline_engine.exchange import import_history, load_mapping, propose
from pipeline_engine.process import load_process
from tests.exchange.given import empty_store, names

GERMAN = (
    "Vorgangsnr;Bezeichnung;Verkäufer;Phase;Angelegt;Abschluss;Betrag;Verlustgrund;E-Mail\n"
    "A1;Maschine;Jörg Müller;Angebot;31.12.2025;;1.234,50;;a@b.de\n"
    "A2;Presse;Jörg Müller;Gewonnen;01.11.2025;31.12.2025;99.000,00 €;;c@d.de\n"
    "A3;Öfen;Anna Ott;Verloren;05.11.2025;07.12.2025;;Preis zu hoch;\n"
)


def taken(path, folder):
    """Propose for a file, then import it by the proposal."""
    proposal = propose(path, folder)
    process = load_process(proposal.process.read_text(encoding="utf-8"), "process.yaml")
    store = empty_store()
    report = import_history(store, [path], load_mapping(proposal.mapping), process.model_copy(update={"version": 1}))
    return proposal, process, store, report


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_german_export_is_understood(file, tmp_path, encoding):
    """Semicolons, comma decimals, days before months, umlauts, and a currency sign in the cells."""
    path = file(GERMAN.encode(encoding), "kunden.csv")
    proposal, process, store, report = taken(path, tmp_path / "mine")
    assert (report.deals, report.rejected, process.currency) == (3, 0, "EUR")
    assert names(store, "A3")[-1] == "DealLost"
    won = store.events("deal:A2")[-1]
    assert (str(won.event.amount), won.envelope.at.isoformat()) == ("99,000 EUR", "2025-12-31T00:00:00+00:00")
    assert process.fields["e_mail"].personal == "deal"
    assert len(proposal.unsure) == 3


def test_the_crm_export_is_understood(shared_data, tmp_path):
    """One row a deal: stage, outcome, two dates, the owner and the amount are found by themselves."""
    path = shared_data / "maven_crm_sales" / "sales_pipeline.csv"
    proposal, _, _, report = taken(path, tmp_path / "mine")
    assert (proposal.shape, proposal.stages) == ("deals", ("prospecting", "engaging"))
    assert (report.rows, report.deals, report.rejected, report.conflicts) == (8800, 8800, 0, 0)
    assert proposal.unsure[0] == "the currency of `close_value`: no column says it"


@pytest.mark.parametrize(("name", "shape"), [("OpportunityHistory", "events"), ("Opportunity", "deals")])
def test_a_salesforce_export_is_understood(shared_data, tmp_path, name, shape):
    """Whether a file has one row a deal or one row a change shows in the deal's id."""
    path = shared_data / "salesforce_devorg_history" / f"{name}.csv"
    proposal, _, _, report = taken(path, tmp_path / "mine")
    assert (proposal.shape, proposal.stages[0], proposal.stages[-1]) == (shape, "prospecting", "negotiation-review")
    assert (report.deals, report.rejected, report.conflicts) == (36, 0, 0)


def test_an_ambiguous_date_is_what_it_is_least_sure_of(file, tmp_path):
    """Where day and month could be either way round, the proposal says so."""
    path = file("deal_id,stage,created,amount\n1,Lead,01/02/2026,5\n2,Won,03/04/2026,6\n")
    proposal = propose(path, tmp_path / "mine")
    assert any("%m/%d/%Y and %d/%m/%Y would both fit" in doubt for doubt in proposal.unsure)


def test_nothing_is_overwritten(file, tmp_path):
    """A proposal never replaces a file, and then writes neither of the two."""
    (tmp_path / "process.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(BadMapping, match="it is there already"):
        propose(file(GERMAN), tmp_path)
    assert not (tmp_path / "mapping.yaml").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a,b\n1,2\n", "no column looks like a stage: `a`, `b`"),
        ("stage,b\nLead,\nLead,\n", "no column looks like the id of a deal"),
        ("deal_id,stage\n", "there is no row below the header"),
        (b"\x1f\x8b\x08", "this looks like gzip"),
        ("", "the file is empty"),
    ],
)
def test_a_file_that_is_no_sales_history_is_refused(file, tmp_path, content, says):
    """Without a stage or a deal's id there is nothing to propose; nothing is written."""
    with pytest.raises(BadHistory) as refused:
        propose(file(content), tmp_path / "mine")
    assert says in str(refused.value)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    "stage", ['He said: "yes"', "won't", "# 1", "- a", "{x}", "null", "ignore", "Étape 1", "  ", "!x", "*"]
)
def test_any_stage_name_is_written_so_that_it_reads_back(file, tmp_path, stage):
    """What stands in a cell may be anything; the proposal quotes it."""
    quoted = stage.replace('"', '""')
    path = file(f'deal_id,stage\n1,"{quoted}"\n2,Lead\n')
    *_, report = taken(path, tmp_path / "mine")
    assert report.deals + report.rejected == 2
    assert report.rejected == (0 if stage.strip() else 1)
