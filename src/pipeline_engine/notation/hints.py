"""What to write instead, where YAML takes a text for something else.

Most mistakes in a process file are a rule or a sentence that needs quotes; the message shows it in quotes.
"""

import re
from contextlib import suppress

import yaml

_KEY = re.compile(r"(?P<key>[A-Za-z_][\w.-]*)\s*:\s+")
_BLOCK_HEAD = re.compile(r"\s*(?:-\s+)*")
_NEXT_KEY = re.compile(r",\s*[A-Za-z_]\w*\s*:\s")
_COMMENT = re.compile(r"\s#.*")
_LONGEST_SHOWN = 120


def quoted(value: str) -> str:
    """The text in the quotes that need the fewest escapes."""
    if '"' not in value and "\\" not in value:
        return f'"{value}"'
    if "'" not in value:
        return f"'{value}'"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quoted_form(text: str, offset: int, *, even_quoted: bool = False, in_braces: bool = False) -> str | None:
    """``quotes: `check: "!deal.x"` `` for the entry at an offset; None where there is no text to quote.

    `in_braces` says that it stands inside braces, wherever they were opened.
    """
    line, start = _line(text, offset)
    found, flow = _entry(line, offset - start)
    if found is None:
        return None
    value = _COMMENT.sub("", line[found.end() :]).strip()
    if flow or in_braces:
        value = _within(_NEXT_KEY.split(value, maxsplit=1)[0]).strip()
    if not value or (value[0] in "\"'" and not even_quoted) or len(value) > _LONGEST_SHOWN:
        return None
    return f"quotes: `{found['key']}: {quoted(value)}`"


def _within(text: str) -> str:
    """The text up to the bracket that closes what it stands in."""
    depth, quote = 0, ""
    for place, char in enumerate(text):
        if quote or char in "\"'":
            quote = "" if char == quote else quote or char
        elif char in "{[(":
            depth += 1
        elif char in "}])":
            depth -= 1
            if depth < 0:
                return text[:place]
    return text


def _entry(line: str, column: int) -> tuple[re.Match[str] | None, bool]:
    """The key whose value stands at the column, and whether it is inside braces."""
    head = _BLOCK_HEAD.match(line)
    first = _KEY.match(line, head.end() if head else 0)
    if first is not None and line[first.end() : first.end() + 1] not in ("{", "["):
        return first, False
    if "{" not in line[: column + 1]:
        return None, False
    keys = (match for match in _KEY.finditer(line) if match.end() <= column)
    inside = [match for match in keys if line[match.end() : match.end() + 1] not in ("{", "[")]
    return (inside[-1] if inside else None), True


def without_comma(text: str, offset: int, after_text: bool) -> tuple[str, str]:
    """What was found and expected where a key inside braces has nothing behind it."""
    if not after_text:
        return "a key without a value", "`key: value`"
    comma = max(text.rfind(",", 0, offset), 0)
    if text[max(comma - 1, 0) : offset + 1].replace(",", "").isdigit():
        return "the comma before this ends the number", "the number without separators, like `50000`"
    shown = quoted_form(text, comma, in_braces=True)
    return "the comma before this ends the text inside `{…}`", shown or "quotes around a text with a comma"


def reason_of(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str, str]:
    """YAML's complaint in the words of whoever wrote the file: its offset, what was found, what was expected."""
    mark = error.problem_mark or error.context_mark
    if "unexpected end of stream" in (error.problem or "") and error.context_mark is not None:
        mark = error.context_mark
    offset = mark.index if mark is not None else 0
    opened = _opened(text, offset)
    if opened and _left_open(text, opened[-1], offset):
        bracket = text[opened[-1]]
        before = f" before line {text.count(chr(10), 0, offset) + 1}" if text[offset:].strip() else ""
        return opened[-1], f"`{bracket}` is opened here and not closed", f"`{_CLOSING[bracket]}`{before}"
    shown = quoted_form(text, offset, in_braces=any(text[each] == "{" for each in opened))
    return offset, *_reason(error.problem or "", error.context or "", (text, offset), shown)


_CLOSING = {"{": "}", "[": "]"}


def _opened(text: str, offset: int) -> list[int]:
    """Where the brackets stand that are open at an offset, the innermost at the end."""
    opened: list[int] = []
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if token.start_mark.index >= offset:
                break
            if isinstance(token, (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)):
                opened.append(token.start_mark.index)
            elif isinstance(token, (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)):
                opened = opened[:-1]
    return opened


def _left_open(text: str, bracket: int, offset: int) -> bool:
    """Whether the file went on without what a bracket holds: by a line that is no further in, or by its end."""
    line, start = _line(text, offset)
    above, begun = _line(text, bracket)
    return (start > begun and _indent(line) <= _indent(above)) or not text[offset:].strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _reason(problem: str, context: str, where: tuple[str, int], shown: str | None) -> tuple[str, str]:
    text, offset = where
    for part, found, expected in _REASONS:
        if part in problem:
            return found, expected
    if "mapping values are not allowed" in problem and _first_colon(text, offset):
        return "a key deeper than the text above it", "the indentation of its neighbours"
    if "mapping values are not allowed" in problem:
        return "a colon and a space inside the text", shown or "quotes around the text"
    if "flow" in context:
        return "the text inside `{…}` or `[…]` ends here", shown or "a comma, or quotes around the whole text"
    if problem.startswith("expected <block end>, but found '<scalar>'"):
        return "text behind a closing quote", quoted_form(
            text, offset, even_quoted=True
        ) or "quotes around the whole text"
    if shown and (begins := re.search(r":\s+([!&*%@`|>])", _line(text, offset)[0])):
        return f"a text that begins with `{begins[1]}`, which means something else to YAML", shown
    return f"no YAML: {', '.join(part for part in (context, problem) if part)}", "`key: value` or `- item`"


_REASONS = (
    ("'\\t'", "a tab", "spaces; YAML has no tabs before a value"),
    ("'<stream end>'", "the file ends inside `{…}` or `[…]`", "the closing bracket"),
    ("unexpected end of stream", "a quote that is not closed", "the closing quote"),
    ("could not find expected ':'", "a line that is no entry", "`key: value`"),
    ("but found '?'", "a key that fits no level above it", "the indentation of its neighbours"),
    ("but found '-'", "an item that fits no level above it", "the indentation of its neighbours"),
    ("'<block sequence start>'", "an item that fits no level above it", "the indentation of its neighbours"),
    ("'<block mapping start>'", "a key that fits no level above it", "the indentation of its neighbours"),
)


def _first_colon(text: str, offset: int) -> bool:
    line, start = _line(text, offset)
    return ":" not in line[: offset - start]


def _line(text: str, offset: int) -> tuple[str, int]:
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    return re.split(r"[\r\n]", text[start:], maxsplit=1)[0], start
