"""The facts kept in the store, part by part, so that a process begins with them and reads only what is new.

Parts are only ever joined with the one before them, as long as that is not much larger, so that each event is written
again a few times however many come. A header says which parts there are and where in the log they end; whatever does
not agree with it is not believed.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import pyarrow as pa

from pipeline_engine.facts.parts import Part, in_order, joined, packed, unpacked
from pipeline_engine.facts.projector import Projector
from pipeline_engine.store import Row, SpoiledView, ViewRows, ViewTable

LARGEST = 65_536
PARTS = ViewTable(
    "fact_parts",
    (("number", "bigint"), ("size", "bigint"), ("crc", "bigint"), ("packed", "bytes")),
    key=("number",),
)
HEADER = ViewTable(
    "fact_header",
    (("key", "bigint"), ("position", "bigint"), ("stream", "text"), ("version", "bigint"), ("recorded_at", "bigint"),
     ("crc", "bigint")),
    key=("key",),
)  # fmt: skip
_READ_BY = (
    "facts.arrays", "facts.asked_for", "facts.intake", "facts.kept", "facts.ledger", "facts.parts", "facts.projector",
    "facts.stored", "process.compiled", "store.upcast", "values",
)  # fmt: skip


class Last(NamedTuple):
    """The last row that was taken in, by which the log is known again."""

    position: int
    stream: str
    version: int
    recorded_at: int


@cache
def code_of_facts() -> int:
    """A number of the code that makes parts of rows: other code, another number."""
    running = sha256(pa.__version__.encode())
    for name in _READ_BY:
        found = find_spec(f"pipeline_engine.{name}")
        assert found, "a module of this package"
        running.update(Path(str(found.origin)).read_bytes())
    return int.from_bytes(running.digest()[:8], "big") >> 1


class KeptFacts:
    """The facts as a view in the store."""

    name = "facts"
    tables = (PARTS, HEADER)

    @property
    def shape(self) -> int:
        """Which code made them."""
        return code_of_facts()

    def take(self, rows: Sequence[Row], view: ViewRows) -> None:
        """Add what these rows say, which may be from before the last ones; raises UnreadableEvent."""
        if not rows:
            return
        projector = Projector()
        projector.advance(rows)
        part, size = projector.part(), len(rows)
        sizes = view.ask("SELECT number, size FROM {fact_parts} ORDER BY number DESC")
        before, number = list[Part](), sizes[0][0] + 1 if sizes else 1
        while sizes and sizes[0][1] < 2 * size and sizes[0][1] + size <= LARGEST:
            number, more = sizes.pop(0)
            before.insert(0, unpacked(_bytes_of(view, number)))
            size += more
        view.ask("DELETE FROM {fact_parts} WHERE number >= ?", number)
        kept = packed(joined([*before, part]) if before else part)
        view.put(PARTS.replace, [(number, size, crc32(kept), kept)])
        _enter(view, rows[-1])


def _bytes_of(view: ViewRows, number: int) -> bytes:
    ((crc, kept),) = view.ask("SELECT crc, packed FROM {fact_parts} WHERE number = ?", number)
    return _whole(crc, kept)


def _whole(crc: int, kept: bytes) -> bytes:
    if crc32(kept) != crc:
        raise SpoiledView("a part is not as it was written")
    return kept


def _enter(view: ViewRows, row: Row) -> None:
    found = view.ask("SELECT position, stream, version, recorded_at FROM {fact_header}")
    last = max([Last(row.position, row.stream, row.version, row.recorded_at), *(Last(*each) for each in found)])
    view.put(HEADER.replace, [(0, *last, _seal(view, last))])


def _seal(view: ViewRows, last: Last) -> int:
    parts = view.ask("SELECT number, size, crc FROM {fact_parts} ORDER BY number")
    return crc32(repr(([tuple(part) for part in parts], tuple(last))).encode())


def last_kept(view: ViewRows) -> Last | None:
    """The last row that is in what is kept; None where nothing is. Raises SpoiledView."""
    found = view.ask("SELECT position, stream, version, recorded_at, crc FROM {fact_header}")
    if not found:
        if view.ask("SELECT count(*) FROM {fact_parts}") != [(0,)]:
            raise SpoiledView("parts without a header")
        return None
    *place, crc = found[0]
    last = Last(*place)
    if crc != _seal(view, last):
        raise SpoiledView("the header is not of these parts")
    return last


def as_kept(view: ViewRows, reached: int, stopped: Mapping[str, int]) -> Projector:
    """
    A projector that goes on from what is kept.

    Args:
        reached: The position up to which the view has read.
        stopped: By stream the position of the first event that was put aside.

    Raises:
        SpoiledView: It is not what was written.
    """
    last = last_kept(view)
    if last is not None and last.position > reached:
        raise SpoiledView("it is ahead of its own position")
    found = view.ask("SELECT crc, packed FROM {fact_parts} ORDER BY number")
    try:
        parts = [unpacked(_whole(crc, kept)) for crc, kept in found] or [Projector().part()]
        return Projector.from_part(in_order(joined(parts)), reached, stopped)
    except SpoiledView:
        raise
    except (ValueError, KeyError, pa.ArrowException) as error:
        raise SpoiledView(f"it cannot be read: {type(error).__name__}") from None
