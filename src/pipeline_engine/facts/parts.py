"""A stretch of the log in columns, as bytes: what facts are kept as, and how stretches are put together again.

The number of an event counts from the beginning of its part, so that a part stands for itself.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipeline_engine.facts.arrays import Ints, ints

LOG = pa.schema({"position": pa.int64(), "recorded_at": pa.int64()})
PUBLISHED = pa.schema({"position": pa.int64(), "process": pa.string()})
_PACKED = pa.ipc.IpcWriteOptions(compression="lz4")


class Part(NamedTuple):
    """
    What rows of the log come to.

    Attributes:
        log: Position and time of every row that was taken in, of whatever stream.
        published: The processes that were published, as JSON.
        ledgers: Events of deals, and what they say, in the order of `Intake.tables`.
    """

    log: pa.Table
    published: pa.Table
    ledgers: tuple[pa.Table, ...]


def packed(part: Part) -> bytes:
    """A part as bytes: Arrow streams, one behind the other."""
    sink = pa.BufferOutputStream()
    for table in (part.log, part.published, *part.ledgers):
        with pa.ipc.new_stream(sink, table.schema, options=_PACKED) as stream:
            stream.write_table(table.combine_chunks())
    whole: bytes = sink.getvalue().to_pybytes()
    return whole


def unpacked(kept: bytes) -> Part:
    """The part that was packed; raises ValueError where these are no such bytes."""
    source, tables = pa.BufferReader(kept), list[pa.Table]()
    while source.tell() < len(kept):
        with pa.ipc.open_stream(source) as stream:
            tables.append(stream.read_all())
    if len(tables) < len(Part._fields):
        raise ValueError("not as many columns as were kept")
    return Part(tables[0], tables[1], tuple(tables[2:]))


def joined(parts: Sequence[Part]) -> Part:
    """Some parts as one, in this order."""
    starts = np.cumsum([0, *(part.ledgers[0].num_rows for part in parts)]).tolist()
    ledgers = [
        _one([_shifted(table, start) for table, start in zip(tables, starts, strict=False)])
        for tables in zip(*(part.ledgers for part in parts), strict=True)
    ]
    return Part(_one([part.log for part in parts]), _one([part.published for part in parts]), tuple(ledgers))


def in_order(part: Part) -> Part:
    """The same part with its rows in the order of positions: what was put aside for a while came in late."""
    events, *others = part.ledgers
    if _rising(ints(part.log["position"])):
        return part
    order = np.argsort(ints(events["position"]), kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return Part(
        _sorted(part.log, ints(part.log["position"])),
        _sorted(part.published, ints(part.published["position"])),
        (events.take(pa.array(order)), *(_renumbered(table, places) for table in others)),
    )


def _renumbered(table: pa.Table, places: Ints) -> pa.Table:
    numbers = places[ints(table["event"])]
    return _sorted(table.set_column(0, table.schema.field(0), pa.array(numbers, pa.int64())), numbers)


def _sorted(table: pa.Table, by: Ints) -> pa.Table:
    return table.take(pa.array(np.argsort(by, kind="stable"))).combine_chunks()


def _rising(values: Ints) -> bool:
    return bool((np.diff(values) > 0).all())


def _shifted(table: pa.Table, start: int) -> pa.Table:
    if not start or table.schema.names[0] != "event":
        return table
    return table.set_column(0, table.schema.field(0), pa.array(ints(table["event"]) + start, pa.int64()))


def _one(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
