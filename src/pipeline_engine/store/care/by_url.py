"""Copies of a store by its URL, without its keys: what can be copied must not depend on what can be opened."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pipeline_engine.errors import StoreUnreachable
from pipeline_engine.store.care.backup import Backup, back_up
from pipeline_engine.store.care.digest import Digest, digest_of
from pipeline_engine.store.care.restoring import Restored, restore_into
from pipeline_engine.store.log import Log
from pipeline_engine.store.model import Progress, quiet
from pipeline_engine.store.opening import is_there, log_at


def back_up_store(url: str, file: Path, now: Callable[[], datetime], told: Progress = quiet) -> Backup:
    """
    Write a copy of the store at a URL into a new file, or into a folder under a name of its own.

    Raises:
        BadStore: There is no store of ours, the file is there already, or the copy is not what the store holds.
        StoreUnreachable: The store is not there, or the file cannot be written.
    """
    log = _there(url)
    try:
        name = Path(url.partition("?")[0]).stem or "store"
        return back_up(log, named_in(file, name, now()), told)
    finally:
        log.close()


def digest_store(url: str, upto: int | None = None, told: Progress = quiet) -> Digest:
    """What the log of the store at a URL holds up to a position; raises BadStore and StoreUnreachable."""
    log = _there(url)
    try:
        with log.snapshot() as snapshot:
            return digest_of(snapshot, upto, told)
    finally:
        log.close()


def restore(file: Path, url: str, *, verify: bool = True, told: Progress = quiet) -> Restored:
    """
    Bring a back-up into the empty store at a URL, made where there is none; all of it or nothing.

    Args:
        verify: Read the store back from end to end and compare.

    Raises:
        BadStore: The back-up is damaged or changed, or there is a store that is not empty.
        StoreUnreachable: One of them cannot be reached; then the store is empty still.
    """

    def opened(backup: Backup) -> Log:
        header = backup.header
        return log_at(url, lambda: int(header["created_at"]), header["clock"], header["keys"])

    return restore_into(file, opened, verify=verify, told=told)


def named_in(file: Path, name: str, now: datetime) -> Path:
    """The file itself, or one in the folder, named after the store and the moment."""
    return file / f"{name}-{now:%Y%m%dT%H%M%SZ}.backup.db" if file.is_dir() else file


def _there(url: str) -> Log:
    if not is_there(url):
        raise StoreUnreachable(f"there is no store at `{url}`; expected one that is there")
    # What a new store would be called is not used: one that is there says it itself.
    return log_at(url, lambda: 0, "system", "identity", make=False)
