"""Personal text out of the facts, opened only where a rule reads it."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline_engine.facts import Open, Words


def opened(table: pa.Table, column: str, open_sealed: Open | None) -> Words:
    """A sealed text column, opened row by row; nothing where there is no text, no opener or no key any more."""
    if open_sealed is None:
        return Words(np.full(table.num_rows, -1, np.int64), ())
    filled = np.flatnonzero(np.asarray(pc.is_valid(table[column])))
    rows = table.take(pa.array(filled)).to_pylist()
    texts = [open_sealed(row[column], f"deal:{row['deal_id']}", row["version"], _said_in(row, column)) for row in rows]
    vocabulary = tuple(dict.fromkeys(text for text in texts if text is not None))
    code = {text: number for number, text in enumerate(vocabulary)}
    codes = np.full(table.num_rows, -1, np.int64)
    codes[filled] = [code[text] if text is not None else -1 for text in texts]
    return Words(codes, vocabulary)


def _said_in(row: dict[str, Any], column: str) -> str:
    """The field of the event that a text stands in: a loss keeps its free text as a note."""
    return "note" if column == "reason" and row.get("kind") == "lose" and row.get("accepted") else column
