"""Reading CSV strictly and in a stream: records with their line, or one clear reason why the file is not what
it should be.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from pipeline_engine.errors import BadHistory, BadMapping, nearest
from pipeline_engine.exchange.files import LIMITS, Limits, looks_like, open_file
from pipeline_engine.exchange.mapping import HistoryMapping
from pipeline_engine.exchange.row import Reject


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a CSV file: its cells by column name, and the line it begins on."""

    line: int
    cells: dict[str, str]


class CsvFile:
    """A CSV file with a header. `rejects` fills with the records that have the wrong number of cells."""

    def __init__(self, path: Path, *, encoding: str = "utf-8", delimiter: str = ",", limits: Limits = LIMITS) -> None:
        self.path, self.rejects = path, list[Reject]()
        self._encoding = "utf-8-sig" if encoding == "utf-8" else encoding
        self._delimiter, self._limits = delimiter, limits

    def header(self) -> tuple[str, ...]:
        """The names of the columns; raises BadHistory."""
        with open_file(self.path, self._limits) as raw:
            return self._header(self._cells(raw))

    def records(self) -> Iterator[Record]:
        """The records below the header, in file order; raises BadHistory at the first that is no CSV."""
        with open_file(self.path, self._limits) as raw:
            rows = self._cells(raw)
            names = self._header(rows)
            for line, cells in rows:
                if len(cells) == len(names):
                    yield Record(line, dict(zip(names, cells, strict=True)))
                else:
                    self._reject(line, cells, len(names))

    def _reject(self, line: int, cells: Sequence[str], needed: int) -> None:
        shown = self._delimiter.join(cells)[:200]
        self.rejects.append(
            Reject(str(self.path), line, "", shown, f"{len(cells)} cells where the header has {needed}")
        )

    def _header(self, rows: Iterator[tuple[int, list[str]]]) -> tuple[str, ...]:
        line, names = next(rows, (1, []))
        if not names:
            raise BadHistory(
                str(self.path), 1, None, "the file is empty", "a header line with the names of the columns"
            )
        if len(names) > self._limits.columns:
            raise BadHistory(str(self.path), line, None, f"{len(names)} columns", f"at most {self._limits.columns}")
        twice = [name for number, name in enumerate(names) if name in names[:number]]
        if twice:
            raise BadHistory(str(self.path), line, None, f"the header has `{twice[0][:80]}` twice", "each column once")
        return tuple(names)

    def _cells(self, raw: BufferedReader) -> Iterator[tuple[int, list[str]]]:
        seems = looks_like(raw.peek(512)[:512])
        if seems:
            raise BadHistory(str(self.path), None, None, f"this looks like {seems}", "CSV: lines of text")
        reader = csv.reader(self._lines(raw), delimiter=self._delimiter, strict=True)
        begins = 1
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                alone = "new-line character" in str(error)
                found = f"this is no CSV: {'a line ends with a carriage return alone' if alone else error}"
                raise BadHistory(str(self.path), begins, None, found, 'cells with `"` in quotes, `""` inside') from None
            if cells is None:
                return
            if cells:
                yield begins, cells
            begins = reader.line_num + 1

    def _lines(self, raw: BufferedReader) -> Iterator[str]:
        number, most = 0, self._limits.line_bytes
        while line := raw.readline(most + 1):
            number += 1
            if len(line) > most:
                raise BadHistory(str(self.path), number, None, f"a line of more than {most:,} bytes", "shorter lines")
            if b"\x00" in line:
                place = line.index(b"\x00") + 1
                raise BadHistory(str(self.path), number, place, "a NUL byte: this looks like binary data", "CSV")
            yield self._text(line, number)

    def _text(self, line: bytes, number: int) -> str:
        try:
            # Only the first line may begin with a byte order mark.
            return line.decode(self._encoding if number == 1 else self._encoding.removesuffix("-sig"))
        except UnicodeDecodeError as error:
            found = f"the byte 0x{line[error.start]:02X} is no {error.encoding}"
            hint = (
                "another `encoding:` in the mapping, perhaps `cp1252`"
                if "utf" in self._encoding
                else "another `encoding:`"
            )
            raise BadHistory(str(self.path), number, error.start + 1, found, hint) from None


def check_columns(mapping: HistoryMapping, header: Sequence[str], file: str) -> None:
    """Raise BadMapping where the mapping names a column that the file does not have."""
    for column in mapping.columns():
        if column.name not in header:
            near = nearest(column.name, header) or tuple(
                h for h in header if h.strip().lower() == column.name.strip().lower()
            )
            expected = "" if near else "one of " + ", ".join(f"`{name[:40]}`" for name in header[:20])
            place = column.place
            raise BadMapping(
                mapping.file,
                place.line,
                place.column,
                f"`{file}` has no column `{column.name}`",
                expected,
                near,
            )
