"""Keys copied away and put back: one file, of the form that an SQLite store keeps its keys in.

What was erased since a copy was made is erased again when the copy is put back: the erasures stand in the log.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pipeline_engine.errors import BadStore
from pipeline_engine.store.care.part import whole_or_not_at_all
from pipeline_engine.store.keys.cipher import Master
from pipeline_engine.store.keys.master import KeptMaster, MasterHome
from pipeline_engine.store.keys.model import KeyRow, KeyRows, KeyState
from pipeline_engine.store.keys.sqlite import SqliteKeys
from pipeline_engine.store.log import Clock


def copy_keys(rows: KeyRows, file: Path, clock: Clock) -> int:
    """
    Write every key into a new file, wrapped as it is; how many live ones.

    Raises:
        BadStore: There is a file of that name.
        StoreUnreachable: It cannot be written there.
    """
    with whole_or_not_at_all(file) as part:
        # The erasures first: a key destroyed in between is then destroyed again after a restoring.
        state, carried_out = rows.state(), sorted(rows.carried_out())
        kept = list(rows.rows())
        with closing(SqliteKeys(part, clock)) as copy:
            copy.make(state.master, state.kept)
            copy.restore(kept, carried_out, clock())
            copy.clean()
    return sum(row.wrapped is not None for row in kept)


def put_back(file: Path, into: KeyRows, home: MasterHome, clock: Clock) -> int:
    """
    Keep what a back-up holds, where no key is kept; how many.

    Args:
        home: Where the master key of the store is; also that of the back-up, where that does not bring its own.

    Raises:
        BadStore: The file is no back-up of keys, its master key is not here, or keys are there already.
    """
    with closing(SqliteKeys(file, clock)) as copy:
        if not copy.is_there():
            raise BadStore(f"`{file}` is no back-up of keys; name a file that `keys backup` made")
        state, rows, carried_out = copy.state(), list(copy.rows()), sorted(copy.carried_out())
    old = _master_of(state, home, file)
    master, kept = (old, None) if state.kept is None and not isinstance(home, KeptMaster) else home.first()
    if not into.is_there():
        into.make(master.fingerprint, kept)
    elif into.state().master != master.fingerprint:
        master = home.find(into.state())
    into.restore(list(_rewrapped(rows, old, master)), carried_out, clock())
    return len(rows)


def _master_of(state: KeyState, home: MasterHome, file: Path) -> Master:
    return KeptMaster(f"`{file}`").find(state) if state.kept is not None else home.find(state)


def _rewrapped(rows: list[KeyRow], old: Master, new: Master) -> Iterator[KeyRow]:
    for row in rows:
        if row.wrapped is None or old.fingerprint == new.fingerprint:
            yield row
        else:
            secret = old.unwrap(row.id, row.subject, row.wrapped)
            yield KeyRow(row.id, row.subject, new.wrap(row.id, row.subject, secret), row.made_at)
