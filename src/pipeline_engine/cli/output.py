"""Where answers go: tables for people, one JSON document for scripts; progress and errors on standard error."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from textwrap import wrap
from typing import Any, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

WIDEST = 100
WIDEST_TABLE = 400
GAP = 2
NARROWEST = 20
# Stands for a space where a table may not break; no text holds it.
_GLUE = "\ue000"
_PLAIN = str.maketrans({
    "✗": "x", "✓": "v", "◄": "<", "→": ">", "·": "-", "…": "...", "≥": ">=", "–": "-", "×": "x", "│": "|", "±": "~",
    "█": "#", "\u00a0": " ", "“": '"', "”": '"',
})  # fmt: skip


def console(*, error: bool = False) -> Console:
    """A console for now: colours on a terminal only, at most WIDEST columns, no wrapping of words in a pipe."""
    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else WIDEST
    return Console(file=stream, width=width, highlight=False, emoji=False, markup=False, soft_wrap=True)


def _shown(text: str) -> str:
    """The text in characters that the terminal can show."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
        return text
    except (UnicodeEncodeError, LookupError):
        return text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)


def say(line: str = "", style: str = "", under: int | None = None) -> None:
    """One line on standard output; on a terminal too narrow for it, broken between words.

    Args:
        under: The column in which a broken line goes on; else a little to the right of where it began.
    """
    for part in _broken(line, under):
        console().print(Text(_shown(part), style=style))


def _broken(line: str, under: int | None) -> list[str]:
    columns = terminal_columns()
    if columns is None or len(line) <= columns:
        return [line]
    begin = len(line) - len(line.lstrip())
    on = min(begin + 3 if under is None else under, columns // 2)
    return wrap(line.lstrip(), columns, initial_indent=" " * begin, subsequent_indent=" " * on, break_on_hyphens=False)


def terminal_columns() -> int | None:
    """How many columns the terminal has that reads the answer; None where no terminal does."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def prose(text: str, indent: int = 0, hanging: int = 0) -> None:
    """Text over as many lines as it needs, at most WIDEST columns each, or the terminal's where it has fewer."""
    first, rest = " " * indent, " " * (indent + hanging)
    widest = max(min(WIDEST, terminal_columns() or WIDEST), 2 * len(rest), 40)
    for line in wrap(text, widest, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False):
        say(line)


def error_line(message: str) -> None:
    """One line on standard error."""
    line = " ".join(message.split())
    sys.stderr.write(f"error: {_shown(line)}\n")


def note(message: str) -> None:
    """One line on standard error that is no error."""
    sys.stderr.write(f"{_shown(message)}\n")


def emit_json(document: Any) -> None:
    """The one JSON document of a command."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def emit_line(document: Any) -> None:
    """One JSON document on one line, at once: for whoever reads on while the command runs."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


Column = tuple[str, str]


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], indent: int = 0) -> None:
    """
    A table without borders.

    Args:
        columns: Heading and how its cells stand: `left`, `right`, or `text`, which a narrow terminal may break.
        rows: Cells in the order of the columns.
    """
    shown = [[_cell(cell, how) for cell, (_, how) in zip(row, columns, strict=True)] for row in rows]
    widths = _widths(columns, shown, (terminal_columns() or WIDEST_TABLE) - indent)
    made = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), show_header=any(name for name, _ in columns))
    for (name, how), width in zip(columns, widths, strict=True):
        side: Literal["left", "right"] = "right" if how == "right" else "left"
        made.add_column(_shown(name), justify=side, width=width, overflow="fold")
    for row in shown:
        made.add_row(*map(Text, row))
    room = sum(widths) + GAP * len(widths)
    target = Console(width=room, highlight=False, emoji=False, markup=False, color_system=None)
    with target.capture() as captured:
        target.print(made)
    for line in captured.get().replace(_GLUE, " ").splitlines():
        sys.stdout.write(" " * indent + line.rstrip() + "\n")


def _cell(cell: str, how: str) -> str:
    """The cell, which stays in one piece unless it is text: a number with its unit, a day with its year."""
    return _shown(cell) if how == "text" else _shown(cell).replace(" ", _GLUE)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """How wide each column is: as it likes where there is room, else headings and texts are broken; cells never cut."""
    likes, least = list[int](), list[int]()
    for place, (name, how) in enumerate(columns):
        longest = max((cell_len(row[place]) for row in rows), default=0)
        word = max(map(len, name.split()), default=0)
        likes.append(max(len(name), longest))
        least.append(max(word, min(NARROWEST, longest) if how == "text" else longest))
    missing = max(sum(likes) + GAP * (len(columns) - 1) - room, 0)
    # What is missing is taken where most can be given, texts before headings.
    for place in sorted(range(len(columns)), key=lambda place: likes[place] - least[place], reverse=True):
        given = min(missing, likes[place] - least[place])
        likes[place], missing = likes[place] - given, missing - given
    return likes


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Tell how far long work is, on a terminal; (done, total) with a total of 0 where nobody knows it."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=console(error=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
