"""The log taken apart into columns that only grow, in position order, before any question is asked of it.

Python rows wait in a short list until there are enough for an Arrow chunk; small chunks are merged, so that
their number stays logarithmic however the log comes in.
"""

from typing import Any

import pyarrow as pa

PENDING = 16_384

_WORD = pa.dictionary(pa.int32(), pa.string())
_TEXT, _LONG, _INT, _FLAG, _REAL = pa.string(), pa.int64(), pa.int32(), pa.bool_(), pa.float64()

_TYPES = {"word": _WORD, "text": _TEXT, "long": _LONG, "int": _INT, "flag": _FLAG, "real": _REAL}

_PYTHON: dict[str, tuple[type, ...]] = {
    str(_WORD): (str, type(None)), str(_TEXT): (str, type(None)), str(_LONG): (int, type(None)),
    str(_INT): (int, type(None)), str(_FLAG): (bool, type(None)), str(_REAL): (float, type(None)),
    str(pa.list_(_TEXT)): (list, type(None)),
}  # fmt: skip
_BITS = {str(_LONG): 63, str(_INT): 31}

_NO_WHOLE = "a number is not a whole one of its column's size"


def _whole(field: pa.Field) -> bool:
    return str(field.type) in _BITS


def _schema(columns: str, **others: pa.DataType) -> pa.Schema:
    """A schema from `name:type` words; `others` come last."""
    named = (column.split(":") for column in columns.split())
    return pa.schema({**{name: _TYPES[kind] for name, kind in named}, **others})


EVENTS = _schema(
    "deal:word version:int position:long recorded_at:long at:long source_at:long precision:word name:word "
    "actor:word via:word imported:flag"
)
STEPS = _schema(
    "event:long kind:word from_stage:word to_stage:word accepted:flag basis:word process:word "
    "process_version:int digest:word judged_at:int codes:word now:long context:text reason:text "
    "lost_reason:word owner:word value:long currency:word"
)
CHANGES = _schema("event:long field:word state:word kind:word text:text integer:long real:real currency:word")
ACTIVITIES = _schema("event:long kind:word minutes:long with_whom:text")
APPROVALS = _schema(
    "event:long happened:word rule:word target:word role:word seen_version:int expires_at:long",
    lapses_on=pa.list_(_TEXT),
)
CONTACTS = _schema("event:long role:word contact:text linked:flag")
DOCUMENTS = _schema("event:long name:word sha256:text")
ITEMS = _schema("event:long item:word ticked:flag")
PAUSES = _schema("event:long paused:flag until:long")
HANDOFFS = _schema("event:long to:word")
FOLLOW_UPS = _schema("event:long follow_up:text process:word due:long opened:flag")
CORRECTIONS = _schema(
    "event:long happened:word kind:word corrects:int really_at:long role:word why:word proposed:int reason:text",
    fields=pa.list_(_TEXT),
)

ANNOUNCEMENTS = _schema("event:long announces:word of:int rule:word stay:int stage:word", to=pa.list_(_TEXT))

HAPPENINGS = _schema("event:long name:word on_behalf_of:word why:word reason:text detail:text")


class Ledger:
    """Rows of one schema, appended as tuples in column order."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._kinds = tuple(_PYTHON[str(field.type)] for field in schema)
        bits = ((place, _BITS[str(field.type)]) for place, field in enumerate(schema) if _whole(field))
        self._wholes = tuple((place, -(1 << size), (1 << size) - 1) for place, size in bits)
        # The types of rows that were looked at and fit: there are few, and most rows are of one of them.
        self._fitting: set[tuple[type, ...]] = set()
        self._pending: list[tuple[Any, ...]] = []
        self._chunks: list[pa.Table] = []
        self._settled = 0

    def append(self, row: tuple[Any, ...]) -> None:
        """
        Add a row.

        Raises:
            TypeError, ValueError: A value does not fit its column; found now, since later nobody knows whose it was.
        """
        kinds = tuple(map(type, row))
        if kinds not in self._fitting:
            self._check(row)
            self._fitting.add(kinds)
        for place, least, most in self._wholes:
            value = row[place]
            if value is not None and not least <= value <= most:
                raise ValueError(_NO_WHOLE)
        self._pending.append(row)

    def _check(self, row: tuple[Any, ...]) -> None:
        if not all(map(isinstance, row, self._kinds)):
            raise TypeError("a value is not of the type of its column")
        if any(isinstance(row[place], bool) for place, _, _ in self._wholes):
            raise ValueError(_NO_WHOLE)

    def __len__(self) -> int:
        return self._settled + len(self._pending)

    def forget(self, count: int) -> None:
        """Take back that many rows, which are still waiting."""
        del self._pending[len(self._pending) - count :]

    def forget_event(self, event: int) -> None:
        """Take back the waiting rows of the latest event, of which the first column holds the number."""
        while self._pending and self._pending[-1][0] == event:
            self._pending.pop()

    def settle(self, least: int = 1) -> None:
        """Turn the waiting rows into a chunk if there are at least that many."""
        if len(self._pending) < least:
            return
        columns = [
            pa.array(values, type=field.type)
            for values, field in zip(zip(*self._pending, strict=True), self._schema, strict=True)
        ]
        chunk = pa.Table.from_arrays(columns, schema=self._schema)
        self._settled += len(self._pending)
        self._pending.clear()
        while self._chunks and self._chunks[-1].num_rows < 2 * chunk.num_rows:
            chunk = _joined([self._chunks.pop(), chunk])
        self._chunks.append(chunk)

    def table(self) -> pa.Table:
        """All rows so far, each column in one chunk with one dictionary."""
        self.settle()
        if not self._chunks:
            return self._schema.empty_table().combine_chunks()
        if len(self._chunks) > 1:
            self._chunks = [_joined(self._chunks)]
        return self._chunks[0]

    def put_back(self, table: pa.Table) -> None:
        """
        Begin with rows that `table` gave earlier.

        Raises:
            ValueError: They are of another schema.
        """
        if not table.schema.equals(self._schema):
            raise ValueError("rows of another schema")
        self._pending.clear()
        self._chunks, self._settled = ([table] if table.num_rows else []), table.num_rows


def _joined(chunks: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(chunks).unify_dictionaries().combine_chunks()
