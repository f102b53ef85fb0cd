"""Mapping files: what they may say, and how they are told off."""

from pathlib import Path

import pytest

from pipeline_engine.errors import BadMapping
from pipeline_engine.exchange import check_mapping, load_mapping, read_mapping
from pipeline_engine.process import load_process
from tests.exchange.given import DEALS, EVENTS, brought_in, sales

EXAMPLES = Path(__file__).resolve().parents[2] / "config" / "examples"


@pytest.mark.parametrize("text", [DEALS, EVENTS])
def test_a_mapping_that_fits_says_nothing(text):
    """A mapping whose names are all in the process is taken."""
    check_mapping(read_mapping(text, "m.yaml"), sales())


@pytest.mark.parametrize("name", ["loan-application", "maven-crm"])
def test_the_examples_fit_their_process(name):
    """Every example is a mapping and a process that belong together."""
    process = load_process((EXAMPLES / name / "process.yaml").read_text(encoding="utf-8"), "process.yaml")
    check_mapping(load_mapping(EXAMPLES / name / "mapping.yaml"), process)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("format: csv", "format: excel", "m.yaml:2:9: `format` cannot be `excel`"),
        ("rows: events", "rows: event", "did you mean `events`"),
        ("id: deal", "idd: deal", "has no key `idd`; did you mean `id`"),
        ("source: crm\n", "", "`source` is missing"),
        ("date: iso,", "date: Y-m-d,", "`Y-m-d` is no date format"),
        ("zone: UTC", "zone: Europe/Berln", "there is no zone `Europe/Berln`"),
        (", date: iso, zone: UTC", "", "`at` has no date format"),
        ("Won: won", "Won: won, Won: lost", "`Won` is there twice"),
        ("{lost: price}", "{losst: price}", "did you mean `lost`"),
        ("close_value: amount", "close_value: [amount]", "m.yaml:12:14: a list where keys and values belong"),
        ("source: crm", "source: our crm", "is no name of a source"),
        ("id: deal", "id: deal\nclosed: {column: at, date: iso}", "`closed` has no meaning with `rows: events`"),
        ("id: deal", "id: deal\nties: row_id", "ties by `row_id`, and there is none"),
        ("id: deal", "id: deal\ndelimiter: ab", "`ab` cannot stand between cells"),
        ("id: deal", "id: &a deal", "anchor"),
        ("process: sales", "process: sales@x", "`x` is no version"),
    ],
)
def test_a_mistake_is_named_with_its_place(old, new, says):
    """What does not belong in a mapping file is named with line, column and the nearest thing that does."""
    assert old in EVENTS
    with pytest.raises(BadMapping) as refused:
        read_mapping(EVENTS.replace(old, new), "m.yaml")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "Archived: {noted: archived}",
            "Archived: ofer",
            "m.yaml:11:53: process `sales` has no stage `ofer`; did you mean `offer`",
        ),
        ("{lost: price}", "{lost: prize}", "no lost reason `prize`; did you mean `price`"),
        ("{noted: archived}", "{activity: cal}", "no activity `cal`; did you mean `call`"),
        ("  amount: amount", "  amuont: amount", "no field `amuont`; did you mean `amount`"),
        ("process: sales", "process: sales@7", "it is for process `sales@7`; expected `sales@1`"),
    ],
)
def test_a_name_that_the_process_does_not_have_is_named(old, new, says):
    """Stages, fields, reasons and activities of the mapping must be in the process it is for."""
    mapping = read_mapping(EVENTS.replace(old, new), "m.yaml")
    with pytest.raises(BadMapping) as refused:
        check_mapping(mapping, sales())
    assert says in str(refused.value)


def test_a_mapping_that_is_not_there_is_said_so(tmp_path):
    """A missing file is one line, not a traceback."""
    with pytest.raises(BadMapping, match="cannot be read"):
        load_mapping(tmp_path / "none.yaml")


def test_a_constant_that_its_field_cannot_hold_is_refused(store, file):
    """A constant is checked once, at its place in the mapping, not on every row."""
    with pytest.raises(BadMapping, match="field `amount` cannot be `much`"):
        brought_in(
            store, file("deal,at,who,stage,amount\n"), EVENTS.replace("id: deal", "id: deal\nconstants: {amount: much}")
        )
