"""Names and found values as one short line for people: quoted, cut, printable, and with the nearest that are known."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

LONG_WORD = re.compile(r"(\S{100})\S{21,}")


def quoted(names: Sequence[str]) -> str:
    """Names in backticks, joined for a sentence: `a`, `b` or `c`."""
    marked = [f"`{name}`" for name in names]
    return marked[0] if len(marked) == 1 else ", ".join(marked[:-1]) + " or " + marked[-1] if marked else ""


def quoted_some(names: Sequence[str]) -> str:
    """The first dozen of the names as `quoted` joins them, and how many more there are."""
    more = len(names) - 12
    return quoted(names) if more <= 0 else f"{', '.join(f'`{name}`' for name in names[:12])} or one of {more} more"


def nearest(name: str, known: Sequence[str]) -> tuple[str, ...]:
    """The known names most like `name`, nearest first, at most three; else those that begin with it and a colon."""
    close = tuple(get_close_matches(name[:400], list(known), n=3, cutoff=0.6))
    return close or tuple(each for each in known if name and each.startswith(f"{name}:"))[:3]


def kebab(name: str) -> str:
    """`BadMapping` as `bad-mapping`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def shown(found: object, longest: int = 80) -> str:
    """What was found, as one short line that every terminal and log can print."""
    try:
        return printable(str(found)[:longest])
    except ValueError:
        # Python refuses to write out whole numbers of thousands of digits.
        return "a very large number"


def printable(text: str) -> str:
    """The text on one line, with what no terminal shows, or what turns a line around, spelled out."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
