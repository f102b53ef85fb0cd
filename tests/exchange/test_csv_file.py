"""Reading CSV: what is read, what is a reject, and what is no CSV at all."""

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline_engine.errors import BadHistory, BadMapping
from pipeline_engine.exchange.csv_file import CsvFile
from pipeline_engine.exchange.files import Limits
from tests.exchange.given import EVENTS, brought_in


def test_cells_come_with_the_line_they_begin_on(file):
    """A quoted cell may hold line breaks; lines are counted as an editor counts them, blank ones too."""
    records = list(CsvFile(file('a,b\n1,"x\ny"\n\n2,z\n')).records())
    assert [(record.line, record.cells) for record in records] == [
        (2, {"a": "1", "b": "x\ny"}),
        (5, {"a": "2", "b": "z"}),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_name(file):
    """Excel writes a mark before the header; the column is found all the same."""
    assert CsvFile(file(b"\xef\xbb\xbfa;b\n1;2\n"), delimiter=";").header() == ("a", "b")


def test_a_row_with_the_wrong_number_of_cells_is_a_reject(file):
    """One bad row does not stop the others."""
    reader = CsvFile(file("a,b\n1\n1,2,3\n4,5\n"))
    assert [record.cells["a"] for record in reader.records()] == ["4"]
    assert [(reject.line, reject.reason) for reject in reader.rejects] == [
        (2, "1 cells where the header has 2"),
        (3, "3 cells where the header has 2"),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "this looks like gzip"),
        (b"PK\x03\x04rest", "xlsx"),
        (b"%PDF-1.7", "a PDF"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"<?xml version='1.0'?><log/>", "XML"),
        (b"a,b\n1,\x00\n", "binary data"),
        (b"a,b\n" * 300 + b"1,\x00\n", ":301:3: a NUL byte"),
        (b"", ":1: the file is empty"),
        (b"a,a\n1,2\n", "the header has `a` twice"),
        (b"a,b\n1,\xe4\n", ":2:3: the byte 0xE4 is no utf-8; expected another `encoding:`"),
        (b'a,b\n1,"2\n', ":2: this is no CSV"),
        (b"a,b\n" + b"x" * 10_000_000 + b",1\n", ":2: a line of more than 1,048,576 bytes"),
        (",".join(f"c{n}" for n in range(501)).encode(), "501 columns; expected at most 500"),
    ],
)
def test_what_is_no_csv_is_said_in_one_line_with_its_place(file, content, says):
    """A file that is not what its name says is refused as a whole, and the message says what it looks like."""
    with pytest.raises(BadHistory) as refused:
        list(CsvFile(file(content)).records())
    assert says in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_file_over_the_limit_is_refused_before_it_is_read(file):
    """The limit is an argument."""
    with pytest.raises(BadHistory, match="at most 10"):
        CsvFile(file("a,b\n1,2\n3,4\n"), limits=Limits(file_bytes=10)).header()


def test_a_missing_file_is_one_line(tmp_path):
    """A file that is not there, or is a folder, is said so."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadHistory):
            CsvFile(path).header()


def test_a_column_that_the_file_does_not_have_is_named_with_the_nearest(store, file):
    """The place in the mapping is given, and nothing is written."""
    with pytest.raises(BadMapping, match=r"mapping.yaml:6:5: .* has no column `deal`; did you mean `deals`"):
        brought_in(store, file("deals,at,who,stage,amount\nD,2026-01-01,,lead,\n"), EVENTS)
    assert store.position() == 0


@settings(max_examples=300)
@given(st.binary(max_size=400), st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "cp1252", "latin-1"]))
@example(b'a\r"b', ",", "utf-8")
def test_any_bytes_are_rows_or_one_clear_refusal(content, delimiter, encoding):
    """Whatever a file holds, reading it gives records or BadHistory, nothing else."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as out:
        out.write(content)
        out.flush()
        refusal = ""
        try:
            for record in CsvFile(Path(out.name), encoding=encoding, delimiter=delimiter).records():
                assert record.line > 1
        except BadHistory as bad:
            refusal = bad.found
    assert "\n" not in refusal
