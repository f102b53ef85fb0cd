"""Names of columns and stages as words and ids in ASCII. Pure."""

import re
import unicodedata
from collections.abc import Iterable

_RESERVED = frozenset({"won", "lost", "reopen", "ignore", "null"})


def words(name: str) -> tuple[str, ...]:
    """The words of a column name, in lower case ASCII: `StageName` and `stage_name` are stage, name."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[a-z0-9]+", plain(spaced).lower()))


def plain(text: str) -> str:
    """The text in ASCII: umlauts written out, other accents dropped."""
    for sign, written in (
        ("ä", "ae"),
        ("ö", "oe"),
        ("ü", "ue"),
        ("Ä", "Ae"),
        ("Ö", "Oe"),
        ("Ü", "Ue"),
        ("ß", "ss"),
    ):
        text = text.replace(sign, written)
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def slug(text: str, joint: str, taken: Iterable[str] = ()) -> str:
    """An id made of a text, unlike those taken."""
    base = joint.join(re.findall(r"[a-z0-9]+", plain(text).lower()))[:50] or "x"
    base = f"x{joint}{base}" if base in _RESERVED or (joint == "_" and base[0].isdigit()) else base
    name, number = base, 2
    while name in set(taken):
        name, number = f"{base}{joint}{number}", number + 1
    return name
