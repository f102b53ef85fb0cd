"""What SQLite's errors mean for whoever opened a store, and what to do next."""

import sqlite3
from pathlib import Path

from pipeline_engine.errors import BadStore, PipelineError, StoreUnreachable

LOCK_TIMEOUT_SECONDS = 30
ASK_AGAIN = "ask again with the same command id"
_LOCKED = f"`{{path}}` was locked for {LOCK_TIMEOUT_SECONDS} s; try again"
_NEXT = {
    sqlite3.SQLITE_FULL: "the disk of `{path}` is full, so this was not recorded; make room, then ask again",
    sqlite3.SQLITE_READONLY: (
        "`{path}` may only be read here; expected the right to write the file, its folder, "
        "and the `-wal` and `-shm` beside it"
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "`{path}` cannot be opened; look whether it is there, who may write it and its folder, "
        "and how many files are open"
    ),
    sqlite3.SQLITE_IOERR: "the disk of `{path}` failed ({name}), so this was not done; look after it, then ask again",
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
}
_BAD = {
    sqlite3.SQLITE_NOTADB: "`{path}` is not an SQLite file; name another file",
    sqlite3.SQLITE_CORRUPT: "`{path}` is damaged ({error}); restore it from a back-up",
}


def unusable(path: Path, error: sqlite3.Error) -> PipelineError:
    """What an error means where nothing was being committed."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    told = {"path": path, "error": error, "name": getattr(error, "sqlite_errorname", "")}
    if code in _BAD:
        return BadStore(_BAD[code].format(**told))
    return StoreUnreachable(_NEXT.get(code, "`{path}` cannot be read or written: {error}").format(**told))


def undecided(path: Path, error: sqlite3.Error) -> PipelineError:
    """
    What an error of a commit means.

    Where the disk failed, what was being committed is not there now. It may be found at a next start, whole, in what
    had been written of it; so whoever asked has to ask again. A disk that was full has not taken the end of it.
    """
    if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_IOERR:
        return unusable(path, error)
    failed = f"the disk of `{path}` failed ({error.sqlite_errorname}) while this was written"
    return StoreUnreachable(f"{failed}; look after the disk, then {ASK_AGAIN}, which tells whether it was recorded")


def replaced(path: Path) -> PipelineError:
    """What to say where the file at a place is no longer the one that was opened there."""
    return StoreUnreachable(
        f"`{path}` was deleted, moved or replaced while it was in use; put it back or start anew, then {ASK_AGAIN}"
    )
