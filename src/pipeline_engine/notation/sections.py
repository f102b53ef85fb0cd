"""One table of the file at a time: hands out typed values by key and notes what does not fit, with its place.

Reading goes on after a complaint, so that one look at a file tells all that is wrong with it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pipeline_engine.errors import BadFile, nearest, quoted, quoted_some
from pipeline_engine.notation.scalars import Unfit, name
from pipeline_engine.notation.tree import Items, Node, Table, Text, place_within
from pipeline_engine.notation.written import Place, Written

T = TypeVar("T")
_MOST_COMPLAINTS = 100
_LONGEST_PROSE = 2_000
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Warned:
    """Something doubtful that does not keep the file from loading."""

    code: str
    place: Place
    message: str
    about: tuple[str, ...] = ()


class Complaints:
    """What is wrong with one file, in the order it was found."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.found: list[BadFile] = []
        self.warnings: list[Warned] = []
        self.texts: dict[str, str] = {}  # of other files that this one takes from, by their name

    def add(self, at: Node | Place, found: str, expected: str = "", near: Sequence[str] = ()) -> None:
        """Note one thing that is wrong, at a place."""
        place = at if isinstance(at, Place) else at.place
        if not self.full:
            self.found.append(self.written.bad(place, found, expected, near))

    def place_within(self, scalar: Text, line: int | None, column: int | None) -> Place:
        """A place inside a text of the file, or of one that it takes from."""
        text = self.texts.get(scalar.place.file or "", self.written.text)
        return place_within(text, scalar, line or 1, column or 1)

    def warn(self, code: str, at: Node, message: str, *about: str) -> None:
        """Note something doubtful, and the names it is about."""
        if len(self.warnings) < _MOST_COMPLAINTS:
            self.warnings.append(Warned(code, at.place, message, about))

    def unknown(self, at: Node, what: str, word: str, known: Collection[str]) -> None:
        """Note a name that is not there, with the nearest ones that are."""
        if self.full:
            return
        near = nearest(word, tuple(known))
        there = quoted_some(tuple(known)) if known and not near else ""
        self.add(at, f"there is no {what} `{_short(word)}`", there, near)

    @property
    def full(self) -> bool:
        """Whether no more are noted; looking for nearest names would only cost time then."""
        return len(self.found) >= _MOST_COMPLAINTS

    @property
    def first(self) -> BadFile:
        """The one that stands first in the file; what is about another file it takes from comes after."""
        return min(self.found, key=lambda each: (each.file != self.written.file, each.line or 0, each.column or 0))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def described(node: Node) -> str:
    """What a node is, for a message."""
    if isinstance(node, Text):
        return "nothing" if node.empty else f"`{_short(node.value)}`"
    return "a list" if isinstance(node, Items) else "a table"


class Section:
    """One table with the keys it may have; a node that is no table reads as an empty one."""

    def __init__(self, node: Node, keys: Sequence[str], complaints: Complaints, what: str) -> None:
        self.node, self.complaints, self.what = node, complaints, what
        self._values: dict[str, Node] = {}
        self._misspelt: set[str] = set()
        for key, value in entries(node, complaints, what):
            if key.value not in keys:
                self._unknown_key(key, keys)
            elif isinstance(value, Text) and value.empty:
                complaints.add(value, f"`{key.value}` is empty", "a value, or the key left out")
            else:
                self._values[key.value] = value

    def _unknown_key(self, key: Text, keys: Sequence[str]) -> None:
        word = key.value
        if self.complaints.full:
            return
        near = nearest(word, keys)
        self._misspelt.update(near[:1])
        self.complaints.add(key, f"{self.what} has no key `{_short(word)}`", "" if near else quoted(keys), near)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def node_of(self, key: str) -> Node | None:
        """The value of a key as it stands in the file."""
        return self._values.get(key)

    def need(self, *keys: str) -> None:
        """Complain about each of these keys that is missing, unless it is there misspelt."""
        present = {key.value for key, _ in self.node.entries} if isinstance(self.node, Table) else set(keys)
        for key in keys:
            if key not in present | self._misspelt:
                self.complaints.add(self.node, f"{self.what} has no `{key}`", f"`{key}: …`")

    def read(self, key: str, reader: Callable[[str], T]) -> T | None:
        """The value of a key as `reader` reads it; None where it is missing or does not fit."""
        node = self._values.get(key)
        return None if node is None else scalar(node, reader, self.complaints, key)

    def prose(self, key: str) -> str:
        """Free text for people."""
        return self.read(key, _prose) or ""

    def word(self, key: str, words: Sequence[str], default: str) -> str:
        """One of a few words."""
        node = self._values.get(key)
        if node is None:
            return default
        if isinstance(node, Text) and node.value in words:
            return node.value
        near = nearest(node.value, words) if isinstance(node, Text) else ()
        self.complaints.add(node, f"`{key}` is {described(node)}", quoted(words), near)
        return default

    def names(self, key: str) -> list[Text]:
        """A list of names, each once."""
        node = self._values.get(key)
        return [] if node is None else names(node, self.complaints, key)

    def list_of(self, key: str, what: str) -> tuple[Node, ...]:
        """The items of a list."""
        node = self._values.get(key)
        if node is None:
            return ()
        if not isinstance(node, Items):
            self.complaints.add(node, f"`{key}` is {described(node)}", f"a list of {what}")
            return ()
        return node.items


def entries(node: Node, complaints: Complaints, what: str) -> list[tuple[Text, Node]]:
    """The entries of a table, each key once."""
    if not isinstance(node, Table):
        complaints.add(node, f"{what} is {described(node)}", "a table of `key: value`")
        return []
    seen: dict[str, tuple[Text, Node]] = {}
    for key, value in node.entries:
        if key.value in seen:
            complaints.add(key, f"key `{_short(key.value)}` is there twice", "each key once")
        else:
            seen[key.value] = (key, value)
    return list(seen.values())


def scalar(node: Node, reader: Callable[[str], T], complaints: Complaints, what: str) -> T | None:
    """A text as `reader` reads it; None, with a complaint, where it does not fit."""
    try:
        if isinstance(node, Text):
            return reader(node.value)
        complaints.add(node, f"`{what}` is {described(node)}", "a single value")
    except Unfit as unfit:
        complaints.add(node, f"`{_short(what)}` is {described(node)}", unfit.expected, unfit.near)
    return None


def names(node: Node, complaints: Complaints, what: str) -> list[Text]:
    """The names in a list, or the one name that stands there alone; each once."""
    if isinstance(node, Table):
        complaints.add(node, f"`{what}` is a table", "a list of names")
        return []
    items = node.items if isinstance(node, Items) else (node,)
    read: dict[str, Text] = {}
    for item in items:
        if scalar(item, name, complaints, what) is None or not isinstance(item, Text):
            continue
        if item.value in read:
            complaints.add(item, f"`{item.value}` is there twice", "each name once")
        read.setdefault(item.value, item)
    return list(read.values())


def _prose(text: str) -> str:
    if len(text) > _LONGEST_PROSE:
        raise Unfit(f"at most {_LONGEST_PROSE:,} characters")
    return text
