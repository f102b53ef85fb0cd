"""Bringing a log of 262,200 events in, with rebuild and three views, against only parsing the file.

The log is made here, in the shape of the loan log that config/examples/loan-application/mapping.yaml reads, unless
BENCH_XES names a real one. The peer is lxml walking over the same file and counting: nobody imports faster than that.
"""

import gzip
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from lxml import etree

from pipeline_engine import Engine

EXAMPLE = Path(__file__).resolve().parent.parent / "config" / "examples" / "loan-application"
TRACES, WORK_ITEMS = 13_110, 15
STAGES = ("A_SUBMITTED", "A_PARTLYSUBMITTED", "A_PREACCEPTED", "A_ACCEPTED")
ENDS = ("A_APPROVED", "A_DECLINED", "A_CANCELLED")
START = datetime(2011, 10, 1, tzinfo=UTC)


def made_up(path: Path) -> Path:
    """Write a log of TRACES × 20 events, all at different times."""
    with gzip.open(path, "wt", compresslevel=1) as out:
        out.write('<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/">')
        out.writelines(_trace(number) for number in range(TRACES))
        out.write("</log>")
    return path


def _trace(number: int) -> str:
    names = [*STAGES, *["W_Completeren aanvraag"] * WORK_ITEMS, ENDS[number % 3]]
    begin = START + timedelta(minutes=11 * number)
    events = (_event(name, begin + timedelta(hours=hour), hour) for hour, name in enumerate(names))
    case = f'<string key="concept:name" value="{number}"/><string key="AMOUNT_REQ" value="{number % 900 * 100}"/>'
    return f"<trace>{case}{''.join(events)}</trace>"


def _event(name: str, at: datetime, hour: int) -> str:
    return (
        f'<event><string key="concept:name" value="{name}"/><string key="lifecycle:transition" value="COMPLETE"/>'
        f'<date key="time:timestamp" value="{at.isoformat()}"/>'
        f'<string key="org:resource" value="{112 + hour % 7}"/></event>'
    )


def parsed(path: Path) -> int:
    """How many events the file has, by walking over it."""
    with gzip.open(path) as file:
        return sum(1 for _ in _events(file))


def _events(file: object) -> Iterator[object]:
    for _, element in etree.iterparse(file, tag="{*}event"):
        yield element
        element.clear()


def lived(path: Path, folder: str) -> tuple[float, float, float]:
    """Seconds to import, to rebuild, and for the three views."""
    with Engine.open(f"sqlite:///{folder}/history.db") as engine:
        engine.publish(EXAMPLE / "process.yaml", by="ops")
        begin = perf_counter()
        engine.import_history([path], EXAMPLE / "mapping.yaml")
        imported = perf_counter()
        engine.rebuild()
        rebuilt = perf_counter()
        for view in (engine.health, engine.bottlenecks, engine.funnel):
            view()
        return imported - begin, rebuilt - imported, perf_counter() - rebuilt


def main() -> None:
    """Print the parts, their sum against the bare parse, and the most memory held."""
    with tempfile.TemporaryDirectory() as folder:
        given = os.environ.get("BENCH_XES")
        path = Path(given) if given else made_up(Path(folder) / "made-up.xes.gz")
        begin = perf_counter()
        events = parsed(path)
        bare = perf_counter() - begin
        parts = lived(path, folder)
    total = sum(parts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**30
    print(f"{events:,} events: import {parts[0]:.1f} s, rebuild {parts[1]:.1f} s, three views {parts[2]:.2f} s")
    print(f"  {total:.1f} s together (wanted: under 60), {total / bare:.1f} × a bare parse of the file ({bare:.1f} s)")
    print(f"  most memory held {peak:.2f} GiB (wanted: under 1.5)")
