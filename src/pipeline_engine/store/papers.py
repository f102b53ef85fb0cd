"""Papers: files beside the log that are needed for a while, such as what is uploaded for a job and what came of it.

They are no part of the record: a back-up leaves them out, and losing them loses no event. A paper is closed under a key
of the store, piece by piece, so that neither writing nor reading holds more than a piece; its first row is written
last, and without that row there is no paper. Papers of some names may quote anybody (`QUOTING`): every erasure destroys
the key they are closed under, and throws them away.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from pipeline_engine.errors import BadStore
from pipeline_engine.store.keys.model import ANSWERS
from pipeline_engine.store.log import Log
from pipeline_engine.store.seal import Forged, KeyProvider, Sealed
from pipeline_engine.store.view_tables import ViewRows, ViewTable
from pipeline_engine.values import microseconds

PIECE = 1 << 20
SUBJECT = "store:papers"
QUOTING = frozenset({"result", "rejects", "error"})
PAPERS = ViewTable(
    "papers",
    (("folder", "text"), ("name", "text"), ("part", "bigint"), ("at", "bigint"), ("size", "bigint"),
     ("sealed", "bytes")),
    key=("folder", "name", "part"),
    lookups=(("name", "part", "folder"),),
)  # fmt: skip
_IN = "folder = ? AND name = ?"


@dataclass(frozen=True, slots=True)
class Paper:
    """What is known of a paper that is whole."""

    bytes: int
    sha256: str
    parts: int


class Papers:
    """Folders of papers, by name; safe to share between threads."""

    def __init__(self, log: Log, keys: KeyProvider, clock: Callable[[], datetime]) -> None:
        self._log, self._keys, self._clock = log, keys, clock

    def begin(self, folder: str, name: str) -> "PaperWriter":
        """Write a paper piece by piece; it is there when the writer has ended it."""
        return PaperWriter(self, folder, name)

    def put(self, folder: str, name: str, content: bytes) -> Paper:
        """Write a small paper at once, in place of one of that name."""
        paper = Paper(len(content), hashlib.sha256(content).hexdigest(), 1)
        rows = [self._row(folder, name, 1, content), self._head(folder, name, paper)]
        with self._rows() as papers:
            papers.ask(f"DELETE FROM {{papers}} WHERE {_IN}", folder, name)
            papers.put(PAPERS.replace, rows)
        return paper

    def claim(self, folder: str, name: str, content: bytes) -> bool:
        """Write a small paper where there is none of that name yet; whether it is there with this content now."""
        paper = Paper(len(content), hashlib.sha256(content).hexdigest(), 1)
        rows = [self._head(folder, name, paper), self._row(folder, name, 1, content)]
        query = "INSERT INTO {papers} VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING part"
        with self._rows() as papers:
            if papers.ask(query, *rows[0]):
                papers.put(PAPERS.replace, rows[1:])
                return True
        return self.about(folder, name) == paper

    def add(self, folder: str, name: str, part: int, piece: bytes) -> None:
        """One more piece of a paper that is being written."""
        with self._rows() as papers:
            papers.put(PAPERS.replace, [self._row(folder, name, part, piece)])

    def end(self, folder: str, name: str, paper: Paper) -> None:
        """Say that all pieces are there."""
        with self._rows() as papers:
            papers.put(PAPERS.replace, [self._head(folder, name, paper)])

    def about(self, folder: str, name: str) -> Paper | None:
        """What is known of a paper; None where there is none."""
        found = self._asked(f"SELECT sealed FROM {{papers}} WHERE {_IN} AND part = 0", folder, name)
        return Paper(**from_json(self._opened(folder, name, 0, found[0][0]))) if found else None

    def read(self, folder: str, name: str) -> Iterator[bytes]:
        """A paper, piece by piece; nothing where there is none. Raises BadStore where a piece is missing or changed."""
        paper = self.about(folder, name)
        for part in range(1, paper.parts + 1 if paper else 1):
            query = f"SELECT sealed FROM {{papers}} WHERE {_IN} AND part = ?"
            found = self._asked(query, folder, name, part)
            if not found:
                raise BadStore(f"piece {part} of paper `{name}` in `{folder}` is missing")
            yield self._opened(folder, name, part, found[0][0])

    def whole(self, folder: str, name: str) -> bytes | None:
        """A small paper; None where there is none."""
        return None if self.about(folder, name) is None else b"".join(self.read(folder, name))

    def drop(self, folder: str, names: Sequence[str] = ()) -> None:
        """Throw papers of a folder away: those of these names, else all."""
        if not names:
            self._asked("DELETE FROM {papers} WHERE folder = ?", folder, writing=True)
        for name in names:
            self._asked(f"DELETE FROM {{papers}} WHERE {_IN}", folder, name, writing=True)

    def drop_quoting(self) -> None:
        """Throw away every paper that may quote anybody."""
        for name in sorted(QUOTING):
            self._asked("DELETE FROM {papers} WHERE name = ?", name, writing=True)

    def folders(self, name: str, before: datetime | None = None) -> list[str]:
        """The folders with a paper of this name, whole or not, in order; those last written before a moment."""
        query = "SELECT folder FROM {papers} WHERE name = ? GROUP BY folder HAVING max(at) < ? ORDER BY folder"
        end = microseconds(before) if before else 2**63 - 1
        return [str(folder) for (folder,) in self._asked(query, name, end)]

    def bytes_of(self, name: str) -> int:
        """How much all papers of this name hold together."""
        query = "SELECT CAST(coalesce(sum(size), 0) AS bigint) FROM {papers} WHERE name = ? AND part > 0"
        found = self._asked(query, name)
        return int(found[0][0]) if found else 0

    def _row(self, folder: str, name: str, part: int, content: bytes) -> tuple[Any, ...]:
        subject = ANSWERS if name in QUOTING else SUBJECT
        sealed = self._keys.seal(subject, folder, part, name, content.decode("latin-1"))
        return folder, name, part, microseconds(self._clock()), len(content), to_json(tuple(sealed))

    def _head(self, folder: str, name: str, paper: Paper) -> tuple[Any, ...]:
        return self._row(folder, name, 0, to_json(paper))

    def _opened(self, folder: str, name: str, part: int, sealed: bytes) -> bytes:
        try:
            text = self._keys.open(Sealed(*from_json(bytes(sealed))), folder, part, name)
        except (Forged, TypeError, ValueError):
            raise BadStore(f"piece {part} of paper `{name}` in `{folder}` is not what was written there") from None
        if text is None:
            raise BadStore(f"the key of paper `{name}` in `{folder}` was destroyed")
        return text.encode("latin-1")

    def _asked(self, query: str, *values: Any, writing: bool = False) -> list[tuple[Any, ...]]:
        with self._log.views(writing=writing) as views:
            if not views.there(PAPERS.name):
                return []
            return views.naming((PAPERS,), 0).ask(query, *values)

    @contextmanager
    def _rows(self) -> Iterator[ViewRows]:
        # The key has to outlast what is closed under it.
        self._keys.ready((SUBJECT, ANSWERS))
        with self._log.views() as views:
            if not views.there(PAPERS.name):
                views.alone()
                views.make(PAPERS, 0)
            yield views.naming((PAPERS,), 0)


class PaperWriter:
    """One paper that is being written; for one thread at a time."""

    def __init__(self, papers: Papers, folder: str, name: str) -> None:
        self._papers, self._place = papers, (folder, name)
        self._digest, self._held, self._parts, self.bytes = hashlib.sha256(), bytearray(), 0, 0

    def add(self, content: bytes) -> None:
        """More of it, of any length."""
        self._digest.update(content)
        self._held += content
        self.bytes += len(content)
        while len(self._held) >= PIECE:
            self._write(bytes(self._held[:PIECE]))
            del self._held[:PIECE]

    def end(self) -> Paper:
        """All of it is there."""
        if self._held:
            self._write(bytes(self._held))
            self._held.clear()
        paper = Paper(self.bytes, self._digest.hexdigest(), self._parts)
        self._papers.end(*self._place, paper)
        return paper

    def give_up(self) -> None:
        """Throw away what was written."""
        self._papers.drop(self._place[0], (self._place[1],))

    def _write(self, piece: bytes) -> None:
        self._parts += 1
        self._papers.add(*self._place, self._parts, piece)
