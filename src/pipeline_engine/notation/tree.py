"""A YAML text as a tree of text, lists and tables, each with its place.

YAML is read for its shape alone: every scalar stays text, and what a text means is up to whoever asks for it.
What makes a file say something else than it seems to (tags, anchors, merge keys) is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NoReturn

import yaml

from pipeline_engine.errors import BadFile
from pipeline_engine.notation.hints import quoted_form, reason_of, without_comma
from pipeline_engine.notation.places import offset_in_source, place_of
from pipeline_engine.notation.written import Place, Written

LARGEST = 256 * 1024
_DEEPEST = 20
_MOST_NODES = 50_000
_NO_VALUE = frozenset({"", "~", "null", "Null", "NULL"})
_OTHER_BREAKS = {
    "\x85": "next line (U+0085)",
    "\u2028": "line separator (U+2028)",
    "\u2029": "paragraph separator (U+2029)",
}


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar; `source` is how it is written in the file, `start` where that begins."""

    value: str
    place: Place
    style: str
    source: str
    start: int

    @property
    def empty(self) -> bool:
        """Whether nothing was written, or YAML's word for nothing."""
        return not self.style and self.value in _NO_VALUE


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: "tuple[Node, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """Keys with their values, in file order; a key may still be there twice."""

    entries: "tuple[tuple[Text, Node], ...]"
    place: Place


Node = Text | Items | Table


def read_tree(written: Written) -> Node:
    """The one document of a YAML text; raises the file's error at the first thing that cannot be read."""
    _check_characters(written)
    builder = _Builder(written)
    try:
        return builder.document()
    except yaml.reader.ReaderError as error:
        raise _unprintable(written, int(error.position)) from None
    except yaml.MarkedYAMLError as error:
        offset, found, expected = reason_of(error, builder.text)
        raise written.bad(Place(*place_of(builder.text, offset)), found, expected) from None


def elsewhere(node: Node, file: str) -> Node:
    """The tree with every place in that file: what one file takes over from another still says where it stands."""
    if isinstance(node, Text):
        return _text_in(node, file)
    if isinstance(node, Items):
        return replace(node, items=tuple(elsewhere(item, file) for item in node.items), place=_in(node.place, file))
    moved = tuple((_text_in(key, file), elsewhere(value, file)) for key, value in node.entries)
    return replace(node, entries=moved, place=_in(node.place, file))


def _in(place: Place, file: str) -> Place:
    return replace(place, file=file)


def _text_in(text: Text, file: str) -> Text:
    return replace(text, place=_in(text.place, file))


def place_within(text: str, scalar: Text, line: int, column: int) -> Place:
    """The place in the file of a place in a scalar's value."""
    offset = scalar.start + offset_in_source(scalar.source, scalar.style, scalar.value, line, column)
    return Place(*place_of(text.removeprefix("\ufeff"), offset), scalar.place.file)


def _check_characters(written: Written) -> None:
    text = written.text
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LARGEST:
        raise written.bad(None, f"the file has {size:,} bytes", f"at most {LARGEST:,}")
    for char, name in _OTHER_BREAKS.items():
        if (offset := text.find(char)) >= 0:
            found = f"a {name}, which not every reader takes for a line end"
            raise written.bad(Place(*place_of(text, offset)), found, "a newline")


def _unprintable(written: Written, offset: int) -> BadFile:
    text = written.text
    code = f"U+{ord(text[offset]):04X}" if offset < len(text) else "an unfinished character"
    found = f"the character {code}, which text cannot hold"
    return written.bad(Place(*place_of(text, offset)), found, "printable text")


def _where(event: yaml.Event, *, end: bool = False) -> tuple[int, Place]:
    mark = event.end_mark if end else event.start_mark
    assert mark is not None  # the parser marks every event
    return mark.index, Place(mark.line + 1, mark.column + 1)


class _Builder:
    """Builds the tree from YAML's events, lazily, so that a limit stops the parser before it can run away."""

    def __init__(self, written: Written) -> None:
        self.text, self._written = written.text.removeprefix("\ufeff"), written
        self._nodes = 0

    def document(self) -> Node:
        events: Iterator[yaml.Event] = yaml.parse(self.text, Loader=yaml.SafeLoader)
        next(events)
        if isinstance(next(events), yaml.StreamEndEvent):
            raise self._written.bad(Place(1, 1), "the file is empty", self._written.needs)
        root = self._node(next(events), events, 0)
        next(events)
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(after, "a second document begins here", "one document a file")
        return root

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        self._nodes += 1
        if depth > _DEEPEST or self._nodes > _MOST_NODES:
            limit = f"at most {_DEEPEST} levels" if depth > _DEEPEST else f"at most {_MOST_NODES:,} values"
            self._refuse(event, "too much for one file", limit)
        self._check_properties(event)
        start, place = _where(event)
        if isinstance(event, yaml.ScalarEvent):
            source = self.text[start : _where(event, end=True)[0]]
            return Text(event.value, place, event.style or "", source, start)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(tuple(self._items(events, depth + 1)), place)
        flow = isinstance(event, yaml.MappingStartEvent) and bool(event.flow_style)
        return Table(tuple(self._entries(events, depth + 1, flow)), place)

    def _items(self, events: Iterator[yaml.Event], depth: int) -> Iterator[Node]:
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            yield self._node(event, events, depth)

    def _entries(self, events: Iterator[yaml.Event], depth: int, flow: bool) -> Iterator[tuple[Text, Node]]:
        before: Node | None = None
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, events, depth)
            value = self._node(next(events), events, depth)
            # `{says: name, and phone}` is a key `and phone` with nothing behind it.
            if flow and isinstance(value, Text) and value.start == key.start + len(key.source) and not value.source:
                self._refuse(event, *without_comma(self.text, key.start, isinstance(before, Text)))
            yield key, value
            before = value

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Text:
        key = self._node(event, events, depth)
        if not isinstance(key, Text):
            self._refuse(event, "a list or table as a key", "a word")
        if key.value == "<<" and not key.style:
            self._refuse(event, "merge keys (`<<`) are not read", "the keys written out")
        return key

    def _check_properties(self, event: yaml.Event) -> None:
        tag, anchor = getattr(event, "tag", None), getattr(event, "anchor", None)
        if tag is None and anchor is None:
            return
        shown = quoted_form(self.text, _where(event)[0]) or "the value without it"
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, f"`*{anchor}` is an alias to YAML, which is not read", shown)
        if anchor is not None:
            self._refuse(event, f"`&{anchor}` is an anchor to YAML, which is not read", shown)
        self._refuse(event, f"`{tag}` is a tag to YAML, not text", shown)

    def _refuse(self, event: yaml.Event, found: str, expected: str) -> NoReturn:
        raise self._written.bad(_where(event)[1], found, expected)
