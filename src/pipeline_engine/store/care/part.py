"""A file that appears whole or not at all, and never in the place of another one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from pipeline_engine.errors import BadStore, StoreUnreachable

_BESIDE = ("", "-journal", "-wal", "-shm")


@contextmanager
def whole_or_not_at_all(file: Path) -> Iterator[Path]:
    """
    A new empty file beside `file` that only its owner may read; it becomes `file` where all went well.

    Raises:
        BadStore: There is something at `file` already.
        StoreUnreachable: The folder is not there, cannot be written to, or is full.
    """
    if file.exists() or file.is_symlink():
        raise BadStore(f"`{file}` is there already, and no back-up is written over; name another file")
    if not file.absolute().parent.is_dir():
        raise StoreUnreachable(f"there is no folder `{file.absolute().parent}` for `{file.name}`; create it first")
    part = file.with_name(f".{file.name}.{uuid4().hex[:8]}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        yield part
        synced(part)
        _named(part, file)
        synced(file.absolute().parent)
    except OSError as error:
        raise StoreUnreachable(f"`{file}` cannot be written: {error.strerror or error}") from error
    finally:
        for ending in _BESIDE:
            with suppress(OSError):
                part.with_name(part.name + ending).unlink()


def synced(path: Path) -> None:
    """Make a file, or the names in a folder, outlast a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _named(part: Path, file: Path) -> None:
    # A link is refused where the name was taken meanwhile; a rename would put the other file away.
    try:
        os.link(part, file)
    except FileExistsError:
        raise BadStore(f"`{file}` was made by somebody else meanwhile; name another file") from None
    except OSError:
        # A file system without links: the name is taken first, then its empty file is replaced.
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        part.replace(file)
