"""A file that people write, as it is being read: its text, its name, and how to say what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline_engine.errors import BadFile


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, from 1; `file` names the file where it is another than the one that is read."""

    line: int
    column: int
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """
    What is read, and which error says what does not fit.

    `needs` is what an empty file lacks.
    """

    text: str
    file: str
    error: type[BadFile] = BadFile
    needs: str = "something in it"

    def bad(self, place: Place | None, found: str, expected: str = "", near: Sequence[str] = ()) -> BadFile:
        """The error for one thing that is wrong; without a place the whole file is meant."""
        line, column = (place.line, place.column) if place else (None, None)
        file = place.file if place and place.file else self.file
        return self.error(file, line, column, found, expected, near)
