"""What a CSV file looks like before anyone said anything about it: encoding, delimiter, and what its columns
hold.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline_engine.errors import BadHistory
from pipeline_engine.exchange.cells import read_decimal, read_moment
from pipeline_engine.exchange.csv_file import CsvFile
from pipeline_engine.exchange.files import LIMITS, open_file
from pipeline_engine.exchange.row import Unreadable

SAMPLE = 20_000
WRONG_CELLS = 0.05
_DELIMITERS = ",;\t|"
_FORMS = (
    "iso",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%y %I:%M %p",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%Y%m%d",
)
_DIGITS_ONLY = re.compile(r"[0-9]+")
_WORDS = frozenset({"true", "false", "yes", "no"})
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a column holds: its distinct cells with their counts (empty ones apart) and how they can all be
    read.

    `dates` are the formats that fit (nearly) every cell, best first; `decimals` the signs that fit them as
    numbers.
    """

    name: str
    cells: Counter[str]
    empty: int
    dates: tuple[str, ...]
    decimals: tuple[str, ...]

    @property
    def filled(self) -> int:
        """How many cells are not empty."""
        return self.cells.total()

    @property
    def unique(self) -> bool:
        """Whether no two rows share a cell, and none is empty."""
        return self.filled == len(self.cells) > 0 and not self.empty

    @property
    def timed(self) -> bool:
        """Whether it holds dates with a time of day."""
        iso = bool(self.dates) and self.dates[0] == "iso" and any(len(cell) > 10 for cell in self.cells)
        return iso or any("%H" in form or "%I" in form for form in self.dates[:1])

    @property
    def flags(self) -> bool:
        """Whether it holds yes and no only."""
        return bool(self.cells) and all(cell.lower() in _WORDS for cell in self.cells)

    @property
    def mails(self) -> bool:
        """Whether most cells are e-mail addresses."""
        found = sum(count for cell, count in self.cells.items() if _MAIL.fullmatch(cell))
        return found * 2 > self.filled

    @property
    def spaced(self) -> bool:
        """Whether some cells are several words."""
        return any(" " in cell for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Profile:
    """A CSV file by its first rows."""

    path: Path
    encoding: str
    delimiter: str
    columns: tuple[Seen, ...]
    rows: tuple[dict[str, str], ...]

    def column(self, name: str) -> Seen:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


def profile_of(path: Path) -> Profile:
    """The profile of a CSV file; raises BadHistory where it is none."""
    encoding = _encoding(path)
    delimiter = _delimiter(path, encoding)
    file = CsvFile(path, encoding=encoding, delimiter=delimiter)
    header = file.header()
    rows = tuple(record.cells for record in islice(file.records(), SAMPLE))
    if not rows:
        raise BadHistory(str(path), 1, None, "there is no row below the header", "some history to look at")
    return Profile(path, encoding, delimiter, tuple(_seen(name, rows) for name in header), rows)


def _encoding(path: Path) -> str:
    with open_file(path, LIMITS) as raw:
        for line in iter(lambda: raw.readline(LIMITS.line_bytes), b""):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return "cp1252"
    return "utf-8"


def _delimiter(path: Path, encoding: str) -> str:
    with open_file(path, LIMITS) as raw:
        line = raw.readline(LIMITS.line_bytes).decode(encoding, "replace")
    return max(_DELIMITERS, key=line.count)


def _seen(name: str, rows: Sequence[dict[str, str]]) -> Seen:
    cells = Counter(text for row in rows if (text := row[name].strip()))
    dates = tuple(form for form in _FORMS if cells and _all_dates(cells, form))
    decimals = tuple(sign for sign in (".", ",") if cells and _all_numbers(cells, sign))
    return Seen(name, cells, len(rows) - cells.total(), dates, decimals)


def _all_dates(cells: Counter[str], form: str) -> bool:
    if form == "iso" and any(_DIGITS_ONLY.fullmatch(cell) for cell in cells):
        return False
    years = list[int]()
    fits = _mostly(cells, lambda cell: years.append(read_moment("", cell, (form,), "UTC").at.year))  # type: ignore[union-attr]  # no cell is empty
    return fits and (form != "%Y%m%d" or (min(years) >= 1950 and max(years) <= 2100))


def _all_numbers(cells: Counter[str], sign: str) -> bool:
    return _mostly(cells, lambda cell: read_decimal("", cell.removesuffix("%"), sign))


def _mostly(cells: Counter[str], read: Callable[[str], object]) -> bool:
    """Whether all but a few cells can be read; those few will be rejects, with their reason."""
    bad, allowed = 0, cells.total() * WRONG_CELLS
    for cell, count in cells.items():
        try:
            read(cell)
        except Unreadable:
            bad += count
            if bad > allowed:
                return False
    return True
