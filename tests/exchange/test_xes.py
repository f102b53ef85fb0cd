"""Reading XES: streamed, plain or gzip, and safe whatever the file holds."""

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_engine.errors import BadHistory
from pipeline_engine.exchange.files import Limits
from pipeline_engine.exchange.xes import XesFile
from tests.exchange.given import brought_in, history, names

LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log xmlns="http://www.xes-standard.org/">
 <trace>
  <string key="concept:name" value="C1"/><string key="AMOUNT" value="1200"/>
  <event><string key="concept:name" value="Begin"/><string key="lifecycle:transition" value="COMPLETE"/>
   <date key="time:timestamp" value="2026-01-01T10:00:00+01:00"/><string key="org:resource" value="r1"/></event>
  <event><string key="concept:name" value="Call"/><string key="lifecycle:transition" value="START"/>
   <date key="time:timestamp" value="2026-01-02T10:00:00+01:00"/></event>
  <event><string key="concept:name" value="Call"/><string key="lifecycle:transition" value="COMPLETE"/>
   <date key="time:timestamp" value="2026-01-02T10:00:00+01:00"/></event>
  <event><string key="concept:name" value="Yes"/><date key="time:timestamp" value="2026-01-03T10:00:00Z"/></event>
  <event><string key="concept:name" value="What"/><date key="time:timestamp" value="2026-01-03T10:00:00Z"/></event>
  <event><string key="concept:name" value="Call"/><date key="time:timestamp" value="someday"/></event>
 </trace>
 <trace>
  <string key="concept:name" value="C2"/><string key="AMOUNT" value="UNKNOWN"/>
  <event><string key="concept:name" value="Begin"/><date key="time:timestamp" value="2026-01-05T10:00:00Z"/></event>
 </trace>
</log>
"""

MAPPING = """
format: xes
source: log
process: sales
fields: {amount: AMOUNT}
activities:
  Begin: {open: lead}
  Yes: won
  Call+START: ignore
  Call: {activity: call}
"""


@pytest.mark.parametrize("packed", [False, True])
def test_a_trace_becomes_a_deal(store, file, packed):
    """Activities open, move, count as activities or close; trace attributes are the first values."""
    path = file(gzip.compress(LOG.encode(), mtime=0) if packed else LOG, "log.xes")
    report = brought_in(store, path, MAPPING)
    assert names(store, "C1") == ["DealOpened", "ActivityLogged", "DealWon"]
    opened = store.events("deal:C1")[0]
    assert (opened.envelope.actor, str(opened.event.fields["amount"])) == ("r1", "1,200 EUR")
    assert (report.rows, report.deals, report.events, report.fidelity.grade) == (7, 2, 4, "B")


def test_what_the_mapping_does_not_say_is_a_reject_with_its_line(store, file):
    """An unmapped activity, a time that is none and a value no field can hold are rejected one by one."""
    report = brought_in(store, file(LOG, "log.xes"), MAPPING)
    found = [(reject.line, reject.column, reject.value) for reject in report.rejects]
    assert found == [(12, "concept:name", "What"), (13, "time:timestamp", "someday"), (15, "AMOUNT", "UNKNOWN")]
    assert store.events("deal:C2")[0].event.fields == {}


def test_a_case_that_stands_twice_is_left_out_the_second_time(store, file):
    """Two traces of one id are not mixed: the second is a reject that names the first."""
    twice = LOG.replace('value="C2"', 'value="C1"')
    report = brought_in(store, file(twice, "log.xes"), MAPPING)
    assert report.deals == 1
    assert "stands in line 3 already" in report.rejects[-1].reason


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.99])
def test_a_truncated_gzip_is_refused_and_nothing_is_written(store, file, kept):
    """The whole file is read before the first event goes in."""
    log = "".join(f"<trace><string key='concept:name' value='{n}'/></trace>" for n in range(3000))
    packed = gzip.compress(f"<log>{log}</log>".encode(), mtime=0)
    with pytest.raises(BadHistory, match="gzip stream ends early"):
        brought_in(store, file(packed[: int(len(packed) * kept)], "log.xes.gz"), MAPPING)
    assert store.position() == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (LOG[: LOG.index("</log>")], "no whole XML"),
        (LOG.replace("</trace>", "", 1), "no whole XML"),
        ("", "the file is empty"),
        ("a,b\n1,2\n", "no whole XML"),
        ("<ocel/>", "the root element is `<ocel>`"),
        ('<!DOCTYPE log [<!ENTITY a "b">]><log><trace/></log>', "declares a document type"),
        (b"PK\x03\x04", "zip archive"),
        (gzip.compress(b"<log/>", mtime=0)[:-9] + b"\x00" * 9, "gzip stream is broken"),
    ],
)
def test_what_is_no_xes_is_refused_as_a_whole(store, file, content, says):
    """Broken XML, a document type and other kinds of files are one line with the place; nothing is written."""
    with pytest.raises(BadHistory) as refused:
        brought_in(store, file(content, "log.xes"), MAPPING)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert store.position() == 0


def test_entities_are_never_expanded(file):
    """A file that would grow a billion times when read is refused instead."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    root = '<log><trace><string key="a" value="&e11;"/></trace></log>'
    bomb = f'<?xml version="1.0"?><!DOCTYPE log [<!ENTITY e0 "ha">{levels}]>{root}'
    with pytest.raises(BadHistory):
        XesFile(file(bomb, "bomb.xes")).check()


def test_a_gzip_that_unpacks_without_an_end_is_refused(file):
    """What was unpacked without the end of a trace is counted, so memory stays bounded."""
    packed = gzip.compress(b"<log>" + b" " * 1_000_000, mtime=0)
    with pytest.raises(BadHistory, match="without the end of a trace"):
        XesFile(file(packed, "big.xes.gz"), limits=Limits(trace_bytes=200_000)).check()


def test_a_log_brought_in_twice_adds_nothing(store, file):
    """The same log again changes not one event."""
    path = file(LOG, "log.xes")
    brought_in(store, path, MAPPING)
    before = history(store)
    again = brought_in(store, path, MAPPING)
    assert history(store) == before
    assert (again.events, again.conflicts, again.unchanged) == (0, 0, 2)


@settings(max_examples=200)
@given(st.binary(max_size=300), st.booleans(), st.integers(0, len(LOG)))
def test_any_bytes_are_traces_or_one_clear_refusal(content, packed, at):
    """Whatever a file holds, reading it gives traces or BadHistory, nothing else."""
    spoiled = LOG.encode()[:at] + content + LOG.encode()[at:] if at else content
    with tempfile.NamedTemporaryFile(suffix=".xes") as out:
        out.write(gzip.compress(spoiled, mtime=0) if packed else spoiled)
        out.flush()
        refusal = ""
        try:
            for trace in XesFile(Path(out.name)).traces():
                assert trace.line > 0
        except BadHistory as bad:
            refusal = bad.found
    assert "\n" not in refusal
