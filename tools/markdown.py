"""Small pieces of Markdown for the pages that are made from the code."""

import textwrap
from collections.abc import Iterable, Sequence

MADE = "<!-- Made from the code by tools/reference.py; `make docs` writes it anew. Do not edit. -->"


def page(title: str, *parts: str) -> str:
    """A whole page: its heading, a note that it is made, and its parts with a blank line between them."""
    kept = [_wrapped(part.strip("\n")) for part in parts if part.strip()]
    return "\n\n".join([f"# {title}", MADE, *kept]) + "\n"


def _wrapped(part: str) -> str:
    if part.startswith(("|", "#", "```")) or "\n|" in part:
        return part
    paragraphs = part.split("\n\n")
    return "\n\n".join(each if max(map(len, each.splitlines())) <= 120 else _filled(each) for each in paragraphs)


def _filled(paragraph: str) -> str:
    return textwrap.fill(paragraph, 120, break_long_words=False, break_on_hyphens=False)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars and line ends inside cells are made harmless."""
    lines = [_row(heads), _row(["---"] * len(heads)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def code(text: str) -> str:
    """Text in backticks, more of them where it holds some itself."""
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}"


def block(text: str, language: str = "text") -> str:
    """A fenced block."""
    return f"```{language}\n{text.rstrip()}\n```"


def listed(items: Iterable[str]) -> str:
    """A list of points."""
    return "\n".join(f"- {item}" for item in items)


def prose(docstring: str | None) -> str:
    """A docstring as running text: paragraphs kept, line ends inside them not."""
    paragraphs = (docstring or "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
