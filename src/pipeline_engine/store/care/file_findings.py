"""What the doctor asks of a store in an SQLite file, and of the disk it is on."""

import os
import shutil
import stat
from pathlib import Path

from pipeline_engine.store.care.file_system import NETWORK, kind_of
from pipeline_engine.store.findings import Query, checked, log_findings
from pipeline_engine.store.log import Header
from pipeline_engine.store.model import Finding
from pipeline_engine.store.sqlite_file import SYNCHRONOUS, File

MEGABYTE = 1 << 20
LEAST_FREE, LARGEST_WAL = 100 * MEGABYTE, 64 * MEGABYTE


def file_findings(query: Query, file: File, header: Header, *, deep: bool) -> list[Finding]:
    """Journal, sync, integrity (every page and index where `deep`), the disk, and what every log is asked."""
    journal, sync = query("PRAGMA journal_mode")[0][0], query("PRAGMA synchronous")[0][0]
    asked = log_findings(query, header, events="stored_events", commands="command_log", position="position")
    level = f"level {sync}, {SYNCHRONOUS['full']} outlives a power cut"
    return [
        checked("journal", journal == "wal", f"journal mode {journal}", "put the file on a local disk"),
        checked("synchronous", sync >= SYNCHRONOUS["full"], level, "use full"),
        _integrity(query, deep),
        *asked,
        *_of_disk(file.place),
    ]


def _integrity(query: Query, deep: bool) -> Finding:
    damage = [text for (text,) in query(f"PRAGMA {'integrity_check' if deep else 'quick_check'}(3)") if text != "ok"]
    return checked("integrity", not damage, "; ".join(damage) or "no damage found")


def _of_disk(path: Path) -> list[Finding]:
    return [_room(path), _wal(path), _who_may_write(path), _file_system(path)]


def _room(path: Path) -> Finding:
    free, size = shutil.disk_usage(path.absolute().parent).free, path.stat().st_size
    needed = max(LEAST_FREE, size // 10)
    found = f"{free // MEGABYTE:,} MB free, the file has {-(-size // MEGABYTE):,} MB"
    return checked("disk", free >= needed, found, "make room: a command that finds no room is refused")


def _wal(path: Path) -> Finding:
    beside = path.with_name(f"{path.name}-wal")
    size = beside.stat().st_size if beside.exists() else 0
    advice = (
        "end the process that has been reading for long, or was left open: it keeps the write-ahead log from shrinking"
    )
    return checked("write-ahead log", size <= LARGEST_WAL, f"{size // MEGABYTE:,} MB", advice)


def _who_may_write(path: Path) -> Finding:
    others = bool(path.stat().st_mode & stat.S_IWOTH)
    found = "everybody on this machine may write to the file" if others else f"mode {path.stat().st_mode & 0o777:o}"
    return checked("file", not others and os.access(path, os.W_OK), found, f"`chmod o-w {path}`")


def _file_system(path: Path) -> Finding:
    kind = kind_of(path)
    advice = "let one machine only use it, or use `postgresql://…`"
    return checked("file system", kind not in NETWORK, kind or "not known", advice)
