"""Where the master key is: in a file of its own, or with the keys it wraps.

A file is made under another name, synced and then linked, so that of several processes one makes it and nobody reads
half of it. A rotation puts the new key into `FILE.next` first: whichever of the two wraps the keys is found again.
"""

from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Protocol

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store.care.part import synced, whole_or_not_at_all
from pipeline_engine.store.keys.cipher import Master
from pipeline_engine.store.keys.model import KeyState

VARIABLE = "PIPELINE_ENGINE_MASTER_KEY_FILE"
TRIES = 50


class MasterHome(Protocol):
    """One place of a master key."""

    shown: str
    apart: bool
    """Whether somebody named a place for it, away from the keys."""

    def find(self, state: KeyState) -> Master:
        """The master key that wraps the keys as they stand; raises BadStore where it is not here."""
        ...

    def first(self) -> tuple[Master, str | None]:
        """The master key to begin with, and what of it is kept with the keys."""
        ...

    def next(self) -> tuple[Master, str | None]:
        """The master key to go on with, durable, and what of it is kept with the keys."""
        ...

    def settle(self, fingerprint: str) -> None:
        """Let go of the old master key, where the new one wraps the keys."""
        ...

    def discard(self) -> None:
        """Remove the master key from here: it wraps nothing any more."""
        ...


class MasterFile:
    """A master key in a file, 32 bytes as base64url, readable by its owner alone."""

    def __init__(self, path: Path, *, apart: bool) -> None:
        # Where it is does not change when this process goes to another folder.
        self.path, self.apart, self.shown = path.absolute(), apart, f"`{path}`"
        self._next = self.path.with_name(f"{path.name}.next")

    def find(self, state: KeyState) -> Master:
        """The master key in the file, or in the one a rotation left."""
        for path in (self.path, self._next):
            master = _read(path)
            if master is not None and master.fingerprint == state.master:
                self.settle(state.master)
                return master
        raise BadStore(f"{self._why_not(state)}; without it nothing that is sealed can be read")

    def _why_not(self, state: KeyState) -> str:
        if state.kept is not None:
            return f"the master key is kept with the keys: unset {VARIABLE}, then `keys rotate --to FILE` moves it"
        if self.path.exists():
            return f"{self.shown} is another master key than the one that wraps the keys: put that one back"
        if self.apart:
            return f"there is no master key at {self.shown}, which {VARIABLE} names: put it back from its own back-up"
        return f"there is no master key at {self.shown}: put it back, or set {VARIABLE} to where it is"

    def first(self) -> tuple[Master, str | None]:
        """What the file holds; it is made where it is not there."""
        return _read_or_made(self.path), None

    def next(self) -> tuple[Master, str | None]:
        """A new key beside the old one, or the one an earlier try left there."""
        return _read_or_made(self._next), None

    def settle(self, fingerprint: str) -> None:
        """The new key takes the place of the old one."""
        master = _read(self._next)
        if master is not None and master.fingerprint == fingerprint:
            # Another process may have done it at the same moment.
            with suppress(FileNotFoundError):
                Path(self._next).replace(self.path)
            synced(self.path.parent)

    def discard(self) -> None:
        """Remove both files, where nobody but us put them there."""
        if not self.apart:
            for path in (self.path, self._next):
                path.unlink(missing_ok=True)
            synced(self.path.parent)


class KeptMaster:
    """A master key kept with the keys: whoever copies them can open everything."""

    apart = False

    def __init__(self, shown: str) -> None:
        self.shown = shown

    def find(self, state: KeyState) -> Master:
        """The one that stands beside the keys."""
        if state.kept is None:
            raise BadStore(f"the master key is not in {self.shown}: set {VARIABLE} to the file that holds it")
        master = Master.read(state.kept)
        if master.fingerprint != state.master:
            raise BadStore(f"the master key in {self.shown} does not wrap the keys there; restore them from a back-up")
        return master

    def first(self) -> tuple[Master, str | None]:
        """A new one."""
        return self.next()

    def next(self) -> tuple[Master, str | None]:
        """A new one."""
        master = Master.fresh()
        return master, master.written()

    def settle(self, fingerprint: str) -> None:
        """Nothing: it changes with the keys, in one transaction."""

    def discard(self) -> None:
        """Nothing: it went with the transaction."""


def _read(path: Path) -> Master | None:
    try:
        return Master.read(_text_of(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnreachable(f"the master key `{path}` cannot be read: {error.strerror}") from error
    except ValueError:
        # Said without what stands there: it may be nearly a key.
        raise BadStore(f"`{path}` is no master key; expected 32 bytes as base64url") from None


def _text_of(path: Path) -> str:
    # Where a file system has no links, the name of a new file is there a moment before what stands in it.
    for _ in range(TRIES):
        if text := path.read_text(encoding="ascii"):
            break
        sleep(0.01)
    return text


def _read_or_made(path: Path) -> Master:
    found = _read(path)
    if found is not None:
        return found
    # Refused where somebody was first; then theirs is read.
    with suppress(BadStore), whole_or_not_at_all(path) as part:
        part.write_text(f"{Master.fresh().written()}\n", encoding="ascii")
    made = _read(path)
    if made is None:
        raise StoreUnreachable(f"the master key `{path}` was made and is gone; look after its folder")
    return made
