"""Opening a history file: what kind of file it really is, and the limits that hold for any of them."""

import gzip
import zlib
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

from pipeline_engine.errors import BadHistory

_LOOKS = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a zip archive; `.xlsx` and `.ods` files are such archives"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "Parquet"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one file is read before it is refused."""

    file_bytes: int = 512 * 1024 * 1024
    line_bytes: int = 1024 * 1024
    columns: int = 500
    trace_bytes: int = 256 * 1024 * 1024


LIMITS = Limits()


def looks_like(head: bytes) -> str | None:
    """What the first bytes of a file say it is; None for anything that may be text."""
    for sign, name in _LOOKS:
        if head.startswith(sign):
            return name
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if bare.startswith((b"<?xml", b"<log")):
        return "XML"
    if bare.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    return "binary data" if b"\x00" in head else None


def open_file(path: Path, limits: Limits) -> BufferedReader:
    """The file, opened; raises BadHistory where it is missing, no file, or larger than the limit."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise BadHistory(str(path), None, None, "this is no file", "one history file")
        if size > limits.file_bytes:
            raise BadHistory(str(path), None, None, f"the file has {size:,} bytes", f"at most {limits.file_bytes:,}")
        return path.open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name cannot be"
        raise BadHistory(str(path), None, None, f"cannot be read: {reason}") from None


class Unpacked:
    """A byte stream that is unpacked where it is gzip, and that is counted: too much without a `mark` is
    refused.
    """

    def __init__(self, path: Path, raw: BufferedReader, limits: Limits) -> None:
        packed = raw.peek(2)[:2] == b"\x1f\x8b"
        self._source = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
        self._path, self._limits = path, limits
        self._since = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises BadHistory where the gzip stream is broken or ends early, or over the limit."""
        try:
            piece = self._source.read(size if size and size > 0 else 65536)
        except EOFError:
            raise BadHistory(str(self._path), None, None, "the gzip stream ends early", "a whole file") from None
        except (zlib.error, gzip.BadGzipFile) as error:
            raise BadHistory(
                str(self._path), None, None, f"the gzip stream is broken: {error}", "a whole file"
            ) from None
        self._since += len(piece)
        if self._since > self._limits.trace_bytes:
            found = f"more than {self._limits.trace_bytes:,} bytes without the end of a trace"
            raise BadHistory(str(self._path), None, None, found, "traces of a smaller size")
        return piece

    def mark(self) -> None:
        """A trace ended: what was read up to here is done with."""
        self._since = 0
