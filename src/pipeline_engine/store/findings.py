"""What the doctor asks of every log in a database, in SQL that SQLite and PostgreSQL both read."""

from collections.abc import Callable
from typing import Any

from pipeline_engine.store.log import FORMAT, Header
from pipeline_engine.store.model import Finding

Query = Callable[[str], list[Any]]
RESTORE = "restore a back-up, and tell how this came about"

_GAPS = """SELECT originator_id FROM {events} GROUP BY originator_id
    HAVING count(*) <> max(originator_version) OR min(originator_version) <> 1 ORDER BY 1 LIMIT 3"""
_BACK = """SELECT count(*) FROM (SELECT recorded_at - lag(recorded_at) OVER (ORDER BY {position}) AS step
    FROM {events}) AS steps WHERE step < 0"""
_POSITIONS = "SELECT count(*), coalesce(max({position}), 0) FROM {events}"
_DANGLING = """SELECT count(*) FROM {commands} AS c
    WHERE c.position > (SELECT coalesce(max({position}), 0) FROM {events}) OR c.first <= c.last AND (
        NOT EXISTS (SELECT 1 FROM {events} AS e WHERE e.originator_id = c.stream AND e.originator_version = c.first)
        OR NOT EXISTS (SELECT 1 FROM {events} AS e WHERE e.originator_id = c.stream
            AND e.originator_version = c.last AND e.{position} <= c.position))"""


def log_findings(query: Query, header: Header, *, events: str, commands: str, position: str) -> list[Finding]:
    """Format, gaps in streams, record times that go back, positions, and receipts that point nowhere."""

    def ask(text: str) -> list[Any]:
        return query(text.format(events=events, commands=commands, position=position))

    gaps = [stream for (stream,) in ask(_GAPS)]
    back, dangling = ask(_BACK)[0][0], ask(_DANGLING)[0][0]
    count, last = ask(_POSITIONS)[0]
    return [
        Finding("format", header.format == FORMAT, f"format {header.format}, this version writes {FORMAT}"),
        checked("versions", not gaps, f"versions missing in {', '.join(gaps)}" if gaps else "no gap in any stream"),
        checked("record times", not back, f"{back} go back" if back else "never go back"),
        checked("positions", count <= last, f"{count} events, the last at position {last}"),
        checked(
            "receipts",
            not dangling,
            f"{dangling} point to events that are not there" if dangling else "all found",
        ),
    ]


def checked(check: str, ok: bool, found: str, advice: str = RESTORE) -> Finding:
    """A finding that gives its advice only where something is wrong."""
    return Finding(check, ok, found, "" if ok else advice)
