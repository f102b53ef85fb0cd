"""Reading XES, plain or gzip, in a stream: one trace after the other, each with its events in file order.

No entity is resolved, nothing is fetched, no document type is accepted, and each trace is given back before
the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline_engine.errors import BadHistory
from pipeline_engine.exchange.files import LIMITS, Limits, Unpacked, looks_like, open_file


@dataclass(frozen=True, slots=True)
class Trace:
    """One case: its own attributes, and its events as (line, attributes). Nested attributes are left out."""

    line: int
    attributes: dict[str, str]
    events: list[tuple[int, dict[str, str]]]


class XesFile:
    """A XES log."""

    def __init__(self, path: Path, *, limits: Limits = LIMITS) -> None:
        self.path, self._limits = path, limits

    def traces(self) -> Iterator[Trace]:
        """The traces in file order; raises BadHistory where the file is broken, ends early, or is no XES."""
        for element in self._elements():
            yield _trace(element)

    def check(self) -> int:
        """The number of traces; reads the whole file, so that a broken one is known before anything is
        written.
        """
        return sum(1 for _ in self._elements())

    def _elements(self) -> Iterator[Any]:
        line = 1
        with open_file(self.path, self._limits) as raw:
            self._check_head(raw.peek(512)[:512])
            source = Unpacked(self.path, raw, self._limits)
            try:
                for _, element in self._parsed(source):
                    line = element.sourceline or line
                    self._check_document(element)
                    yield element
                    source.mark()
                    _forget(element)
            except etree.XMLSyntaxError as error:
                found, (at, column) = f"this is no whole XML: {_one_line(error)}", error.position
                raise BadHistory(str(self.path), at or line, column or None, found, "a XES log") from None
            except BadHistory as bad:
                where = line if bad.line is None else bad.line
                raise BadHistory(bad.file, where, None, bad.found, bad.expected) from None

    def _check_head(self, head: bytes) -> None:
        seems = looks_like(head)
        if not head:
            raise BadHistory(str(self.path), 1, None, "the file is empty", "a XES log")
        if seems not in (None, "XML", "gzip", "UTF-16 text"):
            raise BadHistory(str(self.path), None, None, f"this looks like {seems}", "a XES log, plain or gzip")

    def _parsed(self, source: Unpacked) -> Iterator[tuple[str, Any]]:
        parser = etree.iterparse(
            source, events=("end",), tag="{*}trace", resolve_entities=False, no_network=True, huge_tree=False,
            load_dtd=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        yield from parser
        root = parser.root
        if root is None or etree.QName(root).localname != "log":
            found = "nothing" if root is None else f"`<{etree.QName(root).localname[:40]}>`"
            raise BadHistory(str(self.path), 1, None, f"the root element is {found}", "`<log>`")
        self._check_document(root)

    def _check_document(self, element: Any) -> None:
        if element.getroottree().docinfo.doctype:
            raise BadHistory(
                str(self.path), 1, None, "the file declares a document type", "plain XES without `<!DOCTYPE`"
            )


def _trace(element: Any) -> Trace:
    attributes: dict[str, str] = {}
    events: list[tuple[int, dict[str, str]]] = []
    for child in element:
        if child.get("key") is not None:
            attributes[child.get("key")] = child.get("value", "")
        elif _is_event(child):
            found = {key: item.get("value", "") for item in child if (key := item.get("key")) is not None}
            events.append((child.sourceline, found))
    return Trace(element.sourceline, attributes, events)


def _is_event(element: Any) -> bool:
    return isinstance(element.tag, str) and element.tag.rpartition("}")[2] == "event"


def _forget(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _one_line(error: etree.XMLSyntaxError) -> str:
    return (error.msg or "broken").split(", line ")[0].replace("\n", " ")[:120]
