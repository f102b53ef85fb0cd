"""From a log to its keys: where they are, whether they are there, and what the header of the log says of them."""

import os
from pathlib import Path

from pipeline_engine.errors import BadStore
from pipeline_engine.store.keys.backup import put_back
from pipeline_engine.store.keys.master import VARIABLE, KeptMaster, MasterFile, MasterHome
from pipeline_engine.store.keys.memory import MemoryKeys
from pipeline_engine.store.keys.model import MIXED, NAME, KeyRows
from pipeline_engine.store.keys.postgres import PostgresKeys
from pipeline_engine.store.keys.sealing import SubjectKeys, missing_keys
from pipeline_engine.store.keys.sqlite import SqliteKeys
from pipeline_engine.store.log import Clock, Log
from pipeline_engine.store.postgres import PostgresLog
from pipeline_engine.store.seal import IDENTITY
from pipeline_engine.store.sqlite import SqliteLog


def keys_of(log: Log, clock: Clock, master_key_file: Path | None = None) -> SubjectKeys:
    """
    The keys of a log; made where it was never sealed.

    Args:
        master_key_file: Where the master key is; else what PIPELINE_ENGINE_MASTER_KEY_FILE names, else beside the keys.

    Raises:
        BadStore: The log is sealed, and its keys or their master key are not there: new ones would open nothing.
    """
    rows, home = _rows_of(log, clock), _home_of(log, master_key_file)
    sealed = log.header.keys
    if sealed not in (IDENTITY.name, NAME, MIXED):
        raise BadStore(f"the store is sealed by `{sealed[:40]}`, which this version does not know; use a newer one")
    if not rows.is_there():
        if sealed != IDENTITY.name:
            raise missing_keys(rows.place)
        master, kept = home.first()
        rows.make(master.fingerprint, kept)
    if sealed == IDENTITY.name:
        # The keys are there first: a crash in between is mended by the next start.
        sealed = log.mark_sealed(MIXED if log.position() else NAME)
    return SubjectKeys(rows, home, clock, name=sealed)


def restore_keys(log: Log, clock: Clock, file: Path, master_key_file: Path | None = None) -> int:
    """Put keys out of a back-up back, where a sealed log has none; how many. Raises BadStore."""
    if log.header.keys == IDENTITY.name:
        raise BadStore("the store was never sealed, so there are no keys to put back")
    rows = _rows_of(log, clock)
    try:
        return put_back(file, rows, _home_of(log, master_key_file), clock)
    finally:
        rows.close()


def _rows_of(log: Log, clock: Clock) -> KeyRows:
    if isinstance(log, SqliteLog):
        return SqliteKeys(beside(log.file.path, ".keys"), clock)
    if isinstance(log, PostgresLog):
        return PostgresKeys(log.address, log.server.schema, clock)
    return MemoryKeys(clock)


def _home_of(log: Log, named: Path | None) -> MasterHome:
    path = named or os.environ.get(VARIABLE)
    if isinstance(log, PostgresLog | SqliteLog) and path:
        return MasterFile(Path(path), apart=True)
    if isinstance(log, SqliteLog):
        return MasterFile(beside(log.file.path, ".master"), apart=False)
    return KeptMaster(f"schema `{log.server.schema}_keys`" if isinstance(log, PostgresLog) else "memory")


def beside(path: Path, suffix: str) -> Path:
    """The file of a store that has this suffix."""
    return path.with_name(path.name + suffix)
