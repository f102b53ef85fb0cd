"""A history file with its mapping: the canonical rows of one deal after the other, and what could not be read
on the way.

A file is read twice: `check` reads all of it first, so that one that breaks off is known before anything is
written.
"""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from pipeline_engine.exchange.csv_deals import IGNORED, deal_rows
from pipeline_engine.exchange.csv_events import EventRows
from pipeline_engine.exchange.csv_file import CsvFile, Record, check_columns
from pipeline_engine.exchange.files import Limits
from pipeline_engine.exchange.mapping import HistoryMapping
from pipeline_engine.exchange.row import Reject, Row, Unreadable
from pipeline_engine.exchange.rows import Cells
from pipeline_engine.exchange.xes import XesFile
from pipeline_engine.exchange.xes_rows import TraceRows
from pipeline_engine.process import Process

DUPLICATES = "rows that stand in the file twice, word for word"
Deal = tuple[str, list[Row]]


class History(Protocol):
    """What an import reads: `read` counts the source's rows, `rejects` and `notes` fill while `deals` is
    read.
    """

    path: Path
    read: int
    rejects: list[Reject]
    notes: Counter[str]

    def check(self) -> None:
        """Read the whole file; raises BadHistory and BadMapping."""
        ...

    def deals(self) -> Iterator[Deal]:
        """Each deal once, with its rows in the order they are told."""
        ...


def open_history(path: Path, mapping: HistoryMapping, process: Process, limits: Limits) -> History:
    """The history in a file, as the mapping says it is to be read; raises BadMapping for a constant that
    cannot be.
    """
    cells = Cells(mapping, process)
    return _LogHistory(path, cells, limits) if mapping.shape == "log" else _CsvHistory(path, cells, limits)


class _Counting:
    """Counts what is read and keeps what is rejected."""

    def __init__(self, path: Path, cells: Cells) -> None:
        self.path, self._cells = path, cells
        self.read = 0
        self.rejects: list[Reject] = []
        self.notes: Counter[str] = Counter()

    def _reject(self, line: int | None, bad: Unreadable) -> None:
        self.rejects.append(Reject(str(self.path), line, bad.column, bad.value, bad.reason))

    def _take(self, reader: EventRows | TraceRows) -> None:
        for line, bad in reader.unreadable:
            self._reject(line, bad)
        reader.unreadable.clear()
        if reader.ignored:
            self.notes[IGNORED] = reader.ignored


class _CsvHistory(_Counting):
    def __init__(self, path: Path, cells: Cells, limits: Limits) -> None:
        super().__init__(path, cells)
        mapping = cells.mapping
        self._file = CsvFile(path, encoding=mapping.encoding, delimiter=mapping.delimiter, limits=limits)

    def check(self) -> None:
        check_columns(self._cells.mapping, self._file.header(), str(self.path))
        for _ in self._file.records():
            pass

    def deals(self) -> Iterator[Deal]:
        self._file.rejects = self.rejects
        yield from self._by_event() if self._cells.mapping.shape == "events" else self._by_deal()
        self.read += sum(1 for reject in self.rejects if reject.column == "")

    def _records(self) -> Iterator[tuple[str, Record]]:
        for record in self._file.records():
            self.read += 1
            try:
                yield self._cells.deal_id(record.cells), record
            except Unreadable as bad:
                self._reject(record.line, bad)

    def _by_deal(self) -> Iterator[Deal]:
        seen: dict[str, tuple[int, bytes]] = {}
        for deal_id, record in self._records():
            digest = sha256(repr(record.cells).encode("utf-8", "surrogatepass")).digest()[:16]
            line, before = seen.setdefault(deal_id, (record.line, digest))
            if line != record.line:
                self._twice(deal_id, record, line, digest == before)
                continue
            try:
                rows = deal_rows(self._cells, record.cells, record.line)
            except Unreadable as bad:
                self._reject(record.line, bad)
                continue
            if rows:
                yield deal_id, rows
            else:
                self.notes[IGNORED] += 1

    def _twice(self, deal_id: str, record: Record, first: int, same: bool) -> None:
        if same:
            self.notes[DUPLICATES] += 1
        else:
            reason = f"this deal stands in line {first} already, with other values"
            self._reject(record.line, Unreadable(self._cells.mapping.id.name, deal_id, reason))

    def _by_event(self) -> Iterator[Deal]:
        lines: dict[str, list[Record]] = {}
        seen: dict[str, int] = {}
        for deal_id, record in self._records():
            if not self._row_id_again(seen, record):
                lines.setdefault(deal_id, []).append(record)
        reader = EventRows(self._cells)
        for deal_id, records in lines.items():
            rows = reader.rows(deal_id, [(record.line, record.cells) for record in records])
            self._take(reader)
            if rows:
                yield deal_id, rows

    def _row_id_again(self, seen: dict[str, int], record: Record) -> bool:
        column = self._cells.mapping.row_id
        row_id = self._cells.text(column, record.cells)
        if not column or not row_id or seen.setdefault(row_id, record.line) == record.line:
            return False
        self._reject(record.line, Unreadable(column.name, row_id, f"this row id stands in line {seen[row_id]} already"))
        return True


class _LogHistory(_Counting):
    def __init__(self, path: Path, cells: Cells, limits: Limits) -> None:
        super().__init__(path, cells)
        self._file = XesFile(path, limits=limits)

    def check(self) -> None:
        self._file.check()

    def deals(self) -> Iterator[Deal]:
        reader = TraceRows(self._cells)
        seen: dict[str, int] = {}
        for trace in self._file.traces():
            self.read += len(trace.events)
            try:
                deal_id = self._cells.deal_id(trace.attributes)
                if deal_id in seen:
                    name = self._cells.mapping.id.name
                    raise Unreadable(
                        name,
                        deal_id,
                        f"this case stands in line {seen[deal_id]} already; its events are left out",
                    )
            except Unreadable as bad:
                self._reject(trace.line, bad)
                continue
            seen[deal_id] = trace.line
            rows = reader.rows(deal_id, trace)
            self._take(reader)
            if rows:
                yield deal_id, rows
