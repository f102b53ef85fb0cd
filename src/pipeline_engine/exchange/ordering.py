"""In which order the rows of one deal are told."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from pipeline_engine.exchange.row import Moment

T = TypeVar("T")
_FIRST = datetime.min.replace(tzinfo=UTC)


def in_order(found: Sequence[tuple[Moment, str, T]], order: str, ties: str) -> list[tuple[Moment, str, T]]:
    """
    The rows (time, row id, anything) of one deal in the order they are told.

    By time, equal times as in the file or by row id; an undated row stays behind the row it follows in the
    file. With order `file` nothing is moved, even where times go backwards.
    """
    if order == "file":
        return list(found)
    keyed = []
    last = _FIRST
    for number, row in enumerate(found):
        last = row[0].at or last
        keyed.append(((last, _number(row[1]) if ties == "row_id" else (0, ""), number), row))
    keyed.sort(key=lambda pair: pair[0])
    return [row for _, row in keyed]


def _number(row_id: str) -> tuple[int, str]:
    return (int(row_id), "") if row_id.isdecimal() and row_id.isascii() and len(row_id) < 30 else (0, row_id)
