"""A place inside a YAML scalar, as a place in its file.

A scalar's value and its source hold the same characters in the same order, apart from white space (folding,
indentation) and escapes; so the n-th character that is no space stands for the n-th one in the source.
"""

import re
from collections.abc import Iterator

_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r\n|.)", re.DOTALL)
_WHITE_ESCAPES = frozenset("tnrv \t\r\nNLP_")


def _units(source: str, style: str) -> Iterator[int]:
    """Offsets in the source, after its opening mark, of each character of the value that is no space."""
    offset = _opening(source, style)
    while offset < len(source):
        width = _width(source, offset, style)
        if not _is_space(source[offset : offset + width], style):
            yield offset
        offset += width


def _opening(source: str, style: str) -> int:
    if style in ("|", ">"):
        return source.find("\n") + 1 or source.find("\r") + 1 or len(source)
    return 1 if style else 0


def _width(source: str, offset: int, style: str) -> int:
    if style == "'" and source.startswith("''", offset):
        return 2
    if style == '"' and (escape := _ESCAPE.match(source, offset)):
        return len(escape[0])
    return 1


def _is_space(unit: str, style: str) -> bool:
    if style == '"' and unit.startswith("\\"):
        return unit[1] in _WHITE_ESCAPES
    return unit.isspace()


def offset_in_source(source: str, style: str, value: str, line: int, column: int) -> int:
    """
    Where in `source` a place of `value` is.

    Args:
        source: The scalar as written, with its quotes or block header.
        style: As PyYAML names it: nothing for plain, a quote, `|` or `>`.
        line, column: The place in the value, from 1.
    """
    lines = value.split("\n")[: line - 1]
    wanted = sum(len(each) + 1 for each in lines) + column - 1
    before = sum(not char.isspace() for char in value[:wanted])
    last = _opening(source, style)
    for nth, offset in enumerate(_units(source, style)):
        if nth == before:
            return offset
        last = offset + 1
    return last


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset; lines end in CR, LF or both."""
    before = text[:offset]
    line = before.count("\n") + before.count("\r") - before.count("\r\n") + 1
    return line, offset - max(before.rfind("\n"), before.rfind("\r"))
