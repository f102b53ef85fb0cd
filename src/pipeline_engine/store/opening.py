"""From a store's URL to the store: `memory://`, `sqlite:///file.db`, `postgresql://…`."""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from pipeline_engine.envelope import Event
from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store.care.file_system import NETWORK, kind_of
from pipeline_engine.store.care.unsafe import refuse
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.event_store import Store
from pipeline_engine.store.keys import keys_of
from pipeline_engine.store.keys import restore_keys as restored
from pipeline_engine.store.log import Clock, Log
from pipeline_engine.store.memory import MemoryLog
from pipeline_engine.store.postgres import PostgresLog
from pipeline_engine.store.seal import IDENTITY, KeyProvider
from pipeline_engine.store.sqlite import SqliteLog
from pipeline_engine.store.sqlite_file import SYNCHRONOUS, File
from pipeline_engine.values import microseconds


def open_store(
    url: str,
    *,
    clock: Callable[[], datetime],
    clock_name: str = "system",
    keys: KeyProvider | None = None,
    master_key_file: str | Path | None = None,
    events: Mapping[str, type[Event]],
    make: bool = True,
) -> Store:
    """
    Open the store at a URL; make it where there is none yet.

    Args:
        url: `memory://` · `sqlite:///file.db` (relative) · `sqlite:////folder/file.db` (absolute), with
            `?synchronous=normal` where losing the last commands in a power cut is acceptable, and `?machines=one` for
            a network disk that no other machine uses · `postgresql://user:password@host/database`, with `?schema=name`
            for a schema of its own, `?fsync=off` or `?full_page_writes=off` where such a server is acceptable, and
            `lock_timeout=` and `answer_timeout=` seconds.
        clock: Says when something is recorded; aware.
        clock_name: Written into a new store; another name later is reported by `Store.findings`.
        keys: Closes and opens personal values; else the store's own keys do, one for each subject.
        master_key_file: Wraps those keys; else what PIPELINE_ENGINE_MASTER_KEY_FILE names, else one beside the keys.
        events: Every event class that may be stored, by its stored name.
        make: Whether to make a store where there is none; else that is an error, and nothing is made.

    Raises:
        BadStore: No such kind of store, a foreign or newer one, or one with unsafe settings.
        StoreUnreachable: It is not there, or may not be read and written.
    """

    def now() -> int:
        return microseconds(clock())

    log = log_at(url, now, clock_name, keys.name if keys else IDENTITY.name, make=make)
    try:
        return Store(log, Codec(events, keys or keys_of(log, now, _path(master_key_file))), clock_name)
    except BaseException:
        log.close()
        raise


def restore_keys(
    url: str, file: str | Path, *, clock: Callable[[], datetime], master_key_file: str | Path | None = None
) -> int:
    """
    Put the keys of a back-up back beside a sealed store that lost them; how many there are.

    Raises:
        BadStore: The file is no back-up of keys, its master key is not there, or the store has keys.
        StoreUnreachable: There is no store at the URL.
    """
    if not is_there(url):
        raise StoreUnreachable(f"there is no store at `{url}`; restore that first")

    def now() -> int:
        return microseconds(clock())

    log = log_at(url, now, "system", IDENTITY.name, make=False)
    try:
        return restored(log, now, Path(file), _path(master_key_file))
    finally:
        log.close()


def _path(file: str | Path | None) -> Path | None:
    return Path(file) if file else None


def is_there(url: str) -> bool:
    """Whether a store could be at a URL, as far as can be told without opening it: a file that is not there is none."""
    return not url.startswith("sqlite:") or _path_of(url).exists()


def log_at(url: str, clock: Clock, clock_name: str, keys: str, *, make: bool = True) -> Log:
    """The log at a URL, without what the store puts before it; one in memory is always a new one."""
    if url == "memory://":
        return MemoryLog(clock, clock_name, keys)
    if url.startswith("sqlite:"):
        return SqliteLog(_file(url), clock, clock_name, keys, make=make)
    if url.startswith(("postgresql:", "postgres:")):
        return PostgresLog(url, clock, clock_name, keys, make=make)
    kind = url.partition(":")[0][:20]
    raise BadStore(f"`{kind}` is no kind of store; use `sqlite:///file.db`, `postgresql://…` or `memory://`")


def _path_of(url: str) -> Path:
    path = url.removeprefix("sqlite:///").partition("?")[0]
    if not url.startswith("sqlite:///") or not path or ":memory:" in path:
        raise BadStore(f"`{url}` names no file; write `sqlite:///file.db` or `sqlite:////folder/file.db`")
    return Path(path)


def _file(url: str) -> File:
    path, query = _path_of(url), url.partition("?")[2]
    settings = dict(part.partition("=")[::2] for part in query.split("&") if part)
    synchronous = settings.pop("synchronous", "full")
    one_machine = settings.pop("machines", "one") if "machines" in settings else ""
    if synchronous not in SYNCHRONOUS or settings or one_machine not in ("", "one"):
        raise refuse("url", str(path), query)
    _refuse_place(path, one_machine=bool(one_machine))
    return File(path, synchronous)


def _refuse_place(path: Path, *, one_machine: bool) -> None:
    if sqlite3.threadsafety == 0:
        raise refuse("library", str(path))
    if not one_machine and (kind := kind_of(path)) in NETWORK:
        raise refuse("network", str(path), str(kind))
