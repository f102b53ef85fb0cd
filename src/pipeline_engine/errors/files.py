"""Files and rules that are not what they should be, with the place."""

from collections.abc import Sequence

from pipeline_engine.errors.base import Rejected, said
from pipeline_engine.naming import LONG_WORD, printable


class BadFile(Rejected):
    """A file that is not what it should be, with the place."""

    def __init__(  # noqa: PLR0917 - a place is file, line and column, and every reader of files raises this
        self, file: str, line: int | None, column: int | None, found: str, expected: str = "", near: Sequence[str] = ()
    ) -> None:
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(printable(f"{place}: {said(found, expected, near)}"))
        self.file, self.line, self.column = file, line, column
        self.found, self.expected, self.near = found, expected, tuple(near)


class BadProcess(BadFile):
    """A process file that cannot be loaded."""


class VariantsOverlap(BadProcess):
    """A variant is for deals that another variant in force is for, so that a new deal would fit both."""


class BadMapping(BadFile):
    """A mapping file that does not fit its history file, or is none."""


class BadPeople(BadFile):
    """A people file that cannot be applied."""


class BadCases(BadFile):
    """A file of cases that cannot be tried."""


class BadHistory(BadFile):
    """A history file that cannot be read as a whole; a single bad row is a reject instead."""


class RuleError(Rejected):
    """A rule that does not compile; `line` and `column` count from 1 within the rule's own text."""

    def __init__(
        self, found: str, expected: str = "", *, line: int = 1, column: int = 1, near: Sequence[str] = ()
    ) -> None:
        # A rule may be one word of four thousand letters.
        found, expected = (LONG_WORD.sub(r"\1…", part) for part in (found, expected))
        super().__init__(said(found, expected, near))
        self.found, self.expected, self.near = found, expected, tuple(near)
        self.line, self.column = line, column
